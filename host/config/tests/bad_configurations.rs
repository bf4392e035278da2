//! Configurations that nobody writes: the corpus of the fuzz target `configuration` in `tests/fuzz`, and the texts that are refused,
//! spoilt by chance.

#[path = "../../../tests/fuzz/configurations.rs"]
mod configurations;

use std::path::Path;

use configurations::{IN_FILES, IN_VARIABLES, feed_configuration};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// How many spoilt texts are tried.
const TEXTS: usize = 6_000;

/// The least that a configuration must hold: what `…` stands for in `refused.txt`.
const LEAST: &str =
    "[site]\nurl = \"https://studio.example\"\nscript_name = \"cuebox\"\nscript_key = \"${KEY}\"";

/// Configurations, by the names of their files.
fn corpus() -> Vec<(String, String)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/configuration");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    let read = |path: &Path| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(path).expect("a file can be read");
        (name, String::from_utf8(bytes).expect("it is text"))
    };
    paths.iter().map(|path| read(path)).collect()
}

/// The texts of `refused.txt`.
fn refused() -> Vec<String> {
    let cases = include_str!("../src/tests/refused.txt").split("=== ").skip(1);
    let text = |case: &str| {
        let (text, _) = case.split_once("\n---\n").expect("a case has a text and an answer");
        text.split_once('\n').expect("a case begins with its name").1.replacen('…', LEAST, 1)
    };
    cases.map(text).collect()
}

#[test]
fn what_is_in_the_corpus_is_answered() {
    let corpus = corpus();
    assert!(corpus.len() >= 2, "the corpus has only {}", corpus.len());
    for (name, text) in &corpus {
        let config = feed_configuration(text);
        // What fuzzing found has names of its own.
        if let ("limits.toml" | "studio.toml", config) = (name.as_str(), config) {
            let shown = format!("{:?}", config.expect("it is a configuration"));
            assert!(!shown.contains(IN_VARIABLES) && !shown.contains(IN_FILES), "{shown}");
        }
    }
}

#[test]
fn what_is_refused_tells_no_secret() {
    let refused = refused();
    assert!(refused.len() >= 60, "only {} texts were read", refused.len());
    for text in &refused {
        feed_configuration(text);
    }
}

#[test]
fn a_configuration_that_is_spoilt_breaks_nothing() {
    let corpus = corpus().into_iter().map(|(_, text)| text);
    let (mut texts, others): (Vec<_>, Vec<_>) =
        corpus.partition(|text| feed_configuration(text).is_some());
    let whole = texts.len();
    texts.extend(others);
    texts.push(config::DEFAULT_TEXT.to_owned());
    texts.extend(refused());
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut below = |end: usize| (random.next_u64() % end.max(1) as u64) as usize;
    let mut read = 0;
    for number in 0..TEXTS {
        // Half of them begin with what can be read.
        let begin = if number % 2 == 0 { below(whole) } else { below(texts.len()) };
        let text = spoilt(&texts[begin], &texts, &mut below);
        read += usize::from(feed_configuration(&text).is_some());
    }
    assert!(read > TEXTS / 100 && read < TEXTS / 2, "{read} of {TEXTS} were read");
}

/// A text with a few of its pieces cut, doubled, overwritten, or taken from another.
fn spoilt(text: &str, texts: &[String], below: &mut impl FnMut(usize) -> usize) -> String {
    let mut text = text.as_bytes().to_vec();
    for _ in 0..=below(3) {
        let other = texts[below(texts.len())].as_bytes();
        let (from, to) = (below(text.len() + 1), below(other.len() + 1));
        match below(8) {
            0 => text.truncate(from),
            1 => drop(text.splice(from..from, other[to..].iter().take(40).copied())),
            2 => drop(text.splice(from.., other[to..].iter().copied())),
            3 => drop(text.drain(from..(from + 1 + below(20)).min(text.len()).max(from))),
            4 => drop(text.splice(from..from, b"\x1b[2J\0".iter().copied())),
            5 => drop(text.splice(from..from, std::iter::repeat_n(b'[', below(300)))),
            6 => drop(text.splice(from..from, b"${KEY}".iter().copied())),
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
