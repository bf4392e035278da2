//! The `cuebox` program.

fn main() {}
