//! The border between the guest and the capabilities: every function that a guest can import and whose answer comes from
//! outside passes here.

mod keyvalue;
mod shotgun;
mod wasi;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use wasmtime::component::{HasData, Linker};

use super::tape::{Place, Step, Stop};
use crate::bindings::Plugin;
use crate::bindings::cuebox::plugin::types;
use crate::bindings::wasi::{config, logging};
use crate::capability::{Capabilities, SIGN_IN_FAULT};

/// What a guest is offered, behind its tape.
pub(crate) struct Taped<'a>(&'a mut Capabilities);

/// For linking.
struct HasTaped;

impl HasData for HasTaped {
    type Data<'a> = Taped<'a>;
}

/// What becomes of a call.
enum Asked<T> {
    /// It is to be made, and its answer to be written at the place.
    Perform(Option<Place>),
    /// It was made when this was recorded.
    Answered(Place, T),
    /// It was not.
    Unknown(Place),
}

/// Links what a guest can import with the tape before it. What of it was linked before is replaced.
pub(crate) fn link(linker: &mut Linker<Capabilities>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    Plugin::add_to_linker::<_, HasTaped>(linker, |capabilities| Taped(capabilities))?;
    wasi::link(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

impl Taped<'_> {
    /// Asks the tape about a call.
    fn asked<T: DeserializeOwned>(
        &mut self,
        function: &'static str,
        arguments: impl FnOnce() -> Json,
    ) -> wasmtime::Result<Asked<T>> {
        let tape = self.0.tape.clone();
        let place = tape.open(function, arguments);
        match tape.step(place) {
            Step::Perform(place) => Ok(Asked::Perform(place)),
            Step::Answered(place, answer) => {
                self.0.count_call()?;
                // A guest that fails after that is not to blame, now as then.
                self.0.call.site_unavailable |= is_unavailable(&answer);
                let read = T::deserialize(&answer);
                tape.write(Some(place), |call| call.answer = Some(answer));
                let spoilt =
                    |error: serde_json::Error| Stop::Spoilt { function, why: error.to_string() };
                Ok(Asked::Answered(place, read.map_err(spoilt)?))
            }
            Step::Cut => Err(Stop::Cut.into()),
            Step::Unknown(place) => {
                self.0.count_call()?;
                Ok(Asked::Unknown(place))
            }
        }
    }

    /// Writes the answer of a call down. One that ends the guest's call is none.
    fn answered<T: Serialize, E: Serialize>(
        &self,
        place: Option<Place>,
        answer: &wasmtime::Result<Result<T, E>>,
    ) {
        if let Ok(answer) = answer {
            self.0.tape.write(place, |call| call.answer = Some(written(answer)));
        }
    }
}

/// An answer as it is written down.
fn written<T: Serialize, E: Serialize>(answer: &Result<T, E>) -> Json {
    serde_json::to_value(answer).expect("answers are made of texts, numbers and lists")
}

/// Whether the site did not answer, or refused the script user's key.
fn is_unavailable(answer: &Json) -> bool {
    let error = &answer["Err"];
    !error["Unavailable"].is_null() || error["Fault"][0] == SIGN_IN_FAULT
}

/// What a guest is told of a call that was not recorded.
fn not_recorded(function: &str, subject: &str) -> String {
    format!("a replay answers what was recorded, and this call was not: {function} {subject}")
}

impl types::Host for Taped<'_> {}

/// Settings are recorded whole, so that a replay has those that were not asked for, too.
impl config::store::Host for Taped<'_> {
    fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<String>, config::store::Error>> {
        config::store::Host::get(self.0, key)
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, config::store::Error>> {
        config::store::Host::get_all(self.0)
    }
}

/// Lines are written down where those of stdout and stderr are.
impl logging::logging::Host for Taped<'_> {
    fn log(
        &mut self,
        level: logging::logging::Level,
        context: String,
        message: String,
    ) -> wasmtime::Result<()> {
        logging::logging::Host::log(self.0, level, context, message)
    }
}

/// An entity reference as it is written down.
fn entity(entity: &types::EntityRef) -> Json {
    json!({"type": entity.entity_type, "id": entity.id})
}
