//! Keys that do not exist, and the key that was meant.

use std::collections::BTreeSet;

use strsim::damerau_levenshtein;

/// A key nobody asked for.
pub(super) struct Unknown {
    /// The key, without its table.
    pub(super) key: String,
    /// The keys its table has.
    pub(super) siblings: Vec<&'static str>,
    /// Its table, with `NAME` for the name of a plugin.
    pub(super) section: String,
    /// Whether a table stands under it.
    pub(super) is_table: bool,
}

/// Names that people bring along, and where the setting is now. The Python daemon's come first.
const RENAMED: [(&str, &str); 20] = [
    ("shotgun", "[site]"),
    ("server", "site.url"),
    ("key", "site.script_key"),
    ("api_key", "site.script_key"),
    ("proxy_server", "site.proxy"),
    ("daemon", "[stream], [database] and [log]"),
    ("fetch_interval", "stream.poll_quiet"),
    ("max_event_batch_size", "stream.page_size"),
    ("eventIdFile", "database.path"),
    ("logPath", "log.directory"),
    ("logMode", "log.mode"),
    ("logging", "log.level"),
    ("timing_log", "log.timing"),
    ("memory", "memory_bytes"),
    ("timeout", "deadline"),
    ("directory", "path"),
    ("path", "paths"),
    ("stopOnError", "plugin.NAME.on_error"),
    ("grants", "plugin.NAME.grant"),
    ("env", "plugin.NAME.settings"),
];

impl Unknown {
    /// What to say about it, given every key there is.
    pub(super) fn explain(&self, all: &BTreeSet<String>) -> String {
        match self.meant(all) {
            Some(meant) => format!("is not a setting; did you mean {meant}?"),
            None if self.siblings.is_empty() => "is not a setting".to_owned(),
            None => format!("is not a setting; here can stand {}", self.siblings.join(", ")),
        }
    }

    /// The table of a plugin; the nearest key in the same table; a key of the same name in another; a key that used to have,
    /// or has elsewhere, the name.
    fn meant(&self, all: &BTreeSet<String>) -> Option<String> {
        if self.section == "plugins" && self.is_table {
            return Some(format!("[plugin.{}]", self.key));
        }
        let nearest =
            self.siblings.iter().map(|sibling| (damerau_levenshtein(sibling, &self.key), sibling));
        if let Some((_, sibling)) =
            nearest.filter(|(distance, _)| *distance <= self.distance_max()).min()
        {
            return Some(self.in_its_form(sibling));
        }
        let elsewhere =
            |whole: &&String| whole.rsplit_once('.').is_some_and(|(_, key)| key == self.key);
        let renamed = RENAMED.iter().find(|(old, new)| *old == self.key && self.is_near(new));
        renamed.map(|(_, new)| (*new).to_owned()).or_else(|| all.iter().find(elsewhere).cloned())
    }

    /// A name without a table is offered only where its table has it.
    fn is_near(&self, new: &str) -> bool {
        new.contains(['.', '[']) || self.siblings.contains(&new)
    }

    /// A third of the letters may be wrong.
    fn distance_max(&self) -> usize {
        (self.key.chars().count() / 3).max(1)
    }

    /// Tables at the top are written as tables.
    fn in_its_form(&self, sibling: &str) -> String {
        if self.section.is_empty() { format!("[{sibling}]") } else { sibling.to_owned() }
    }
}
