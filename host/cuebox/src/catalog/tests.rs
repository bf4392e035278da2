use super::*;

fn file(path: &str, length: u64) -> File {
    File { path: path.into(), modified: SystemTime::UNIX_EPOCH, length, signature: None }
}

fn listing(files: &[(&str, u64)]) -> Listing {
    name(files.iter().map(|(path, length)| file(path, *length))).0
}

#[test]
fn a_plugin_is_named_after_its_file() {
    let (listing, unusable) = name([file("/a/shot.init.wasm", 1), file("/b/copy-field.wasm", 2)]);
    assert_eq!(listing.keys().collect::<Vec<_>>(), ["copy-field", "shot.init"]);
    assert!(unusable.is_empty());
}

#[test]
fn of_two_with_one_name_the_first_counts() {
    let (listing, unusable) = name([file("/a/x.wasm", 1), file("/b/x.wasm", 2)]);
    assert_eq!(listing["x"].path.to_str(), Some("/a/x.wasm"));
    assert_eq!(
        unusable[0].to_string(),
        "the file /b/x.wasm is not loaded: there is a plugin of the same name at /a/x.wasm"
    );
}

#[test]
fn scripts_and_components_share_their_names() {
    let (listing, unusable) = name([file("/a/x.py", 1), file("/a/x.wasm", 2), file("/a/y.py", 3)]);
    assert_eq!(listing.keys().collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(listing["x"].path.to_str(), Some("/a/x.py"));
    assert_eq!(
        unusable[0].to_string(),
        "the file /a/x.wasm is not loaded: there is a plugin of the same name at /a/x.py"
    );
}

#[test]
fn a_file_s_ending_says_what_it_is() {
    let form = |path: &str| Form::of(Path::new(path));
    assert_eq!(form("/a/x.wasm"), Some(Form::Component));
    assert_eq!(form("/a/x.py"), Some(Form::Script(Language::Python)));
    assert_eq!(form("/a/x.js"), Some(Form::Script(Language::JavaScript)));
    for other in ["/a/x.pyc", "/a/x.txt", "/a/x", "/a/py"] {
        assert_eq!(form(other), None, "{other}");
    }
}

#[test]
fn a_name_that_cannot_be_typed_is_refused() {
    let (listing, unusable) = name([file("/a/two words.wasm", 1), file("/a/na\u{ef}ve.wasm", 1)]);
    assert!(listing.is_empty());
    assert_eq!(unusable.len(), 2);
    assert!(unusable[0].to_string().starts_with("the file /a/two words.wasm is not loaded"));
}

#[test]
fn changes_are_what_differs() {
    let before = listing(&[("/p/gone.wasm", 1), ("/p/same.wasm", 1), ("/p/grown.wasm", 1)]);
    let now = listing(&[("/p/same.wasm", 1), ("/p/grown.wasm", 2), ("/p/new.wasm", 1)]);
    let names: Vec<String> = changes(&before, &now)
        .into_iter()
        .map(|change| match change {
            Change::Removed { plugin } => format!("-{plugin}"),
            Change::Changed { plugin, .. } => format!("+{plugin}"),
        })
        .collect();
    assert_eq!(names, ["-gone", "+grown", "+new"]);
    assert!(changes(&now, &now).is_empty());
}
