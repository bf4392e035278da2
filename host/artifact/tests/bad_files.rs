//! Files that no toolchain makes: the corpora of the fuzz targets in `tests/fuzz`, spoilt by chance.

#[path = "../../../tests/fuzz/files.rs"]
mod files;

use std::path::Path;

use files::{feed_component, feed_manifest};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// How many spoilt files of each kind are tried.
const FILES: usize = 10_000;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus").join(name);
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file can be read")).collect()
}

struct Chance(TestRng);

impl Chance {
    fn new() -> Self {
        Self(TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    }

    fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }

    /// A file with a few of its bytes cut, doubled, overwritten, or taken from another.
    fn spoilt(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut file = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(3) {
            let other = &corpus[self.below(corpus.len())];
            let (from, to) = (self.below(file.len() + 1), self.below(other.len() + 1));
            match self.below(5) {
                0 => file.truncate(from),
                1 => file.extend_from_slice(&other[to..]),
                2 => drop(file.splice(from.., other[to..].iter().copied())),
                3 => {
                    let end = (from + 1 + self.below(20)).min(file.len());
                    drop(file.drain(from..end));
                }
                _ => {
                    let byte = self.below(256) as u8;
                    if let Some(place) = file.get_mut(from) {
                        *place = byte;
                    }
                }
            }
        }
        file
    }
}

#[test]
fn what_is_in_the_corpora_is_read() {
    let (manifests, components) = (corpus("manifest"), corpus("component"));
    assert!(manifests.len() >= 7 && components.len() >= 6);
    for text in manifests {
        assert!(feed_manifest(&String::from_utf8(text).expect("it is text")));
    }
    assert!(components.iter().all(|bytes| feed_component(bytes)));
}

#[test]
fn a_manifest_that_is_spoilt_breaks_nothing() {
    let (corpus, mut chance) = (corpus("manifest"), Chance::new());
    let read =
        (0..FILES).filter(|_| feed_manifest(&String::from_utf8_lossy(&chance.spoilt(&corpus))));
    let read = read.count();
    assert!(read > FILES / 100 && read < FILES / 2, "{read} of {FILES} were read");
}

#[test]
fn a_component_that_is_spoilt_breaks_nothing() {
    let (corpus, mut chance) = (corpus("component"), Chance::new());
    let read = (0..FILES).filter(|_| feed_component(&chance.spoilt(&corpus))).count();
    assert!(read > FILES / 100 && read < FILES * 9 / 10, "{read} of {FILES} were read");
}

/// Writes the corpus of components anew.
#[test]
#[ignore = "writes tests/fuzz/corpus/component"]
fn the_components_of_the_corpus_anew() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/component");
    let plugin = r#"(component
        (import "cuebox:plugin/shotgun@0.1.0" (instance (export "find" (func))))
        (import "wasi:io/poll@0.2.6" (instance))
        (core module (func (export "a") (nop)) (memory 1) (data (i32.const 0) "text")
            (@producers (language "Rust" "") (processed-by "rustc" "1.95.0")))
        (component (import "within" (instance)) (core module (table 1 funcref)))
        (instance $i) (export "cuebox:plugin/callbacks@0.1.0" (instance $i)))"#;
    let manifest = String::from_utf8(corpus("manifest").remove(0)).expect("it is text");
    let parse = |text: &str| wat::parse_str(text).expect("it is a component");
    for (name, bytes) in [
        ("empty", parse("(component)")),
        ("plugin", parse(plugin)),
        ("manifest", artifact::embed::embed(&parse(plugin), &manifest).expect("it is one")),
        ("nested", parse("(component (component (component (component (core module)))))")),
        (
            "names",
            parse(
                "(component (import \"a\" (func)) (import \"b-c\" (value u32)) (export \"d\" (func 0)))",
            ),
        ),
        (
            "custom",
            parse(
                "(component (@custom \"producers\" \"\\01\\08language\\01\\01C\\00\") (@custom \"x\" \"y\"))",
            ),
        ),
    ] {
        std::fs::write(folder.join(format!("{name}.wasm")), bytes).expect("it can be written");
    }
}
