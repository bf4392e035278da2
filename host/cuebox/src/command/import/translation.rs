//! The Python daemon's settings in the words of cuebox, and what of them has no counterpart. Pure.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::ini::{Ini, IniError, Value};

/// Options that cuebox does without, and why.
const NEEDLESS: [(&str, &str, &str); 5] = [
    ("daemon", "pidfile", "a service manager knows the process; SIGTERM stops it"),
    ("daemon", "logfile", "the file is cuebox.log in `directory` under [log]"),
    (
        "daemon",
        "conn_retry_sleep",
        "a site that does not answer is asked again in pauses that grow, without an end",
    ),
    ("daemon", "max_conn_retries", "an outage is told when it begins and when it is over"),
    ("daemon", "eventidfile", "how far each plugin is stands in the database"),
];

/// What is known of a plugin file.
#[derive(Debug)]
pub struct Script {
    /// The plugin's name.
    pub name: String,
    /// Variables of the environment that its text names.
    pub variables: BTreeSet<String>,
}

/// The settings, read.
#[derive(Debug)]
pub struct Translation {
    /// Its key, if it stands in the file.
    pub key: Option<String>,
    /// The folders of plugins, as they are written.
    pub paths: Vec<String>,
    /// Where the daemon keeps how far it is.
    pub id_file: Option<String>,
    /// The process's file, which is there while it runs.
    pub pid_file: Option<String>,
    /// What is to be said of options.
    pub notes: Vec<String>,
    lines: Vec<String>,
}

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    #[error(transparent)]
    Ini(#[from] IniError),
    #[error("`{name}` is missing in [{section}]")]
    Missing { section: &'static str, name: &'static str },
    #[error("line {line}: `{name}` in [{section}] is {value:?}, and must be {wanted}")]
    Value {
        line: usize,
        section: &'static str,
        name: &'static str,
        value: String,
        wanted: &'static str,
    },
}

/// Reads options and notes which ones.
struct Options<'a> {
    ini: &'a Ini,
    taken: BTreeSet<(&'static str, &'static str)>,
}

impl Translation {
    /// Translates. `key_file` is where the key is going to be, if it stands in the file.
    pub fn of(ini: &Ini, key_file: &str) -> Result<Self, SettingError> {
        let mut options = Options { ini, taken: BTreeSet::new() };
        let mut lines = Vec::new();
        let key_value = options.needed("shotgun", "key")?;
        let key = key_value.text().map(str::to_owned);
        lines.push("[site]".to_owned());
        lines.push(set("url", &options.needed("shotgun", "server")?.to_setting()));
        lines.push(set("script_name", &options.needed("shotgun", "name")?.to_setting()));
        lines.push(match key {
            Some(_) => set("script_key_file", key_file),
            None => set("script_key", &key_value.to_setting()),
        });
        if let Some(proxy) = options.get("shotgun", "proxy_server")? {
            let proxy = proxy.to_setting();
            let proxy = if proxy.contains("://") { proxy } else { format!("http://{proxy}") };
            lines.push(set("proxy", &proxy));
        }
        if let Some(uses) = options.truth("shotgun", "use_session_uuid")? {
            lines.push(format!("use_session_uuid = {uses}"));
        }
        lines.extend(stream(&mut options)?);
        let paths = options.needed("plugins", "paths")?.items();
        let paths: Vec<String> = paths.iter().map(Value::to_setting).collect();
        lines.extend(["".to_owned(), "[plugins]".to_owned(), format!("paths = {}", list(&paths))]);
        lines.extend(log(&mut options)?);
        let id_file = options.get("daemon", "eventidfile")?.map(|value| value.to_setting());
        let pid_file = options.get("daemon", "pidfile")?.map(|value| value.to_setting());
        Ok(Self { key, paths, id_file, pid_file, notes: options.notes(), lines })
    }

    /// The configuration, for these plugins.
    pub fn text(&self, source: &Path, scripts: &[Script]) -> String {
        let mut text = format!(
            "# Made by `cuebox import` out of {}. Every setting, with its manual, is in what `cuebox init` writes.\n\n",
            source.display()
        );
        for line in &self.lines {
            text += &format!("{line}\n");
        }
        for script in scripts {
            text += &plugin(script);
        }
        text
    }
}

fn stream(options: &mut Options<'_>) -> Result<Vec<String>, SettingError> {
    let mut lines = Vec::new();
    if let Some(seconds) = options.number("daemon", "fetch_interval")? {
        // What is beyond the range of the setting would be refused.
        let millis = seconds.saturating_mul(1000).clamp(250, 600_000);
        lines.push(format!("poll_quiet = \"{millis}ms\""));
    }
    if let Some(rows) = options.number("daemon", "max_event_batch_size")? {
        lines.push(format!("page_size = {}", rows.clamp(1, 5000)));
    }
    if !lines.is_empty() {
        lines.splice(0..0, ["".to_owned(), "[stream]".to_owned()]);
    }
    Ok(lines)
}

