//! Plugins that write about every event, in every way that there is, and what they wrote: held against the events that the
//! site has, it shows what was lost, repeated, or done in another order.

use std::collections::{BTreeMap, BTreeSet};

use database::Database;
use eventlog::{EventId, Seq};
use serde_json::{Value, json};

use super::{Host, Studio, eventually, fixture};

/// The type of the events that the plugins want.
const EVENT_TYPE: &str = "Shotgun_Task_Change";

/// Newest events that the plugin `keys` has a key of its own for.
const KEYS_MAX: usize = 10;

/// Four plugins, each of which says on the site or in key-values which events it was handed, and in which order.
pub struct Writers {
    /// The newest event before the first that they are handed.
    before: u64,
    /// The Shots whose descriptions are updated: in batches, and two by two.
    shots: [u64; 2],
}

impl Writers {
    pub const NAMES: [&str; 4] = ["creates", "batches", "updates", "keys"];

    /// Installs the plugins.
    pub fn install(studio: &Studio) -> Self {
        let shots =
            ["in batches", "two by two"].map(|code| studio.create("Shot", json!({ "code": code })));
        let [in_batches, two_by_two] = shots;
        let settings = [
            "way = \"create\"".to_owned(),
            format!("way = \"batch\"\nshot = {in_batches}"),
            format!("way = \"update\"\nshot = {two_by_two}"),
            "way = \"keys\"".to_owned(),
        ];
        for (name, settings) in Self::NAMES.iter().zip(settings) {
            studio.install(name, &fixture("writer"), &settings);
        }
        Self { before: studio.newest_event(), shots }
    }

    /// Waits until all of them run.
    #[track_caller]
    pub fn wait_until_live(host: &Host) {
        for plugin in Self::NAMES {
            host.wait_until_live(plugin);
        }
    }

    /// Waits until a host that runs has finished all that there is.
    #[track_caller]
    pub fn wait_until_done(&self, studio: &Studio) {
        let database = studio.open_database();
        let mut missing = self.events(studio);
        eventually("every event in the journal", || {
            missing.retain(|id| database.entry_by_id(EventId(*id)).unwrap().is_none());
            missing.is_empty().then_some(())
        });
        for plugin in Self::NAMES {
            studio.wait_for_plugin(plugin, |row| row.lag == 0);
        }
    }

    /// Expects that every event arrived, that each plugin wrote what it had to about each, once, in the order in which they
    /// arrived, that key-values are in step with that, and that nothing is in doubt. Answers how many events there were, and
    /// how many calls that write.
    #[track_caller]
    pub fn check(&self, studio: &Studio) -> (usize, usize) {
        let (order, database) = (self.check_events(studio), studio.open_database());
        let mut writes = 0;
        for plugin in Self::NAMES {
            let written = self.written(studio, plugin);
            assert_same(plugin, &written, &Self::wanted(plugin, &order));
            assert!(database.effects(plugin).unwrap().is_empty(), "nothing is in doubt");
            writes += written.len();
        }
        let [in_batches, _] = self.shots;
        let described: Vec<String> = order.iter().map(|id| format!("event {id}")).collect();
        assert_same("batches", &self.descriptions(studio, in_batches), &described);
        (order.len(), writes)
    }

    /// Expects that every event arrived, and that key-values are in step with them. Answers the events in the order of their
    /// arrival.
    #[track_caller]
    pub fn check_events(&self, studio: &Studio) -> Vec<u64> {
        let database = studio.open_database();
        let order: Vec<u64> = order(&database).into_iter().map(|(_, id)| id).collect();
        let arrived: BTreeSet<u64> = order.iter().copied().collect();
        assert_eq!(arrived, self.events(studio), "every event arrived");
        assert_eq!(arrived.len(), order.len(), "every event is in the journal once");
        check_key_values(&database, &order);
        order
    }

    /// The events on the site that the plugins are to be handed.
    pub fn events(&self, studio: &Studio) -> BTreeSet<u64> {
        let newer = ("id", "greater_than", json!(self.before));
        let rows = studio.find("EventLogEntry", newer, &["event_type"]);
        rows.iter()
            .filter(|row| row["event_type"] == EVENT_TYPE)
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    }

    /// Every text that one plugin wrote on the site, in order; nothing of the one with key-values alone.
    pub fn written(&self, studio: &Studio, plugin: &str) -> Vec<String> {
        let [_, two_by_two] = self.shots;
        match plugin {
            "creates" => subjects(studio, "a note for the event"),
            "batches" => subjects(studio, "a note in a batch"),
            "updates" => self.descriptions(studio, two_by_two),
            _ => Vec::new(),
        }
    }

