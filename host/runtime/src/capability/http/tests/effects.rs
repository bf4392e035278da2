//! Requests that change something are made at most once, as far as that can be known.

use std::sync::Mutex;

use super::*;
use crate::effect::{Beginning, Created, Effect, Ending, EndingKind, Evidence, Stored};

/// Keeps effects in memory.
#[derive(Default)]
struct Kept(Mutex<Vec<Effect>>);

impl Kept {
    fn keep(&self, effect: &Effect, may_be_made: bool) -> Stored<'_> {
        let mut kept = self.0.lock().unwrap();
        kept.retain(|known| known.number != effect.number);
        if may_be_made {
            kept.push(effect.clone());
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn all(&self) -> Vec<Effect> {
        self.0.lock().unwrap().clone()
    }
}

impl EffectJournal for Kept {
    fn begin<'a>(&'a self, effect: &'a Effect, _: Beginning<'a>, _: &'a Evidence) -> Stored<'a> {
        self.keep(effect, true)
    }

    fn end<'a>(&'a self, effect: &'a Effect, _: &'a [Created], ending: &'a Ending) -> Stored<'a> {
        self.keep(effect, ending.kind != EndingKind::NotMade)
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}

/// Keeps nothing, and says so.
struct Broken;

impl EffectJournal for Broken {
    fn begin<'a>(&'a self, _: &'a Effect, _: Beginning<'a>, _: &'a Evidence) -> Stored<'a> {
        Box::pin(std::future::ready(Err(JournalError("the disk is full".to_owned()))))
    }

    fn end<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Ending) -> Stored<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}

/// One attempt of a delivery that makes one request.
async fn attempt(
    server: &Server,
    kept: &Arc<Kept>,
    method: &str,
) -> (Result<Response<Bytes>, Error>, HttpOutcome) {
    let mut http = begun(granted(&[format!("* {}", server.url("/"))]), None);
    http.end().await;
    http.begin(Phase::Handle, Some(Effects::new(kept.all(), kept.clone())));
    let answer = send(&mut http, request(method, &server.url("/canary"), "canary")).await;
    (answer, http.end().await)
}

#[tokio::test]
async fn what_was_answered_is_not_asked_again() {
    let server =
        Server::start("HTTP/1.1 201 Created\r\nx-id: 7\r\ncontent-length: 4\r\n\r\nmade").await;
    let kept = Arc::default();
    for _ in 0..3 {
        let (answer, outcome) = attempt(&server, &kept, "POST").await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["x-id"]),
            (StatusCode::CREATED, &"7".parse().unwrap())
        );
        assert_eq!(answer.body(), "made");
        assert_eq!((outcome.effects, outcome.doubts.len()), (1, 0));
    }
    assert_eq!(server.requests().len(), 1);
    let effect = &kept.all()[0];
    assert_eq!(effect.function, "http");
    assert_eq!(
        effect.subject,
        format!("POST http://127.0.0.1:{}", server.port()),
        "no path, no body"
    );
}

#[tokio::test]
async fn what_was_lost_is_asked_again_and_said_to_be_in_doubt() {
    for (method, ending) in
        [("POST", DoubtEnding::RepeatedBlindly), ("PUT", DoubtEnding::RepeatedSafely)]
    {
        let server = Server::losing().await;
        let kept = Arc::default();
        let (answer, outcome) = attempt(&server, &kept, method).await;
        assert!(answer.is_err() && outcome.doubts.is_empty());
        assert_eq!(kept.all().len(), 1);
        let (answer, _) = attempt(&server, &kept, method).await;
        refused(&answer, "ConnectionTerminated");
        assert_eq!(server.requests().len(), 2);
        // The doubt is told with an answer, as that of any change.
        let Recalled { ending: told } = recalled(&kept, &server, method).await;
        assert_eq!(told, Some(ending));
    }
}

struct Recalled {
    ending: Option<DoubtEnding>,
}

