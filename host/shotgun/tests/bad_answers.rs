//! Answers that no site gives: the corpus of the fuzz target `answer` in `tests/fuzz`, spoilt by chance.

#[path = "../../../tests/fuzz/answers.rs"]
mod answers;

use std::path::Path;

use answers::feed_answer;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// How many spoilt answers are tried.
const ANSWERS: usize = 20_000;

fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/answer");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("it is text")).collect()
}

#[test]
fn what_is_in_the_corpus_is_read() {
    let read: Vec<_> = corpus().iter().map(|body| feed_answer(body)).collect();
    // In the order of their names: bare, exception, odd, an error page, and a page.
    assert_eq!(read, [Some((1, 0)), None, Some((0, 5)), None, Some((2, 0))]);
}

#[test]
fn an_answer_that_is_spoilt_breaks_nothing() {
    let corpus: Vec<Vec<u8>> = corpus().into_iter().map(String::into_bytes).collect();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut below = |end: usize| (random.next_u64() % end.max(1) as u64) as usize;
    let mut read = 0;
    for _ in 0..ANSWERS {
        let mut answer = corpus[below(corpus.len())].clone();
        for _ in 0..=below(3) {
            let other = &corpus[below(corpus.len())];
            let (from, to) = (below(answer.len() + 1), below(other.len() + 1));
            match below(5) {
                0 => answer.truncate(from),
                1 => drop(answer.splice(from.., other[to..].iter().copied())),
                2 => {
                    let end = (from + 1 + below(20)).min(answer.len());
                    drop(answer.drain(from..end));
                }
                3 => {
                    let digits = [b'0' + below(10) as u8; 30];
                    drop(answer.splice(from..from, digits[..below(30)].iter().copied()));
                }
                _ => {
                    let byte = below(256) as u8;
                    if let Some(place) = answer.get_mut(from) {
                        *place = byte;
                    }
                }
            }
        }
        read += usize::from(feed_answer(&String::from_utf8_lossy(&answer)).is_some());
    }
    assert!(read > ANSWERS / 100 && read < ANSWERS * 9 / 10, "{read} of {ANSWERS} were read");
}
