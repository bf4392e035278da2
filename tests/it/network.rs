//! Plugins ask other hosts: what is granted, what is not, what the host puts in, and how long they may take.

use serde_json::{Value, json};

use crate::support::{Host, Studio, Web, eventually, fixture, message};

/// The deadline of plugins that wait without an end, and how much later they may be stopped.
const DEADLINE_MS: u64 = 700;
const LATER_MS: u64 = 100;

const CANARY: &str = "canary-7c21";

/// A plugin that asks, with lines for its `[plugin.NAME]`, and the settings of its request.
fn ask(studio: &Studio, name: &str, http: &str, settings: &str) {
    studio.configure(&format!(
        "[plugin.{name}]\non_error = \"continue\"\ngrant.http = [{http}]\n[plugin.{name}.settings]\n{settings}"
    ));
    studio.put(name, &fixture("fetches"));
}

/// What a plugin says of its request.
fn said(host: &Host, plugin: &str) -> String {
    let line =
        host.wait_for(plugin, |line| line["plugin.name"] == plugin && line["outcome"].is_string());
    message(&line).to_owned()
}

fn warned(host: &Host, plugin: &str, words: &str) -> Value {
    host.wait_for(words, |line| line["plugin.name"] == plugin && message(line).contains(words))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_is_asked_and_nothing_else() {
    let studio = Studio::new().await;
    let (web, other) = (Web::start(), Web::start());
    let granted = format!("\"GET {}\"", web.url("/"));
    let get = |url: String| format!("behaviour = \"fetch\"\nurl = \"{url}\"");
    ask(&studio, "granted", &granted, &get(web.url("/echo/a")));
    ask(&studio, "ungranted", "", &get(web.url("/echo/b")));
    ask(&studio, "posts", &granted, &format!("{}\nmethod = \"POST\"", get(web.url("/echo/c"))));
    ask(&studio, "follows", &granted, &get(web.url("/to/") + &web.url("/echo/d")));
    ask(&studio, "strays", &granted, &get(web.url("/to/") + &other.url("/echo/e")));
    ask(
        &studio,
        "named",
        "\"GET http://*.local.invalid/\", \"GET http://localhost/\"",
        &get("http://localhost/".to_owned()),
    );
    let host = studio.start();
    for plugin in ["granted", "ungranted", "posts", "follows", "strays", "named"] {
        host.wait_until_live(plugin);
    }
    studio.create("Task", json!({"content": "x"}));
    assert!(said(&host, "granted").contains("200 x-served: yes"), "{}", said(&host, "granted"));
    for plugin in ["ungranted", "posts", "strays"] {
        let said = said(&host, plugin);
        assert!(said.contains("HttpRequestDenied"), "{plugin}: {said}");
    }
    assert!(said(&host, "follows").contains("get /echo/d"), "{}", said(&host, "follows"));
    assert!(said(&host, "named").contains("DestinationIpProhibited"), "{}", said(&host, "named"));
    warned(
        &host,
        "ungranted",
        &format!("write http = [\"GET {}/\"] under [plugin.ungranted.grant]", web.url("")),
    );
    warned(&host, "posts", "the method or the path is outside of what is granted");
    warned(&host, "strays", &format!("cannot GET {}: nothing granted allows it", other.url("")));
    warned(&host, "named", "its address");
    assert!(other.requests().is_empty(), "{:?}", other.requests());
    assert_eq!(web.requests().len(), 4, "{:?}", web.requests());
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_reaches_its_host_and_nobody_else() {
    let studio = Studio::new().await;
    let (web, other) = (Web::start(), Web::start());
    std::fs::write(studio.path("slack.token"), CANARY).unwrap();
    let granted = format!(
        "{{ allow = \"GET {}\", header = {{ authorization = \"Bearer {{slack}}\" }} }}, \"GET {}\"",
        web.url("/"),
        other.url("/")
    );
    let header = "header = \"authorization: guessed\"";
    let get = |url: String| format!("behaviour = \"fetch\"\nurl = \"{url}\"\n{header}");
    ask(&studio, "reads", &granted, &get(web.url("/echo")));
    ask(&studio, "carries", &granted, &get(web.url("/to/") + &other.url("/echo")));
    for plugin in ["reads", "carries"] {
        studio.configure(&format!("[plugin.{plugin}.secrets]\nslack_file = \"slack.token\""));
    }
    let host = studio.start();
    host.wait_until_live("reads");
    host.wait_until_live("carries");
    studio.create("Task", json!({"content": "x"}));
    let read = said(&host, "reads");
    assert!(read.contains("authorization: bearer ***********"), "{read}");
    let carried = said(&host, "carries");
    assert!(carried.contains("authorization: guessed"), "{carried}");
    let sent = web.requests();
    assert!(
        sent.iter().all(|sent| sent.contains(&format!("authorization: bearer {CANARY}"))),
        "{sent:?}"
    );
    assert!(
        !sent
            .iter()
            .chain(&other.requests())
            .any(|sent| sent.contains("guessed") && sent.contains(CANARY))
    );
    assert!(!other.requests()[0].contains(CANARY), "{:?}", other.requests());
    let check = studio.cuebox(&["check"]);
    let told = [check.stdout, check.stderr].map(|told| String::from_utf8_lossy(&told).into_owned());
    assert!(!told.concat().contains(CANARY), "check says the secret");
    assert!(!host.log().contains(CANARY), "the log says the secret");
    assert!(host.stop().success());
}

/// However a guest waits, its call ends at its deadline, and its connections with it.
#[tokio::test(flavor = "multi_thread")]
async fn one_deadline_holds_for_every_way_to_wait() {
    let studio = Studio::new().await;
    let web = Web::start();
    let fetch = |path: &str| format!("behaviour = \"fetch\"\nurl = \"{}\"", web.url(path));
    let cases = [
        ("sleep", "behaviour = \"sleep\"".to_owned()),
        ("poll", "behaviour = \"poll\"".to_owned()),
        ("holds", "behaviour = \"hold-pollable\"".to_owned()),
        ("silent", fetch("/silent")),
        ("posts", fetch("/silent") + "\nmethod = \"POST\""),
        ("drips", fetch("/drip")),
        (
            "deadlock",
            format!("behaviour = \"deadlock\"\nmethod = \"POST\"\nurl = \"{}\"", web.url("/echo")),
        ),
    ];
    studio.configure(&format!("[limits]\ndeadline = \"{DEADLINE_MS}ms\""));
    for (name, settings) in &cases {
        ask(&studio, name, &format!("\"* {}\"", web.url("/")), settings);
    }
    let host = studio.start();
    for (name, _) in &cases {
        host.wait_until_live(name);
    }
    for _ in 0..3 {
        studio.create("Task", json!({"content": "x"}));
    }
    for (name, _) in &cases {
        let ended = eventually(name, || {
            let ended =
                host.find_lines(|line| line["plugin.name"] == *name && line["outcome"].is_string());
            (ended.len() >= 3).then_some(ended)
        });
        assert!(ended.iter().all(|line| line["outcome"] == "timed-out"), "{name}: {ended:?}");
        let took: Vec<u64> =
            ended.iter().map(|line| line["duration_ms"].as_u64().unwrap()).collect();
        assert!(took.iter().all(|took| *took >= DEADLINE_MS), "{name}: {took:?}");
        // A machine that is busy with something else can be late, and not three times.
        let least = took.iter().min().unwrap();
        assert!(*least <= DEADLINE_MS + LATER_MS, "{name}: {took:?}");
    }
    // Three calls each of the silent ones and of the one that drips.
    web.wait_until_given_up(9);
    assert!(host.stop().success());
}

/// What the host keeps for a guest counts as the guest's memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_hoard_of_small_things_is_bounded_like_memory() {
    let studio = Studio::new().await;
    studio.configure("[limits]\nmemory_bytes = \"32MiB\"");
    for name in ["hoard-pollables", "hoard-headers"] {
        ask(&studio, name, "", &format!("behaviour = \"{name}\""));
    }
    let host = studio.start();
    host.wait_until_live("hoard-pollables");
    host.wait_until_live("hoard-headers");
    studio.create("Task", json!({"content": "x"}));
    for name in ["hoard-pollables", "hoard-headers"] {
        let line =
            host.wait_for(name, |line| line["plugin.name"] == name && line["outcome"].is_string());
        assert_eq!(line["outcome"], "out-of-memory", "{name}: {line}");
        assert!(message(&line).contains("`memory_bytes` = 33554432"), "{name}: {line}");
    }
    assert!(host.stop().success());
}

/// A request that changes something is made once, however often the event is handed over, unless nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_cut_off_is_said_to_be_in_doubt() {
    let studio = Studio::new().await;
    let web = Web::start();
    let posts =
        |path: &str| format!("method = \"POST\"\nbody = \"{CANARY}\"\nurl = \"{}\"", web.url(path));
    let granted = format!("\"POST {}\"", web.url("/"));
    ask(&studio, "leaves", &granted, &format!("behaviour = \"leave\"\n{}", posts("/silent")));
    ask(&studio, "again", &granted, &format!("behaviour = \"fetch\"\n{}", posts("/silent/x")));
    studio.configure("[plugin.again.limits]\ndeadline = \"300ms\"\n[plugin.again.retry]\nattempts = 2\npause = \"10ms\"");
    let host = studio.start();
    host.wait_until_live("leaves");
    host.wait_until_live("again");
    studio.create("Task", json!({"content": "x"}));
    let left = warned(&host, "leaves", "was cut off at the end of the call");
    assert!(!message(&left).contains("silent"), "a path can hold a secret: {left}");
    studio.wait_for_plugin("again", |row| row.failed == 1);
    let asked = web.requests().iter().filter(|asked| asked.starts_with("post /silent/x")).count();
    assert_eq!(asked, 2, "{:?}", web.requests());
    assert!(!host.log().contains(CANARY), "the log says what was sent");
    assert!(host.stop().success());
}
