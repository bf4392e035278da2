//! `cuebox import`: a Python daemon's plugins go on in cuebox where they stopped.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use site::CommitOrder;

use crate::support::{Studio, eventually, python_environment, python_runtime};

/// What the daemon left behind.
struct Left {
    studio: Studio,
    folder: PathBuf,
}

/// A plugin as studios have them: it says on the site which events it was handed.
const PLUGIN: &str = r#"
import os

def registerCallbacks(reg):
    reg.registerCallback(os.environ["SG_NAME"], os.environ["SG_KEY"], tell, {"Shotgun_Shot_Change": ["description"]}, None)

def tell(sg, logger, event, args):
    sg.create("Note", {"project": event["project"], "subject": "@PLUGIN@ saw %d" % event["id"]})
"#;

/// Makes the file that the daemon keeps: `state` is Python, with `now` for a moment as the client makes them.
const PICKLE: &str = r#"
import datetime, pickle, sys
from shotgun_api3.lib import sgtimezone
now = datetime.datetime.now().replace(tzinfo=sgtimezone.LocalTimezone())
with open(sys.argv[1], "wb") as file:
    pickle.dump(eval(sys.argv[3]), file, int(sys.argv[2]))
"#;

impl Left {
    async fn new() -> Self {
        let studio = Studio::new().await;
        let folder = studio.path("daemon");
        fs::create_dir(&folder).unwrap();
        let left = Self { studio, folder };
        left.conf("");
        left
    }

    fn plugin(&self, name: &str) {
        let path = self.folder.join(format!("{name}.py"));
        fs::write(path, PLUGIN.replace("@PLUGIN@", name)).unwrap();
    }

    /// The daemon's configuration, with more lines of `[daemon]`.
    fn conf(&self, lines: &str) {
        let (folder, key) = (self.folder.display(), self.studio.production.key("cuebox").unwrap());
        let text = format!(
            "[daemon]\neventIdFile: {}\nlogging: 20\n{lines}\n[shotgun]\nserver: {}\nname: cuebox\nkey: {key}\n\
             [plugins]\npaths: {folder}\n[emails]\nserver: mail.studio\n",
            self.id_file().display(),
            self.studio.site.url(),
        );
        fs::write(self.studio.path("daemon.conf"), text).unwrap();
    }

    fn id_file(&self) -> PathBuf {
        self.studio.path("daemon.id")
    }

