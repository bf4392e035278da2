//! Whether a component was made for this host; if not, what exactly does not fit.

use wasmtime::component::Linker;

use crate::bindings::PluginPre;
use crate::capability::Capabilities;

/// What a plugin must export.
const CALLBACKS: Interface = Interface { name: "cuebox:plugin/callbacks", version: "0.1.0" };

/// What a plugin may import besides WASI 0.2.
const OFFERED: &[Interface] = &[
    Interface { name: "cuebox:plugin/shotgun", version: "0.1.0" },
    Interface { name: "cuebox:plugin/types", version: "0.1.0" },
    Interface { name: "wasi:logging/logging", version: "0.1.0-draft" },
    Interface { name: "wasi:config/store", version: "0.2.0-rc.1" },
    Interface { name: "wasi:keyvalue/store", version: "0.2.0-draft" },
    Interface { name: "wasi:keyvalue/atomics", version: "0.2.0-draft" },
];

/// What an interpreter may import on top of that.
const SOURCE: Interface = Interface { name: "cuebox:script/source", version: "0.1.0" };

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is a plugin.
    Plugin,
    /// It runs plugins that are scripts.
    Interpreter,
}

/// The packages of WASI 0.2, all of which are linked, with nothing in them but what is granted.
const WASI_PACKAGES: &[&str] = &[
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

struct Interface {
    name: &'static str,
    version: &'static str,
}

/// Links a component, or says all that does not fit.
pub(crate) fn link(
    engine: &wasmtime::Engine,
    linker: &Linker<Capabilities>,
    component: &wasmtime::component::Component,
    role: Role,
) -> Result<PluginPre<Capabilities>, Vec<String>> {
    let component_type = component.component_type();
    let imports: Vec<&str> = component_type.imports(engine).map(|(name, _)| name).collect();
    let exports: Vec<&str> = component_type.exports(engine).map(|(name, _)| name).collect();
    let complaints = misfits_of(role, &imports, &exports);
    if !complaints.is_empty() {
        return Err(complaints);
    }
    // The names fit. What is left are functions and types inside an interface, which wasmtime compares and names.
    linker
        .instantiate_pre(component)
        .and_then(PluginPre::new)
        .map_err(|error| vec![format!("{error:#}")])
}

/// What does not fit this host of a plugin with these imports and exports, as far as their names tell.
#[must_use]
pub fn misfits(imports: &[&str], exports: &[&str]) -> Vec<String> {
    misfits_of(Role::Plugin, imports, exports)
}

fn misfits_of(role: Role, imports: &[&str], exports: &[&str]) -> Vec<String> {
    let imports = imports.iter().filter_map(|import| complain_of_import(import, role));
    imports.chain(complain_of_exports(exports)).collect()
}

fn complain_of_import(import: &str, role: Role) -> Option<String> {
    let (name, version) = split(import);
    let of_scripts = (role == Role::Interpreter).then_some(&SOURCE);
    if let Some(offered) = OFFERED.iter().chain(of_scripts).find(|offered| offered.name == name) {
        return (offered.version != version).then(|| {
            format!(
                "it imports `{name}` at version {version}, and this host offers {}",
                offered.version
            )
        });
    }
    let package = name.split('/').next().unwrap_or(name);
    if WASI_PACKAGES.contains(&package) {
        return (!version.starts_with("0.2.")).then(|| {
            format!("it imports `{name}` at version {version}, and this host offers WASI 0.2")
        });
    }
    Some(format!(
        "it imports `{import}`, which this host does not offer (it offers cuebox:plugin 0.1.0, wasi:logging, wasi:config, \
         wasi:keyvalue and WASI 0.2)"
    ))
}

fn complain_of_exports(exports: &[&str]) -> Option<String> {
    let same_name =
        exports.iter().map(|export| split(export)).find(|(name, _)| *name == CALLBACKS.name);
    match same_name {
        Some((_, version)) if version == CALLBACKS.version => None,
        Some((name, version)) => Some(format!(
            "it exports `{name}` at version {version}, and this host calls {}",
            CALLBACKS.version
        )),
        None => Some(format!(
            "it does not export `{}@{}`, so it is not a cuebox plugin",
            CALLBACKS.name, CALLBACKS.version
        )),
    }
}

/// `wasi:io/poll@0.2.6` → (`wasi:io/poll`, `0.2.6`).
fn split(import: &str) -> (&str, &str) {
    import.split_once('@').unwrap_or((import, "none"))
}

#[cfg(test)]
mod tests;
