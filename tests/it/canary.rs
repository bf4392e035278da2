//! Secrets are nowhere but where they belong. Canaries are put everywhere a secret can be, the program runs through its commands and its
//! faults, and then every output, log and file is searched for them, in every form that they could have taken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Studio, Web, eventually, fixture, message};

const CUEBOX: &str = env!("CARGO_BIN_EXE_cuebox");

/// The key of the script user that plugins have, which is in a file.
const PLUGIN_KEY: &str = "canary+plugin/key\"2f=81 c0";
/// A key that the site refuses.
const WRONG_KEY: &str = "canary+wrong/key\"5b=17 d9";
/// A key that is in the environment.
const ENVIRONMENT_KEY: &str = "canary+environment/key=66 e1";
/// What the host puts into a header.
const HEADER_SECRET: &str = "canary+header/secret=51c8";
/// What the proxy asks for.
const PROXY_PASSWORD: &str = "canary-proxy-password-93ab";
/// What stands in a field that nobody was granted to read.
const VALUE: &str = "canary value/of a field=77b0";

/// What was said or written, and where.
type Said = Vec<(String, Vec<u8>)>;

/// A secret, in every form that it could have taken.
struct Canary {
    name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    fn new(name: &str, secret: &str) -> Self {
        let bytes = secret.as_bytes();
        let quoted = serde_json::to_string(secret).unwrap();
        let hex = |byte: &u8| format!("{byte:02x}");
        let percent = |byte: &u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(*byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        };
        let hex: String = bytes.iter().map(hex).collect();
        let percent: String = bytes.iter().map(percent).collect();
        let mut forms = vec![
            ("plain", secret.to_owned()),
            ("as JSON", quoted[1..quoted.len() - 1].to_owned()),
            ("as JSON in JSON", quoted.replace('\\', "\\\\").replace('"', "\\\"")),
            ("as a URL", percent.to_lowercase()),
            ("as a form", percent.replace("%20", "+")),
            ("as hexadecimal", hex.to_uppercase()),
            ("in hexadecimal", hex),
            ("in a URL", percent),
        ];
        for place in 0..3 {
            let encoded = base64(bytes, place);
            forms.push(("in base64 for URLs", encoded.replace('+', "-").replace('/', "_")));
            forms.push(("in base64", encoded));
        }
        let forms = forms.into_iter().map(|(form, text)| (form, text.into_bytes())).collect();
        Self { name: name.to_owned(), forms }
    }
}

/// Looks for all forms of several canaries at once, in one pass.
struct Search<'a> {
    canaries: &'a [Canary],
    /// Whether a form begins with two bytes.
    begins: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(canaries: &'a [Canary]) -> Self {
        let mut begins = vec![false; 1 << 16];
        for (_, form) in canaries.iter().flat_map(|canary| &canary.forms) {
            begins[pair(form)] = true;
        }
        Self { canaries, begins }
    }

    /// What is in there, and in which form; the first of each.
    fn within(&self, bytes: &[u8]) -> Vec<(&'a str, &'static str)> {
        let mut found = Vec::new();
        for (at, two) in bytes.windows(2).enumerate() {
            if !self.begins[pair(two)] {
                continue;
            }
            for canary in self.canaries {
                let form = canary.forms.iter().find(|(_, form)| bytes[at..].starts_with(form));
                if let Some((form, _)) = form
                    && !found.iter().any(|(name, _)| *name == canary.name)
                {
                    found.push((canary.name.as_str(), *form));
                }
            }
        }
        found
    }
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// What is certainly there of `bytes` in base64, when `before` other bytes, and any number after, are encoded with them.
fn base64(bytes: &[u8], before: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| usize::from(bytes[(at - before * 8) / 8] >> (7 - at % 8) & 1);
    let (first, last) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
    let digit = |at: usize| (at * 6..at * 6 + 6).fold(0, |digit, at| digit << 1 | bit(at));
    (first..last).map(|at| char::from(DIGITS[digit(at)])).collect()
}

