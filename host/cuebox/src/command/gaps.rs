//! `cuebox gaps`: the ids that are missing from the event log, and what became of those that were. What an operator looks at
//! who wants to know whether anything was missed last night.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use config::{Config, show_duration};
use database::{Gap, GapEnding, GapStory};
use eventlog::Timestamp;
use serde::Serialize;

use crate::cli::Gaps;
use crate::clock;
use crate::command::{self, moment};
use crate::host;

/// All of it, as `--json` prints it. Moments are in milliseconds since the Unix epoch, by the host's clock.
#[derive(Debug, Serialize)]
struct Printed {
    open: Vec<PrintedGap>,
    ended: Vec<PrintedStory>,
}

/// An id that is missing.
#[derive(Debug, Serialize)]
struct PrintedGap {
    id: u64,
    first_seen: i64,
    given_up: Option<i64>,
}

/// One that is not any more.
#[derive(Debug, Serialize)]
struct PrintedStory {
    id: u64,
    /// The highest, where several were dropped together; else the same.
    last: u64,
    ids: u64,
    first_seen: i64,
    given_up: Option<i64>,
    ended_at: i64,
    /// `appeared`, `forgotten` or `dropped`.
    ending: &'static str,
}

/// Lists them.
pub fn run(config_path: &Path, choice: Gaps) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let database = host::open_database_for_tools(&config)?;
    let gaps = database.load_stream()?.map(|stream| stream.gaps).unwrap_or_default();
    let stories = database.gap_stories()?;
    let mut out = std::io::stdout().lock();
    if choice.json {
        let printed = Printed {
            open: gaps.iter().map(PrintedGap::from).collect(),
            ended: stories.iter().map(PrintedStory::from).collect(),
        };
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    write_open(&mut out, &gaps, &config, clock::now())?;
    write_ended(&mut out, &stories, &config)?;
    if choice.ended {
        stories.iter().try_for_each(|story| write_story(&mut out, story))?;
    }
    Ok(())
}

fn write_open(
    out: &mut impl Write,
    gaps: &[Gap],
    config: &Config,
    now: Timestamp,
) -> std::io::Result<()> {
    if gaps.is_empty() {
        return writeln!(out, "No id is missing.");
    }
    let is_or_are = if gaps.len() == 1 { "id is" } else { "ids are" };
    writeln!(out, "{} {is_or_are} missing:", gaps.len())?;
    let stream = &config.stream;
    for gap in gaps {
        let age = show_duration(rounded(now.since(gap.first_seen)));
        let (id, since) = (gap.id, moment(gap.first_seen));
        match gap.given_up {
            None => writeln!(
                out,
                "{id:>12}  since {since} ({age}); given up after {}",
                show_duration(stream.gap_timeout)
            )?,
            Some(at) => writeln!(
                out,
                "{id:>12}  since {since} ({age}); given up {}, asked for every {} for {}",
                moment(at),
                show_duration(stream.sweep_interval),
                show_duration(stream.sweep_timeout)
            )?,
        }
    }
    Ok(())
}

/// How many ended how, of those that are remembered.
fn write_ended(out: &mut impl Write, stories: &[GapStory], config: &Config) -> std::io::Result<()> {
    let ids = |chosen: &dyn Fn(&&GapStory) -> bool| -> u64 {
        stories.iter().filter(chosen).map(|story| story.ids).sum()
    };
    let appeared = |story: &&GapStory| story.ending == GapEnding::Appeared;
    let in_time = ids(&|story| appeared(story) && story.given_up.is_none());
    let late = ids(&|story| appeared(story) && story.given_up.is_some());
    let forgotten = ids(&|story| story.ending == GapEnding::Forgotten);
    let dropped = ids(&|story| story.ending == GapEnding::Dropped);
    let longest = stories.iter().filter(appeared).map(GapStory::missing_for).max();
    writeln!(
        out,
        "In the last {}: {in_time} appeared, {late} appeared after they were given up, {forgotten} never appeared, {dropped} were \
         dropped for want of room.",
        show_duration(config.database.retention)
    )?;
    if let Some(longest) = longest {
        let longest = show_duration(rounded(longest));
        writeln!(out, "The longest that one was missing before it appeared: {longest}.")?;
    }
    Ok(())
}

fn write_story(out: &mut impl Write, story: &GapStory) -> std::io::Result<()> {
    let ids = match story.ids {
        1 => story.id.to_string(),
        ids => format!("{} to {} ({ids} ids)", story.id, story.last),
    };
    let how = match (story.ending, story.given_up) {
        (GapEnding::Appeared, None) => "appeared",
        (GapEnding::Appeared, Some(_)) => "appeared late: it had been given up",
        (GapEnding::Forgotten, _) => "never appeared, and is not asked for any more",
        (GapEnding::Dropped, _) => "dropped: there was no room for it (`gaps_max` under [stream])",
    };
    let missing = show_duration(rounded(story.missing_for()));
    writeln!(out, "{}  {ids:>12}  missing for {missing}, {how}", moment(story.ended_at))
}

/// As people want to read it: in milliseconds below a second, else in seconds.
fn rounded(duration: Duration) -> Duration {
    match duration.as_secs() {
        0 => Duration::from_millis(u64::from(duration.subsec_millis())),
        seconds => Duration::from_secs(seconds),
    }
}

impl From<&Gap> for PrintedGap {
    fn from(gap: &Gap) -> Self {
        let given_up = gap.given_up.map(|at| at.0);
        Self { id: gap.id.0, first_seen: gap.first_seen.0, given_up }
    }
}

impl From<&GapStory> for PrintedStory {
    fn from(story: &GapStory) -> Self {
        Self {
            id: story.id.0,
            last: story.last.0,
            ids: story.ids,
            first_seen: story.first_seen.0,
            given_up: story.given_up.map(|at| at.0),
            ended_at: story.ended_at.0,
            ending: story.ending.as_str(),
        }
    }
}
