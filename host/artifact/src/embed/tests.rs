use super::embed;
use crate::Component;
use crate::component::ReadError;

#[test]
fn a_text_is_embedded_and_replaced_and_nothing_else_changes() {
    let plain = wat::parse_str(
        "(component (core module (func)) (instance $i) (export \"a:b/c\" (instance $i)))",
    )
    .unwrap();
    let first = embed(&plain, "[plugin]\nname = \"é\"\n").unwrap();
    let read = Component::read(&first).unwrap();
    assert_eq!(read.manifest.as_deref(), Some("[plugin]\nname = \"é\"\n"));
    assert_eq!(Component { manifest: None, ..read }, Component::read(&plain).unwrap());
    assert!(first.starts_with(&plain));

    let second = embed(&first, "other").unwrap();
    assert_eq!(second, embed(&plain, "other").unwrap());
    // Two of them, which nobody reads, become one.
    let twice = [&first[..], &second[plain.len()..]].concat();
    assert_eq!(Component::read(&twice).unwrap_err(), ReadError::TwoManifests);
    assert_eq!(embed(&twice, "other").unwrap(), second);
}

#[test]
fn only_a_component_takes_one() {
    let module = wat::parse_str("(module)").unwrap();
    assert!(matches!(embed(&module, ""), Err(ReadError::NotAComponent(_))));
}