/// The next attempt, at a server on the same port's grants that answers.
async fn recalled(kept: &Arc<Kept>, lost: &Server, method: &str) -> Recalled {
    let answering = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // The same request by its digest, sent to a host that is another one by now.
    let url = format!("http://a.example.com:{}/canary", answering.port());
    let mut known = kept.all();
    let subject = format!("{method} http://a.example.com:{}", answering.port());
    let parts: [&[u8]; 3] = [url.as_bytes(), b"", b"canary"];
    known[0].request = crate::RequestDigest::of("http", &subject, &parts);
    assert!(known[0].subject.ends_with(&lost.port().to_string()));
    let mut setup = granted(&[format!("* {url} via 127.0.0.1")]);
    setup.connector = Connector::new(planned(&[&["127.0.0.1"]]), &[]);
    let mut http = begun(setup, None);
    http.end().await;
    http.begin(Phase::Handle, Some(Effects::new(known, kept.clone())));
    send(&mut http, request(method, &url, "canary")).await.unwrap();
    Recalled { ending: http.end().await.doubts.first().map(|doubt| doubt.ending) }
}

#[tokio::test]
async fn what_the_server_declined_is_asked_again_and_is_in_no_doubt() {
    let server = Server::start("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let kept = Arc::default();
    for count in 1..3 {
        let (answer, outcome) = attempt(&server, &kept, "POST").await;
        assert_eq!(answer.unwrap().status(), StatusCode::NOT_FOUND);
        assert!(kept.all().is_empty() && outcome.doubts.is_empty());
        assert_eq!(server.requests().len(), count);
    }
}

#[tokio::test]
async fn what_failed_at_the_server_stays_in_doubt() {
    let server = Server::start("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await;
    let kept = Arc::default();
    let (answer, _) = attempt(&server, &kept, "POST").await;
    assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(kept.all()[0].answer, None);
    let (answer, outcome) = attempt(&server, &kept, "POST").await;
    assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.requests().len(), 2, "a failure is not remembered as an answer");
    assert_eq!(outcome.doubts[0].ending, DoubtEnding::RepeatedBlindly);
}

#[tokio::test]
async fn what_never_went_out_is_forgotten() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let kept: Arc<Kept> = Arc::default();
    let url = format!("http://a.example.com:{}/", server.port());
    let mut setup = granted(&[format!("POST {url}")]);
    setup.connector = Connector::new(planned(&[&["127.0.0.1"]]), &[]);
    let mut http = begun(setup, Some(kept.clone()));
    refused(&send(&mut http, request("POST", &url, "")).await, "DestinationIpProhibited");
    assert!(kept.all().is_empty() && server.requests().is_empty());
}

#[tokio::test]
async fn what_cannot_be_kept_does_not_go_out() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let mut http = begun(granted(&[format!("POST {}", server.url("/"))]), Some(Arc::new(Broken)));
    assert!(send(&mut http, request("POST", &server.url("/"), "")).await.is_err());
    assert!(http.end().await.failure.is_some(), "the call is told");
    assert!(server.requests().is_empty());
}

/// A plugin that sends something and does not wait for the answer.
#[tokio::test]
async fn what_is_cut_off_at_the_end_is_left_open() {
    let silent = Server::silent().await;
    let kept: Arc<Kept> = Arc::default();
    let mut http = begun(granted(&[format!("POST {}", silent.url("/"))]), Some(kept.clone()));
    let asked = request("POST", &silent.url("/"), "");
    let sent = http.outgoing.send_request(asked, None, Box::new(async { Ok(()) }));
    let waiting = tokio::spawn(Box::into_pin(sent));
    silent.wait_for_requests(1).await;
    let outcome = http.end().await;
    assert!(waiting.await.unwrap().is_err());
    assert_eq!(outcome.effects, 1);
    let cut_off: Vec<_> = outcome.cut_off().collect();
    assert_eq!((cut_off.len(), cut_off[0].ending), (1, DoubtEnding::CutOff));
    assert_eq!(kept.all()[0].answer, None);
}
