//! What `cuebox inspect --json` prints. Other programs read it: keys are added, and neither renamed nor removed.

use std::collections::BTreeMap;

use artifact::Component;
use artifact::signature::{self, Verdict};
use config::{Class, Config, Limits};
use policy::manifest::Needs;
use policy::setting::{Setting, SettingValue};
use policy::{Manifest, setting};
use runtime::Digest;
use serde::Serialize;

use crate::admission;
use crate::loader::File;
use crate::script::{self, Language};

/// What there is to say about a file.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The plugin's name: that of its file.
    pub plugin: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// Its size.
    pub bytes: usize,
    /// What was wrong with it, each in words. None for a file that can be loaded, as far as can be seen.
    pub problems: Vec<String>,
    /// What it was written in, as far as it says.
    pub languages: Vec<String>,
    /// What made it, as far as it says.
    pub tools: Vec<String>,
    /// Core modules within.
    pub modules: usize,
    /// Bytes of code in them.
    pub code_bytes: u64,
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// None if it has no plugin.toml that can be read.
    pub manifest: Option<Author>,
    pub signature: Signed,
    /// The limits that it would meet; none without a configuration, or of a script: what runs it has the class that decides.
    pub limits: Option<BTreeMap<&'static str, u64>>,
}

/// What its author says.
#[derive(Debug, Serialize)]
pub struct Author {
    pub name: String,
    pub version: String,
    pub description: String,
    pub authors: Vec<String>,
    pub license: Option<String>,
    pub needs: Vec<Need>,
    pub settings: BTreeMap<String, Declared>,
}

/// One thing it asks for.
#[derive(Debug, Serialize)]
pub struct Need {
    /// `shotgun` or `http`.
    pub service: &'static str,
    pub grant: String,
    pub why: String,
}

/// One setting that it has.
#[derive(Debug, Serialize)]
pub struct Declared {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub required: bool,
    pub secret: bool,
    pub default: Option<serde_json::Value>,
    pub values: Vec<serde_json::Value>,
    pub description: String,
}

/// What there is to say about its signature.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// `unsigned`, `good`, `unknown-key`, `modified` or `garbled`.
    pub status: &'static str,
    /// The name of the key that made it.
    pub key: Option<String>,
    /// What was signed with the file.
    pub comment: Option<String>,
}

impl Report {
    /// Looks at a file: a component, or a script in this language, which says nothing of itself.
    pub fn new(name: &str, script: Option<Language>, file: &File, config: Option<&Config>) -> Self {
        let mut problems = Vec::new();
        let component = match script {
            Some(language) => of_script(language, &file.bytes, &mut problems),
            None => Component::read(&file.bytes).unwrap_or_else(|error| {
                problems.push(error.to_string());
                Component::default()
            }),
        };
        let manifest = component.manifest.as_deref().and_then(|text| match Manifest::parse(text) {
            Ok(manifest) => Some(manifest),
            Err(error) => {
                problems.extend(error.to_string().lines().map(str::to_owned));
                None
            }
        });
        if script.is_none() && problems.is_empty() {
            let imports: Vec<&str> = component.imports.iter().map(String::as_str).collect();
            let exports: Vec<&str> = component.exports.iter().map(String::as_str).collect();
            problems.extend(runtime::misfits(&imports, &exports));
        }
        if let (Some(manifest), Some(config)) = (&manifest, config)
            && let Some(plugin) = config.by_plugin.get(name)
            && let Err(misfits) = setting::fit(name, &manifest.settings, &plugin.settings)
        {
            problems.push(misfits.to_string());
        }
        let class = Class::of(component.memory_bytes);
        Self {
            plugin: name.to_owned(),
            digest: Digest::of(&file.bytes).to_string(),
            bytes: file.bytes.len(),
            problems,
            languages: component.languages.into_iter().collect(),
            tools: component.tools.into_iter().collect(),
            modules: component.modules,
            code_bytes: component.code_bytes,
            imports: component.imports,
            exports: component.exports,
            manifest: manifest.map(Author::new),
            signature: Signed::new(name, file, config),
            limits: config
                .filter(|_| script.is_none())
                .map(|config| limits(&config.plugin(name).limits, class)),
        }
    }
}

