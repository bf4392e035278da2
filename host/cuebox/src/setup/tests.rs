use super::*;

#[test]
fn a_plugin_is_given_texts_and_lists_as_json() {
    let values = [
        ("text", SettingValue::Text("a \"b\"".to_owned()), "a \"b\""),
        ("integer", SettingValue::Integer(16), "16"),
        ("number", SettingValue::Number(0.5), "0.5"),
        ("boolean", SettingValue::Boolean(true), "true"),
        ("list", SettingValue::List(vec!["a".to_owned(), "\"b\"".to_owned()]), r#"["a","\"b\""]"#),
    ];
    let settings = values.iter().map(|(key, value, _)| ((*key).to_owned(), value.clone()));
    let expected = values.iter().map(|(key, _, text)| ((*key).to_owned(), (*text).to_owned()));
    assert_eq!(texts(&settings.collect()), expected.collect());
}
