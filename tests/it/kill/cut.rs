//! Power cuts that take the end of the database's log with them, as a machine may lose what it had not written to its disk:
//! everything is as at an earlier moment. No event is lost, key-values are in step; what was written on the site after that
//! moment is forgotten, and may be written again; nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::path::Path;

use database::{Database, EffectRow};
use eventlog::Seq;

use super::moment::Moments;
use crate::support::{Load, Studio, Writers, counted, order};

/// How often the host is killed and its log cut.
const CUTS: u32 = 40;

/// Pages after which the host itself writes the log into the file. Then it has waited for the disk, and no end can be lost.
const LOG_PAGES_MAX: usize = 16_000;

/// What a database holds of the plugins.
struct Kept {
    order: Vec<(Seq, u64)>,
    positions: BTreeMap<String, Seq>,
    effects: BTreeMap<String, Vec<EffectRow>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_its_end_loses_no_event() {
    let studio = Studio::new().await;
    let writers = Writers::install(&studio);
    let host = studio.start();
    Writers::wait_until_live(&host);
    host.kill();
    let load = Load::start(&studio);
    let mut moments = Moments::new(0x9e37_79b9_7f4a_7c15);
    let mut forgotten: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for _ in 0..CUTS {
        // Writes the log into the file: what the next host adds is what can be lost.
        drop(studio.open_database());
        let host = studio.start_unwatched();
        moments.wait(&studio, &host).await;
        host.kill();
        let before = Kept::read(&studio);
        cut(&studio.path("cuebox.db-wal"), &mut moments);
        let after = Kept::read(&studio);
        for plugin in Writers::NAMES {
            forgotten.entry(plugin).or_default().extend(before.forgotten(&after, plugin));
        }
    }
    load.stop(&studio).await;
    let host = studio.start();
    writers.wait_until_done(&studio);
    assert!(host.stop().success());

    let order = writers.check_events(&studio);
    let (mut again, mut events_forgotten) = (0, 0);
    for plugin in Writers::NAMES {
        let (written, wanted) = (writers.written(&studio, plugin), Writers::wanted(plugin, &order));
        let (written, forgotten) = (counted(&written), &forgotten[plugin]);
        for text in &wanted {
            let count = written.get(text.as_str()).copied().unwrap_or(0);
            let id = text.rsplit(' ').next().unwrap().parse().unwrap();
            again += count.saturating_sub(1);
            let is_right = if forgotten.contains(&id) { count >= 1 } else { count == 1 };
            assert!(
                is_right,
                "`{plugin}` wrote `{text}` {count} times; forgotten were {forgotten:?}"
            );
        }
        assert!(!forgotten.is_empty(), "the cuts took something of `{plugin}`");
        events_forgotten += forgotten.len();
    }
    #[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
    {
        println!(
            "{CUTS} logs cut, {} events: 0 lost; {events_forgotten} deliveries forgotten, {again} writes made again, 0 others",
            order.len()
        );
    }
}

impl Kept {
    /// Reads a copy: to look at the database itself would be to mend it.
    fn read(studio: &Studio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cuebox.db", "cuebox.db-wal"] {
            if studio.path(name).exists() {
                fs::copy(studio.path(name), folder.path().join(name)).unwrap();
            }
        }
        let url = studio.site.url();
        let options = database::Options { synchronous: database::Synchronous::Normal, site: &url };
        let database = Database::open_for_tools(&folder.path().join("cuebox.db"), options).unwrap();
        let plugins = database.plugins().unwrap();
        let effects =
            plugins.iter().map(|row| (row.name.clone(), database.effects(&row.name).unwrap()));
        Self {
            effects: effects.collect(),
            positions: plugins.into_iter().map(|row| (row.name, row.position)).collect(),
            order: order(&database),
        }
    }

    /// The events about which a plugin may have written something that the later state does not know of: those it was
    /// finished with, and those it had begun.
    fn forgotten(&self, after: &Self, plugin: &str) -> Vec<u64> {
        let (to, from) = (self.positions[plugin], after.positions[plugin]);
        let finished = self.order.iter().filter(|(seq, _)| *seq > from && *seq <= to);
        let known = &after.effects[plugin];
        let begun = self.effects[plugin].iter().filter(|effect| !known.contains(effect));
        finished.map(|(_, id)| *id).chain(begun.map(|effect| effect.delivery.event.0)).collect()
    }
}

/// Cuts the log at a place of chance.
fn cut(log: &Path, moments: &mut Moments) {
    let Ok(bytes) = fs::read(log) else { return };
    let valid = valid_bytes(&bytes);
    let length = moments.below(valid as u64 + 1);
    OpenOptions::new().write(true).open(log).unwrap().set_len(length).unwrap();
}

/// How much of the log is of its present use; what comes after it is left from an earlier one.
fn valid_bytes(log: &[u8]) -> usize {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let Some(header) = log.get(..HEADER) else { return log.len() };
    let page_bytes = u32::from_be_bytes(header[8..12].try_into().unwrap()) as usize;
    let frames = log[HEADER..].chunks_exact(FRAME_HEADER + page_bytes);
    let valid = frames.take_while(|frame| frame[8..16] == header[16..24]).count();
    assert!(valid < LOG_PAGES_MAX, "the log was written into the file meanwhile");
    HEADER + valid * (FRAME_HEADER + page_bytes)
}
