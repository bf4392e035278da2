//! The host's imports.

use std::cell::OnceCell;

use serde_json::Value;

use super::bindings::cuebox::plugin::shotgun;
use super::bindings::wasi::config::store as config;
use super::bindings::wasi::keyvalue::{atomics, store as keyvalue};
use super::bindings::wasi::logging::logging;
use super::convert::{keyvalue_error, setting_error};
use crate::host::Host;
use crate::http::{Request, Response};
use crate::log::Level;
use crate::shotgun::Query;
use crate::{EntityRef, Error, Result};

/// The one bucket that a plugin has.
const BUCKET: &str = "default";

/// The host of a component.
pub(crate) struct Imports;

thread_local! {
    /// Opened by the first call that needs it, and then kept as long as the instance.
    static OPENED: OnceCell<keyvalue::Bucket> = const { OnceCell::new() };
}

impl Host for Imports {
    fn find(query: &Query) -> Result<String> {
        Ok(shotgun::find(&query.into())?)
    }

    fn summarize(
        entity_type: &str,
        filters: &Value,
        fields: &Value,
        grouping: Option<&Value>,
    ) -> Result<String> {
        let grouping = grouping.map(Value::to_string);
        Ok(shotgun::summarize(
            entity_type,
            &filters.to_string(),
            &fields.to_string(),
            grouping.as_deref(),
        )?)
    }

    fn create(entity_type: &str, data: &Value, return_fields: &[String]) -> Result<String> {
        Ok(shotgun::create(entity_type, &data.to_string(), return_fields)?)
    }

    fn update(entity: &EntityRef, data: &Value, modes: Option<&Value>) -> Result<String> {
        let modes = modes.map(Value::to_string);
        Ok(shotgun::update(&entity.entity_type, entity.id, &data.to_string(), modes.as_deref())?)
    }

    fn delete(entity: &EntityRef) -> Result<bool> {
        Ok(shotgun::delete(&entity.entity_type, entity.id)?)
    }

    fn revive(entity: &EntityRef) -> Result<bool> {
        Ok(shotgun::revive(&entity.entity_type, entity.id)?)
    }

    fn batch(requests: &Value) -> Result<String> {
        Ok(shotgun::batch(&requests.to_string())?)
    }

    fn schema_read(
        entity_type: Option<&str>,
        field: Option<&str>,
        project: Option<&EntityRef>,
    ) -> Result<String> {
        let project = project.map(Into::into);
        Ok(shotgun::schema_read(entity_type, field, project.as_ref())?)
    }

    fn upload(
        entity: &EntityRef,
        field: Option<&str>,
        file_name: &str,
        content: &[u8],
    ) -> Result<u64> {
        Ok(shotgun::upload(&entity.into(), field, file_name, content)?)
    }

    fn download(attachment: &Value) -> Result<Vec<u8>> {
        Ok(shotgun::download(&attachment.to_string())?)
    }

    fn call(method: &str, params: &Value) -> Result<String> {
        Ok(shotgun::call(method, &params.to_string())?)
    }

    fn http(request: &Request) -> Result<Response> {
        super::http::send(request)
    }

    fn log(level: Level, context: &str, message: &str) {
        logging::log(level.into(), context, message);
    }

    fn setting(key: &str) -> Result<Option<String>> {
        config::get(key).map_err(|error| setting_error(key, error))
    }

    fn settings() -> Result<Vec<(String, String)>> {
        config::get_all().map_err(|error| setting_error("*", error))
    }

    fn key_value(key: &str) -> Result<Option<Vec<u8>>> {
        with_bucket(key, |bucket| bucket.get(key))
    }

    fn set_key_value(key: &str, value: &[u8]) -> Result<()> {
        with_bucket(key, |bucket| bucket.set(key, value))
    }

    fn delete_key_value(key: &str) -> Result<()> {
        with_bucket(key, |bucket| bucket.delete(key))
    }

    fn keys() -> Result<Vec<String>> {
        with_bucket("", |bucket| {
            let mut page = bucket.list_keys(None)?;
            let mut keys = page.keys;
            while let Some(cursor) = page.cursor {
                page = bucket.list_keys(Some(cursor))?;
                keys.append(&mut page.keys);
            }
            Ok(keys)
        })
    }

    fn increment(key: &str, delta: u64) -> Result<u64> {
        with_bucket(key, |bucket| atomics::increment(bucket, key, delta))
    }
}

fn with_bucket<T>(
    key: &str,
    call: impl FnOnce(&keyvalue::Bucket) -> std::result::Result<T, keyvalue::Error>,
) -> Result<T> {
    OPENED.with(|opened| {
        let bucket = match opened.get() {
            Some(bucket) => bucket,
            None => {
                let bucket = keyvalue::open(BUCKET).map_err(|error| keyvalue_error(key, error))?;
                opened.get_or_init(|| bucket)
            }
        };
        call(bucket).map_err(|error: keyvalue::Error| -> Error { keyvalue_error(key, error) })
    })
}
