//! Side by side with the Python daemon: the same faults, on sites of their own, for the daemon's behaviour
//! (`tests/python/daemon.py`) and for cuebox. What was measured is the table in `host/GUARANTEES.md`; write it anew with
//! `UPDATE_EXPECT=1`, and read it before it is committed.

mod scenario;
mod subject;
mod table;

use std::path::Path;

use tokio::runtime::Handle;

use scenario::Scenario;
use subject::Program;
use table::Row;

/// The page that the table is in.
const PAGE: &str = "../../host/GUARANTEES.md";

#[tokio::test(flavor = "multi_thread")]
async fn cuebox_and_the_daemon_under_the_same_faults() {
    // Both programs at once, each in two places: most of the time is spent waiting.
    let places = scenario::ALL.chunks(scenario::ALL.len().div_ceil(2)).map(|scenarios| {
        [Program::Daemon, Program::Cuebox].map(|program| {
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || rows(program, scenarios, &runtime))
        })
    });
    let mut rows: Vec<Row> = Vec::new();
    for [daemon, cuebox] in places.collect::<Vec<_>>() {
        let (daemon, cuebox) = (daemon.await.unwrap(), cuebox.await.unwrap());
        rows.extend(daemon.into_iter().zip(cuebox).flat_map(|(one, other)| [one, other].concat()));
    }
    #[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
    for row in &rows {
        println!("{}", row.figures());
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    table::compare(&page, &table::markdown(&rows));
}

/// What one of the two made of each fault, in the order of the table.
fn rows(program: Program, scenarios: &[Scenario], runtime: &Handle) -> Vec<Vec<Row>> {
    scenarios.iter().map(|scenario| scenario(program, runtime)).collect()
}
