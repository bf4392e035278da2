//! The world of one seed, before anything happens in it.

use std::ops::Range;
use std::time::Duration;

use super::random::Random;

/// Seconds, so that every phase of a gap is in a short run.
pub const GAP_TIMEOUT: Duration = Duration::from_secs(60);
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(50);
pub const SWEEP_TIMEOUT: Duration = Duration::from_secs(400);

/// How long a write whose answer was lost may still be under way at the site.
pub const DOUBT_WAIT: Duration = Duration::from_secs(5);

/// Everything that happens to a host and around it. Times are milliseconds of true time since its first start.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// By ascending id.
    pub rows: Vec<Row>,
    pub plugins: Vec<PluginPlan>,
    /// The lives of the process that end early; one more follows.
    pub lives: Vec<Life>,
    /// When the site does not answer.
    pub outages: Vec<Range<i64>>,
    /// When the host's clock is set, and by how much.
    pub jumps: Vec<(i64, i64)>,
    /// How many of a hundred requests go wrong at other times.
    pub trouble: u64,
    pub page_size: usize,
    /// From here on no plugin fails, and the site answers.
    pub mended_at: i64,
    /// When it is over.
    pub end: i64,
}

/// One entry of the site's event log.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: u64,
    /// The entity that it is about.
    pub task: u64,
    /// When its transaction began and got the id; the site says so in `created_at`.
    pub begun: i64,
    /// When its transaction committed and showed it; never, if it was rolled back.
    pub shown: Option<i64>,
}

/// One plugin.
#[derive(Debug, Clone)]
pub struct PluginPlan {
    pub parallel: usize,
    pub coalesce: Option<Duration>,
    /// The plugin that comes first.
    pub after: Option<usize>,
    /// How many records it creates for each delivery.
    pub writes: u64,
    /// How many of a hundred calls fail.
    pub failing: u64,
    pub puts_aside: bool,
}

/// A life of the process that ends early.
#[derive(Debug, Clone)]
pub struct Life {
    /// It dies after so many steps, or is told to stop after so many milliseconds.
    pub end: LifeEnd,
    /// How long until the next one.
    pub absence: i64,
}

#[derive(Debug, Clone)]
pub enum LifeEnd {
    Dies { steps: u64 },
    Stops { after: i64 },
}

/// The plugin that never fails, writes nothing and wants every event: how the stream itself is.
pub const STEADY: usize = 0;

impl Plan {
    /// The world of a seed.
    pub fn of(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let rows = rows(&mut random);
        let plugins = plugins(&mut random);
        let lives: Vec<Life> = (0..random.below(5)).map(|_| life(&mut random)).collect();
        let outages = (0..random.below(3)).map(|_| {
            let from = random.between(0, 80_000);
            from..from + random.between(100, 20_000)
        });
        let outages: Vec<Range<i64>> = outages.collect();
        let jumps = if random.chance(50) { random.below(4) } else { 0 };
        let jumps =
            (0..jumps).map(|_| (random.between(0, 120_000), random.between(-2_000_000, 2_000_000)));
        let jumps = jumps.collect();
        let away: i64 = lives.iter().map(|life| life.absence).sum();
        let last = rows.iter().filter_map(|row| row.shown).max().unwrap_or(0);
        let mended_at = 150_000 + away;
        let sweeps = millis(SWEEP_TIMEOUT + 2 * SWEEP_INTERVAL);
        let end = last.max(mended_at) + sweeps;
        let (trouble, page_size) = (random.below(15), 2 + random.below(7) as usize);
        Self { seed, rows, plugins, lives, outages, jumps, trouble, page_size, mended_at, end }
    }

    /// When an entry could first be seen that has a higher id.
    pub fn passed_at(&self, id: u64) -> Option<i64> {
        self.rows.iter().filter(|row| row.id > id).filter_map(|row| row.shown).min()
    }
}

pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("a short time")
}

fn rows(random: &mut Random) -> Vec<Row> {
    let (mut id, mut begun) = (100, random.between(-20_000, 2_000));
    let count = 4 + random.below(22);
    let mut rows = Vec::new();
    for _ in 0..count {
        id += if random.chance(85) { 1 } else { 1 + random.below(4) };
        begun +=
            if random.chance(50) { random.between(0, 400) } else { random.between(400, 9_000) };
        let shown = match random.below(100) {
            0..60 => Some(begun),
            60..75 => Some(begun + random.between(1, 4_000)),
            75..88 => Some(begun + random.between(4_000, 70_000)),
            88..93 => Some(begun + random.between(70_000, 440_000)),
            _ => None,
        };
        rows.push(Row { id, task: 1 + random.below(4), begun, shown });
    }
    rows
}

fn plugins(random: &mut Random) -> Vec<PluginPlan> {
    let steady = PluginPlan {
        parallel: 1,
        coalesce: None,
        after: None,
        writes: 0,
        failing: 0,
        puts_aside: true,
    };
    let mut plugins = vec![steady];
    for _ in 0..=random.below(2) {
        let before = random.below(plugins.len() as u64) as usize;
        plugins.push(PluginPlan {
            parallel: if random.chance(35) { 2 + random.below(3) as usize } else { 1 },
            coalesce: random.chance(30).then(|| Duration::from_millis(500 + random.below(6_000))),
            after: random.chance(30).then_some(before),
            writes: random.below(3),
            failing: random.below(45),
            puts_aside: random.chance(70),
        });
    }
    plugins
}

fn life(random: &mut Random) -> Life {
    let end = match random.chance(85) {
        true => LifeEnd::Dies { steps: 3 + random.below(260) },
        false => LifeEnd::Stops { after: random.between(0, 40_000) },
    };
    let absence = match random.below(10) {
        0 => random.between(60_000, 300_000),
        1..4 => random.between(5_000, 60_000),
        _ => random.between(0, 3_000),
    };
    Life { end, absence }
}
