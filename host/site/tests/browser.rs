//! The page in a real browser. The cases are in `tests/browser` at the root; this makes their environment, once per target
//! directory, starts two sites, and runs them.
//!
//! Needs `node` and a browser of the Chromium family: the one that `CUEBOX_BROWSER` names, or one on the path. Where there
//! is none the test says loudly that it did not run; `CUEBOX_BROWSER=required` makes that a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use site::crew::Crew;
use site::model::Now;
use site::seed::Production;
use site::server::Pace;
use site::{Site, seed};

/// Names of browsers on the path.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// What the cases are made of.
const FILES: [&str; 5] =
    ["package.json", "package-lock.json", ".npmrc", "page.test.mjs", "support.mjs"];
/// Records of one type on the large site.
const LARGE: u64 = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_see_what_happens() {
    let Some(browser) = browser() else {
        say(
            "NOT RUN: the page's tests in a browser. It needs node and chromium, or a browser named in CUEBOX_BROWSER.",
        );
        return;
    };
    let folder = tokio::task::spawn_blocking(environment).await.expect("the environment is made");
    let (busy, production) = started().await;
    let crew = Crew::new(3, production.roster.clone());
    let _work = busy.employ(crew, Pace { writes_per_second: 4.0, writes_max: None });
    let (large, _production) = started().await;
    fill(&large);
    let key = production.key(seed::HOST_SCRIPT).expect("the seed made the script").to_owned();
    let (busy_url, large_url) = (busy.url(), large.url());
    let output = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .args(["--test", "--test-force-exit", "--test-reporter=spec", "page.test.mjs"])
            .current_dir(&folder)
            .env("CUEBOX_BROWSER", browser)
            .env("CUEBOX_SITE", busy_url)
            .env("CUEBOX_LARGE_SITE", large_url)
            .env("CUEBOX_SCRIPT", seed::HOST_SCRIPT)
            .env("CUEBOX_KEY", key)
            .env("CUEBOX_PICTURES", folder.join("pictures"))
            .output()
            .expect("node runs")
    })
    .await
    .expect("the cases end");
    let (told, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the page has faults:\n{told}\n{complained}");
    let passed =
        told.lines().find_map(|line| line.trim_start().strip_prefix("ℹ pass ")).map(str::parse);
    assert!(matches!(passed, Some(Ok(14..))), "too few cases ran:\n{told}");
    for line in told.lines().filter(|line| line.contains("figure:")) {
        say(line.trim());
    }
}

async fn started() -> (Site, Production) {
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts: Vec::new() };
    Site::with_production(&options).await.expect("a site starts on a free port")
}

/// More shots than a browser could hold.
fn fill(site: &Site) {
    site.with_model(|model| {
        let project = json!({"type": "Project", "id": 1});
        for number in model.entity_count("Shot") as u64 + 1..=LARGE {
            let fields = json!({"code": format!("BULK_{number:06}"), "project": project, "description": "one of many"});
            let fields = fields.as_object().expect("it is written as one");
            model.seed_entity("Shot", fields).expect("the schema has these fields");
        }
    });
}

/// The browser to use; none if it or `node` is not there and none is required.
fn browser() -> Option<PathBuf> {
    let named = std::env::var("CUEBOX_BROWSER").ok().filter(|name| !name.is_empty());
    let required = named.as_deref() == Some("required");
    let browser = match named.filter(|_| !required) {
        Some(path) => Some(PathBuf::from(path)),
        None => BROWSERS.iter().find_map(|name| on_the_path(name)),
    };
    let both = browser.filter(|_| on_the_path("node").is_some());
    assert!(
        both.is_some() || !required,
        "node and a browser are required, and none of {BROWSERS:?} is on the path, or node is not"
    );
    both
}

fn on_the_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A folder with the cases and what they need, made anew when the lock file changes. Needs `npm` and, the first time, its
/// registry.
fn environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser");
    std::fs::create_dir_all(folder.join("pictures")).expect("the target directory can be written");
    for name in FILES {
        std::fs::copy(cases.join(name), folder.join(name)).expect("the cases can be copied");
    }
    let wanted =
        std::fs::read_to_string(cases.join("package-lock.json")).expect("there is a lock file");
    let installed = folder.join("installed.json");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return folder;
    }
    let output = Command::new("npm").arg("ci").current_dir(&folder).output().expect("npm runs");
    assert!(output.status.success(), "npm ci failed:\n{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(&installed, wanted).expect("the environment can be marked as whole");
    folder
}

#[expect(clippy::print_stderr, reason = "a test that did not run must be seen")]
fn say(text: &str) {
    eprintln!("{text}");
}
