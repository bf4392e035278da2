#![doc = include_str!("../README.md")]

// The bindings name the crate as the plugin's crate sees it.
#[cfg(target_family = "wasm")]
extern crate self as cuebox_plugin;

pub mod config;
mod error;
mod event;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod guest;
mod host;
pub mod http;
pub mod keyvalue;
pub mod log;
mod outcome;
mod registrar;
pub mod shotgun;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod time;
mod value;

pub use error::{Error, Result};
pub use event::{AttributeChange, Change, Event};
pub use outcome::Outcome;
pub use registrar::{Callback, EventFilter, OnError, Registrar};
pub use shotgun::Shotgun;
pub use time::SiteTime;
pub use value::{EntityRef, FieldValue};

/// What most plugins need: `use cuebox_plugin::prelude::*;`.
pub mod prelude {
    pub use crate::shotgun::{Batch, Row, UpdateMode, all, any, ascending, descending, field};
    pub use crate::{
        AttributeChange, Change, EntityRef, Error, Event, FieldValue, OnError, Outcome, Registrar,
        Result, Shotgun,
    };
    pub use crate::{config, critical, debug, error, http, info, keyvalue, trace, warn};
    pub use serde_json::{Value, json};
}

/// Makes a crate a plugin: exports the given `fn(&mut Registrar) -> Result<()>` to the host.
///
/// Stands once in the crate. Off wasm it exports nothing and only checks the type, so that the crate can be built and
/// tested like any other.
#[macro_export]
macro_rules! plugin {
    ($register:path) => {
        const _: fn(&mut $crate::Registrar) -> $crate::Result<()> = $register;

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Plugin;

            impl $crate::guest::exports::cuebox::plugin::callbacks::Guest for Plugin {
                fn register() -> ::core::result::Result<
                    ::std::vec::Vec<$crate::guest::exports::cuebox::plugin::callbacks::Callback>,
                    ::std::string::String,
                > {
                    $crate::guest::register($register)
                }

                fn handle(
                    callback: ::std::string::String,
                    event: $crate::guest::exports::cuebox::plugin::callbacks::Event,
                ) -> ::core::result::Result<
                    $crate::guest::exports::cuebox::plugin::callbacks::Outcome,
                    ::std::string::String,
                > {
                    $crate::guest::handle(&callback, event)
                }
            }

    $crate::guest::export!(Plugin with_types_in $crate::guest);
        };
    };
}