    fn pickle(&self, protocol: u8, state: &str) {
        let output = Command::new(python_environment::NEWEST.environment())
            .args(["-c", PICKLE])
            .arg(self.id_file())
            .args([&protocol.to_string(), state])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn import(&self, arguments: &[&str]) -> Output {
        fs::create_dir_all(self.studio.path("new")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_cuebox"))
            .arg("import")
            .arg(self.studio.path("daemon.conf"))
            .args(arguments)
            .arg("--config")
            .arg(self.studio.path("new/cuebox.toml"))
            .output()
            .unwrap()
    }

    /// Nothing of an import is there.
    fn is_untouched(&self) -> bool {
        !self.studio.path("new").exists()
            || fs::read_dir(self.studio.path("new")).unwrap().next().is_none()
    }

    /// Which events a plugin told, in the order in which it did.
    fn told(&self, plugin: &str) -> Vec<u64> {
        let start = json!(format!("{plugin} saw "));
        let mut notes = self.studio.find("Note", ("subject", "starts_with", start), &["subject"]);
        notes.sort_by_key(|note| note["id"].as_u64());
        let number = |note: &Value| note["subject"].as_str()?.rsplit(' ').next()?.parse().ok();
        notes.iter().map(|note| number(note).unwrap()).collect()
    }
}

fn said(output: &Output) -> String {
    let text = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_go_on_where_the_daemon_stopped() {
    let left = Left::new().await;
    let studio = &left.studio;
    ["behind", "ahead", "new"].iter().for_each(|name| left.plugin(name));
    let shot = studio.create("Shot", json!({"code": "imported"}));
    let change = |text: &str| {
        studio.update("Shot", shot, json!({"description": text}));
        studio.newest_event()
    };
    let events: Vec<u64> = ["a", "b", "c", "d", "e", "f"].iter().map(|text| change(text)).collect();
    // One whose change is not saved yet when the daemon stops.
    studio.site.order_commits(&CommitOrder::Hold);
    studio.update("Shot", shot, json!({"description": "late"}));
    studio.site.order_commits(&CommitOrder::Pass);
    let after = change("after the one that is missing");
    let late = after - 1;
    // `behind` still waits for the first event and stands at the third; `ahead` at the newest, and waits for the missing one.
    left.pickle(
        2,
        &format!(
            "{{{:?}: {{'behind': ({}, {{{}: now}}), 'ahead': ({after}, {{{late}: now}}), 'gone': (3, {{}})}}}}",
            left.folder.display().to_string(),
            events[2],
            events[0]
        ),
    );
    let output = left.import(&[]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for line in [
        format!(
            "plugin behind: goes on after event {}, and is handed 1 event that it still waited for",
            events[2]
        ),
        format!("plugin ahead: goes on after event {after}\n"),
        "plugin new: begins with the newest event".to_owned(),
        "1 id that the site does not show is waited for".to_owned(),
        "its file is gone".to_owned(),
        "cuebox sends no mail".to_owned(),
    ] {
        assert!(said.contains(&line), "{line} in:\n{said}");
    }
    let key = studio.production.key("cuebox").unwrap();
    let text = fs::read_to_string(studio.path("new/cuebox.toml")).unwrap();
    assert!(!said.contains(key) && !text.contains(key), "the key is in its own file alone");

    // The studio runs by that database, and grants what the comments in that file suggest.
    fs::copy(studio.path("new/cuebox.db"), studio.path("cuebox.db")).unwrap();
    studio.share_compiled_code();
    studio.configure_plugins(&format!("python_runtime = {:?}", python_runtime()));
    studio.configure_plugins(&format!("paths = [{:?}]", left.folder));
    for plugin in ["behind", "ahead", "new"] {
        studio.configure(&format!(
            "[plugin.{plugin}]\ngrant.shotgun = \"write\"\nsettings = {{ SG_NAME = \"x\", SG_KEY = \"y\" }}"
        ));
    }
    let host = studio.start();
    eventually("the plugins to catch up", || (left.told("behind").len() == 5).then_some(()));
    studio.site.order_commits(&CommitOrder::Release);
    let last = change("one that all see");
    eventually("all to see the last, and the one that was missing", || {
        let has_both = |plugin: &&str| {
            let told = left.told(plugin);
            told.contains(&last) && told.contains(&late)
        };
        ["behind", "ahead", "new"].iter().all(has_both).then_some(())
    });
    assert!(host.stop().success());
    let sorted = |plugin: &str| {
        let mut told = left.told(plugin);
        told.sort_unstable();
        told
    };
    let expected = [events[0], events[3], events[4], events[5], late, after, last];
    assert_eq!(sorted("behind"), expected, "each once, and none that it had handled");
    assert_eq!(sorted("ahead"), [late, last]);
    assert_eq!(sorted("new"), [late, last]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_the_file_is_taken() {
    let left = Left::new().await;
    left.plugin("roll");
    let newest = left.studio.newest_event();
    let state = format!("{{'/moved/folder': {{'roll': ({newest}, {{1: now}})}}}}");
    let check = |form: &str| {
        let output = left.import(&[]);
        assert!(output.status.success(), "{form}: {}", said(&output));
        let expected = format!("plugin roll: goes on after event {newest}");
        assert!(said(&output).contains(&expected), "{form}: {}", said(&output));
        fs::remove_dir_all(left.studio.path("new")).unwrap();
    };
    for protocol in 0..=5 {
        left.pickle(protocol, &state);
        check(&format!("protocol {protocol}"));
    }
    fs::write(left.id_file(), format!("{newest}\n")).unwrap();
    check("one number");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_over_changes_nothing() {
    let left = Left::new().await;
    left.plugin("roll");
    let refused = |arguments: &[&str], code: i32, text: &str| {
        let output = left.import(arguments);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(said(&output).contains(text), "{text:?} in:\n{}", said(&output));
        assert!(left.is_untouched(), "{text}");
    };
    refused(&[], 1, "is not there");
    for (bytes, why) in [
        (&b""[..], "it is empty"),
        (b"cos\nsystem\n(S'touch pwned'\ntR.", "it would call `os.system`"),
        (b"\x80\x04}", "the file ends in the middle"),
        (b"(l.", "must be a dictionary of folders"),
    ] {
        fs::write(left.id_file(), bytes).unwrap();
        refused(&[], 1, why);
        refused(&[], 1, "--all-newest");
    }
    left.pickle(4, "{'/x': {'roll': (99999999, {})}}");
    refused(&[], 5, "this is another site's file");
    refused(&["--newest", "rool"], 6, "--newest rool: there is no such plugin file");
    left.conf("fetch_interval: soon");
    refused(&[], 3, "`fetch_interval` in [daemon] is \"soon\"");
    left.conf("");
    let text = fs::read_to_string(left.studio.path("daemon.conf")).unwrap();
    fs::write(left.studio.path("daemon.conf"), text.replace("http:", "htp:")).unwrap();
    refused(&["--all-newest"], 3, "site.url");
    fs::write(left.studio.path("daemon.conf"), text).unwrap();

    let output = left.import(&["--all-newest"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("plugin roll: begins with the newest event"));
    let output = left.import(&["--all-newest"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("nothing is written over"), "{}", said(&output));
}
