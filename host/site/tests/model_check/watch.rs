//! Who watches the log while it is written, and who decides when it may be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::chance::Chance;
use super::http::Client;

/// What is asked for of each row.
pub const FIELDS: &[&str] = &[
    "event_type",
    "attribute_name",
    "meta",
    "entity",
    "user",
    "project",
    "session_uuid",
    "created_at",
];
/// Rows that are late are later than nothing: by at most this.
pub const LATE_MS_MAX: u64 = 60_000;
/// Missing ids that are asked for at once.
const MISSING_MAX: usize = 500;

/// The rows that were seen, each as it was at first, and how many came after a higher one had been seen.
#[derive(Debug, Default)]
pub struct Seen {
    pub rows: BTreeMap<u64, String>,
    pub late: usize,
}

impl Seen {
    /// Looks at what is new above the highest id, and at what was missing below it.
    pub fn look(&mut self, client: &mut Client, base: u64) {
        let high = self.rows.last_key_value().map_or(base, |(id, _)| *id);
        let missing: Vec<u64> = (base + 1..high).filter(|id| !self.rows.contains_key(id)).collect();
        let newer = json!([{"path": "id", "relation": "greater_than", "values": [high]}]);
        let rows = client.find("EventLogEntry", newer, FIELDS, false);
        assert!(
            rows.is_sorted_by_key(|row| row["id"].as_u64()),
            "a page is in the order of its ids"
        );
        self.take(&rows);
        for missing in missing.chunks(MISSING_MAX) {
            let those = json!([{"path": "id", "relation": "in", "values": missing}]);
            let rows = client.find("EventLogEntry", those, FIELDS, false);
            self.late += rows.len();
            self.take(&rows);
        }
    }

    /// What was seen is what there is.
    pub fn agree(&self, rows: &BTreeMap<u64, String>) {
        for (id, row) in &self.rows {
            assert_eq!(
                Some(row),
                rows.get(id),
                "event {id} was seen as on the left, and is as on the right"
            );
        }
        let unseen = rows.iter().find(|(id, _)| !self.rows.contains_key(id));
        assert_eq!(unseen, None, "an event never showed to who watched");
    }

    fn take(&mut self, rows: &[Value]) {
        for row in rows {
            let id = row["id"].as_u64().expect("a row has an id");
            let before = self.rows.insert(id, shape(row));
            assert_eq!(before, None, "event {id} was seen twice");
        }
    }
}

/// What never changes of a row. The record it tells of is not shown while that is retired.
pub fn shape(row: &Value) -> String {
    let fixed = FIELDS.iter().filter(|field| !matches!(**field, "entity" | "user" | "project"));
    fixed.map(|field| row[*field].to_string()).collect::<Vec<_>>().join(" ")
}

/// Lets writes be seen late, by turns: holds them until they are released, delays them, and leaves ids out. Says how many
/// ids it saw reserved.
pub fn direct(
    client: &mut Client,
    chance: &mut Chance,
    made: &AtomicUsize,
    working: &AtomicUsize,
) -> BTreeSet<u64> {
    let mut reserved = BTreeSet::new();
    while working.load(Ordering::Acquire) > 0 {
        let order = match chance.below(4) {
            0 => {
                json!({"policy": {"late": 0.3, "late_by_ms": [1, LATE_MS_MAX], "missing": 0.1, "seed": chance.below(1_000)}})
            }
            1 => json!({"skip": 1 + chance.below(3)}),
            _ => json!("hold"),
        };
        client.order("commits", &order);
        await_writes(client, 1 + chance.below(12), made, working);
        let waiting = client.order("commits", &json!("pass"))["waiting_event_ids"].take();
        // The clock stands still and nobody else releases: what waits is not there for anybody.
        let those = json!([{"path": "id", "relation": "in", "values": waiting}]);
        assert_eq!(
            client.find("EventLogEntry", those, &["id"], false),
            [] as [Value; 0],
            "of {waiting}"
        );
        reserved.extend(waiting.as_array().expect("a list").iter().filter_map(Value::as_u64));
        client.order("commits", &json!("release"));
        client.order("clock", &json!({"advance_ms": chance.below(LATE_MS_MAX as usize)}));
        // What is due by now shows with the next request.
        client.call("info", Value::Null).expect("the site answers");
    }
    reserved
}

/// Waits until some more writes were made. Each look is a request, which keeps nobody waiting.
fn await_writes(client: &mut Client, count: usize, made: &AtomicUsize, working: &AtomicUsize) {
    let enough = made.load(Ordering::Relaxed) + count;
    while made.load(Ordering::Relaxed) < enough && working.load(Ordering::Acquire) > 0 {
        client.call("info", Value::Null).expect("the site answers");
    }
}

/// From now on all is seen at once, and what was late is there.
pub fn settle(client: &mut Client) {
    client.order("commits", &json!({"policy": {}}));
    client.order("commits", &json!("pass"));
    client.order("commits", &json!("release"));
    client.order("clock", &json!({"advance_ms": LATE_MS_MAX}));
}
