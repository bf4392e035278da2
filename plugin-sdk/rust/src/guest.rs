//! The inside of a component: the bindings of the plugin's world, and the way between them and the SDK's types.
//!
//! Public only because [`plugin!`](crate::plugin) names it; no part of the API.

mod convert;
mod http;
mod imports;

use std::cell::RefCell;

use crate::Registrar;
use crate::registrar::Plugin;
use exports::cuebox::plugin::callbacks;

pub(crate) use imports::Imports;

#[allow(unsafe_code, missing_docs, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        // What of it a plugin does not use, its component does not import.
        world: "plugin-http",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "cuebox_plugin::guest",
        runtime_path: "::cuebox_plugin::guest::rt",
    });
}

pub use bindings::*;
pub use wit_bindgen::rt;

thread_local! {
    /// The plugin of this instance, once the host has called `register`.
    static PLUGIN: RefCell<Option<Plugin>> = const { RefCell::new(None) };
}

/// Answers the host's `register`.
pub fn register(
    register: impl FnOnce(&mut Registrar) -> crate::Result<()>,
) -> Result<Vec<callbacks::Callback>, String> {
    let plugin = Plugin::register(register).map_err(|error| error.to_string())?;
    let callbacks = plugin.callbacks().iter().map(Into::into).collect();
    PLUGIN.set(Some(plugin));
    Ok(callbacks)
}

/// Answers the host's `handle`.
pub fn handle(callback: &str, event: callbacks::Event) -> Result<callbacks::Outcome, String> {
    PLUGIN.with_borrow_mut(|plugin| {
        let plugin =
            plugin.as_mut().ok_or("the host handed over an event before it called `register`")?;
        match plugin.handle(callback, &event.into()) {
            Ok(outcome) => Ok(outcome.into()),
            Err(error) => Err(error.to_string()),
        }
    })
}
