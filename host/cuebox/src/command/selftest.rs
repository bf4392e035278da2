//! `cuebox selftest`: what a stranger's plugins can do on this machine, tried out.

use std::io::Write as _;

use crate::cli::{ExitCode, Selftest};
use crate::failure::Failure;
use crate::selftest::{self, Felt, Report, Row};

/// Lets hostile plugins attack; fails if one of them was not held.
pub async fn run(choice: &Selftest) -> anyhow::Result<()> {
    let report = selftest::run(choice.only.as_deref(), choice.runs).await?;
    let text = match choice.json {
        true => format!("{}\n", serde_json::to_string_pretty(&report)?),
        false => table(&report),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    if report.is_held() {
        return Ok(());
    }
    let escaped = report.kinds.iter().filter(|row| !row.held).map(|row| row.kind);
    let escaped = escaped.collect::<Vec<_>>().join(", ");
    Err(Failure::new(ExitCode::Failed, format!("not held: {escaped}"))
        .with_remedy("do not run plugins of strangers with this build, and report it")
        .into())
}

fn table(report: &Report) -> String {
    let width = |of: fn(&Row) -> &str| report.kinds.iter().map(|row| of(row).len()).max();
    let kind_width = width(|row| row.kind).unwrap_or(0);
    let tries_width = width(|row| row.tries).unwrap_or(0);
    let mut text = format!(
        "{:kind_width$}  {:tries_width$}  verdict   {:>9}  by\n",
        "kind", "what it tries", "ms"
    );
    for row in &report.kinds {
        let Row { kind, tries, by, milliseconds, .. } = row;
        let verdict = if row.held { "held" } else { "NOT HELD" };
        let line = format!(
            "{kind:kind_width$}  {tries:tries_width$}  {verdict:8}  {milliseconds:>9.1}  {by}"
        );
        text += &format!("{}\n", line.trim_end());
    }
    text + &summary(report)
}

fn summary(report: &Report) -> String {
    let held = report.kinds.iter().filter(|row| row.held).count();
    let slow = report.kinds.iter().map(|row| row.runs).min().unwrap_or(0);
    let mut text = format!(
        "\n{held} of {} kinds held, {} attacks in {:.1} s; each kind attacked at least {slow} times\n",
        report.kinds.len(),
        report.runs,
        report.seconds
    );
    for Felt { work, before, during } in &report.neighbours {
        text += &format!(
            "an innocent plugin beside them, which {}, from an event to its end: p50 {:.3} ms and p99 {:.3} ms before \
             ({} events), p50 {:.3} ms and p99 {:.3} ms during ({} events); {} not handled\n",
            work.what(),
            before.p50_milliseconds,
            before.p99_milliseconds,
            before.events,
            during.p50_milliseconds,
            during.p99_milliseconds,
            during.events,
            before.failed + during.failed
        );
    }
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    text + &match report.memory {
        None => "memory: not measured on this system\n".to_owned(),
        Some(memory) => format!(
            "memory: {} at the start, {}{} at the end\n",
            mib(memory.start),
            memory.warm.map_or_else(String::new, |warm| {
                format!("{} after {} attacks, ", mib(warm), selftest::WARM_UP)
            }),
            mib(memory.end)
        ),
    }
}
