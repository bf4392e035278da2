//! Requests in, answers and event log rows out.

use serde_json::{Map, Value as Json, json};

use super::{EntityLink, Model, Now, Schema};
use crate::wire::Request;

mod authentication;
mod batch;
mod events;
mod filters;
mod order;
mod presets;
mod properties;
mod relations;
mod schema_changes;
mod speed;
mod tasks;
mod writing;

/// A small production and a script that works on it.
pub struct Scene {
    pub model: Model,
    pub now: Now,
    pub auth: Json,
}

impl Scene {
    /// A project, a person and a script; the event log is empty.
    pub fn new() -> Self {
        let mut model = Model::new(Schema::production());
        model.add_script("robot", "robot-key");
        model.add_user("jane", "Jane Roe", "jane-password");
        let mut scene = Self {
            model,
            // 2026-02-03T10:11:12Z
            now: Now(1_770_113_472_000),
            auth: json!({"script_name": "robot", "script_key": "robot-key"}),
        };
        scene.seed("Project", json!({"id": 4, "name": "Demo"}));
        scene
    }

    /// Adds a record without event log entries.
    pub fn seed(&mut self, entity_type: &str, fields: Json) -> EntityLink {
        let fields: Map<_, _> = fields.as_object().cloned().unwrap_or_default();
        self.model.seed_entity(entity_type, &fields).expect("the test seeds what is valid")
    }

    /// A call as the script. `Err` is the error as `code message`.
    pub fn call(&mut self, method: &str, params: Json) -> Result<Json, String> {
        let request = Request::new(method, vec![self.auth.clone(), params]);
        match self.model.rpc(&request, self.now) {
            Ok(answer) => Ok(answer.results()),
            Err(error) => Err(format!("{} {}", error.code as u16, error.message)),
        }
    }

    /// A call that must succeed.
    #[track_caller]
    pub fn ok(&mut self, method: &str, params: Json) -> Json {
        self.call(method, params).expect("the call is valid")
    }

    /// Creates a record and returns its id.
    #[track_caller]
    pub fn create(&mut self, entity_type: &str, fields: Json) -> u64 {
        let results = self.ok("create", json!({"type": entity_type, "fields": listed(fields)}));
        results["id"].as_u64().expect("a created record has an id")
    }

    /// Updates a record and returns the echo.
    pub fn update(&mut self, entity_type: &str, id: u64, fields: Json) -> Result<Json, String> {
        self.call("update", json!({"type": entity_type, "id": id, "fields": listed(fields)}))
    }

    /// The rows that pass conditions given as `[path, relation, value…]`, all of which must hold.
    pub fn find(
        &mut self,
        entity_type: &str,
        conditions: Json,
        fields: Json,
    ) -> Result<Json, String> {
        let params = json!({
            "type": entity_type,
            "filters": filters(&conditions),
            "return_fields": fields,
            "paging": {"entities_per_page": 500, "current_page": 1},
        });
        self.call("read", params).map(|mut results| results["entities"].take())
    }

    /// The rows of the event log after `id`, one a line: `id type[attribute] entity meta`.
    pub fn events_after(&self, id: u64) -> String {
        let lines = self.model.events_after(id).map(|event| {
            let shown = event.to_json();
            let attribute =
                event.attribute_name().map(|name| format!("[{name}]")).unwrap_or_default();
            let entity = match &shown["entity"] {
                Json::Null => "-".to_owned(),
                entity => {
                    format!("{} {}", entity["type"].as_str().unwrap_or_default(), entity["id"])
                }
            };
            format!("{} {}{attribute} {entity} {}\n", event.id(), event.event_type(), event.meta())
        });
        lines.collect()
    }
}

/// `{"a": 1}` as the wire's list of fields; `{"a": {"add": […]}}` uses a mode.
pub fn listed(fields: Json) -> Json {
    let fields = fields.as_object().expect("the test gives an object");
    fields
        .iter()
        .map(|(name, value)| {
            for mode in ["add", "remove", "set"] {
                if let Some(links) = value.get(mode) {
                    return json!({"field_name": name, "value": links, "multi_entity_update_mode": mode});
                }
            }
            json!({"field_name": name, "value": value})
        })
        .collect()
}

/// Triples as the wire's filters; an object is passed on as a group.
pub fn filters(conditions: &Json) -> Json {
    let conditions: Vec<_> = conditions
        .as_array()
        .expect("the test gives a list")
        .iter()
        .map(|condition| match condition.as_array().map(Vec::as_slice) {
            Some([path, relation, values @ ..]) => match values {
                [Json::Array(values)] => {
                    json!({"path": path, "relation": relation, "values": values})
                }
                values => json!({"path": path, "relation": relation, "values": values}),
            },
            _ => {
                let (operator, inner) =
                    condition.as_object().and_then(|group| group.iter().next()).expect("a group");
                let inner = filters(inner)["conditions"].clone();
                json!({"logical_operator": operator, "conditions": inner})
            }
        })
        .collect();
    json!({"logical_operator": "and", "conditions": conditions})
}

/// One line per item of a list.
pub fn lines(list: &Json) -> String {
    list.as_array().map_or_else(
        || list.to_string(),
        |items| items.iter().map(|item| format!("{item}\n")).collect(),
    )
}

/// A call's outcome on one line.
pub fn outcome(result: Result<Json, String>) -> String {
    match result {
        Ok(results) => results.to_string(),
        Err(error) => format!("error {error}"),
    }
}

/// A link as a client sends it.
pub fn link(entity_type: &str, id: u64) -> Json {
    json!({"type": entity_type, "id": id})
}
