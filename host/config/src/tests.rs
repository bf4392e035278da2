use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use expect_test::{expect, expect_file};
use policy::OnError;
use policy::setting::SettingValue;
use policy::shotgun::Need;

use super::document::Document;
use super::settings::Plugin;
use super::{
    ByClass, Class, Config, DEFAULT_TEXT, InstanceLife, Loaded, Lookup, Problem, Problems,
    SecretFile, read_with_keys, text_to_edit,
};

/// What stands in every place that may hold a secret.
const CANARY: &str = "canary-5f1e";

/// The least that a configuration must hold.
const LEAST: &str = r#"[site]
url = "https://studio.example"
script_name = "cuebox"
script_key = "${KEY}"
"#;

fn variable(name: &str) -> Option<String> {
    match name {
        "KEY" => Some(CANARY.to_owned()),
        "EMPTY" => Some(String::new()),
        "WORD" => Some("soon".to_owned()),
        "CUEBOX_SCRIPT_KEY" | "CUEBOX_NAME_KEY" | "SLACK_TOKEN" => {
            Some("from the environment".to_owned())
        }
        _ => None,
    }
}

fn secret_file(path: &Path) -> io::Result<SecretFile> {
    let (text, mode) = match path.to_str() {
        Some("/etc/cuebox/good.key" | "/run/secrets/key") => (CANARY, 0o100_600),
        Some("/etc/cuebox/wide.key") => (CANARY, 0o100_644),
        Some("/etc/cuebox/empty.key") => ("\n", 0o100_600),
        _ => return Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    Ok(SecretFile { text: format!("{text}\n"), mode: Some(mode) })
}

fn read(text: &str) -> Result<(Loaded, BTreeSet<String>), Problems> {
    let lookup = Lookup {
        file_name: "cuebox.toml",
        directory: Path::new("/etc/cuebox"),
        variable: &variable,
        file: &secret_file,
    };
    read_with_keys(text, &lookup)
}

#[track_caller]
fn good(text: &str) -> Config {
    match read(&format!("{LEAST}{text}")) {
        Ok((loaded, _)) => loaded.config,
        Err(problems) => panic!("{problems}"),
    }
}

/// Texts that are refused, each with all that is said of it. `…` stands for the least configuration.
///
/// A case is its name, the text, and the answer. After a change, `UPDATE_EXPECT=1` writes the answers anew; read them.
#[test]
fn refused_texts_and_what_is_said() {
    let mut answered = String::new();
    let mut count = 0;
    for case in include_str!("tests/refused.txt").split("=== ").skip(1) {
        let (name, case) = case.split_once('\n').expect("a case begins with its name");
        let (text, _) = case.split_once("\n---\n").expect("a case has a text and an answer");
        let problems = read(&text.replacen('…', LEAST.trim_end(), 1)).err();
        let problems = problems.unwrap_or_else(|| panic!("{name}: must be refused:\n{text}"));
        let message = problems.to_string();
        assert!(!message.contains(CANARY), "{name}: {message}");
        assert!(!format!("{problems:?}").contains(CANARY), "{name}: {problems:?}");
        answered.push_str(&format!("=== {name}\n{text}\n---\n{message}\n\n"));
        count += 1;
    }
    assert!(count >= 60, "no case got lost: {count}");
    expect_file!["tests/refused.txt"].assert_eq(&answered);
}

#[test]
fn the_defaults_are_what_default_toml_says() {
    let config = good("");
    assert_eq!(config.stream.poll_busy, Duration::from_millis(250));
    assert_eq!(config.stream.page_size, 500);
    let ByClass { small, large } = config.limits.memory_bytes;
    assert!(small < large && large == config.limits.memory_bytes.of(Class::of(9 << 20)));
    assert_eq!(config.database.path, Path::new("/etc/cuebox/cuebox.db"));
    assert_eq!(config.plugins.paths, [Path::new("/etc/cuebox/plugins")]);
    assert_eq!(config.log.directory, None);
    assert!(config.site.use_session_uuid);
    assert!(config.by_plugin.is_empty());
}

/// `default.toml` with the settings that have no default.
fn whole_default_text() -> String {
    let without_mark = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    // The file's form of the same secret cannot be given as well.
    DEFAULT_TEXT
        .lines()
        .map(without_mark)
        .filter(|line| !line.starts_with("script_key_file"))
        .map(|line| line + "\n")
        .collect()
}

#[test]
fn default_toml_has_every_setting() {
    let text = whole_default_text();
    let (loaded, keys) = read(&text).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let document = Document::parse("default.toml", &text).expect("it is TOML");
    let is_written = |key: &String| {
        let shared = [
            ("plugin.NAME.limits.", "limits."),
            ("plugin.NAME.callback.CALLBACK.retry.", "retry."),
            ("plugin.NAME.retry.", "retry."),
            ("plugin.NAME.breaker.", "breaker."),
            ("plugin.NAME.record.", "record."),
        ];
        let key = shared.iter().fold(key.clone(), |key, (own, all)| key.replace(own, all));
        let mut path = key.split('.');
        let first = path.next().and_then(|first| document.table.get(first));
        let last = path
            .try_fold(first.expect("the section is there"), |value, key| value.get_ref().get(key));
        last.is_some()
            || (key.ends_with("script_key_file") && DEFAULT_TEXT.contains("\n#script_key_file = "))
    };
    let missing: Vec<_> = keys.iter().filter(|key| !is_written(key)).collect();
    assert!(missing.is_empty(), "default.toml lacks {missing:?}");
    assert!(keys.len() > 50, "the settings are listed: {keys:?}");
}

#[test]
fn default_toml_shows_the_defaults_of_a_plugin() {
    let (loaded, _) = read(&whole_default_text()).unwrap_or_else(|problems| panic!("{problems}"));
    let shown = loaded.config.plugin("NAME");
    let unmentioned = loaded.config.plugin("other");
    assert_eq!(unmentioned.limits, loaded.config.limits);
    let without_example = Plugin {
        script: None,
        settings: Default::default(),
        secrets: Default::default(),
        callbacks: Default::default(),
        ..shown
    };
    assert_eq!(format!("{without_example:?}"), format!("{unmentioned:?}"));
}

#[test]
fn every_setting_has_a_comment_above_it() {
    let is_setting =
        |line: &str| line.trim_start_matches('#').starts_with(|c: char| c.is_ascii_lowercase());
    let mut commented = false;
    for line in DEFAULT_TEXT.lines() {
        match line {
            "" => commented = false,
            line if line.starts_with("# ") => commented = true,
            line if is_setting(line) => assert!(commented, "no comment above {line}"),
            _ => {}
        }
        assert!(line.chars().count() <= 130, "too long: {line}");
    }
}

#[test]
fn the_text_to_edit_changes_nothing_until_it_is_edited() {
    let text = text_to_edit();
    let document = Document::parse("cuebox.toml", &text).expect("it is TOML");
    /// No setting is in it, at any depth.
    fn is_empty(value: &toml::Spanned<toml::de::DeValue<'_>>) -> bool {
        value.get_ref().as_table().is_some_and(|table| table.values().all(is_empty))
    }
    assert!(document.table.values().all(is_empty), "{text}");
    assert!(text.contains("\n#page_size = 500\n"), "{text}");
}

#[test]
fn a_plugin_has_its_own_limits_over_the_shared_ones() {
    let config = good(
        r#"
        [limits]
        deadline = "5s"
        host_calls = 7
        [plugin.a]
        on_error = "continue"
        instance = "per-event"
        script_name = "a"
        script_key_file = "/run/secrets/key"
        settings = { status = "fin", count = 0x10, ratio = 0.5, on = true, from = "${WORD}", names = ["a", "${WORD}"] }
        grant.shotgun = "write"
        [plugin.a.limits]
        deadline = "1s"
        memory_bytes = { small = "64MiB", large = "1GiB" }
        fuel = 9_000_000
        "#,
    );
    let plugin = config.plugin("a");
    assert_eq!((plugin.on_error, plugin.instance), (OnError::Continue, InstanceLife::PerEvent));
    assert_eq!(plugin.grants.shotgun.to_string(), "write");
    assert_eq!((plugin.limits.deadline, plugin.limits.host_calls), (Duration::from_secs(1), 7));
    assert_eq!(plugin.limits.memory_bytes, ByClass { small: 64 << 20, large: 1 << 30 });
    assert_eq!(plugin.limits.fuel, ByClass { small: 9_000_000, large: 9_000_000 });
    assert_eq!(plugin.script.expect("its own script user").key.expose(), CANARY);
    let settings: Vec<_> =
        plugin.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        settings,
        [
            "count=16",
            "from=\"soon\"",
            "names=[\"a\", \"soon\"]",
            "on=true",
            "ratio=0.5",
            "status=\"fin\""
        ]
    );

    let other = config.plugin("other");
    assert_eq!(other.limits.deadline, Duration::from_secs(5));
    assert!(other.grants.shotgun.is_empty());
}