/// Every canary that was found, and where.
fn search(canaries: &[Canary], said: &Said) -> Vec<String> {
    let search = Search::new(canaries);
    let found = said.iter().flat_map(|(place, bytes)| {
        let found = search.within(bytes).into_iter();
        found.map(move |(canary, form)| format!("{place} has {canary} {form}"))
    });
    found.collect()
}

/// Every file below a folder, but those where secrets belong.
fn files(folder: &Path) -> Said {
    let mut said = Said::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let belongs = path.extension().is_some_and(|ending| {
                ["toml", "key", "secret"].iter().any(|belonging| ending == *belonging)
            });
            if path.is_dir() {
                folders.push(path);
            } else if !belongs {
                said.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    said
}

/// Runs a command on a configuration; what it says.
fn run(config: &Path, arguments: &[&str]) -> (String, Vec<u8>) {
    let output = Command::new(CUEBOX)
        .args(arguments)
        .arg("--config")
        .arg(config)
        .env("CUEBOX_CANARY_KEY", ENVIRONMENT_KEY)
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    (format!("cuebox {}", arguments.join(" ")), [output.stdout, output.stderr].concat())
}

/// The studio's configuration with some of it replaced, as another file.
fn variant(studio: &Studio, name: &str, replaced: &[(&str, &str)]) -> PathBuf {
    let mut text = fs::read_to_string(studio.write_config()).unwrap();
    for (old, new) in replaced {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    let path = studio.path(&format!("{name}.toml"));
    fs::write(&path, text).unwrap();
    path
}

fn write_secret(studio: &Studio, name: &str, secret: &str) {
    let path = studio.path(name);
    fs::write(&path, format!("{secret}\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A studio with a secret in every place, and with plugins that fail in every way.
fn furnish(studio: &Studio, web: &Web) {
    studio.site.with_model(|model| {
        model.add_script("plug", PLUGIN_KEY);
    });
    write_secret(studio, "plug.key", PLUGIN_KEY);
    write_secret(studio, "wrong.key", WRONG_KEY);
    write_secret(studio, "header.secret", HEADER_SECRET);
    studio.configure_log(
        "directory = \"logs\"\nmode = \"per-plugin\"\ntiming = true\nlevel = \"trace\"\nformat = \"json\"",
    );
    let plugin = |name: &str, guest: &str, lines: &str| {
        studio.configure(&format!("[plugin.{name}]\n{lines}"));
        studio.put(name, &fixture(guest));
    };
    let own = "script_name = \"plug\"\nscript_key_file = \"plug.key\"\n";
    plugin("traps", "misbehave", "settings.behaviour = \"trap\"");
    plugin("looks", "hostile", "settings.mode = \"peek-at-event\"");
    plugin(
        "writes",
        "misbehave",
        &format!(
            "{own}on_error = \"dead-letter\"\ngrant.shotgun = \"write\"\nsettings.behaviour = \"write-and-err\""
        ),
    );
    plugin(
        "peeks",
        "hostile",
        &format!("{own}grant.shotgun = \"read Project.*\"\nsettings.mode = \"peek-for-key\""),
    );
    plugin(
        "refused",
        "misbehave",
        "script_name = \"plug\"\nscript_key_file = \"wrong.key\"\ngrant.shotgun = \"write\"\n\
         settings.behaviour = \"write\"",
    );
    plugin(
        "echo",
        "fetches",
        &format!(
            "grant.http = [{{ allow = \"GET {}\", header = {{ authorization = \"Bearer {{slack}}\" }} }}]\n\
             secrets.slack_file = \"header.secret\"\nsettings.behaviour = \"fetch\"\nsettings.url = \"{}\"",
            web.url("/"),
            web.url("/echo")
        ),
    );
}

/// Lets the host run through its faults; what it says.
fn live(studio: &Studio, web: &Web) -> Said {
    let host = studio.start();
    for plugin in ["traps", "looks", "writes", "peeks", "refused", "echo"] {
        host.wait_until_live(plugin);
    }
    studio.create("Task", json!({"content": VALUE}));
    studio.wait_for_plugin("traps", |row| row.state == "stopped");
    studio.wait_for_plugin("writes", |row| row.dead_letters > 0);
    for plugin in ["looks", "peeks", "echo"] {
        host.wait_for(plugin, |line| line["plugin.name"] == plugin && line["outcome"] == "skipped");
    }
    host.wait_for("the refused key", |line| {
        line["plugin.name"] == "refused" && line["outcome"] == "site-unavailable"
    });
    let echo = host.find_line(|line| line["plugin.name"] == "echo" && line["outcome"].is_string());
    assert!(message(&echo.unwrap()).contains("****"), "the secret went out and came back");
    assert!(web.requests().concat().contains(HEADER_SECRET));
    let log = host.log().into_bytes();
    assert!(host.stop().success());
    vec![("stdout of the host".to_owned(), log)]
}

/// What the commands say. Of two of them it is the point to show values of events.
fn commands(studio: &Studio) -> (Said, Said) {
    let config = studio.write_config();
    let plugin = studio.plugin_path("writes").display().to_string();
    let backup = studio.path("backup.db").display().to_string();
    let said = [
        ["check"].as_slice(),
        &["check", "--json"],
        &["plugins"],
        &["plugins", "list", "--json"],
        &["plugins", "move", "traps", "--skip", "1"],
        &["plugins", "moves", "--json"],
        &["plugins", "replay", "writes", "--from", "1"],
        &["plugins", "replays", "--json"],
        &["inspect", &plugin],
        &["inspect", &plugin, "--json"],
        &["approve", "writes"],
        &["lock"],
        &["gaps", "--ended"],
        &["gaps", "--json"],
        &["backup", &backup],
    ];
    let showing = [
        ["dead-letters"].as_slice(),
        &["dead-letters", "--json"],
        &["dead-letters", "show", "1"],
        &["audit"],
        &["audit", "list", "--json"],
    ];
    let all = |commands: &[&[&str]]| commands.iter().map(|line| run(&config, line)).collect();
    (all(&said), all(&showing))
}

/// What is said when the site, the proxy or the configuration is wrong.
fn mistakes(studio: &Studio, web: &Web) -> Said {
    let (site, own_key) = (studio.site.url(), studio.production.key("cuebox").unwrap());
    let url = format!("url = \"{site}\"");
    let echoing = format!("url = \"{}\"", web.url(""));
    let elsewhere =
        [(&*url, &*echoing), ("[plugins]", "[database]\npath = \"other.db\"\n[plugins]")];
    let broken = variant(studio, "broken", &elsewhere);
    let mut said = vec![
        run(&broken, &["check"]),
        run(&broken, &["check", "--json"]),
        run_until_asked(&broken, web),
    ];
    let key = format!("script_key = \"{own_key}\"");
    let with_key = |text: &str| (key.clone(), text.replace("KEY", ENVIRONMENT_KEY));
    let with_proxy = |scheme: &str, rest: &str| {
        (url.clone(), format!("{url}\nproxy = \"{scheme}://user:{PROXY_PASSWORD}@{rest}\""))
    };
    for (name, (old, new)) in [
        ("environment", with_key("script_key = \"${CUEBOX_CANARY_KEY}\"")),
        ("list", with_key("script_key = [\"KEY\"]")),
        ("twice", with_key("script_key = \"KEY\"\nscript_key_file = \"plug.key\"")),
        ("misspelt", with_key("script_key = \"KEY\"\nscript_kye = \"KEY\"")),
        ("garbled", with_key("script_key = \"KEY")),
        ("unknown", with_key("script_key = \"KEY ${NO_SUCH_VARIABLE}\"")),
        ("proxy", with_proxy("http", "127.0.0.1:1")),
        ("proxy-path", with_proxy("http", "127.0.0.1:1/a/path")),
        ("proxy-scheme", with_proxy("gopher", "127.0.0.1:1")),
        ("proxy-port", with_proxy("http", "127.0.0.1:port")),
        ("brace", ("Bearer {slack}".to_owned(), "Bearer {slack".to_owned())),
    ] {
        let config = variant(studio, name, &[(&old, &new)]);
        let (_, text) = run(&config, &["check"]);
        said.push((format!("cuebox check, {name}"), text));
    }
    said
}

/// Runs a host until it has asked a few times; what it says.
fn run_until_asked(config: &Path, web: &Web) -> (String, Vec<u8>) {
    let before = web.requests().len();
    let child = Command::new(CUEBOX)
        .args(["run", "--config"])
        .arg(config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("questions to the broken site", || {
        (web.requests().len() > before + 3).then_some(())
    });
    let signalled = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(signalled.unwrap().success());
    let output = child.wait_with_output();
    let output = output.unwrap();
    ("cuebox run, against a broken site".to_owned(), [output.stdout, output.stderr].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_nowhere_but_where_they_belong() {
    let studio = Studio::new().await;
    let (web, broken) = (Web::start(), Web::start());
    furnish(&studio, &web);
    let mut said = live(&studio, &web);
    let (of_commands, showing) = commands(&studio);
    said.extend(of_commands);
    said.extend(mistakes(&studio, &broken));
    let files = files(studio.path("cuebox.toml").parent().unwrap());
    for expected in ["cuebox.db", "backup.db", ".cwasm", "plugin-traps", "timing"] {
        assert!(files.iter().any(|(path, _)| path.contains(expected)), "{expected} is looked at");
    }
    let own_key = studio.production.key("cuebox").unwrap();
    let secrets = [
        ("the host's key", own_key),
        ("a plugin's key", PLUGIN_KEY),
        ("a refused key", WRONG_KEY),
        ("a key of the environment", ENVIRONMENT_KEY),
        ("a header's secret", HEADER_SECRET),
        ("the proxy's password", PROXY_PASSWORD),
    ]
    .map(|(name, secret)| Canary::new(name, secret));
    let value = [Canary::new("a value that was not granted", VALUE)];
    let mut found = search(&secrets, &said);
    found.extend(search(&secrets, &showing));
    found.extend(search(&secrets, &files));
    // Who asks for the events that were put aside, and for the evidence, is shown what is in them; so is who reads the database.
    let logs: Said = files.into_iter().filter(|(path, _)| path.contains("/logs/")).collect();
    found.extend(search(&value, &said));
    found.extend(search(&value, &logs));
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(!search(&value, &showing).is_empty(), "the search finds what is there");
}

#[test]
fn a_secret_is_found_in_every_form() {
    let canaries = [Canary::new("it", "ab/c\"d? e")];
    let search = Search::new(&canaries);
    for (text, form) in [
        ("x ab/c\"d? e x", "plain"),
        (r#"{"key":"ab/c\"d? e"}"#, "as JSON"),
        (r#"{"line":"{\"key\":\"ab/c\\\"d? e\"}"}"#, "as JSON in JSON"),
        ("?key=ab%2Fc%22d%3F%20e", "in a URL"),
        ("?key=ab%2fc%22d%3f%20e", "as a URL"),
        ("key=ab%2Fc%22d%3F+e", "as a form"),
        ("61622f6322643f2065", "in hexadecimal"),
        ("61622F6322643F2065", "as hexadecimal"),
        ("eCBhYi9jImQ/IGUgeA==", "in base64"),
        ("eHggYWIvYyJkPyBlIHg=", "in base64"),
        ("eHh4IGFiL2MiZD8gZSB4", "in base64"),
        ("eHh4IGFiL2MiZD8gZSB4", "in base64"),
        ("eCBhYi9jImQ_IGUgeA==", "in base64 for URLs"),
    ] {
        let found = search.within(text.as_bytes());
        let found = found.first().map(|(_, form)| *form);
        assert!(
            found.is_some_and(|found| found.contains(form) || form.contains(found)),
            "{text}: {found:?}"
        );
    }
    assert_eq!(search.within(b"ab/c d? e"), []);
}
