//! A thousand connections that are no good: those that say nothing, that never end what they say, that are half closed, and
//! that say nonsense. Others are answered meanwhile as if they were alone, and all of them are ended.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use site::Site;
use site::server::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

/// Connections of each kind.
const EACH: usize = 200;
/// Both ends of every connection are in this process, and it has other files.
const FILES: u64 = 2 * 5 * EACH as u64 + 200;
/// Nothing here waits longer than this.
const PATIENCE: Duration = Duration::from_secs(30);
/// An answer takes some milliseconds where a thousand others are at work on the same machine.
const PROMPT: Duration = Duration::from_secs(1);
/// A client that brings one byte at a time brings one so often.
const DRIP: Duration = Duration::from_millis(100);

const HEAD: &str = "POST /api3/json HTTP/1.1\r\nhost: site\r\ncontent-length: 100000\r\n\r\n";

/// A way to be no good.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Idle,
    SlowHead,
    SlowBody,
    HalfClosed,
    Nonsense,
}

const KINDS: [Kind; 5] =
    [Kind::Idle, Kind::SlowHead, Kind::SlowBody, Kind::HalfClosed, Kind::Nonsense];

fn limits() -> Limits {
    Limits {
        head_timeout: Duration::from_secs(2),
        body_timeout: Duration::from_secs(2),
        answer_timeout: Duration::from_secs(2),
        idle_timeout: Duration::from_secs(3),
        ..Limits::default()
    }
}

async fn start(limits: Limits) -> Site {
    Site::builder().limits(limits).start().await.expect("a site starts on a free port")
}

