//! Testing a plugin on the host, without a component: [`Harness`] registers it, hands it events, and shows what it did.
//!
//! Off wasm the whole SDK reaches the harness of the test's thread. Answers of the site are scripted, and a question that
//! was not scripted fails the test; writes are recorded exactly; settings, key-values and log lines are kept in memory,
//! and key-values go back to what they were when a callback fails, as the host does it.
//!
//! ```
//! use cuebox_plugin::prelude::*;
//! use cuebox_plugin::testing::{self, Harness, Write};
//!
//! fn register(registrar: &mut Registrar) -> Result<()> {
//!     registrar.callback("greet", greet).on("Shotgun_Shot_New", &[]);
//!     Ok(())
//! }
//!
//! fn greet(sg: &Shotgun, event: &Event) -> Result<()> {
//!     sg.update(event.required_entity()?, json!({ "description": "Hello!" }))
//! }
//!
//! let delivery = Harness::new(register).deliver(testing::created("Shot", 7));
//! assert_eq!(delivery.outcome(), Outcome::Done);
//! assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "description": "Hello!" }))]);
//! ```

mod events;
mod script;
mod scripted;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::http::{Request, Response};
use crate::log::Level;
use crate::registrar::Plugin;
use crate::shotgun::Query;
use crate::{Callback, Error, Event, EventFilter, Outcome, Registrar, Result};

pub use events::{EventBuilder, changed, created, retired, revived, studio_event};
use script::{Phase, Script};
pub(crate) use scripted::Scripted;
pub use write::Write;

type Register = Box<dyn FnOnce(&mut Registrar) -> Result<()>>;

/// One plugin and its scripted surroundings.
pub struct Harness {
    register: Option<Register>,
    plugin: Option<Plugin>,
    script: Rc<RefCell<Script>>,
}

/// What a plugin did with one event.
#[derive(Debug)]
pub struct Delivery {
    /// For each callback that wanted the event, in the order in which they were registered: its name and how it ended.
    pub outcomes: Vec<(String, Result<Outcome>)>,
    /// What it asked of the site.
    pub reads: Vec<Query>,
    /// What it wrote to the site, in order.
    pub writes: Vec<Write>,
    /// What it asked of other hosts, in order.
    pub requests: Vec<Request>,
    /// What it wrote to its log.
    pub logs: Vec<(Level, String)>,
}

impl Harness {
    /// The plugin with this `register`, which is called by [`Harness::register`] or before the first event.
    pub fn new(register: impl FnOnce(&mut Registrar) -> Result<()> + 'static) -> Self {
        Self { register: Some(Box::new(register)), plugin: None, script: Rc::default() }
    }

