//! The judge: the official Python client against the site, over real HTTP. The cases are in `tests/python` at the root;
//! this makes their environment, once per target directory, and runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use site::model::Now;
use site::{Site, seed};

/// The script user the judge works as.
const SCRIPT: &str = "judge";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_client_cannot_tell() {
    let python = tokio::task::spawn_blocking(environment).await.expect("the environment is made");
    let scripts = vec![seed::Script { name: SCRIPT.to_owned(), key: None }];
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts };
    let (site, production) =
        Site::with_production(&options).await.expect("a site starts on a free port");
    let person = production.roster.members.first().expect("the seed has people").clone();
    let key = production.key(SCRIPT).expect("the script was asked for").to_owned();
    let url = site.url();
    let output = tokio::task::spawn_blocking(move || {
        Command::new(python)
            .arg("-B")
            .arg(cases().join("judge.py"))
            .args([url, SCRIPT.to_owned(), key, person.login, person.password])
            .output()
            .expect("python runs")
    })
    .await
    .expect("the judge ends");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the judge found fault:\n{said}\n{complained}");
    let held = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(held >= 160, "only {held} cases ran:\n{said}");
}

/// Where the cases are.
fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python")
}

/// The Python of an environment with what the requirements pin, made anew when they change. Needs `python3` and, the
/// first time, its package index.
fn environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge");
    let python = folder.join("bin/python");
    let requirements = cases().join("requirements.txt");
    let wanted =
        std::fs::read_to_string(&requirements).expect("the requirements are beside the cases");
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&requirements));
    std::fs::write(&installed, wanted).expect("the environment can be marked as whole");
    python
}

fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
