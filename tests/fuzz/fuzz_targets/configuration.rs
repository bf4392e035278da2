//! Any text at all, as a configuration.

#![no_main]

#[path = "../configurations.rs"]
mod configurations;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    configurations::feed_configuration(text);
});
