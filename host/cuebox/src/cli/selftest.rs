//! `cuebox selftest`, and `cuebox compile-worker`: what can be written.

use clap::Args;

/// `cuebox selftest`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Selftest {
    /// Let hostile plugins attack a host in this process, and say for each kind whether it was held
    #[arg(long, required = true)]
    pub hostile: bool,

    /// Attack this many times, the kinds in turn and with small limits, and say what that did to memory
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub runs: Option<u64>,

    /// Only kinds whose name begins so
    #[arg(long, value_name = "KIND")]
    pub only: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `cuebox compile-worker`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct CompileWorker {
    /// The most time that it may compute
    #[arg(long, value_name = "N")]
    pub cpu_seconds: u64,

    /// The most memory that it may use
    #[arg(long, value_name = "N")]
    pub memory_bytes: u64,
}