#[test]
fn lines_of_http_come_with_headers_and_secrets() {
    let text = r#"
        [plugin.a.secrets]
        slack = "${KEY}"
        git_file = "good.key"
        [plugin.a.grant]
        http = [
            "GET https://*.example.com/x/",
            { allow = "POST https://${WORD}.example.com/", header = { Authorization = "Bearer {slack}", x-git = "{git}" } },
        ]
        "#;
    let config = good(text);
    let at = |index, piece| place(text, index, piece);
    let plugin = config.plugin("a");
    let lines: Vec<_> = plugin.grants.http.iter().map(|grant| grant.line.to_string()).collect();
    assert_eq!(lines, ["GET https://*.example.com/x/", "POST https://soon.example.com/"]);
    assert!(plugin.grants.http[0].headers.is_empty());
    let places: Vec<_> = plugin.grants.http.iter().map(|grant| grant.place.to_string()).collect();
    assert_eq!(places, [at(0, "GET https://*."), at(1, "{ allow = \"POST")], "line by line");
    let headers: Vec<_> = plugin.grants.http[1]
        .headers
        .iter()
        .map(|(name, value)| {
            let secret = |name: &str| plugin.secrets.get(name).map(shotgun::Secret::expose);
            format!("{name}: {}", value.render(secret).unwrap())
        })
        .collect();
    assert_eq!(headers, [format!("authorization: Bearer {CANARY}"), format!("x-git: {CANARY}")]);
    assert!(config.plugin("other").grants.http.is_empty());

    let tables = good(
        "[[plugin.a.grant.http]]\nallow = \"GET https://a.example/\"\n\
         [[plugin.a.grant.http]]\nallow = \"PUT https://b.example/\"\nheader.x-a = \"plain\"",
    );
    assert_eq!(tables.plugin("a").grants.http.len(), 2);
}