/// What there is to say of a script, in the place of what a component says.
fn of_script(language: Language, bytes: &[u8], problems: &mut Vec<String>) -> Component {
    if let Err(error) = script::text(bytes) {
        let at = error.valid_up_to();
        problems.push(format!("byte {at} is not part of a text in UTF-8"));
    }
    Component { languages: [language.to_string()].into(), ..Component::default() }
}

impl Author {
    fn new(manifest: Manifest) -> Self {
        let declared = |(key, setting)| (key, Declared::new(setting));
        Self {
            name: manifest.name,
            version: manifest.version,
            description: manifest.description,
            authors: manifest.authors,
            license: manifest.license,
            needs: needs(manifest.needs),
            settings: manifest.settings.into_iter().map(declared).collect(),
        }
    }
}

fn needs(needs: Needs) -> Vec<Need> {
    let shotgun = needs.shotgun.into_iter().map(|need| Need {
        service: "shotgun",
        grant: need.line.to_string(),
        why: need.why,
    });
    let http = needs.http.into_iter().map(|need| Need {
        service: "http",
        grant: need.line.to_string(),
        why: need.why,
    });
    shotgun.chain(http).collect()
}

impl Declared {
    fn new(setting: Setting) -> Self {
        Self {
            kind: setting.kind.as_str(),
            required: setting.required,
            secret: setting.secret,
            default: setting.default.map(json),
            values: setting.values.into_iter().map(json).collect(),
            description: setting.description,
        }
    }
}

fn json(value: SettingValue) -> serde_json::Value {
    match value {
        SettingValue::Text(text) => text.into(),
        SettingValue::Integer(integer) => integer.into(),
        SettingValue::Number(number) => number.into(),
        SettingValue::Boolean(flag) => flag.into(),
        SettingValue::List(items) => items.into(),
    }
}

impl Signed {
    /// With the configuration's keys, as far as they vouch for the plugin; whatever the configuration demands.
    fn new(name: &str, file: &File, config: Option<&Config>) -> Self {
        let text = file.signature.as_deref();
        let verdict = match config {
            Some(config) => admission::judge(&config.plugins.signatures, name, &file.bytes, text),
            None => signature::judge(&file.bytes, text, []),
        };
        let status = |status| Self { status, key: None, comment: None };
        match verdict {
            Verdict::Unsigned => status("unsigned"),
            Verdict::Good { key, comment } => {
                Self { key: Some(key), comment: Some(comment), ..status("good") }
            }
            Verdict::UnknownKey => status("unknown-key"),
            Verdict::Modified { key } => Self { key: Some(key), ..status("modified") },
            Verdict::Garbled => status("garbled"),
        }
    }
}

/// Times in milliseconds, sizes in bytes.
fn limits(limits: &Limits, class: Class) -> BTreeMap<&'static str, u64> {
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    BTreeMap::from([
        ("fuel", limits.fuel.of(class)),
        ("deadline_ms", millis(limits.deadline)),
        ("register_deadline_ms", millis(limits.register_deadline)),
        ("memory_bytes", limits.memory_bytes.of(class) as u64),
        ("table_elements", limits.table_elements as u64),
        ("instances", limits.instances as u64),
        ("host_calls", limits.host_calls.into()),
        ("answer_bytes", limits.answer_bytes as u64),
        ("log_line_bytes", limits.log_line_bytes as u64),
        ("log_bytes", limits.log_bytes as u64),
        ("key_value_bytes", limits.key_value_bytes as u64),
        ("component_bytes", limits.component_bytes as u64),
    ])
}
