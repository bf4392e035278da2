//! The judge: the official Python client against the site, over real HTTP. The cases are in `tests/python` at the root;
//! this makes an environment for each client, once per target directory, and runs them.

#[path = "../../../tests/python_environment.rs"]
mod python_environment;

use std::process::Command;

use site::model::Now;
use site::server::StartError;
use site::{Site, seed};

use python_environment::{Client, NEWEST, folder, run};

/// The script user the judge works as.
const SCRIPT: &str = "judge";
/// Fewer cases than this mean that the judge did not see them all.
const CASES_MIN: usize = 160;

/// The same for the documentation's examples.
const EXAMPLES_MIN: usize = 23;

/// What a studio runs that has not upgraded for two years. It cannot be imported by Python 3.12.
const OLDER: Client = Client {
    name: "older",
    requirements: "requirements-older.txt",
    interpreters: &["python3.11", "python3.10", "python3.9", "python3.8", "python3"],
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_client_cannot_tell() {
    judge(&NEWEST).await;
    examples(&NEWEST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_two_years_ago_cannot_tell() {
    judge(&OLDER).await;
    examples(&OLDER).await;
}

/// Not a test: writes the requests anew that the tests of bad input begin with, after cases were added.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes tests/fuzz/corpus/request"]
async fn write_the_corpus_anew() {
    let python =
        tokio::task::spawn_blocking(|| NEWEST.environment()).await.expect("the environment");
    let (site, arguments) = stage().await.expect("a site starts on a free port");
    let program = folder().join("corpus.py");
    let corpus = folder().join("../fuzz/corpus/request");
    let run_it =
        move || run(Command::new(python).arg("-B").arg(program).arg(corpus).args(arguments));
    tokio::task::spawn_blocking(run_it).await.expect("the corpus is written");
    site.stop().await;
}

async fn judge(client: &'static Client) {
    let said = perform(client, "judge.py").await;
    let held = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(held >= CASES_MIN, "only {held} cases ran:\n{said}");
}

async fn examples(client: &'static Client) {
    let said = perform(client, "documented.py").await;
    let held = said.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(held >= EXAMPLES_MIN, "only {held} examples ran:\n{said}");
}

/// Runs a program on a site of its own, and returns what it said. It must find no fault.
async fn perform(client: &'static Client, program: &'static str) -> String {
    let python =
        tokio::task::spawn_blocking(|| client.environment()).await.expect("the environment");
    let (site, arguments) = stage().await.expect("a site starts on a free port");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(python)
            .arg("-B")
            .arg(folder().join(program))
            .args(arguments)
            .output()
            .expect("python runs")
    })
    .await
    .expect("the judge ends");
    site.stop().await;
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} found fault:\n{said}\n{complained}");
    said.into_owned()
}

/// A site, and what the judge must know to use it.
async fn stage() -> Result<(Site, Vec<String>), StartError> {
    let scripts = vec![seed::Script { name: SCRIPT.to_owned(), key: None }];
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts };
    let (site, production) = Site::with_production(&options).await?;
    let person = production.roster.members.first().expect("the seed has people").clone();
    let key = production.key(SCRIPT).expect("the script was asked for").to_owned();
    let arguments = vec![site.url(), SCRIPT.to_owned(), key, person.login, person.password];
    Ok((site, arguments))
}
