//! Any text at all, as a plugin.toml.

#![no_main]

#[path = "../files.rs"]
#[allow(dead_code, reason = "the other half is the other target's")]
mod files;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    files::feed_manifest(text);
});
