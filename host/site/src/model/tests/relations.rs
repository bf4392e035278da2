//! Every relation of every data type, with nulls and with what it refuses: one line a case.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::{Scene, link};
use crate::model::{Model, Schema};

mod links;

/// A type with a field of every data type.
const BENCH: &str = r#"{"statuses": {}, "common_fields": [], "templates": {}, "entity_types": [
  {"type": "Bench", "name": "Bench", "display_field": "text", "names_itself": false, "fields": [
    {"field": "text", "name": "Text", "type": "text"},
    {"field": "number", "name": "Number", "type": "number"},
    {"field": "float", "name": "Float", "type": "float"},
    {"field": "currency", "name": "Currency", "type": "currency"},
    {"field": "percent", "name": "Percent", "type": "percent"},
    {"field": "duration", "name": "Duration", "type": "duration"},
    {"field": "timecode", "name": "Timecode", "type": "timecode"},
    {"field": "footage", "name": "Footage", "type": "footage"},
    {"field": "date", "name": "Date", "type": "date"},
    {"field": "date_time", "name": "Date Time", "type": "date_time"},
    {"field": "checkbox", "name": "Checkbox", "type": "checkbox"},
    {"field": "list", "name": "List", "type": "list", "valid_values": ["Red", "Green"]},
    {"field": "status", "name": "Status", "type": "status_list", "valid_values": ["wtg", "ip"]},
    {"field": "color", "name": "Color", "type": "color"},
    {"field": "entity", "name": "Entity", "type": "entity", "valid_types": ["Shot", "Asset"]},
    {"field": "multi", "name": "Multi", "type": "multi_entity", "valid_types": ["Asset"]},
    {"field": "addressing", "name": "Addressing", "type": "addressing", "valid_types": ["HumanUser", "Group"]},
    {"field": "tags_of_old", "name": "Tags", "type": "tag_list"},
    {"field": "uuid", "name": "Uuid", "type": "uuid"},
    {"field": "of_type", "name": "Type", "type": "entity_type"},
    {"field": "picture", "name": "Picture", "type": "image"},
    {"field": "url", "name": "Url", "type": "url"},
    {"field": "serializable", "name": "Serializable", "type": "serializable"},
    {"field": "jsonb", "name": "Jsonb", "type": "jsonb"},
    {"field": "password", "name": "Password", "type": "password"},
    {"field": "summary", "name": "Summary", "type": "summary"},
    {"field": "calculated", "name": "Calculated", "type": "calculated"}
  ]}]}"#;

/// Row 1 has everything, 2 has other things, 3 has nothing, 4 has links to what is in the trash. Now is 2026-02-03T10:11:12Z.
fn scene() -> Scene {
    let schema = Schema::production().extended("bench.json", BENCH).expect("a valid schema");
    let mut model = Model::new(schema);
    model.add_script("robot", "robot-key");
    model.add_user("jane", "Jane Roe", "jane-password");
    let mut scene = Scene { model, ..Scene::new() };
    scene.seed("Project", json!({"id": 4, "name": "Demo"}));
    scene.seed("Group", json!({"code": "Artists"}));
    for code in ["sh010", "sh020"] {
        scene.seed("Shot", json!({"code": code, "project": link("Project", 4)}));
    }
    for code in ["Bunny", "Tree", "Cave"] {
        scene.seed("Asset", json!({"code": code, "project": link("Project", 4)}));
    }
    for row in [
        json!({"text": "North Pier", "number": 7, "float": 1.5, "currency": 10.25, "percent": 50, "duration": 90, "timecode": 5000,
            "footage": "10-05", "date": "2026-02-03", "date_time": "2026-02-03T09:11:12Z", "checkbox": true, "list": "Red",
            "status": "ip", "color": "222,0,0", "entity": link("Shot", 1), "multi": [link("Asset", 1), link("Asset", 2)],
            "addressing": [link("HumanUser", 1), link("Group", 1)], "tags_of_old": ["Hero", "Night shoot"], "uuid": "AB-1",
            "of_type": "Shot"}),
        json!({"text": "south gate", "number": 0, "float": 2.0, "currency": 0, "percent": 0, "duration": 0, "timecode": 0,
            "footage": 0, "date": "2026-01-20", "date_time": "2025-12-31T23:59:59Z", "checkbox": false, "list": "Green",
            "status": "wtg", "color": "0,0,0", "entity": link("Asset", 2), "multi": [link("Asset", 2)],
            "addressing": [link("Group", 1)], "tags_of_old": ["day"], "uuid": "CD-2", "of_type": "Asset"}),
        json!({}),
        json!({"entity": link("Shot", 2), "multi": [link("Asset", 3)], "number": -3}),
    ] {
        scene.seed("Bench", row);
    }
    scene.ok("delete", link("Shot", 2));
    scene.ok("delete", link("Asset", 3));
    scene
}

