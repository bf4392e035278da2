//! The one place of the API where the order of an object's keys counts: the types that a search by text goes through.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::Request;

/// A request of which only `entity_types` is read.
#[derive(Deserialize)]
struct Body {
    params: (IgnoredAny, Params),
}

#[derive(Deserialize)]
struct Params {
    entity_types: Pairs,
}

/// The keys and values of an object in the order in which they were sent.
struct Pairs(Vec<Value>);

/// Makes a list of pairs of the object `entity_types`, in the order of the body. Does nothing if it is not an object.
pub(super) fn keep_order(request: &mut Request, body: &[u8]) {
    let Ok(Body { params: (_, Params { entity_types: Pairs(pairs) }) }) =
        serde_json::from_slice(body)
    else {
        return;
    };
    if let Some(Value::Object(params)) = request.params.get_mut(1) {
        params.insert("entity_types".to_owned(), Value::Array(pairs));
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Pairs;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            pairs.push(Value::Array(vec![Value::String(key), value]));
        }
        Ok(Pairs(pairs))
    }
}