    /// Gives the plugin a setting.
    #[must_use]
    pub fn setting(self, key: &str, value: &str) -> Self {
        self.script.borrow_mut().settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Sets a key-value before the plugin starts.
    #[must_use]
    pub fn key_value(self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.script.borrow_mut().key_values.insert(key.to_owned(), value.as_ref().to_vec());
        self
    }

    /// Gives the site's schema a field of this data type.
    #[must_use]
    pub fn schema_field(self, entity_type: &str, field: &str, data_type: &str) -> Self {
        self.schema(entity_type, field, data_type, &[])
    }

    /// Gives the site's schema a status_list with these short codes.
    #[must_use]
    pub fn schema_status(self, entity_type: &str, field: &str, codes: &[&str]) -> Self {
        self.schema(entity_type, field, "status_list", codes)
    }

    /// Answers one `find` on this type with an array of rows; the next one with the next answer given.
    #[must_use]
    pub fn answer_find(self, entity_type: &str, rows: Value) -> Self {
        self.answer(&format!("find {entity_type}"), rows)
    }

    /// Answers one `summarize` on this type.
    #[must_use]
    pub fn answer_summarize(self, entity_type: &str, summary: Value) -> Self {
        self.answer(&format!("summarize {entity_type}"), summary)
    }

    /// Answers one call of this method.
    #[must_use]
    pub fn answer_call(self, method: &str, result: Value) -> Self {
        self.answer(&format!("call {method}"), result)
    }

    /// Answers one download with these bytes.
    #[must_use]
    pub fn answer_download(self, content: impl Into<Vec<u8>>) -> Self {
        self.script.borrow_mut().downloads.push_back(content.into());
        self
    }

    /// Answers one request to another host with this status and body.
    #[must_use]
    pub fn answer_http(self, status: u16, body: impl Into<Vec<u8>>) -> Self {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        self.script.borrow_mut().responses.push_back(Ok(response));
        self
    }

    /// Makes one request to another host fail, in its place among the answers. It is recorded as a request.
    #[must_use]
    pub fn fail_http(self, error: Error) -> Self {
        self.script.borrow_mut().responses.push_back(Err(error));
        self
    }

    /// Makes a call of the connection fail: 1 is the next one. It is not recorded as a read or a write.
    #[must_use]
    pub fn fail_call(self, number: u64, error: Error) -> Self {
        {
            let mut script = self.script.borrow_mut();
            let at = script.calls + number;
            script.failures.insert(at, error);
        }
        self
    }

    /// Calls the plugin's `register`, once; says which callbacks there are, or why it cannot work.
    pub fn register(&mut self) -> Result<&[Callback]> {
        if let Some(register) = self.register.take() {
            let _current = scripted::enter(&self.script, Phase::Register);
            self.plugin = Some(Plugin::register(register)?);
        }
        let plugin = self.plugin.as_ref().ok_or("the plugin failed to register before")?;
        Ok(plugin.callbacks())
    }

    /// Hands an event to every callback that wants it, in the order in which they were registered.
    ///
    /// # Panics
    ///
    /// If the plugin fails to register. Use [`Harness::register`] to test that.
    #[track_caller]
    pub fn deliver(&mut self, event: impl Into<Event>) -> Delivery {
        if let Err(error) = self.register() {
            panic!("the plugin failed to register: {error}");
        }
        let plugin = self.plugin.as_mut().expect("the plugin has registered");
        let event = event.into();
        let wanting =
            plugin.callbacks().iter().filter(|callback| wants(callback.filters(), &event));
        let names: Vec<String> = wanting.map(|callback| callback.name().to_owned()).collect();
        let mut outcomes = Vec::new();
        for name in names {
            let before = self.script.borrow().key_values.clone();
            let outcome = {
                let _current = scripted::enter(&self.script, Phase::Handle);
                plugin.handle(&name, &event)
            };
            if !outcome.as_ref().is_ok_and(Outcome::is_finished) {
                self.script.borrow_mut().key_values = before;
            }
            outcomes.push((name, outcome));
        }
        self.script.borrow_mut().take_delivery(outcomes)
    }

    /// The plugin's key-value, as it is now.
    pub fn stored(&self, key: &str) -> Option<Vec<u8>> {
        self.script.borrow().key_values.get(key).cloned()
    }

    fn schema(
        self,
        entity_type: &str,
        field: &str,
        data_type: &str,
        valid_values: &[&str],
    ) -> Self {
        let key = (entity_type.to_owned(), field.to_owned());
        let properties = script::field_schema(data_type, valid_values);
        self.script.borrow_mut().schema.insert(key, properties);
        self
    }

    fn answer(self, call: &str, answer: Value) -> Self {
        self.script.borrow_mut().answers.entry(call.to_owned()).or_default().push_back(answer);
        self
    }
}

impl Delivery {
    /// How the one callback that wanted the event ended it.
    ///
    /// # Panics
    ///
    /// If no callback or more than one wanted the event, or if it failed.
    #[track_caller]
    pub fn outcome(&self) -> Outcome {
        match self.result() {
            Ok(outcome) => outcome.clone(),
            Err(error) => panic!("the callback failed: {error}"),
        }
    }

    /// Why the one callback that wanted the event failed.
    ///
    /// # Panics
    ///
    /// If no callback or more than one wanted the event, or if it did not fail.
    #[track_caller]
    pub fn error(&self) -> Error {
        match self.result() {
            Ok(outcome) => panic!("the callback did not fail, it ended as {outcome:?}"),
            Err(error) => error.clone(),
        }
    }

    /// Whether no callback wanted the event.
    #[must_use]
    pub fn is_unwanted(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// The text of the log lines.
    #[must_use]
    pub fn log_lines(&self) -> Vec<&str> {
        self.logs.iter().map(|(_, message)| message.as_str()).collect()
    }

    #[track_caller]
    fn result(&self) -> &Result<Outcome> {
        match self.outcomes.as_slice() {
            [(_, result)] => result,
            [] => panic!("no callback wanted the event"),
            several => panic!("{} callbacks wanted the event; look at `outcomes`", several.len()),
        }
    }
}

/// Whether a callback with these filters is handed this event, by the host's rules.
fn wants(filters: &[EventFilter], event: &Event) -> bool {
    filters.is_empty() || filters.iter().any(|filter| matches(filter, event))
}

fn matches(filter: &EventFilter, event: &Event) -> bool {
    let type_fits = filter.event_type == "*" || filter.event_type == event.event_type;
    let any_attribute =
        filter.attributes.is_empty() || filter.attributes.iter().any(|name| name == "*");
    type_fits
        && (any_attribute
            || event.attribute_name.as_ref().is_some_and(|name| filter.attributes.contains(name)))
}

#[cfg(test)]
mod tests;
