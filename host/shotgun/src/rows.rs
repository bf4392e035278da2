//! What the site answered, as JSON text: nobody in the host needs to understand it, and a guest wants it as it is.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::object::Object;

/// What the site answered, item by item and in its order: rows, each a JSON object, or the results of a batch.
#[derive(Debug, Clone, Default)]
pub struct Rows(Vec<Box<RawValue>>);

impl Rows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON text of each row.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|row| row.get())
    }

    /// All rows as the text of one JSON array.
    #[must_use]
    pub fn to_json(&self) -> String {
        let bytes: usize = self.iter().map(|row| row.len() + 1).sum();
        let mut json = String::with_capacity(bytes + 2);
        json.push('[');
        for (index, row) in self.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(row);
        }
        json.push(']');
        json
    }

    pub(crate) fn push(&mut self, row: &RawValue) {
        self.0.push(unescape(row));
    }

    pub(crate) fn append(&mut self, mut rows: Self) {
        self.0.append(&mut rows.0);
    }

    pub(crate) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }
}

/// Undoes what the site does to a `<` in the texts of a record: it writes `&lt;`, and the official client turns it back
/// in the record's own fields, not in nested values. A copy of a field would otherwise change the text at each step.
pub(crate) fn unescape(record: &RawValue) -> Box<RawValue> {
    if !record.get().contains("&lt;") {
        return record.to_owned();
    }
    let Ok(Object(mut members)) = serde_json::from_str::<Object<Value>>(record.get()) else {
        return record.to_owned();
    };
    for (_, value) in &mut members {
        if let Value::String(text) = value {
            *text = text.replace("&lt;", "<");
        }
    }
    let json = serde_json::to_string(&Object(members))
        .expect("what was parsed from JSON can be written as JSON");
    RawValue::from_string(json).expect("serde_json writes JSON")
}

#[cfg(test)]
mod tests;
