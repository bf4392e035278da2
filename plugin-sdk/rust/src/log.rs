//! Lines in the plugin's log: [`info!`](crate::info) and its sisters, which take what `format!` takes.

use crate::host::{Current, Host};

/// How much a message matters, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// What a developer wants to know.
    Debug,
    /// What the operator may want to know.
    Info,
    /// Carried on, but someone should look.
    Warn,
    /// Something failed.
    Error,
    /// Someone must act now.
    Critical,
}

/// Writes one line. `context` says where in the plugin it comes from; the macros fill in the module.
pub fn log(level: Level, context: &str, message: &str) {
    Current::log(level, context, message);
}

/// Writes a line of level trace.
#[macro_export]
macro_rules! trace {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Trace, ::core::module_path!(), &::std::format!($($message)+))
    };
}

/// Writes a line of level debug.
#[macro_export]
macro_rules! debug {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Debug, ::core::module_path!(), &::std::format!($($message)+))
    };
}

/// Writes a line of level info.
#[macro_export]
macro_rules! info {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Info, ::core::module_path!(), &::std::format!($($message)+))
    };
}

/// Writes a line of level warn.
#[macro_export]
macro_rules! warn {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Warn, ::core::module_path!(), &::std::format!($($message)+))
    };
}

/// Writes a line of level error.
#[macro_export]
macro_rules! error {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Error, ::core::module_path!(), &::std::format!($($message)+))
    };
}

/// Writes a line of level critical.
#[macro_export]
macro_rules! critical {
    ($($message:tt)+) => {
        $crate::log::log($crate::log::Level::Critical, ::core::module_path!(), &::std::format!($($message)+))
    };
}
