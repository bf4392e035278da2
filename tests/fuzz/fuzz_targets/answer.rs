//! Any text at all, as what a site answers to a question about its event log.

#![no_main]

#[path = "../answers.rs"]
mod answers;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    answers::feed_answer(body);
});