    /// The texts that a plugin is to write for these events.
    pub fn wanted(plugin: &str, order: &[u64]) -> Vec<String> {
        let one = |id: &u64| match plugin {
            "updates" => vec![format!("begun {id}"), format!("done {id}")],
            "keys" => Vec::new(),
            _ => vec![id.to_string()],
        };
        order.iter().flat_map(one).collect()
    }

    /// The values that a description was changed to. The site logs no change to the value that is there.
    fn descriptions(&self, studio: &Studio, shot: u64) -> Vec<String> {
        let newer = ("id", "greater_than", json!(self.before));
        let fields = ["event_type", "entity", "attribute_name", "meta"];
        let mut rows = studio.find("EventLogEntry", newer, &fields);
        rows.retain(|row| {
            row["event_type"] == "Shotgun_Shot_Change"
                && row["entity"]["id"] == shot
                && row["attribute_name"] == "description"
        });
        rows.sort_by_key(|row| row["id"].as_u64());
        rows.iter().map(|row| row["meta"]["new_value"].as_str().unwrap().to_owned()).collect()
    }
}

/// Holds the key-values of every plugin against the order in which the events were handed out.
fn check_key_values(database: &Database, order: &[u64]) {
    for plugin in Writers::NAMES {
        let keys: BTreeMap<String, Vec<u8>> =
            database.key_values(plugin).unwrap().into_iter().collect();
        let text = |key: &str| String::from_utf8(keys[key].clone()).unwrap();
        assert_eq!(text("count"), order.len().to_string(), "{plugin} counts each event once");
        assert_eq!(text("last"), order.last().unwrap().to_string(), "{plugin}");
        assert_eq!(text("trail"), trail(order), "{plugin} is handed them in order");
        if plugin == "keys" {
            let newest: BTreeSet<u64> = order.iter().copied().collect();
            let newest: BTreeSet<String> =
                newest.iter().rev().take(KEYS_MAX).map(|id| format!("event {id}")).collect();
            let kept: BTreeSet<String> =
                keys.keys().filter(|key| key.starts_with("event ")).cloned().collect();
            assert_eq!(kept, newest, "what was deleted stays deleted");
        }
    }
}

/// Expects that what was written is what was wanted, in that order; says what was lost, repeated or moved.
#[track_caller]
fn assert_same(plugin: &str, written: &[String], wanted: &[String]) {
    let (made, asked) = (counted(written), counted(wanted));
    let lost: Vec<_> = asked.keys().filter(|text| !made.contains_key(*text)).collect();
    let repeated: Vec<_> =
        made.iter().filter(|(text, count)| asked.get(*text).unwrap_or(&0) < count).collect();
    assert!(
        lost.is_empty() && repeated.is_empty(),
        "plugin `{plugin}`: lost {lost:?}, repeated {repeated:?}"
    );
    let moved = written.iter().zip(wanted).position(|(written, wanted)| written != wanted);
    assert_eq!(moved, None, "plugin `{plugin}` wrote in another order: {written:?}");
}

/// How often each text is there.
pub fn counted(texts: &[String]) -> BTreeMap<&str, usize> {
    let mut counted = BTreeMap::new();
    for text in texts {
        *counted.entry(text.as_str()).or_default() += 1;
    }
    counted
}

/// The subjects of the notes with this content, in the order in which they were made.
fn subjects(studio: &Studio, content: &str) -> Vec<String> {
    let mut notes = studio.find("Note", ("content", "is", json!(content)), &["subject"]);
    notes.sort_by_key(|note| note["id"].as_u64());
    notes.iter().map(|note| note["subject"].as_str().unwrap().to_owned()).collect()
}

/// The events that the plugins want, in the order in which the journal has them, each with its place.
pub fn order(database: &Database) -> Vec<(Seq, u64)> {
    let mut order = Vec::new();
    let mut last = Seq(0);
    loop {
        let page = database.entries_after(last, 500).unwrap();
        let Some(entry) = page.last() else { return order };
        last = entry.seq;
        for entry in page {
            let row: Value = serde_json::from_str(&entry.json).unwrap();
            if row["event_type"] == EVENT_TYPE {
                order.push((entry.seq, entry.id.0));
            }
        }
    }
}

/// As the fixture makes it.
fn trail(order: &[u64]) -> String {
    order.iter().fold(String::new(), |before, id| {
        let hash =
            format!("{before},{id}").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("{hash:016x}")
    })
}
