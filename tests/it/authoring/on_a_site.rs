//! `cuebox dev --site`: a plugin at work on a real site, on which it changes nothing. The stand-in is the real one here.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::support::Studio;

/// A build can take as long as this, on a machine that is busy with others.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `dev` prints, while it runs.
struct Dev {
    _running: Running,
    out: PathBuf,
}

impl Dev {
    fn start(desk: &Desk, studio: &Studio, site: &str) -> Self {
        let out = desk.path("out");
        let file = fs::File::create(&out).unwrap();
        let mut dev = desk.command(&["dev", "roll-up", "--site", site]);
        let key = studio.production.key("cuebox").unwrap();
        dev.env("CUEBOX_SCRIPT_NAME", "cuebox").env("CUEBOX_SCRIPT_KEY", key);
        let running = dev.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { _running: Running(running), out }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.out).unwrap()
    }

    /// Waits for so many lines with a text in them.
    #[track_caller]
    fn says(&self, text: &str, times: usize) {
        let started = Instant::now();
        while self.said().matches(text).count() < times {
            let said = self.said();
            assert!(started.elapsed() < PATIENCE, "`{text}` is not {times} times in\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A Shot whose Task has started; and something else that has happened since.
fn started(studio: &Studio) -> (u64, u64) {
    let shot = studio.create("Shot", json!({"code": "sh010", "sg_status_list": "wtg"}));
    let entity = json!({"type": "Shot", "id": shot});
    let task = json!({"content": "anim", "entity": entity, "sg_status_list": "wtg"});
    let task = studio.create("Task", task);
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    studio.update("Shot", shot, json!({"description": "not for the plugin"}));
    (shot, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_written_is_shown_and_the_site_has_none_of_it() {
    let (desk, studio) = (Desk::new(), Studio::new().await);
    let (shot, task) = started(&studio);
    desk.good(&["new", "roll-up", "--lang", "rust"]);
    // A build of anybody's code is not told the key.
    let told = desk.path("told");
    let tells = format!(
        "fn main() {{ std::fs::write({told:?}, format!(\"{{:?}}\", std::env::var(\"CUEBOX_SCRIPT_KEY\"))).unwrap(); }}"
    );
    fs::write(desk.path("roll-up/build.rs"), tells).unwrap();
    let newest = studio.newest_event();
    studio.site.watch_writes();
    let dev = Dev::start(&desk, &studio, &studio.site.url());
    let write = format!(" write  update Shot {shot}  sg_status_list = ");
    // The last event that the plugin wants, and not the last one of all.
    dev.says(&format!("{write}\"ip\"\n"), 1);
    dev.says("start-shot on Shotgun_Task_Change was done", 1);
    dev.says("this is the last event that it wants", 1);

    let (from, to) = ("\"sg_status_list\": started", "\"sg_status_list\": \"fin\"");
    desk.replace("roll-up/src/lib.rs", from, to);
    dev.says(&format!("{write}\"fin\"\n"), 1);
    dev.says("once more", 1);
    let written = studio.site.take_writes();
    assert!(written.is_empty() && studio.newest_event() == newest, "{written:?}");

    // What happens on the site from now on.
    studio.update("Task", task, json!({"sg_status_list": "wtg"}));
    dev.says("skipped it: the Task does not start", 1);
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    dev.says(&format!("{write}\"fin\"\n"), 2);
    assert_eq!(studio.newest_event(), newest + 2, "what this test did, and nothing else");
    let found = studio.find("Shot", ("id", "is", json!(shot)), &["sg_status_list"]);
    assert_eq!(found[0]["sg_status_list"], "wtg");
    let said = dev.said();
    assert_eq!(fs::read_to_string(told).unwrap(), "Err(NotPresent)");
    assert!(!said.contains(studio.production.key("cuebox").unwrap()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_cannot_be_used_is_named_with_what_to_check() {
    let (desk, studio) = (Desk::new(), Studio::new().await);
    desk.good(&["new", "roll-up", "--lang", "rust"]);
    let says = |site: &str, user: &[(&str, &str)], code: i32, text: &str| {
        let mut command = desk.command(&["dev", "roll-up", "--site", site]);
        for name in ["CUEBOX_SCRIPT_NAME", "CUEBOX_SCRIPT_KEY"] {
            command.env_remove(name);
        }
        let output = command.envs(user.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{site}:\n{}", all(&output));
        assert!(all(&output).contains(text), "{site}:\n{}", all(&output));
        assert!(!all(&output).contains("canary-key"), "{site}:\n{}", all(&output));
    };
    let (url, name) = (studio.site.url(), ("CUEBOX_SCRIPT_NAME", "cuebox"));
    let missing = "needs the environment variable CUEBOX_SCRIPT_NAME, which is not set";
    says(&url, &[("CUEBOX_SCRIPT_KEY", "canary-key")], 2, missing);
    let missing = "needs the environment variable CUEBOX_SCRIPT_KEY, which is not set";
    says(&url, &[name], 2, missing);
    let wrong = [name, ("CUEBOX_SCRIPT_KEY", "canary-key")];
    says(&url, &wrong, 5, "script `cuebox` cannot read the event log of http://127.0.0.1:");
    says(
        "http://127.0.0.1:1",
        &wrong,
        5,
        "Check the address, and that this machine reaches the site.",
    );
    let with_key = url.replace("://", "://cuebox:canary-key@");
    says(&with_key, &[name], 2, "--site takes the address of a site, and cannot take this one");
    says("cuebox.toml", &[], 2, "there is no file cuebox.toml");

    // A configuration file has all that is needed, and its mistakes are told as anywhere else.
    let config = studio.write_config();
    let dev = Dev::start(&desk, &studio, config.to_str().unwrap());
    dev.says("as script `cuebox`, in shadow: the plugin changes nothing", 1);
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("script_key", "script_kye")).unwrap();
    says(config.to_str().unwrap(), &[], 3, "script_kye is not a setting; did you mean script_key?");
}