#[test]
fn a_callback_has_its_own_attempts_over_the_plugins() {
    let config = good(
        r#"
        [retry]
        pause_max = "5m"
        [breaker]
        failures = 0
        [plugin.a.retry]
        attempts = 5
        [plugin.a.callback."on note"]
        on_error = "dead-letter"
        retry.pause = "2s"
        "#,
    );
    let plugin = config.plugin("a");
    let callback = &plugin.callbacks["on note"];
    assert_eq!((plugin.retry.attempts, plugin.retry.pause), (5, Duration::from_secs(1)));
    assert_eq!((callback.retry.attempts, callback.retry.pause), (5, Duration::from_secs(2)));
    assert_eq!(callback.retry.pause_max, Duration::from_secs(300));
    assert_eq!(
        (callback.on_error, plugin.on_error),
        (Some(OnError::DeadLetter), OnError::Deactivate)
    );
    assert_eq!((plugin.breaker.failures, config.retry.attempts), (None, 3));
}

#[test]
fn what_is_doubtful_is_a_warning() {
    let text = "[site]\nurl = \"http://studio.example\"\nscript_name = \"a\"\nscript_key_file = \"wide.key\"";
    let (loaded, _) = read(text).unwrap_or_else(|problems| panic!("{problems}"));
    let warnings: Vec<_> = loaded.warnings.iter().map(Problem::to_string).collect();
    expect![[r#"
        cuebox.toml:2:7: site.url = "http://studio.example": is not encrypted, and the script's key goes over it; use https://
        cuebox.toml:4:19: site.script_key_file = "wide.key": can be read by others (mode 644); make it 600"#]].assert_eq(&warnings.join("\n"));
    assert_eq!(loaded.config.site.script.key.expose(), CANARY);

    let (loaded, _) =
        read(&text.replace("wide.key", "good.key").replace("studio.example", "127.0.0.1:80"))
            .unwrap_or_else(|problems| panic!("{problems}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn a_debug_of_everything_shows_no_secret() {
    let config = good(
        r#"proxy = "http://me:${KEY}@proxy.example:3128"
        [plugin.a]
        script_name = "a"
        script_key = "${KEY}"
        settings = { password = "${KEY}" }
        secrets = { slack = "${KEY}" }
        grant.http = [{ allow = "GET https://a.example/", header = { x-key = "${KEY} {slack}" } }]
        "#,
    );
    assert_eq!(config.plugin("a").settings["password"], SettingValue::Text(CANARY.to_owned()));
    let text = format!("{config:?} {config:#?} {:?}", config.plugin("a"));
    assert!(text.contains("proxy.example"), "{text}");
    assert!(!text.contains(CANARY), "{text}");
}

#[test]
fn grants_are_one_line_or_several() {
    let text = r#"
        [plugin.a.grant]
        shotgun = [
            "update Shot.sg_status_list in project 70",
            # Written in another form than it is printed in.
            "read Task.entity, sg_status_list",
        ]
        [plugin.b]
        grant.shotgun = "read *.code"
        [plugin.c]
        grant.shotgun = "none"
        "#;
    let config = good(text);
    let grants = |name: &str| config.plugin(name).grants.shotgun.to_string();
    assert_eq!(
        grants("a"),
        "read Task.entity,sg_status_list; update Shot.sg_status_list in project 70"
    );
    assert_eq!(grants("b"), "read *.code");
    assert_eq!(grants("c"), "none");

    let places = |name: &str, need: &Need| -> Vec<String> {
        let grants = config.plugin(name).grants.shotgun;
        grants.covering(need).map(|line| line.place.to_string()).collect()
    };
    assert_eq!(
        places("a", &Need::read("Task", "entity")),
        [place(text, 1, "read Task.entity")],
        "where it stands, and not where it is in order"
    );
    let alone = place(text, 0, "read *.code").replace("[0]", "");
    assert_eq!(places("b", &Need::read("Task", "code")), [alone], "no list");
}

/// How a place prints that is in a list, in the line of the text that this stands in, after the least configuration.
fn place(text: &str, index: usize, piece: &str) -> String {
    let whole = format!("{LEAST}{text}");
    let line = whole.lines().position(|line| line.contains(piece)).expect("it stands there") + 1;
    format!("[{index}] (line {line})")
}
