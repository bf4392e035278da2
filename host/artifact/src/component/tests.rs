use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Component, MANIFEST_BYTES_MAX, ReadError};
use crate::MANIFEST_SECTION;
use crate::embed::embed;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// The header of a component, and sections: number and content of each.
fn component(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for (number, content) in sections {
        bytes.push(*number);
        leb(&mut bytes, content.len());
        bytes.extend_from_slice(content);
    }
    bytes
}

fn leb(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn custom(name: &str, data: &[u8]) -> (u8, Vec<u8>) {
    let mut content = Vec::new();
    leb(&mut content, name.len());
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    (0, content)
}

const PLUGIN: &str = r#"(component
    (import "cuebox:plugin/shotgun@0.1.0" (instance))
    (core module (func (export "a")) (@producers (language "Rust" "") (processed-by "rustc" "1.95.0")))
    (component (import "within" (instance)) (core module (memory 3) (@producers (language "C" "17"))))
    (core module (memory i64 2 9))
    (instance $i)
    (export "cuebox:plugin/callbacks@0.1.0" (instance $i)))"#;

#[test]
fn what_stands_in_a_component_is_read() {
    let read = Component::read(&wat(PLUGIN)).unwrap();
    assert_eq!(read.imports, ["cuebox:plugin/shotgun@0.1.0"], "not those of its parts");
    assert_eq!(read.exports, ["cuebox:plugin/callbacks@0.1.0"]);
    assert_eq!(Vec::from_iter(&read.languages), ["C", "Rust"]);
    assert_eq!(Vec::from_iter(&read.tools), ["rustc 1.95.0"]);
    assert_eq!((read.modules, read.manifest), (3, None));
    assert!(read.code_bytes > 0);
    assert_eq!(read.memory_bytes, 5 << 16);
}

#[test]
fn a_manifest_within_a_part_is_not_that_of_the_file() {
    let inner = embed(&wat("(component)"), "the part's").unwrap();
    let outer = component(&[(4, inner)]);
    assert_eq!(Component::read(&outer).unwrap().manifest, None);
    let outer = embed(&outer, "the file's").unwrap();
    assert_eq!(Component::read(&outer).unwrap().manifest.as_deref(), Some("the file's"));
}

#[test]
fn what_is_no_component_is_said() {
    for (bytes, said) in [
        (&b""[..], "not a WebAssembly component: the file is empty"),
        (
            b"#!/bin/sh",
            "not a WebAssembly component: it does not start with the bytes of WebAssembly",
        ),
        (
            b"\0asm\x0e\0\x01\0",
            "not a WebAssembly component: it is of a WebAssembly version that this host does not know",
        ),
    ] {
        assert_eq!(Component::read(bytes).unwrap_err().to_string(), said);
    }
    let module = Component::read(&wat("(module)")).unwrap_err().to_string();
    assert!(module.starts_with("not a WebAssembly component: it is a core module"), "{module}");
    let whole = wat(PLUGIN);
    for end in 8..whole.len() {
        // A cut between two sections leaves a component, as far as can be seen without its code being checked.
        let _ = Component::read(&whole[..end]);
    }
    let cut = Component::read(&whole[..whole.len() - 3]).unwrap_err().to_string();
    assert!(cut.starts_with("not a valid WebAssembly component: "), "{cut}");
}

#[test]
fn a_manifest_that_is_garbled_too_long_or_there_twice_is_refused() {
    let read = |sections: &[_]| Component::read(&component(sections)).unwrap_err();
    let one = custom(MANIFEST_SECTION, b"[plugin]");
    assert_eq!(read(&[one.clone(), one]), ReadError::TwoManifests);
    let long = custom(MANIFEST_SECTION, &vec![b'#'; MANIFEST_BYTES_MAX + 1]);
    assert_eq!(read(&[long]), ReadError::LargeManifest { bytes: MANIFEST_BYTES_MAX + 1 });
    let garbled = custom(MANIFEST_SECTION, b"[plug\xff]");
    assert_eq!(read(&[garbled]), ReadError::GarbledManifest { at: 5 });
    assert_eq!(
        read(&[custom(MANIFEST_SECTION, &vec![0; 10 << 20])]).to_string(),
        "it has a section `cuebox:plugin-toml` of 10485760 bytes; at most 1048576 are read"
    );
}

/// Counts that promise what the bytes do not hold, parts in parts, and a multitude of everything that is tiny.
#[test]
fn bombs_are_answered_within_a_bound() {
    let huge = vec![0xff, 0xff, 0xff, 0xff, 0x0f];
    let nested = (0..2000).fold(component(&[]), |inner, _| component(&[(4, inner)]));
    let many_imports: Vec<u8> = {
        let mut content = Vec::new();
        leb(&mut content, 500_000);
        (0..500_000).for_each(|_| content.extend_from_slice(&[0, 1, b'a', 1, 0]));
        content
    };
    let long_name = {
        let mut content = vec![1, 0];
        leb(&mut content, 90_000);
        content.extend(std::iter::repeat_n(b'a', 90_000));
        content.extend_from_slice(&[1, 0]);
        content
    };
    let code = {
        let mut content = huge.clone();
        content.extend_from_slice(&[0; 100]);
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.push(10);
        module.extend_from_slice(&huge);
        module.extend_from_slice(&content);
        module
    };
    for (name, bytes) in [
        ("counts", component(&[(10, huge.clone())])),
        ("exports", component(&[(11, huge.clone())])),
        ("types", component(&[(7, huge.clone())])),
        ("length", [component(&[]), vec![0], huge].concat()),
        ("code", component(&[(1, code)])),
        ("depth", nested),
        ("imports", component(&[(10, many_imports)])),
        ("name", component(&[(10, long_name)])),
        ("sections", component(&vec![custom("", b""); 2_000_000])),
        ("producers", component(&[custom("producers", &[0xff; 1 << 20])])),
    ] {
        let started = Instant::now();
        let answer = Component::read(&bytes);
        assert!(started.elapsed() < Duration::from_secs(2), "{name}: {:?}", started.elapsed());
        if let Ok(component) = answer {
            assert!(format!("{component:?}").len() < 10_000, "{name}");
        }
    }
}

#[test]
fn more_than_an_honest_component_has_is_refused() {
    let sections = component(&vec![custom("", b""); 100_001]);
    assert_eq!(
        Component::read(&sections).unwrap_err().to_string(),
        "it has more than 100000 sections"
    );
    let nested = (0..60).fold(component(&[]), |inner, _| component(&[(4, inner)]));
    assert_eq!(
        Component::read(&nested).unwrap_err().to_string(),
        "it has more than 50 components in one another"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..500_usize) {
        let _ = Component::read(&bytes);
        let _ = Component::read(&component(&[(bytes.first().copied().unwrap_or(0) % 14, bytes.clone())]));
        let mut spoilt = wat(PLUGIN);
        let at = at % spoilt.len();
        spoilt.splice(at.., bytes);
        let _ = Component::read(&spoilt);
    }
}
