//! What the SDK asks of its surroundings: the host's imports inside a component, `testing` everywhere else.

use serde_json::Value;

use crate::http::{Request, Response};
use crate::log::Level;
use crate::shotgun::Query;
use crate::{EntityRef, Result};

#[cfg(target_family = "wasm")]
pub(crate) use crate::guest::Imports as Current;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::Scripted as Current;

/// The imports of the plugin's world, one function each. Answers are JSON text where the site decides their shape.
pub(crate) trait Host {
    fn find(query: &Query) -> Result<String>;
    fn summarize(
        entity_type: &str,
        filters: &Value,
        fields: &Value,
        grouping: Option<&Value>,
    ) -> Result<String>;
    fn create(entity_type: &str, data: &Value, return_fields: &[String]) -> Result<String>;
    fn update(entity: &EntityRef, data: &Value, modes: Option<&Value>) -> Result<String>;
    fn delete(entity: &EntityRef) -> Result<bool>;
    fn revive(entity: &EntityRef) -> Result<bool>;
    fn batch(requests: &Value) -> Result<String>;
    fn schema_read(
        entity_type: Option<&str>,
        field: Option<&str>,
        project: Option<&EntityRef>,
    ) -> Result<String>;
    fn upload(
        entity: &EntityRef,
        field: Option<&str>,
        file_name: &str,
        content: &[u8],
    ) -> Result<u64>;
    fn download(attachment: &Value) -> Result<Vec<u8>>;
    fn call(method: &str, params: &Value) -> Result<String>;

    fn http(request: &Request) -> Result<Response>;

    fn log(level: Level, context: &str, message: &str);

    fn setting(key: &str) -> Result<Option<String>>;
    fn settings() -> Result<Vec<(String, String)>>;

    fn key_value(key: &str) -> Result<Option<Vec<u8>>>;
    fn set_key_value(key: &str, value: &[u8]) -> Result<()>;
    fn delete_key_value(key: &str) -> Result<()>;
    fn keys() -> Result<Vec<String>>;
    fn increment(key: &str, delta: u64) -> Result<u64>;
}