/// Lets this process have as many files as the test needs, as far as it may.
fn allow_files() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < FILES) {
        limit.current = Some(limit.maximum.map_or(FILES, |most| most.min(FILES)));
        setrlimit(Resource::Nofile, limit).expect("a soft limit can be raised to the hard one");
    }
    let current = limit.current.unwrap_or(u64::MAX);
    assert!(
        current >= FILES,
        "the test needs {FILES} open files (`ulimit -Hn`), and {current} are allowed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_bad_connections_hold_nobody_up_and_are_ended() {
    allow_files();
    let site = start(limits()).await;
    let address = site.address();
    let mut good = Client::connect(address).await;
    let mut bad = JoinSet::new();
    for kind in KINDS {
        for _ in 0..EACH {
            bad.spawn(async move { (kind, misbehave(address, kind).await) });
        }
    }
    let (mut answered, mut slowest) = (0, Duration::ZERO);
    let mut told = Vec::new();
    let begin = Instant::now();
    while !bad.is_empty() {
        assert!(begin.elapsed() < PATIENCE, "{} connections are still open", bad.len());
        let asked = Instant::now();
        assert_eq!(good.info().await.expect("it answers"), 200);
        slowest = slowest.max(asked.elapsed());
        answered += 1;
        while let Some(ended) = bad.try_join_next() {
            told.push(ended.expect("a client does not panic"));
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(told.len(), KINDS.len() * EACH);
    assert!(slowest < PROMPT, "an answer took {slowest:?}");
    assert!(answered > 100, "only {answered} answers came in {:?}", begin.elapsed());
    for (kind, said) in told {
        let expected = match kind {
            Kind::Idle | Kind::HalfClosed => "",
            Kind::SlowHead | Kind::SlowBody => "HTTP/1.1 408 Request Timeout\r\n",
            Kind::Nonsense => "HTTP/1.1 400 Bad Request\r\n",
        };
        let begins = said.split_inclusive("\r\n").next().unwrap_or_default();
        assert_eq!(begins, expected, "{kind:?} was told {said:?}");
    }
}

/// Is no good in this way until the site ends the connection. What it was told.
async fn misbehave(address: SocketAddr, kind: Kind) -> String {
    let mut stream = TcpStream::connect(address).await.expect("the site listens");
    // The site may have ended it by the time that this is written.
    match kind {
        Kind::Idle => {}
        Kind::SlowHead => drip(&mut stream, HEAD.as_bytes()).await,
        Kind::SlowBody => {
            stream.write_all(HEAD.as_bytes()).await.ok();
            drip(&mut stream, &[b' '; 1_000]).await;
        }
        Kind::HalfClosed => {
            stream.write_all(&HEAD.as_bytes()[..30]).await.ok();
            stream.shutdown().await.ok();
        }
        Kind::Nonsense => {
            _ = stream.write_all(&b"\x16\x03\x01 pipelined \0 nonsense\r\n\r\n".repeat(50)).await
        }
    }
    let mut said = Vec::new();
    // A reset is an end as well; what came before it counts.
    let end = timeout(PATIENCE, stream.read_to_end(&mut said)).await;
    assert!(end.is_ok(), "a connection that is {kind:?} is still open");
    String::from_utf8_lossy(&said).into_owned()
}

/// One byte at a time, until the site says something.
async fn drip(stream: &mut TcpStream, bytes: &[u8]) {
    let mut ticks = interval(DRIP);
    for byte in bytes {
        tokio::select! {
            _ = stream.readable() => return,
            _ = ticks.tick() => {}
        }
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let site = start(Limits { connections_max: 3, ..limits() }).await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(site.address()).await;
        assert_eq!(client.info().await.expect("it answers"), 200);
        kept.push(client);
    }
    let mut refused = Client::connect(site.address()).await;
    assert_eq!(refused.info().await.expect("it is told"), 503);
    assert!(refused.said.contains("the site has 3 connections"), "{}", refused.said);
    assert!(refused.said.contains("retry-after: 1\r\n"), "{}", refused.said);
    assert_eq!(kept[0].info().await.expect("the others are served"), 200);
    drop(kept);
    // The site takes notice of the ends in its own time.
    timeout(PATIENCE, async {
        while Client::connect(site.address()).await.info().await.ok() != Some(200) {}
    })
    .await
    .expect("there is room again");
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_long_and_work_is_no_idleness() {
    let site = start(limits()).await;
    let mut client = Client::connect(site.address()).await;
    // Longer than a head or a body may take.
    for _ in 0..2 {
        assert_eq!(client.info().await.expect("it answers"), 200);
        tokio::time::sleep(Duration::from_millis(2_300)).await;
    }
    assert_eq!(
        client.request("GET /nowhere HTTP/1.1\r\nhost: site\r\n\r\n").await.expect("it answers"),
        404
    );
    assert_eq!(client.info().await.expect("the connection is kept"), 200);
    // A request at work is nobody's silence.
    let slow = json!({"rules": [{"method": "info", "count": 1, "fault": {"kind": "slow", "millis": 3_500}}]});
    site.order_faults(serde_json::from_value(slow).expect("an order")).expect("it can be followed");
    assert_eq!(client.info().await.expect("it answers in the end"), 200);
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_given_up() {
    let site = start(limits()).await;
    let mut stream = TcpStream::connect(site.address()).await.expect("the site listens");
    // Requests whose answers fill what the system keeps for the two, and are never taken.
    let request = Client::post(&json!({"method_name": "info"}).to_string());
    let many = request.repeat(100_000);
    let written = timeout(PATIENCE, stream.write_all(many.as_bytes()))
        .await
        .expect("the site gives up in time");
    written.expect_err("the connection is ended before all is taken");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let site = start(limits()).await;
    let head = format!(
        "POST /api3/json HTTP/1.1\r\nhost: site\r\nx-long: {}\r\n\r\n",
        "x".repeat(5_000_000)
    );
    let mut client = Client::connect(site.address()).await;
    // The answer is lost where the site closes before it has taken all that was sent.
    let refused = client.request(&head).await;
    assert!(matches!(refused, Err(_) | Ok(431)), "{refused:?}");
    assert_eq!(Client::connect(site.address()).await.info().await.expect("it serves on"), 200);
}

/// A client that behaves.
struct Client {
    stream: TcpStream,
    said: String,
}

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the site listens");
        Self { stream, said: String::new() }
    }

    fn post(body: &str) -> String {
        format!(
            "POST /api3/json HTTP/1.1\r\nhost: site\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// Asks for something small, and says with which status it is answered.
    async fn info(&mut self) -> io::Result<u16> {
        self.request(&Self::post(&json!({"method_name": "info"}).to_string())).await
    }

    async fn request(&mut self, request: &str) -> io::Result<u16> {
        self.said.clear();
        // An answer can come before the request is whole.
        let sent = self.stream.write_all(request.as_bytes()).await;
        let mut bytes = [0; 4_096];
        while !self.is_whole() {
            match timeout(PATIENCE, self.stream.read(&mut bytes))
                .await
                .expect("the site answers in time")?
            {
                0 => return sent.and(Err(io::ErrorKind::UnexpectedEof.into())),
                count => self.said.push_str(&String::from_utf8_lossy(&bytes[..count])),
            }
        }
        Ok(self.said[9..12].parse().expect("a status is a number"))
    }

    fn is_whole(&self) -> bool {
        let Some((head, body)) = self.said.split_once("\r\n\r\n") else { return false };
        let head = head.to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        body.len() >= length.unwrap_or(0)
    }
}
