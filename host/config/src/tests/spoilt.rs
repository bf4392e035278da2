//! Configurations that nobody writes: a corpus, spoilt by chance. Whatever stands there, it is read or refused, in a moment, and no
//! secret is repeated.

use std::time::{Duration, Instant};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::{CANARY, DEFAULT_TEXT, read};

/// How many spoilt texts are tried.
const TEXTS: u64 = 3_000;

/// No answer takes longer, even unoptimised on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// A refusal that says more than this repeats what it was given.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

const CORPUS: [&str; 3] = [
    include_str!("../../../../tests/fuzz/corpus/configuration/limits.toml"),
    include_str!("../../../../tests/fuzz/corpus/configuration/studio.toml"),
    DEFAULT_TEXT,
];

/// Reads a text; whether it is a configuration.
fn feed(text: &str) -> bool {
    let begin = Instant::now();
    let answer = read(text);
    assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
    let (said, is_read) = match answer {
        Ok((loaded, _)) => (format!("{:?}", loaded.config), true),
        Err(problems) => (problems.to_string(), false),
    };
    assert!(is_read || said.len() <= REFUSAL_BYTES_MAX, "{} bytes are said", said.len());
    assert!(is_read || said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
    is_read
}

/// A text with a few of its pieces cut, doubled, overwritten, or taken from another.
fn spoilt(random: &mut TestRng) -> String {
    let mut below = |end: usize| (random.next_u64() % end.max(1) as u64) as usize;
    let mut text = CORPUS[below(CORPUS.len())].as_bytes().to_vec();
    for _ in 0..=below(3) {
        let other = CORPUS[below(2)].as_bytes();
        let (from, to) = (below(text.len() + 1), below(other.len() + 1));
        let end = |length: usize, max: usize| (length + 1 + max).min(text.len().max(length));
        match below(6) {
            0 => text.truncate(from),
            1 => drop(text.splice(from..from, other[to..].iter().take(40).copied())),
            2 => {
                let end = end(from, below(20)).min(text.len());
                drop(text.drain(from.min(end)..end));
            }
            3 => drop(text.splice(from..from, b"\x1b[2J\0".iter().copied())),
            4 => drop(text.splice(from..from, std::iter::repeat_n(b'[', below(300)))),
            _ => {
                let byte = b"\"'[]{}=#\n$0-9.\\"[below(15)];
                if let Some(place) = text.get_mut(from) {
                    *place = byte;
                }
            }
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn what_is_in_the_corpus_is_read() {
    assert!(feed(CORPUS[0]) && feed(CORPUS[1]));
    // The defaults leave out what must be given.
    assert!(!feed(CORPUS[2]));
}

#[test]
fn a_configuration_that_is_spoilt_breaks_nothing() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let read = (0..TEXTS).filter(|_| feed(&spoilt(&mut random))).count();
    assert!(read > 30 && read < 2_000, "{read} of {TEXTS} were read");
}

#[test]
fn a_whole_configuration_shows_no_secret() {
    let (loaded, _) = read(CORPUS[1]).unwrap_or_else(|problems| panic!("{problems}"));
    let shown = format!("{:?}", loaded.config);
    assert!(!shown.contains(CANARY), "{shown}");
}
