//! Any bytes at all, as the body of a request.

#![no_main]

#[path = "../bench.rs"]
mod bench;

use std::cell::RefCell;

use bench::{Bench, Fed};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::new(Bench::new());
}

fuzz_target!(|body: &[u8]| {
    BENCH.with_borrow_mut(|bench| {
        // What a request changed must not decide what becomes of the next: a finding is then found again by itself.
        if bench.feed(body) == Fed::Written {
            *bench = Bench::new();
        }
    });
});
