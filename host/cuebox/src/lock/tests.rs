use super::{Lock, Pin};

fn pin(digit: char, version: Option<&str>) -> Pin {
    Pin { digest: digit.to_string().repeat(64), version: version.map(ToOwned::to_owned) }
}

fn lock(pins: &[(&str, Pin)]) -> Lock {
    Lock { plugin: pins.iter().map(|(name, pin)| ((*name).to_owned(), pin.clone())).collect() }
}

#[test]
fn what_is_written_is_read_again() {
    let lock = lock(&[("a", pin('1', Some("1.0.0"))), ("odd.name", pin('f', None))]);
    assert_eq!(Lock::parse(&lock.text()), Ok(lock));
    assert_eq!(Lock::parse(""), Ok(Lock::default()));
}

#[test]
fn what_is_no_lock_file_is_said_with_its_line() {
    for (text, said) in [
        ("[plugin.a]\n", "line 1: missing field `digest`"),
        ("[plugin.a]\ndigest = 5", "line 2: invalid type: integer `5`, expected a string"),
        (
            "[plugin.a]\ndigest = \"ABC\"",
            "plugin.a.digest must be 64 hexadecimal digits, in small letters",
        ),
        ("[plugin.a\n", "line 1: unclosed table, expected `]`"),
        ("[plugins.a]\n", "line 1: unknown field `plugins`, expected `plugin`"),
    ] {
        assert_eq!(Lock::parse(text), Err(said.to_owned()), "{text}");
    }
}

#[test]
fn differences_show_both_digests() {
    let locked =
        lock(&[("a", pin('1', Some("1.0.0"))), ("b", pin('2', None)), ("c", pin('3', None))]);
    let now = lock(&[
        ("a", pin('4', Some("1.1.0"))),
        ("b", pin('2', Some("2.0.0"))),
        ("d", pin('5', None)),
    ]);
    let told: Vec<_> = locked.differences(&now).iter().map(ToString::to_string).collect();
    let digits = |digit: char| digit.to_string().repeat(64);
    assert_eq!(
        told,
        [
            format!("a: {} (1.0.0) -> {} (1.1.0)", digits('1'), digits('4')),
            format!("d: not locked -> {}", digits('5')),
            format!("c: {} -> no file", digits('3')),
        ]
    );
}
