//! The file in which the Python daemon keeps how far each plugin is. Pure.

use std::collections::{BTreeMap, BTreeSet};

use eventlog::EventId;

use super::pickle::{Node, Pickle, PickleError};

/// Missing ids that are taken over of one file: far more than a daemon waits for.
const IDS_MAX: usize = 1_000_000;

/// How far the daemon's plugins are.
#[derive(Debug, PartialEq, Eq)]
pub enum States {
    /// The old form: one event for all.
    Same(EventId),
    /// By folder and plugin.
    ByPlugin(BTreeMap<String, BTreeMap<String, State>>),
}

/// How far one plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The last event it has handled.
    pub last: EventId,
    /// The events before that which it still waits for.
    pub backlog: BTreeSet<EventId>,
}

/// Why the file cannot be taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatesError {
    /// As a crash of the daemon leaves it behind.
    #[error("it is empty")]
    Empty,
    /// It is no pickle of plain data.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// It is one of something else.
    #[error("{place} is {found}, and must be {wanted}")]
    Form { place: String, found: &'static str, wanted: &'static str },
    /// A number that no event has.
    #[error("{place} is {number}, and must be an event's number")]
    Number { place: String, number: i128 },
    /// More than there can be.
    #[error("it holds more than {IDS_MAX} missing events")]
    TooMany,
}

impl States {
    /// Reads the file.
    pub fn read(bytes: &[u8]) -> Result<Self, StatesError> {
        let plain = bytes.trim_ascii();
        if plain.is_empty() {
            return Err(StatesError::Empty);
        }
        if plain.iter().all(u8::is_ascii_digit) {
            // More digits than a number can have are none that an event has.
            let number = str::from_utf8(plain).ok().and_then(|digits| digits.parse().ok());
            return event(number.unwrap_or(i128::MAX), || "the number in it".to_owned())
                .map(Self::Same);
        }
        let pickle = Pickle::read(bytes)?;
        let root = pickle.root();
        if let Some(number) = root.int() {
            return event(number, || "the number in it".to_owned()).map(Self::Same);
        }
        let mut by_folder = BTreeMap::new();
        let mut ids = 0;
        for (folder, plugins) in
            entries(root, || "the whole".to_owned(), "a dictionary of folders")?
        {
            let folder = text(folder, || "a folder".to_owned())?;
            let mut states = BTreeMap::new();
            let of_folder = || format!("what it holds of {folder}");
            for (plugin, state) in entries(plugins, of_folder, "a dictionary of plugins")? {
                let plugin = text(plugin, || format!("a plugin in {folder}"))?;
                let place = || format!("plugin {plugin} in {folder}");
                if let Some(state) = State::read(state, &place, &mut ids)? {
                    states.insert(plugin.to_owned(), state);
                }
            }
            by_folder.insert(folder.to_owned(), states);
        }
        Ok(Self::ByPlugin(by_folder))
    }

    /// The state of a plugin, as the daemon finds it: in its folder; if the folder was moved, that of the plugin of its name
    /// that is the furthest. None where the daemon would begin at the newest event.
    pub fn of(&self, folder: &str, plugin: &str) -> Option<State> {
        match self {
            Self::Same(last) => Some(State { last: *last, backlog: BTreeSet::new() }),
            Self::ByPlugin(by_folder) => {
                if let Some(states) = by_folder.get(folder).filter(|states| !states.is_empty()) {
                    return states.get(plugin).cloned();
                }
                let elsewhere = by_folder.values().filter_map(|states| states.get(plugin));
                elsewhere.max_by_key(|state| state.last).cloned()
            }
        }
    }

    /// The plugins that it knows, each with its folder.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &str)> {
        let by_folder = match self {
            Self::Same(_) => None,
            Self::ByPlugin(by_folder) => Some(by_folder),
        };
        by_folder.into_iter().flatten().flat_map(|(folder, states)| {
            states.keys().map(move |plugin| (folder.as_str(), plugin.as_str()))
        })
    }
}

impl State {
    /// None for a plugin that was never handed an event.
    fn read(
        node: Node<'_>,
        place: &dyn Fn() -> String,
        ids: &mut usize,
    ) -> Result<Option<Self>, StatesError> {
        const WANTED: &str = "the last event and a dictionary of those that are waited for";
        let form = || StatesError::Form { place: place(), found: node.kind(), wanted: WANTED };
        if let Some(number) = node.int() {
            return Ok(Some(Self { last: event(number, place)?, backlog: BTreeSet::new() }));
        }
        let items = node.items().ok_or_else(form)?;
        let [last, backlog] = &*items else { return Err(form()) };
        let Some(number) = last.int() else {
            return match last.kind() {
                "nothing" => Ok(None),
                _ => Err(form()),
            };
        };
        let mut missing = BTreeSet::new();
        let of_backlog = || format!("what is waited for by {}", place());
        for (id, _) in entries(*backlog, of_backlog, "a dictionary of events")? {
            *ids += 1;
            if *ids > IDS_MAX {
                return Err(StatesError::TooMany);
            }
            let number = id.int().ok_or_else(|| StatesError::Form {
                place: of_backlog(),
                found: id.kind(),
                wanted: "a number",
            })?;
            missing.insert(event(number, of_backlog)?);
        }
        Ok(Some(Self { last: event(number, place)?, backlog: missing }))
    }
}

fn entries<'a>(
    node: Node<'a>,
    place: impl Fn() -> String,
    wanted: &'static str,
) -> Result<impl Iterator<Item = (Node<'a>, Node<'a>)>, StatesError> {
    let found = node.kind();
    node.entries().ok_or_else(|| StatesError::Form { place: place(), found, wanted })
}

fn text<'a>(node: Node<'a>, place: impl Fn() -> String) -> Result<&'a str, StatesError> {
    let (found, wanted) = (node.kind(), "a text");
    node.text().ok_or_else(|| StatesError::Form { place: place(), found, wanted })
}

/// The site counts events from 1; a number that a database cannot hold is none of its.
fn event(number: i128, place: impl Fn() -> String) -> Result<EventId, StatesError> {
    let id = u64::try_from(number).ok().filter(|id| i64::try_from(*id).is_ok());
    id.map(EventId).ok_or_else(|| StatesError::Number { place: place(), number })
}

#[cfg(test)]
mod tests;