/// Checks which rows pass each line: a path, a relation and the values.
#[track_caller]
fn check(lines: &str, expected: Expect) {
    let mut scene = scene();
    let mut told = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.splitn(3, ' ');
        let (path, relation) = (words.next().expect("a path"), words.next().expect("a relation"));
        let values: Json =
            serde_json::from_str(words.next().expect("values")).expect("values are JSON");
        let group = json!({"logical_operator": "and", "conditions": [{"path": path, "relation": relation, "values": values}]});
        let found = scene.call("read", json!({"type": "Bench", "filters": group, "paging": {"entities_per_page": 9, "current_page": 1}}));
        let shown = match found {
            Ok(results) => {
                let rows = results["entities"].as_array().cloned().unwrap_or_default();
                rows.iter().map(|row| row["id"].to_string()).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error,
        };
        writeln!(told, "{line} -> {shown}").expect("writing to a string cannot fail");
    }
    expected.assert_eq(&told);
}

#[test]
fn texts() {
    check(
        r#"
        text is ["NORTH pier"]
        text is [null]
        text is [""]
        text is_not ["north pier"]
        text is_not [null]
        text contains ["PIER"]
        text not_contains ["pier"]
        text contains [null]
        text not_contains [null]
        text starts_with ["so"]
        text ends_with ["GATE"]
        text in ["south gate", null]
        text in [["south gate", "x"]]
        text in "south gate"
        text not_in ["south gate"]
        text not_in [null]
        text is [7]
        text is ["a", "b"]
        text in []
        text between ["a", "b"]
        uuid is ["AB-1"]
        uuid is [""]
        uuid is_not ["AB-1"]
        uuid in ["AB-1", "CD-2"]
        uuid not_in ["AB-1"]
        uuid contains ["AB"]
        "#,
        expect![[r#"
            text is ["NORTH pier"] -> 1
            text is [null] -> 3 4
            text is [""] -> 3 4
            text is_not ["north pier"] -> 2 3 4
            text is_not [null] -> 1 2
            text contains ["PIER"] -> 1
            text not_contains ["pier"] -> 2 3 4
            text contains [null] -> 
            text not_contains [null] -> 1 2 3 4
            text starts_with ["so"] -> 2
            text ends_with ["GATE"] -> 2
            text in ["south gate", null] -> 2 3 4
            text in [["south gate", "x"]] -> 2
            text in "south gate" -> 2
            text not_in ["south gate"] -> 1 3 4
            text not_in [null] -> 1 2
            text is [7] -> 103 API read() Bench.text expected [String, NilClass] data type(s) but got Integer: 7
            text is ["a", "b"] -> 103 API read() 'is' 'relation' expects a 1-element array: ["a","b"]
            text in [] -> 103 API read() 'in' 'relation' expects at least a 1-element array: []
            text between ["a", "b"] -> 103 API read() Bench.text's 'text' data type doesn't support 'between' 'relation'. Valid relations: is, is_not, contains, not_contains, starts_with, ends_with, in, not_in
            uuid is ["AB-1"] -> 1
            uuid is [""] -> 3 4
            uuid is_not ["AB-1"] -> 2 3 4
            uuid in ["AB-1", "CD-2"] -> 1 2
            uuid not_in ["AB-1"] -> 2 3 4
            uuid contains ["AB"] -> 103 API read() Bench.uuid's 'uuid' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, in, not_in
        "#]],
    );
}

#[test]
fn numbers() {
    check(
        r#"
        number is [0]
        number is [null]
        number is_not [0]
        number is_not [null]
        number greater_than [0]
        number greater_than [null]
        number less_than [7]
        number between [0, 7]
        number between [7, 0]
        number between [null, 7]
        number between [1]
        number in [7, null]
        number not_in [7]
        number not_in [null]
        number is ["7"]
        number is ["seven"]
        number is [7.0]
        number not_between [1, 2]
        number is [99999999999]
        percent greater_than [10]
        percent is [null]
        percent is [1.5]
        duration is [90.9]
        duration is ["90"]
        duration is ["1h"]
        duration in [0, 90]
        timecode is [5000]
        timecode is ["5000"]
        timecode is [5000.0]
        timecode less_than [1]
        id is [2]
        id is ["2"]
        id in []
        id in [3, 1, 99]
        id not_in [1, 2]
        id is_not [null]
        id between [2, 3]
        id greater_than [2]
        id less_than [2]
        id contains [1]
        "#,
        expect![[r#"
            number is [0] -> 2
            number is [null] -> 3
            number is_not [0] -> 1 3 4
            number is_not [null] -> 1 2 4
            number greater_than [0] -> 1
            number greater_than [null] -> 
            number less_than [7] -> 2 4
            number between [0, 7] -> 1 2
            number between [7, 0] -> 
            number between [null, 7] -> 
            number between [1] -> 103 API read() 'between' 'relation' expects a 2-element array: [1]
            number in [7, null] -> 1 3
            number not_in [7] -> 2 3 4
            number not_in [null] -> 1 2 4
            number is ["7"] -> 1
            number is ["seven"] -> 103 API read() Bench.number Invalid data for 'number' data type
            number is [7.0] -> 103 API read() Bench.number expected [String, Integer, NilClass] data type(s) but got Float: 7.0
            number not_between [1, 2] -> 103 API read() Bench.number's 'number' data type doesn't support 'not_between' 'relation'. Valid relations: is, is_not, greater_than, less_than, between, in, not_in
            number is [99999999999] -> 
            percent greater_than [10] -> 1
            percent is [null] -> 3 4
            percent is [1.5] -> 103 API read() Bench.percent expected [String, Integer, NilClass] data type(s) but got Float: 1.5
            duration is [90.9] -> 1
            duration is ["90"] -> 1
            duration is ["1h"] -> 103 API read() Bench.duration Invalid data for 'duration' data type
            duration in [0, 90] -> 1 2
            timecode is [5000] -> 1
            timecode is ["5000"] -> 103 API read() Bench.timecode expected [Integer, NilClass] data type(s) but got String: "5000"
            timecode is [5000.0] -> 103 API read() Bench.timecode expected [Integer, NilClass] data type(s) but got Float: 5000.0
            timecode less_than [1] -> 2
            id is [2] -> 2
            id is ["2"] -> 2
            id in [] -> 
            id in [3, 1, 99] -> 1 3
            id not_in [1, 2] -> 3 4
            id is_not [null] -> 1 2 3 4
            id between [2, 3] -> 2 3
            id greater_than [2] -> 3 4
            id less_than [2] -> 1
            id contains [1] -> 103 API read() Bench.id's 'number' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, greater_than, less_than, between, in, not_in
        "#]],
    );
}

#[test]
fn decimals() {
    check(
        r#"
        float is [1.5]
        float is [1.5000001]
        float is [1.500001]
        float is ["1.5"]
        float is [2]
        float is [null]
        float is_not [1.5]
        float greater_than [1.4999999]
        float less_than [2.0]
        float between [1.5, 2.0]
        float in [1.5, null]
        float not_in [1.5]
        float not_between [0.0, 1.0]
        currency is [10.25]
        currency is [0]
        currency not_between [0, 1]
        currency between [0, 11]
        currency less_than [10]
        currency not_in [0]
        footage is ["10-05"]
        footage is [165]
        footage is ["10-16"]
        footage greater_than ["0-15"]
        footage between [0, "10-05"]
        footage is [null]
        footage in ["0-00", null]
        footage contains ["10"]
        "#,
        expect![[r#"
            float is [1.5] -> 1
            float is [1.5000001] -> 1
            float is [1.500001] -> 
            float is ["1.5"] -> 1
            float is [2] -> 103 API read() Bench.float expected [String, BigDecimal, Float, NilClass] data type(s) but got Integer: 2
            float is [null] -> 3 4
            float is_not [1.5] -> 2 3 4
            float greater_than [1.4999999] -> 2
            float less_than [2.0] -> 1
            float between [1.5, 2.0] -> 1 2
            float in [1.5, null] -> 1 3 4
            float not_in [1.5] -> 2 3 4
            float not_between [0.0, 1.0] -> 103 API read() Bench.float's 'float' data type doesn't support 'not_between' 'relation'. Valid relations: is, is_not, greater_than, less_than, between, in, not_in
            currency is [10.25] -> 1
            currency is [0] -> 2
            currency not_between [0, 1] -> 1 3 4
            currency between [0, 11] -> 1 2
            currency less_than [10] -> 2
            currency not_in [0] -> 1 3 4
            footage is ["10-05"] -> 1
            footage is [165] -> 1
            footage is ["10-16"] -> 103 API read() Bench.footage Invalid data for 'footage' data type
            footage greater_than ["0-15"] -> 1
            footage between [0, "10-05"] -> 1 2
            footage is [null] -> 3 4
            footage in ["0-00", null] -> 2 3 4
            footage contains ["10"] -> 103 API read() Bench.footage's 'footage' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, greater_than, less_than, between, in, not_in
        "#]],
    );
}

#[test]
fn dates() {
    check(
        r#"
        date is ["2026-02-03"]
        date is [null]
        date is_not ["2026-02-03"]
        date greater_than ["2026-01-20"]
        date less_than ["2026-02-03"]
        date between ["2026-01-20", "2026-02-02"]
        date in ["2026-01-20", null]
        date not_in ["2026-01-20"]
        date in_last [3, "WEEK"]
        date in_last [0, "DAY"]
        date not_in_last [3, "DAY"]
        date in_next [1, "YEAR"]
        date not_in_next [1, "YEAR"]
        date in_calendar_day [0]
        date in_calendar_week [0]
        date in_calendar_week [-2]
        date in_calendar_month [-1]
        date in_calendar_year [0]
        date in_last [2, "FORTNIGHT"]
        date in_last [2]
        date in_last ["two", "DAY"]
        date in_calendar_day ["0"]
        date is ["2026-02-30"]
        date is [20260203]
        date contains ["2026"]
        date_time is ["2026-02-03T09:11:12Z"]
        date_time is ["2026-02-03T09:11:12.900Z"]
        date_time is ["2026-02-03T10:11:12+01:00"]
        date_time is ["2026-02-03T09:11:12"]
        date_time is ["2026-02-03 09:11:12"]
        date_time is ["2026-02-03"]
        date_time is [""]
        date_time is [1770113472]
        date_time greater_than ["2026-01-01"]
        date_time in_last [1, "HOUR"]
        date_time in_last [59, "MINUTE"]
        date_time in_next [1, "MONTH"]
        date_time not_in_last [1, "DAY"]
        date_time in_calendar_day [0]
        date_time in_calendar_year [-1]
        date_time between ["2025-12-31", "2026-01-01"]
        "#,
        expect![[r#"
            date is ["2026-02-03"] -> 1
            date is [null] -> 3 4
            date is_not ["2026-02-03"] -> 2 3 4
            date greater_than ["2026-01-20"] -> 1
            date less_than ["2026-02-03"] -> 2
            date between ["2026-01-20", "2026-02-02"] -> 2
            date in ["2026-01-20", null] -> 2 3 4
            date not_in ["2026-01-20"] -> 1 3 4
            date in_last [3, "WEEK"] -> 1 2
            date in_last [0, "DAY"] -> 1
            date not_in_last [3, "DAY"] -> 2 3 4
            date in_next [1, "YEAR"] -> 1
            date not_in_next [1, "YEAR"] -> 2 3 4
            date in_calendar_day [0] -> 1
            date in_calendar_week [0] -> 1
            date in_calendar_week [-2] -> 2
            date in_calendar_month [-1] -> 2
            date in_calendar_year [0] -> 1 2
            date in_last [2, "FORTNIGHT"] -> 103 API read() 'in_last' 'relation' doesn't support the 'FORTNIGHT' time unit
            date in_last [2] -> 103 API read() 'in_last' 'relation' expects a 2-element array: [2]
            date in_last ["two", "DAY"] -> 103 API read() Bench.date expected [Integer] data type(s) but got String: "two"
            date in_calendar_day ["0"] -> 103 API read() Bench.date expected [Integer] data type(s) but got String: "0"
            date is ["2026-02-30"] -> 103 API read() Bench.date Invalid data for 'date' data type
            date is [20260203] -> 103 API read() Bench.date expected [String, NilClass] data type(s) but got Integer: 20260203
            date contains ["2026"] -> 103 API read() Bench.date's 'date' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, greater_than, less_than, in_last, not_in_last, in_next, not_in_next, in_calendar_day, in_calendar_week, in_calendar_month, in_calendar_year, between, in, not_in
            date_time is ["2026-02-03T09:11:12Z"] -> 1
            date_time is ["2026-02-03T09:11:12.900Z"] -> 1
            date_time is ["2026-02-03T10:11:12+01:00"] -> 1
            date_time is ["2026-02-03T09:11:12"] -> 1
            date_time is ["2026-02-03 09:11:12"] -> 103 API read() Bench.date_time Invalid data for 'date_time' data type
            date_time is ["2026-02-03"] -> 
            date_time is [""] -> 103 API read() Bench.date_time Invalid data for 'date_time' data type
            date_time is [1770113472] -> 103 API read() Bench.date_time expected [String, NilClass] data type(s) but got Integer: 1770113472
            date_time greater_than ["2026-01-01"] -> 1
            date_time in_last [1, "HOUR"] -> 1
            date_time in_last [59, "MINUTE"] -> 103 API read() 'in_last' 'relation' doesn't support the 'MINUTE' time unit
            date_time in_next [1, "MONTH"] -> 
            date_time not_in_last [1, "DAY"] -> 2 3 4
            date_time in_calendar_day [0] -> 1
            date_time in_calendar_year [-1] -> 2
            date_time between ["2025-12-31", "2026-01-01"] -> 2
        "#]],
    );
}

#[test]
fn choices() {
    check(
        r#"
        checkbox is [true]
        checkbox is [false]
        checkbox is_not [true]
        checkbox is [null]
        checkbox is ["true"]
        checkbox in [true]
        list is ["red"]
        list is ["Blue"]
        list is_not ["Red"]
        list is [null]
        list in ["Red", "Green"]
        list not_in ["Red"]
        list contains ["R"]
        status is ["IP"]
        status is_not ["ip"]
        status in ["ip", null]
        status not_in ["ip"]
        status is ["nope"]
        color is ["222,0,0"]
        color is ["Red"]
        color is ["0,0,0"]
        color is_not ["222,0,0"]
        color in ["222,0,0", null]
        color not_in ["222,0,0"]
        of_type is ["Shot"]
        of_type is ["shot"]
        of_type in ["Shot", "Asset"]
        of_type not_in ["Shot"]
        of_type is [null]
        picture is [null]
        picture is_not [null]
        picture is ["x"]
        url is [null]
        serializable is [null]
        password is [null]
        summary is [null]
        calculated is [null]
        jsonb is ["anything"]
        jsonb contains [1, 2]
        jsonb starts_with ["a"]
        "#,
        expect![[r#"
            checkbox is [true] -> 1
            checkbox is [false] -> 2 3 4
            checkbox is_not [true] -> 2 3 4
            checkbox is [null] -> 103 API read() Bench.checkbox expected [TrueClass, FalseClass] data type(s) but got NilClass: nil
            checkbox is ["true"] -> 103 API read() Bench.checkbox expected [TrueClass, FalseClass] data type(s) but got String: "true"
            checkbox in [true] -> 103 API read() Bench.checkbox's 'checkbox' data type doesn't support 'in' 'relation'. Valid relations: is, is_not
            list is ["red"] -> 1
            list is ["Blue"] -> 
            list is_not ["Red"] -> 2 3 4
            list is [null] -> 3 4
            list in ["Red", "Green"] -> 1 2
            list not_in ["Red"] -> 2 3 4
            list contains ["R"] -> 103 API read() Bench.list's 'list' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, in, not_in
            status is ["IP"] -> 1
            status is_not ["ip"] -> 2 3 4
            status in ["ip", null] -> 1 3 4
            status not_in ["ip"] -> 2 3 4
            status is ["nope"] -> 
            color is ["222,0,0"] -> 1
            color is ["Red"] -> 
            color is ["0,0,0"] -> 2
            color is_not ["222,0,0"] -> 2 3 4
            color in ["222,0,0", null] -> 1 3 4
            color not_in ["222,0,0"] -> 2 3 4
            of_type is ["Shot"] -> 1
            of_type is ["shot"] -> 
            of_type in ["Shot", "Asset"] -> 1 2
            of_type not_in ["Shot"] -> 2 3 4
            of_type is [null] -> 3 4
            picture is [null] -> 1 2 3 4
            picture is_not [null] -> 
            picture is ["x"] -> 103 API read() Bench.picture expected [NilClass] data type(s) but got String: "x"
            url is [null] -> 103 API read() Bench.url's 'url' data type cannot be used in a filter.
            serializable is [null] -> 103 API read() Bench.serializable's 'serializable' data type cannot be used in a filter.
            password is [null] -> 103 API read() Bench.password's 'password' data type cannot be used in a filter.
            summary is [null] -> 103 API read() Bench.summary's 'summary' data type cannot be used in a filter.
            calculated is [null] -> 103 API read() Bench.calculated's 'calculated' data type cannot be used in a filter.
            jsonb is ["anything"] -> 1 2 3 4
            jsonb contains [1, 2] -> 103 API read() 'contains' 'relation' expects a 1-element array: [1,2]
            jsonb starts_with ["a"] -> 103 API read() Bench.jsonb's 'jsonb' data type doesn't support 'starts_with' 'relation'. Valid relations: is, is_not, contains, not_contains
        "#]],
    );
}
