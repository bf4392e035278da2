use super::*;

#[test]
fn a_language_is_told_by_the_ending() {
    let language = |path: &str| Language::of(Path::new(path));
    assert_eq!(language("/a/x.py"), Some(Language::Python));
    assert_eq!(language("/a/x.js"), Some(Language::JavaScript));
    for other in ["/a/x.wasm", "/a/x.ts", "/a/js", "/a/.js", "/a/x.JS"] {
        assert_eq!(language(other), None, "{other}");
    }
}

#[test]
fn text_is_what_is_behind_the_mark_of_an_editor() {
    assert_eq!(text(b"\xef\xbb\xbfimport os\n").unwrap(), "import os\n");
    assert_eq!(text("caf\u{e9}".as_bytes()).unwrap(), "caf\u{e9}");
    assert_eq!(text(b"caf\xe9").unwrap_err().valid_up_to(), 3);
}
