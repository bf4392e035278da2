//! What plugin authors use: a new plugin from a template, its build, and its tests.
//!
//! The SDKs are in no package registry yet. So this program carries them, and `cuebox new` writes the one of the plugin's language
//! into `third_party/cuebox`, laid out as in cuebox's repository: a plugin's folder builds on any machine that reaches the package
//! registries, without this repository, and goes on building when the program is replaced by a newer one. Once they are
//! published, the line of the template that names that folder becomes one with a version, and nothing else changes.

pub mod build;
pub mod case;
pub mod engine;
pub mod language;
pub mod name;
pub mod pretended;
pub mod project;
pub mod requests;
pub mod sources;
pub mod tool;
pub mod trial;
pub mod writes;

/// The files that this program hands out, as its build script found them.
pub mod handed_out {
    include!(concat!(env!("OUT_DIR"), "/handed_out.rs"));
}