fn log(options: &mut Options<'_>) -> Result<Vec<String>, SettingError> {
    let mut lines = Vec::new();
    if let Some(level) = options.number("daemon", "logging")? {
        let level = match level {
            ..=10 => "debug",
            11..=20 => "info",
            21..=30 => "warn",
            31.. => "error",
        };
        lines.push(set("level", level));
    }
    let directory = options.get("daemon", "logpath")?;
    if let Some(directory) = &directory {
        lines.push(set("directory", &directory.to_setting()));
    }
    match options.number("daemon", "logmode")? {
        Some(0) => lines.push(set("mode", "one")),
        Some(_) => lines.push(set("mode", "per-plugin")),
        None => {}
    }
    let times = options.get("daemon", "timing_log")?;
    if times.is_some_and(|value| value.text() == Some("on")) && directory.is_some() {
        lines.push("timing = true".to_owned());
    }
    if !lines.is_empty() {
        lines.splice(0..0, ["".to_owned(), "[log]".to_owned()]);
    }
    Ok(lines)
}

/// What a plugin may do is for the operator to say.
fn plugin(script: &Script) -> String {
    let Script { name, variables } = script;
    let key = if name.contains('.') { format!("\"{name}\"") } else { name.clone() };
    let mut text = format!(
        "\n# It cannot ask the site anything until you grant it something: this is what the daemon let every plugin do.\n\
         [plugin.{key}]\n#grant.shotgun = [\"read\", \"write\"]\n"
    );
    for variable in variables {
        // The plugin finds its settings in `os.environ`.
        let _ = writeln!(text, "#settings.{variable} = \"${{{variable}}}\"");
    }
    text
}

/// The variables of the environment that a plugin's text asks for by name.
pub fn variables(text: &str) -> BTreeSet<String> {
    const WAYS: [&str; 4] = ["os.environ[", "os.environ.get(", "os.getenv(", "environ["];
    let mut names = BTreeSet::new();
    for way in WAYS {
        for (at, _) in text.match_indices(way) {
            let rest = text[at + way.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
                continue;
            };
            let Some((name, _)) = rest[1..].split_once(quote) else { continue };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !name.is_empty() && name.chars().all(is_name) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

impl Options<'_> {
    fn get(
        &mut self,
        section: &'static str,
        name: &'static str,
    ) -> Result<Option<Value>, SettingError> {
        self.taken.insert((section, name));
        Ok(self.ini.get(section, name)?)
    }

    fn needed(&mut self, section: &'static str, name: &'static str) -> Result<Value, SettingError> {
        self.get(section, name)?.ok_or(SettingError::Missing { section, name })
    }

    fn number(
        &mut self,
        section: &'static str,
        name: &'static str,
    ) -> Result<Option<u64>, SettingError> {
        let wanted = "a whole number, not below 0";
        self.parsed(section, name, wanted, |text| text.parse().ok())
    }

    fn truth(
        &mut self,
        section: &'static str,
        name: &'static str,
    ) -> Result<Option<bool>, SettingError> {
        self.parsed(section, name, "True or False", |text| match &*text.to_lowercase() {
            "1" | "yes" | "true" | "on" => Some(true),
            "0" | "no" | "false" | "off" => Some(false),
            _ => None,
        })
    }

    fn parsed<T>(
        &mut self,
        section: &'static str,
        name: &'static str,
        wanted: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingError> {
        let Some(value) = self.get(section, name)? else { return Ok(None) };
        let refused = || SettingError::Value {
            line: value.line,
            section,
            name,
            value: value.to_setting(),
            wanted,
        };
        value.text().and_then(parse).map(Some).ok_or_else(refused)
    }

    /// What was not translated, in the order of the file.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for section in self.ini.sections() {
            if section == "emails" || section == "sentry" {
                notes.push(format!(
                    "[{section}]: cuebox sends no mail; what would be mailed is logged at level error, for what watches your logs"
                ));
                continue;
            }
            for (name, line) in self.ini.names(section) {
                let is_taken = self.taken.iter().any(|taken| *taken == (section, name));
                let needless = NEEDLESS.iter().find(|(s, n, _)| (*s, *n) == (section, name));
                match needless {
                    Some((_, _, why)) => notes.push(format!("`{name}` in [{section}], line {line}: {why}")),
                    None if !is_taken && section != "DEFAULT" => notes.push(format!(
                        "`{name}` in [{section}], line {line}: is no option of the daemon that is known here, and is left out"
                    )),
                    None => {}
                }
            }
        }
        notes
    }
}

fn set(key: &str, value: &str) -> String {
    format!("{key} = {}", toml::Value::from(value))
}

fn list(items: &[String]) -> String {
    toml::Value::from(items.to_vec()).to_string()
}

/// The folders as they are found from here, with the environment's values in them.
pub fn folders(paths: &[String], variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    paths.iter().map(|path| PathBuf::from(expanded(path, variable))).collect()
}

/// A setting with the environment's values in it.
pub fn expanded(setting: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = String::new();
    let mut rest = setting;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        match before.strip_suffix('$') {
            Some(before) => {
                text += &format!("{before}${{");
                rest = after;
            }
            None => {
                text += before;
                text += &variable(name).unwrap_or_default();
                rest = behind;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests;
