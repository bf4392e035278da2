//! The host's place, taken by the harness of this thread.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use super::Write;
use super::script::{Phase, Script, written};
use crate::host::Host;
use crate::http::{Request, Response};
use crate::log::Level;
use crate::shotgun::Query;
use crate::{EntityRef, Error, Result};

/// The id that every upload is given.
const ATTACHMENT_ID: u64 = 900_001;

/// The host of a test.
pub(crate) struct Scripted;

thread_local! {
    /// The script of the harness that is inside a call of its plugin.
    static CURRENT: RefCell<Rc<RefCell<Script>>> = RefCell::default();
}

/// Ends a harness's turn when it is dropped, also when the plugin panicked.
pub(super) struct Turn {
    before: Rc<RefCell<Script>>,
}

/// Makes this script answer the calls of the thread until the turn is dropped.
pub(super) fn enter(script: &Rc<RefCell<Script>>, phase: Phase) -> Turn {
    script.borrow_mut().phase = phase;
    Turn { before: CURRENT.replace(Rc::clone(script)) }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let script = CURRENT.replace(Rc::clone(&self.before));
        script.borrow_mut().phase = Phase::Outside;
    }
}

fn with<T>(call: impl FnOnce(&mut Script) -> T) -> T {
    CURRENT.with_borrow(|script| call(&mut script.borrow_mut()))
}

impl Host for Scripted {
    fn find(query: &Query) -> Result<String> {
        with(|script| {
            script.reading()?;
            script.reads.push(query.clone());
            Ok(script.answer(&format!("find {}", query.entity_type)).to_string())
        })
    }

    fn summarize(
        entity_type: &str,
        _filters: &Value,
        _fields: &Value,
        _grouping: Option<&Value>,
    ) -> Result<String> {
        with(|script| {
            script.reading()?;
            Ok(script.answer(&format!("summarize {entity_type}")).to_string())
        })
    }

    fn create(entity_type: &str, data: &Value, _return_fields: &[String]) -> Result<String> {
        with(|script| {
            script.writing()?;
            script.writes.push(Write::create(entity_type, data.clone()));
            Ok(script.created(entity_type, data).to_string())
        })
    }

    fn update(entity: &EntityRef, data: &Value, modes: Option<&Value>) -> Result<String> {
        with(|script| {
            script.writing()?;
            script.writes.push(Write::Update {
                entity_type: entity.entity_type.clone(),
                id: entity.id,
                data: data.clone(),
                modes: modes.cloned(),
            });
            Ok(written(&entity.entity_type, entity.id, data).to_string())
        })
    }

    fn delete(entity: &EntityRef) -> Result<bool> {
        with(|script| {
            script.writing()?;
            script
                .writes
                .push(Write::Delete { entity_type: entity.entity_type.clone(), id: entity.id });
            Ok(true)
        })
    }

    fn revive(entity: &EntityRef) -> Result<bool> {
        with(|script| {
            script.writing()?;
            script
                .writes
                .push(Write::Revive { entity_type: entity.entity_type.clone(), id: entity.id });
            Ok(true)
        })
    }

    fn batch(requests: &Value) -> Result<String> {
        with(|script| {
            script.writing()?;
            let requests = requests.as_array().cloned().unwrap_or_default();
            let answers: Result<Vec<Value>> =
                requests.iter().map(|request| script.batch_answer(request)).collect();
            script.writes.push(Write::Batch(requests));
            Ok(Value::Array(answers?).to_string())
        })
    }

    fn schema_read(
        entity_type: Option<&str>,
        field: Option<&str>,
        _project: Option<&EntityRef>,
    ) -> Result<String> {
        with(|script| {
            script.reading()?;
            Ok(script.schema_of(entity_type, field)?.to_string())
        })
    }

    fn upload(
        entity: &EntityRef,
        field: Option<&str>,
        file_name: &str,
        content: &[u8],
    ) -> Result<u64> {
        with(|script| {
            script.writing()?;
            script.writes.push(Write::Upload {
                entity_type: entity.entity_type.clone(),
                id: entity.id,
                field: field.map(str::to_owned),
                file_name: file_name.to_owned(),
                content: content.to_vec(),
            });
            Ok(ATTACHMENT_ID)
        })
    }

    fn download(_attachment: &Value) -> Result<Vec<u8>> {
        with(|script| {
            script.reading()?;
            Ok(script
                .downloads
                .pop_front()
                .expect("the test has no answer, or none left, for a download"))
        })
    }

    fn call(method: &str, params: &Value) -> Result<String> {
        with(|script| {
            script.writing()?;
            script.writes.push(Write::Call { method: method.to_owned(), params: params.clone() });
            Ok(script.answer(&format!("call {method}")).to_string())
        })
    }

    fn http(request: &Request) -> Result<Response> {
        with(|script| {
            match script.phase {
                Phase::Handle => {}
                Phase::Register if ["GET", "HEAD"].contains(&request.method.as_str()) => {}
                Phase::Register | Phase::Outside => {
                    return Err(Error::Denied(request.because("HttpRequestDenied")));
                }
            }
            script.requests.push(request.clone());
            script.responses.pop_front().unwrap_or_else(|| {
                panic!(
                    "the test has no answer, or none left, for {}: add it to the harness",
                    request.because("a request")
                )
            })
        })
    }

    fn log(level: Level, _context: &str, message: &str) {
        with(|script| script.logs.push((level, message.to_owned())));
    }

    fn setting(key: &str) -> Result<Option<String>> {
        with(|script| Ok(script.settings.get(key).cloned()))
    }

    fn settings() -> Result<Vec<(String, String)>> {
        with(|script| Ok(script.settings.clone().into_iter().collect()))
    }

    fn key_value(key: &str) -> Result<Option<Vec<u8>>> {
        with(|script| Ok(script.key_values.get(key).cloned()))
    }

    fn set_key_value(key: &str, value: &[u8]) -> Result<()> {
        with(|script| {
            keeping(script, key)?;
            script.key_values.insert(key.to_owned(), value.to_vec());
            Ok(())
        })
    }

    fn delete_key_value(key: &str) -> Result<()> {
        with(|script| {
            keeping(script, key)?;
            script.key_values.remove(key);
            Ok(())
        })
    }

    fn keys() -> Result<Vec<String>> {
        with(|script| Ok(script.key_values.keys().cloned().collect()))
    }

    fn increment(key: &str, delta: u64) -> Result<u64> {
        with(|script| {
            keeping(script, key)?;
            let refused =
                |reason: &str| Error::KeyValue { key: key.to_owned(), reason: reason.to_owned() };
            let value = match script.key_values.get(key) {
                None => 0,
                Some(bytes) => std::str::from_utf8(bytes)
                    .ok()
                    .and_then(|text| text.parse::<u64>().ok())
                    .ok_or_else(|| refused("it is not a counter"))?,
            };
            let value = value.checked_add(delta).ok_or_else(|| refused("the counter is full"))?;
            script.key_values.insert(key.to_owned(), value.to_string().into_bytes());
            Ok(value)
        })
    }
}

/// Allows a key-value to be written, or says why not.
fn keeping(script: &Script, key: &str) -> Result<()> {
    match script.phase {
        Phase::Handle => Ok(()),
        Phase::Register | Phase::Outside => Err(Error::Denied(format!("key-value `{key}`"))),
    }
}
