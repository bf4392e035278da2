//! One connection that writes, and keeps the plain model of what it wrote.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::chance::Chance;
use super::compose;
use super::http::Client;
use super::plain::{Key, Mode, Plain, Write};

/// What the texts of writes begin with that must never be seen.
pub const DOOMED: &str = "doomed";

/// A field of a record that all connections write, and what was written. No two values are the same.
#[derive(Debug, Clone)]
pub struct Shared {
    pub key: Key,
    pub field: &'static str,
    pub value: Value,
}

pub struct Writer<'a> {
    pub client: Client,
    pub chance: Chance,
    /// Tells the connections apart.
    pub number: usize,
    pub project: &'a Value,
    /// The records that all connections write.
    pub shared: &'a [Key],
    /// How many writes all connections have made.
    pub made: &'a AtomicUsize,
    pub plain: Plain,
    pub wrote: Vec<Shared>,
}

impl Writer<'_> {
    pub fn work(&mut self, writes: usize) {
        for number in 0..writes {
            self.plain.write = number;
            match self.chance.below(100) {
                0..15 => self.batch(),
                15..25 => self.failing_batch(),
                25..30 => self.refused(),
                30..45 => self.shared(),
                _ => self.single(),
            }
            self.made.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Revives all that is retired.
    pub fn revive_all(&mut self, number: usize) {
        self.plain.write = number;
        let retired: Vec<_> =
            self.plain.records.keys().copied().filter(|key| self.plain.is_retired(*key)).collect();
        for key in retired {
            self.make(&Write::Revive(key));
        }
    }

    fn single(&mut self) {
        let mark = self.mark();
        let write = compose::write(&mut self.chance, &self.plain, &mark);
        self.make(&write);
    }

    fn make(&mut self, write: &Write) {
        let (method, parameters) = compose::spelled(write, self.project);
        let result = self.client.call(method, parameters);
        let result = result.unwrap_or_else(|refusal| panic!("{write:?} was refused: {refusal}"));
        self.performed(write, &result);
    }

    /// A write was answered: the plain model makes it too, and the answers agree.
    fn performed(&mut self, write: &Write, result: &Value) {
        let id = result["id"].as_u64().unwrap_or_default();
        if let Write::Create(kind, _) = write {
            let highest =
                self.plain.records.keys().filter(|key| key.kind == *kind).map(|key| key.id).max();
            assert!(Some(id) > highest, "{kind} {id} was made after {highest:?}");
        }
        let done = self.plain.perform(write, id);
        if let Write::Delete(_) | Write::Revive(_) = write {
            assert_eq!(*result, json!(done), "{write:?} was answered so");
        }
    }

    fn refused(&mut self) {
        let (method, parameters, reason) =
            compose::refused(&mut self.chance, &self.plain, self.project, DOOMED);
        let refusal = self.client.call(method, parameters.clone());
        let refusal = refusal.expect_err("it must be refused");
        assert!(
            refusal.contains(reason),
            "{method} {parameters} was refused with {refusal:?}, not {reason:?}"
        );
    }

    /// A field that others write as well.
    fn shared(&mut self) {
        let shared = self.value_of_its_own();
        let (_, parameters) = self.spelled_shared(&shared);
        self.client.call("update", parameters).expect("an update of a record that is there");
        self.wrote.push(shared);
    }

    fn value_of_its_own(&mut self) -> Shared {
        let key = self.chance.pick(self.shared).expect("there are shared records");
        let unique = self.number * 1_000_000 + self.plain.write * 1_000 + self.chance.below(1_000);
        let (field, value) = match self.chance.percent(50) {
            true => ("description", json!(format!("{} {unique}", self.mark()))),
            false => ("sg_cut_in", json!(unique)),
        };
        Shared { key, field, value }
    }

    fn spelled_shared(&self, shared: &Shared) -> (&'static str, Value) {
        let sent = vec![(shared.field, shared.value.clone(), Mode::Set)];
        compose::spelled(&Write::Update(shared.key, sent), self.project)
    }

    /// Several writes at once, each in order after those before it.
    fn several(&mut self, mark: &str) -> Vec<Write> {
        let mut after = self.plain.clone();
        let mut writes = Vec::new();
        for _ in 0..=self.chance.below(5) {
            let write = compose::write(&mut self.chance, &after, mark);
            match write {
                // The official client has no revival in a batch; and a number is not known before the answer.
                Write::Revive(_) => continue,
                Write::Create(..) => {}
                _ => drop(after.perform(&write, 0)),
            }
            writes.push(write);
        }
        writes
    }

    fn batch(&mut self) {
        let writes = self.several(&self.mark());
        let shared = self.chance.percent(30).then(|| self.value_of_its_own());
        let mut items: Vec<_> =
            writes.iter().map(|write| item(compose::spelled(write, self.project))).collect();
        items.extend(shared.iter().map(|shared| item(self.spelled_shared(shared))));
        let results = self.client.call("batch", json!(items));
        let results =
            results.unwrap_or_else(|refusal| panic!("{writes:?} were refused: {refusal}"));
        assert_eq!(results.as_array().map(Vec::len), Some(items.len()), "each has its result");
        for (write, result) in writes.iter().zip(results.as_array().expect("it was just looked at"))
        {
            self.performed(write, result);
        }
        self.wrote.extend(shared);
    }

    /// The same, with one among them that is refused: nothing happens, to the plain model either.
    fn failing_batch(&mut self) {
        let writes = self.several(DOOMED);
        let mut items: Vec<_> =
            writes.iter().map(|write| item(compose::spelled(write, self.project))).collect();
        if self.chance.percent(50) {
            let shared = self.value_of_its_own();
            items.push(item(self.spelled_shared(&shared)));
        }
        let place = self.chance.below(items.len() + 1);
        let (method, parameters, _) =
            compose::refused(&mut self.chance, &self.plain, self.project, DOOMED);
        items.insert(place, item((method, parameters)));
        let refusal =
            self.client.call("batch", json!(items)).expect_err("one of them must be refused");
        let reason =
            format!("API batch() request with index {place} failed.  All requests rolled back.");
        assert!(refusal.starts_with(&reason), "{refusal}");
    }

    fn mark(&self) -> String {
        format!("writer {}", self.number)
    }
}

fn item((method, mut parameters): (&str, Value)) -> Value {
    parameters["request_type"] = json!(method);
    parameters
}
