use super::*;

#[track_caller]
fn check(record: &str, expected: &str) {
    let record = RawValue::from_string(record.to_owned()).expect("valid JSON");
    assert_eq!(unescape(&record).get(), expected);
}

#[test]
fn angle_brackets_come_back_in_the_records_own_texts() {
    check(r#"{"z": "a &lt; b", "a": 1.0}"#, r#"{"z":"a < b","a":1.0}"#);
    check(r#"{"b":{"name":"x &lt; y"},"a":"&lt;"}"#, r#"{"b":{"name":"x &lt; y"},"a":"<"}"#);
}

#[test]
fn everything_else_stays_byte_for_byte() {
    check(r#"{"z": 13.30,  "a": 1}"#, r#"{"z": 13.30,  "a": 1}"#);
    check(r#"["&lt;"]"#, r#"["&lt;"]"#);
}

#[test]
fn rows_join_to_an_array() {
    let mut rows = Rows::default();
    assert_eq!(rows.to_json(), "[]");
    for row in [r#"{"id":1}"#, r#"{"id":2}"#] {
        rows.push(&RawValue::from_string(row.to_owned()).expect("valid JSON"));
    }
    assert_eq!(rows.to_json(), r#"[{"id":1},{"id":2}]"#);
    assert_eq!(rows.len(), 2);
}
