use super::{Ini, Part};

fn read(text: &str) -> Ini {
    Ini::parse(text).expect("it can be read")
}

fn value(text: &str, name: &str) -> Option<String> {
    read(text).get("a", name).expect("it can be expanded").map(|value| value.to_setting())
}

#[test]
fn values_are_read_as_python_reads_them() {
    let text = "# a comment\n[a]\nOne: 1\ntwo = b: c \n; another\nlist = x,\n   y\n\nempty:\n[b]\nother: 2\n";
    assert_eq!(value(text, "one").as_deref(), Some("1"));
    assert_eq!(value(text, "TWO").as_deref(), Some("b: c"));
    assert_eq!(value(text, "list").as_deref(), Some("x,\ny"));
    assert_eq!(value(text, "empty"), None);
    assert_eq!(value(text, "other"), None);
    assert_eq!(read(text).sections().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn names_stand_for_options_and_for_the_environment() {
    let text = "[DEFAULT]\nroot: /var\n[a]\npath: %(root)s/log\nkey: %(SG_KEY)s\nmixed: ${x}%(SG_A)s-100%%\n";
    assert_eq!(value(text, "path").as_deref(), Some("/var/log"));
    assert_eq!(value(text, "key").as_deref(), Some("${SG_KEY}"));
    assert_eq!(value(text, "mixed").as_deref(), Some("$${x}${SG_A}-100%"));
    let key = read(text).get("a", "key").unwrap().unwrap();
    assert_eq!(key.parts, [Part::Variable("SG_KEY".to_owned())]);
    assert_eq!(key.text(), None);
}

#[test]
fn items_stand_between_commas() {
    let ini = read("[a]\npaths: /x , %(HOME)s/y,,\n  /z\n");
    let items = ini.get("a", "paths").unwrap().unwrap().items();
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    assert_eq!(items, ["/x", "${HOME}/y", "/z"]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let refused = |text: &str| Ini::parse(text).expect_err("it is refused").to_string();
    assert_eq!(refused("x: 1\n"), "line 1: an option must stand in a section, such as `[daemon]`");
    assert_eq!(refused("[a\n"), "line 1: `[a` begins a section, and must end with `]`");
    assert_eq!(
        refused("[a]\nnonsense\n"),
        "line 2: in [a] a line must be `name: value` or `name = value`"
    );
    assert_eq!(refused("[a]\nx: 1\nX = 2\n"), "line 3: `x` of [a] stands in line 2 already");
    let expanded = |text: &str| read(text).get("a", "x").expect_err("it is refused").to_string();
    assert_eq!(expanded("[a]\nx: %(x)s\n"), "line 2: options stand for each other without an end");
    assert_eq!(expanded("[a]\n\nx: 5%\n"), "line 3: a `%` must be `%%`, or begin `%(NAME)s`");
}
