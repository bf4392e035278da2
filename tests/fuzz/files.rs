//! What is asked of any plugin.toml and of any plugin's file, shared by the fuzz targets and by the tests of bad files.

use std::time::{Duration, Instant};

use artifact::{Component, embed::embed};
use policy::Manifest;

/// No answer takes longer, even unoptimised on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// A refusal that says more than this repeats what it was given.
const REFUSAL_BYTES_MAX: usize = 32_768;

/// Reads a plugin.toml; answers whether it is one.
///
/// # Panics
/// If reading does, takes too long, or answers what a terminal would obey, or if what is asked for prints as other lines.
pub fn feed_manifest(text: &str) -> bool {
    let begin = Instant::now();
    let answer = Manifest::parse(text);
    assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
    match answer {
        Ok(manifest) => {
            let needs = &manifest.needs;
            assert!(needs.beyond(needs).is_empty(), "what is asked for is within itself");
            for need in &needs.shotgun {
                assert_eq!(need.line.to_string().parse().as_ref(), Ok(&need.line));
            }
            for need in &needs.http {
                assert_eq!(need.line.to_string().parse().as_ref(), Ok(&need.line));
            }
            true
        }
        Err(problems) => {
            check_shown(&problems.to_string());
            false
        }
    }
}

/// Reads a plugin's file; answers whether it is a component.
///
/// # Panics
/// If reading does, takes too long, or answers what a terminal would obey, or if a plugin.toml that is built into it is another one
/// afterwards.
pub fn feed_component(bytes: &[u8]) -> bool {
    let begin = Instant::now();
    let answer = Component::read(bytes);
    assert!(begin.elapsed() < PATIENCE, "the answer took {:?}", begin.elapsed());
    match answer {
        Ok(component) => {
            let names = component.imports.iter().chain(&component.exports);
            names
                .chain(&component.languages)
                .chain(&component.tools)
                .for_each(|name| check_shown(name));
            if let Some(text) = &component.manifest {
                feed_manifest(text);
            }
            let embedded = embed(bytes, "a text").expect("what can be read takes a text");
            let read = Component::read(&embedded).expect("it still can be read");
            assert_eq!(read, Component { manifest: Some("a text".to_owned()), ..component });
            true
        }
        Err(error) => {
            check_shown(&error.to_string());
            false
        }
    }
}

fn check_shown(text: &str) {
    assert!(text.len() <= REFUSAL_BYTES_MAX, "the answer has {} bytes", text.len());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
