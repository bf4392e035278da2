//! The program as a whole: the real binary, real guests, and the stand-in site over real HTTP.

mod support;

mod artifact;
mod audit;
mod authoring;
mod beside;
mod canary;
mod command_line;
#[cfg(target_os = "linux")]
mod compiling;
mod conformance;
mod delivery;
#[cfg(target_os = "linux")]
mod disk;
mod effects;
mod examples;
mod failing;
mod frozen;
mod grants;
mod guarantees;
mod halt;
mod hostile;
mod import;
mod javascript_plugins;
mod kill;
mod network;
mod operator;
mod order;
mod outage;
mod python_plugins;
mod refusal;
mod reload;
mod replay;
mod selftest;
mod shadow;
mod stopping;
mod storm;
mod sudo;
mod suggest;
mod swap;
mod tidy;
