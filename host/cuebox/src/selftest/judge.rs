//! Whether an attack was held: what it ended in, against what it has to end in.

use std::time::Duration;

use runtime::{Outcome, Report};

use super::kinds::Ending;

/// How much later than its deadline a call may end, and how much earlier.
const DEADLINE_TOLERANCE: Duration = Duration::from_millis(100);

/// What an attack ended in.
pub enum Ended {
    /// There was no call, and why.
    NoStart(String),
    /// A call.
    Called(Box<Report>),
}

/// By what it was held; or what it got away with.
pub type Verdict = Result<String, String>;

/// Judges an attack.
pub fn judge(expected: &Ending, deadline: Duration, ended: &Ended) -> Verdict {
    match (expected, ended) {
        (Ending::NoStart(words), Ended::NoStart(why)) => found(why, words),
        (_, Ended::NoStart(why)) => Err(format!("it did not come to the attack: {why}")),
        (Ending::NoStart(_), Ended::Called(report)) => {
            Err(format!("it was started, and called: {}", report.outcome))
        }
        (expected, Ended::Called(report)) => judge_call(expected, deadline, report),
    }
}

fn judge_call(expected: &Ending, deadline: Duration, report: &Report) -> Verdict {
    let (outcome, text) = (report.outcome.name(), report.outcome.to_string());
    match expected {
        Ending::Says(words) => match &report.outcome {
            Outcome::Skipped(said) => found(said, words),
            _ => Err(text),
        },
        Ending::Breaks(words) => match &report.outcome {
            Outcome::Trapped(_) => found(&text, words),
            _ => Err(text),
        },
        Ending::Deadline => {
            let took = report.duration;
            let off = took.abs_diff(deadline);
            match &report.outcome {
                Outcome::TimedOut { .. } if off <= DEADLINE_TOLERANCE => {
                    let sign = if took >= deadline { '+' } else { '-' };
                    Ok(format!("`deadline` {sign} {:.1} ms", off.as_secs_f64() * 1000.0))
                }
                Outcome::TimedOut { .. } => Err(format!("ended after {took:?}, not {deadline:?}")),
                _ => Err(text),
            }
        }
        Ending::Outcome(name) if *name == outcome => Ok(text),
        Ending::Limit(name, limit) if *name == outcome => match report.refused.get(limit) {
            Some(times) => Ok(format!("`{limit}`, {times} times; {text}")),
            None => Err(format!("did not meet `{limit}`: {text}")),
        },
        Ending::Outcome(_) | Ending::Limit(..) | Ending::NoStart(_) => Err(text),
    }
}

fn found(text: &str, words: &str) -> Verdict {
    let text = text.to_owned();
    if text.contains(words) { Ok(text) } else { Err(text) }
}

#[cfg(test)]
mod tests;
