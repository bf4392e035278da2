//! The kinds of hostile plugins: what each tries, with what file and under which configuration, and what it is to end in.

mod boundary;
mod files;
mod reach;
mod resources;

use super::files::File;

/// One kind.
pub struct Kind {
    /// What it is called, as a plugin.
    pub name: &'static str,
    /// What it tries, in a few words.
    pub tries: &'static str,
    /// Its file.
    pub file: File,
    /// What the operator wrote for it: lines of its `[plugin.NAME]`.
    pub config: String,
    /// How it has to end.
    pub ends: Ending,
    /// How often it attacks.
    pub pace: Pace,
    /// What has to be true besides.
    pub besides: Besides,
}

/// How an attack has to end.
#[derive(Debug, Clone)]
pub enum Ending {
    /// The call has this outcome.
    Outcome(&'static str),
    /// The call has this outcome, and met this limit.
    Limit(&'static str, &'static str),
    /// The guest breaks, for a reason that has these words.
    Breaks(&'static str),
    /// The call ends, and the plugin's answer has these words.
    Says(&'static str),
    /// The call ends at its deadline.
    Deadline,
    /// There is no call: the file is refused, or does not start, with these words.
    NoStart(&'static str),
}

/// How often a kind attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// In every round.
    Quick,
    /// In some: it waits for its deadline.
    Slow,
    /// Once: what it costs is a compilation.
    Once,
}

/// What has to be true besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Besides {
    /// Nothing.
    Nothing,
    /// The other host was asked so often.
    Requests(u64),
    /// A version that ran before asked for nothing.
    RanBefore,
    /// Other code was put in the place of its compiled code, in several ways.
    Planted,
    /// There were more of it at once than there are cores.
    Crowd,
}

/// Where things are.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The port of another host, which some may ask.
    pub granted: u16,
    /// The port of one that nobody may ask.
    pub forbidden: u16,
    /// What is to be found nowhere, as the guest that looks for it takes it.
    pub needles: String,
}

/// Every kind, in the order in which they attack.
pub fn all(places: &Places) -> Vec<Kind> {
    let resources = resources::kinds().into_iter();
    let boundary = boundary::kinds().into_iter();
    resources.chain(boundary).chain(reach::kinds(places)).chain(files::kinds()).collect()
}

/// One that attacks by the mode of its name, in every round.
fn hostile(name: &'static str, tries: &'static str, mode: &str, ends: Ending) -> Kind {
    Kind {
        name,
        tries,
        file: File::Hostile,
        config: format!("settings.mode = {mode:?}\n"),
        ends,
        pace: Pace::Quick,
        besides: Besides::Requests(0),
    }
}

/// One that is a component that no toolchain makes.
fn crafted(name: &'static str, tries: &'static str, ends: Ending) -> Kind {
    Kind { file: File::Crafted(name), config: String::new(), ..hostile(name, tries, "", ends) }
}

impl Kind {
    /// With more lines of configuration.
    fn with(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self.config.push('\n');
        self
    }

    /// With so many requests that the other host is asked.
    fn asking(self, requests: u64) -> Self {
        Self { besides: Besides::Requests(requests), ..self }
    }

    fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }
}
