//! A site on which request bodies are tried, shared by the fuzz target and by the tests of bad input. Everything between the
//! body and the answer is in it, and nothing else: no socket, no clock, no file.

use std::time::{Duration, Instant};

use site::model::{Model, Now, Schema};
use site::seed;
use site::wire::{ErrorCode, Request};

/// No answer takes longer, even unoptimised on a machine that is busy: whoever is answered holds the site's lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// A refusal that says more than this repeats what it was sent.
const REFUSAL_BYTES_MAX: usize = 16_384;
/// The day on which the site was made, and all requests come.
const NOW: Now = Now(1_775_000_000_000);

/// A site with the seed's production, and the script `fuzz` whose key is `fuzz`.
pub struct Bench {
    model: Model,
}

/// What became of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// It was no request.
    Unreadable,
    /// The API refused it.
    Refused,
    /// It was answered, and changed nothing that the event log tells.
    Answered,
    /// It was answered, and there are new entries.
    Written,
}

impl Bench {
    pub fn new() -> Self {
        let mut model = Model::new(Schema::production());
        let script = seed::Script { name: "fuzz".to_owned(), key: Some("fuzz".to_owned()) };
        let options = seed::Options { seed: 1, now: NOW, scripts: vec![script] };
        seed::plant(&mut model, &options).expect("the seed fits the schema");
        Self { model }
    }

    /// Answers a body as the server would.
    ///
    /// # Panics
    /// If the site does, takes too long, answers no JSON, blames itself, or refuses and yet changes something.
    pub fn feed(&mut self, body: &[u8]) -> Fed {
        let begin = Instant::now();
        let before = self.state();
        let (fed, text) = match Request::parse(body) {
            Err(refusal) => (Fed::Unreadable, refusal.body()),
            Ok(request) => match self.model.rpc(&request, NOW) {
                Ok(answer) if self.state() == before => (Fed::Answered, answer.into_body()),
                Ok(answer) => (Fed::Written, answer.into_body()),
                Err(refusal) => {
                    assert_ne!(refusal.code, ErrorCode::Internal, "the site blames itself");
                    assert!(!refusal.message.is_empty(), "a refusal says why");
                    (Fed::Refused, refusal.body())
                }
            },
        };
        assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
        if matches!(fed, Fed::Refused | Fed::Unreadable) {
            assert!(text.len() <= REFUSAL_BYTES_MAX, "the refusal has {} bytes", text.len());
            assert!(
                self.state() == before || failed_login(&text),
                "what is refused changes nothing: {text}"
            );
        }
        let answer: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON: {error}: {text}"));
        assert!(answer.is_object(), "an answer is an object: {text}");
        fed
    }

    /// What a write changes in any case.
    fn state(&self) -> (usize, u64) {
        (self.model.event_count(), self.model.newest_event_id())
    }
}

/// A failed login is an entry of the event log.
fn failed_login(text: &str) -> bool {
    text.contains("\"error_code\":102") || text.contains("\"error_code\":106")
}
