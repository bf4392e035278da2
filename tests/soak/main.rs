//! `cuebox selftest --hostile --runs 10000`: ten thousand attacks leave nothing behind, and innocent plugins as quick as they were.
//!
//! A program of its own, so that no other test runs beside it: times are compared.

use std::process::Command;

use serde_json::Value;

const RUNS: u64 = 10_000;

/// How much larger the process may be at the end than it was when it was warm: what an allocator keeps.
const GROWTH: f64 = 1.10;
const GROWTH_BYTES: f64 = (8 << 20) as f64;

/// How much longer a hundredth of an innocent plugin's events may take.
const SLOWER: f64 = 1.10;

/// A machine has other things to do at times, and an allocator its own way; what is lost at each attack shows every time.
const TRIES: u32 = 3;

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
fn ten_thousand_attacks_leave_memory_flat_and_neighbours_as_quick_as_they_were() {
    for attempt in 1.. {
        let report = attacked();
        println!(
            "{RUNS} attacks in {} s; neighbours {}; memory {}",
            report["seconds"], report["neighbours"], report["memory"]
        );
        assert_eq!(report["runs"], RUNS);
        match is_flat(&report["memory"]).and_then(|()| is_as_quick(&report)) {
            Ok(()) => return,
            Err(why) => assert!(attempt < TRIES, "{why}, {TRIES} times in a row"),
        }
    }
}

/// The report of attacks that were all held, and cost no innocent plugin an event.
fn attacked() -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["selftest", "--hostile", "--json", "--runs", &RUNS.to_string()])
        // Then the host's own errors have traces of its stack, and no guest is to see one.
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for work in ["counts", "reads"] {
        let neighbour = neighbour(&report, work);
        for part in ["before", "during"] {
            assert_eq!(neighbour[part]["failed"], 0, "{neighbour}");
            assert!(neighbour[part]["events"].as_u64().unwrap() > 500, "{neighbour}");
        }
    }
    report
}

fn neighbour<'a>(report: &'a Value, work: &str) -> &'a Value {
    let neighbours = report["neighbours"].as_array().unwrap();
    neighbours.iter().find(|neighbour| neighbour["work"] == work).unwrap()
}

fn is_flat(memory: &Value) -> anyhow::Result<()> {
    let (Some(warm), Some(end)) = (memory["warm"].as_f64(), memory["end"].as_f64()) else {
        // Where the operating system does not tell, there is nothing to compare.
        assert_ne!(std::env::consts::OS, "linux", "{memory}");
        return Ok(());
    };
    anyhow::ensure!(end <= warm * GROWTH + GROWTH_BYTES, "memory grew: {memory}");
    Ok(())
}

fn is_as_quick(report: &Value) -> anyhow::Result<()> {
    let reader = neighbour(report, "reads");
    let [before, during] =
        ["before", "during"].map(|part| reader[part]["p99_milliseconds"].as_f64().unwrap());
    anyhow::ensure!(
        during <= before * SLOWER,
        "p99 was {before} ms before the attacks, and {during} ms during"
    );
    Ok(())
}
