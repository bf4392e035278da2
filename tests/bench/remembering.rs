//! What it costs to remember: the position of a plugin, its effects, and that several deliveries are kept in one commit.

use std::time::Instant;

use database::{
    AuditKind, Database, DeliveryKey, EffectRow, Finish, NewAuditRecord, Options, Stream,
    Synchronous,
};
use eventlog::{EventId, Seq, Timestamp};

use crate::figures::{Samples, micros, row, say_table, thousands};
use crate::guests;
use crate::studio::{Studio, has_caught_up, wait_until};

/// Deliveries that are measured of each kind, in each mode: those that wait for the disk take long.
const DELIVERIES: [(Synchronous, u64); 2] =
    [(Synchronous::Normal, 20_000), (Synchronous::Full, 400)];

/// Deliveries without effects that are kept in one commit.
const GROUP: u64 = 100;

/// Events of the whole program, and runs.
const EVENTS: usize = 2_000;
const RUNS: usize = 3;

/// A kind of delivery, and what makes so many of them and says how many seconds that took.
type Case = (&'static str, fn(&mut Database, u64) -> anyhow::Result<f64>);

pub fn print() -> anyhow::Result<()> {
    let mut rows = vec![row(["one delivery", "synchronous = normal", "synchronous = full"])];
    let cases: [Case; 4] = [
        ("without effects, in groups of 100, as the host does it", grouped),
        ("without effects, each in a commit of its own", single),
        ("with one write: before it goes out, its answer, the end", with_effect),
        ("a write that was not answered, and is found on the site: the same, read again", in_doubt),
    ];
    for (name, measure) in cases {
        let mut cells = vec![name.to_owned()];
        for (synchronous, count) in DELIVERIES {
            let folder = tempfile::tempdir()?;
            let mut database = open(&folder, synchronous, count)?;
            cells.push(micros(measure(&mut database, count)? / count as f64));
        }
        rows.push(cells);
    }
    say_table("Remembering", "in the database, on disk, one connection, one thread", &rows);
    whole()
}

/// A database with so many entries, and a plugin that has finished none.
fn open(
    folder: &tempfile::TempDir,
    synchronous: Synchronous,
    count: u64,
) -> anyhow::Result<Database> {
    let options = Options { synchronous, site: "http://127.0.0.1:9" };
    let mut database = Database::open_for_host(&folder.path().join("cuebox.db"), options)?;
    database.start_stream(&Stream { high_water: EventId(0), gaps: Vec::new() })?;
    let json = "{\"type\":\"EventLogEntry\"}";
    let entries: Vec<database::NewEntry<'_>> = (1..=count)
        .map(|id| database::NewEntry {
            id: EventId(id),
            created_at: eventlog::SiteTime(0),
            late: false,
            json,
        })
        .collect();
    database.append(&database::Append {
        entries: &entries,
        received_at: Timestamp(1_775_000_000_000),
        high_water: EventId(count),
        opened: &[],
        given_up: &[],
        closed: &[],
        forgotten: &[],
        dropped: None,
    })?;
    database.ensure_plugin("writer", Seq(0))?;
    Ok(database)
}

fn grouped(database: &mut Database, count: u64) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for last in (GROUP..=count).step_by(usize::try_from(GROUP)?) {
        database.finish(&Finish { handled: GROUP, ..Finish::at("writer", Seq(last)) })?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn single(database: &mut Database, count: u64) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for seq in 1..=count {
        database.finish(&Finish { handled: 1, ..Finish::at("writer", Seq(seq)) })?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn with_effect(database: &mut Database, count: u64) -> anyhow::Result<f64> {
    deliver(database, count, false)
}

fn in_doubt(database: &mut Database, count: u64) -> anyhow::Result<f64> {
    deliver(database, count, true)
}

/// Deliveries with one creation each; whether what is remembered of it is read before it is answered.
fn deliver(database: &mut Database, count: u64, is_read: bool) -> anyhow::Result<f64> {
    let begun = Instant::now();
    for number in 1..=count {
        let delivery = DeliveryKey {
            plugin: "writer".to_owned(),
            event: EventId(number),
            callback: "write".to_owned(),
        };
        let mut effect = EffectRow {
            delivery,
            number: 1,
            function: "create".to_owned(),
            subject: "Note".to_owned(),
            request: vec![7; 32],
            intended_at: Timestamp(1_775_000_000_000),
            answer: None,
        };
        database.store_effect(&effect, &[], &evidence(&effect))?;
        if is_read {
            database.effects("writer")?;
        }
        effect.answer = Some("{\"type\":\"Note\",\"id\":6001}".to_owned());
        database.store_effect(&effect, &[("Note".to_owned(), number)], &evidence(&effect))?;
        let settled = [(EventId(number), "write".to_owned())];
        let finish = Finish { handled: 1, settled: &settled, ..Finish::at("writer", Seq(number)) };
        database.finish(&finish)?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// What the audit keeps of an effect.
fn evidence(effect: &EffectRow) -> NewAuditRecord {
    let is_open = effect.answer.is_none();
    NewAuditRecord {
        at: effect.intended_at,
        kind: if is_open { AuditKind::Intended } else { AuditKind::Answered },
        delivery: effect.delivery.clone(),
        digest: "7".repeat(64),
        effect: effect.number,
        function: effect.function.clone(),
        subject: effect.subject.clone(),
        entities: if is_open { "Note" } else { "Note:6001" }.to_owned(),
        lines: if is_open { "grant.shotgun: create Note.* in project 70" } else { "" }.to_owned(),
        before: None,
        asked: is_open
            .then(|| "{\"subject\":\"7\",\"content\":\"a note for the event\"}".to_owned()),
        detail: None,
    }
}

/// The whole program, catching up with plugins that write and one that does not.
fn whole() -> anyhow::Result<()> {
    let mut rows = vec![row(["plugin", "events/s", "one event, with the site's part"])];
    for (name, settings) in [
        ("keeps a key-value", "settings.way = \"keys\""),
        ("creates a Note", "settings.way = \"create\""),
    ] {
        let mut speeds = Samples::default();
        for _ in 0..RUNS {
            speeds.add(catch_up(settings)?);
        }
        rows.push(vec![
            name.to_owned(),
            speeds.spread(thousands),
            micros(1.0 / speeds.quantile(0.5)),
        ]);
    }
    say_table(
        "Catching up with effects",
        &format!(
            "{EVENTS} events, a stand-in site in the same process as this, default settings, median of {RUNS} runs (min–max)"
        ),
        &rows,
    );
    Ok(())
}

fn catch_up(settings: &str) -> anyhow::Result<f64> {
    let mut studio = Studio::new()?;
    let section = format!("grant.shotgun = \"write\"\n{settings}");
    studio.install("writer", &guests::built("writer"), &section)?;
    studio.begin(1)?;
    let newest = studio.append_of("Shotgun_Task_Change", EVENTS);
    let database = studio.open_database()?;
    let mut host = studio.start()?;
    let (begun, _) = host.wait_for("The stream goes on")?;
    let ended = wait_until("the host to catch up", || has_caught_up(&database, newest, |_| true))?;
    host.stop()?;
    Ok(EVENTS as f64 / ended.duration_since(begun).as_secs_f64())
}
