//! What a plugin's `register` says, checked.

use std::collections::BTreeSet;
use std::time::Duration;

use eventlog::matching::{Filter, Pattern};
use policy::OnError;

use crate::bindings::exports::cuebox::plugin::callbacks;

/// More callbacks than this is a mistake, or an attack on the host's memory.
const CALLBACKS_MAX: usize = 1000;

/// The same, for all filters of one callback.
const FILTERS_MAX: usize = 1000;

/// The longest time for which a callback can have events gathered.
const COALESCE_MILLIS_MAX: u32 = 3_600_000;

/// Names go into logs and databases.
const NAME_BYTES_MAX: usize = 200;

/// The callbacks of a plugin version, in the order in which they are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// At least one.
    pub callbacks: Vec<Callback>,
}

/// One callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Unique within the plugin.
    pub name: String,
    /// Which events it wants; empty means all.
    pub filters: Vec<Filter>,
    /// What the plugin's author wants to happen when it fails.
    pub on_error: Option<OnError>,
    /// For how long the events of one entity are gathered, to be handed over in one call.
    pub coalesce: Option<Duration>,
}

/// Why a registration can not be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RegistrationError {
    /// A plugin without callbacks would never be called.
    #[error("it registers no callback")]
    Empty,
    /// More than the host keeps.
    #[error("it registers {count} callbacks, and {CALLBACKS_MAX} is the limit")]
    TooManyCallbacks {
        /// How many there are.
        count: usize,
    },
    /// More than the host keeps.
    #[error("callback `{callback}` has {count} filters, and {FILTERS_MAX} is the limit")]
    TooManyFilters {
        /// Which one.
        callback: String,
        /// How many there are.
        count: usize,
    },
    /// A name that can not be shown in one line.
    #[error(
        "callback number {number} has a name that is empty, longer than {NAME_BYTES_MAX} bytes, or has control characters"
    )]
    BadName {
        /// Which one, from 1.
        number: usize,
    },
    /// Two callbacks could not be told apart.
    #[error("callback `{0}` is registered twice")]
    Twice(String),
    /// Events would wait for longer than anyone means.
    #[error(
        "callback `{callback}` gathers events for {millis} ms, and an hour, {COALESCE_MILLIS_MAX} ms, is the limit"
    )]
    CoalescesTooLong {
        /// Which one.
        callback: String,
        /// For how long.
        millis: u32,
    },
    /// A filter that no event can match.
    #[error("a filter of callback `{callback}` has an empty event type; write `*` for every type")]
    EmptyEventType {
        /// Whose filter.
        callback: String,
    },
}

/// Checks what a guest registered.
pub(crate) fn check(
    registered: Vec<callbacks::Callback>,
) -> Result<Registration, RegistrationError> {
    match registered.len() {
        0 => return Err(RegistrationError::Empty),
        count if count > CALLBACKS_MAX => {
            return Err(RegistrationError::TooManyCallbacks { count });
        }
        _ => {}
    }
    let mut names = BTreeSet::new();
    let mut callbacks = Vec::with_capacity(registered.len());
    for (index, callback) in registered.into_iter().enumerate() {
        let name = &callback.name;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
            return Err(RegistrationError::BadName { number: index + 1 });
        }
        if !names.insert(name.clone()) {
            return Err(RegistrationError::Twice(name.clone()));
        }
        callbacks.push(check_callback(callback)?);
    }
    Ok(Registration { callbacks })
}

fn check_callback(callback: callbacks::Callback) -> Result<Callback, RegistrationError> {
    let count = callback.filters.len();
    if count > FILTERS_MAX {
        return Err(RegistrationError::TooManyFilters { callback: callback.name, count });
    }
    if callback.filters.iter().any(|filter| filter.event_type.is_empty()) {
        return Err(RegistrationError::EmptyEventType { callback: callback.name });
    }
    if let Some(millis) = callback.coalesce.filter(|millis| *millis > COALESCE_MILLIS_MAX) {
        return Err(RegistrationError::CoalescesTooLong { callback: callback.name, millis });
    }
    let coalesce = callback.coalesce.filter(|millis| *millis > 0);
    let filters = callback
        .filters
        .into_iter()
        .map(|filter| Filter {
            event_type: Pattern::from(filter.event_type.as_str()),
            attributes: filter.attributes,
        })
        .collect();
    let on_error = callback.on_error.map(|on_error| match on_error {
        callbacks::OnError::Deactivate => OnError::Deactivate,
        callbacks::OnError::Continue => OnError::Continue,
        callbacks::OnError::DeadLetter => OnError::DeadLetter,
    });
    let coalesce = coalesce.map(|millis| Duration::from_millis(millis.into()));
    Ok(Callback { name: callback.name, filters, on_error, coalesce })
}

#[cfg(test)]
mod tests;
