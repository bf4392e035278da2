use std::collections::BTreeMap;

use super::{Kind, Setting, SettingValue, Values, fit};

fn declared() -> BTreeMap<String, Setting> {
    let setting = |kind| Setting {
        kind,
        required: false,
        default: None,
        values: Vec::new(),
        description: "What it is for.".to_owned(),
        secret: false,
    };
    let status = Setting {
        default: Some(SettingValue::Text("fin".to_owned())),
        values: ["fin", "ip"].map(|word| SettingValue::Text(word.to_owned())).into(),
        ..setting(Kind::Text)
    };
    BTreeMap::from([
        ("status".to_owned(), status),
        ("token".to_owned(), Setting { required: true, secret: true, ..setting(Kind::Text) }),
        ("count".to_owned(), setting(Kind::Integer)),
        ("factor".to_owned(), setting(Kind::Number)),
        ("quiet".to_owned(), setting(Kind::Boolean)),
        ("names".to_owned(), setting(Kind::List)),
    ])
}

fn text(text: &str) -> SettingValue {
    SettingValue::Text(text.to_owned())
}

fn given(values: &[(&str, SettingValue)]) -> Values {
    values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

#[track_caller]
fn check_refused(values: &[(&str, SettingValue)], said: &str) {
    let misfits = fit("my plugin", &declared(), &given(values)).unwrap_err();
    assert_eq!(misfits.to_string(), said);
}

#[test]
fn defaults_are_added_and_texts_are_read() {
    let values = [
        ("token", text("t")),
        ("count", text("5")),
        ("factor", SettingValue::Integer(2)),
        ("quiet", text("true")),
        ("names", text("a, b,")),
    ];
    let fitted = fit("a", &declared(), &given(&values)).unwrap();
    assert_eq!(fitted["count"], SettingValue::Integer(5));
    assert_eq!(fitted["factor"], SettingValue::Number(2.0));
    assert_eq!(fitted["quiet"], SettingValue::Boolean(true));
    assert_eq!(fitted["names"], SettingValue::List(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(fitted["status"], text("fin"));
    assert_eq!(fitted.len(), 6);
}

#[test]
fn what_does_not_fit_is_named_with_its_whole_key_and_without_its_value() {
    let token = ("token", text("canary-5f1e"));
    check_refused(&[], "plugin.\"my plugin\".settings.token is missing: What it is for.");
    check_refused(
        &[token.clone(), ("count", text("many")), ("status", text("done"))],
        "plugin.\"my plugin\".settings.count is a text; the plugin wants a whole number; \
         plugin.\"my plugin\".settings.status must be \"fin\" or \"ip\"",
    );
    check_refused(
        &[token.clone(), ("count", SettingValue::Number(1.5))],
        "plugin.\"my plugin\".settings.count is a number; the plugin wants a whole number",
    );
    check_refused(
        &[token.clone(), ("stauts", text("fin"))],
        "plugin.\"my plugin\".settings.stauts is not a setting of the plugin; did you mean status?",
    );
    check_refused(
        &[token, ("elsewhere", text("fin"))],
        "plugin.\"my plugin\".settings.elsewhere is not a setting of the plugin, which has count, factor, names, quiet, \
         status, token",
    );
    check_refused(
        &[("token", SettingValue::Integer(77))],
        "plugin.\"my plugin\".settings.token is a whole number; the plugin wants a text",
    );
}

#[test]
fn a_debug_shows_no_value() {
    assert_eq!(format!("{:?}", given(&[("token", text("canary-5f1e"))])), "{\"token\": a text}");
}
