//! Every relation of every data type, with nulls and with what it refuses: one line a case.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::{Scene, link};
use crate::model::{Model, Schema};

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

#[test]
fn links() {
    check(
        r#"
        entity is [{"type": "Shot", "id": 1}]
        entity is [{"type": "Shot", "id": 1, "name": "any", "x": 1}]
        entity is [{"type": "Asset", "id": 1}]
        entity is [{"type": "Shot", "id": 2}]
        entity is [null]
        entity is_not [{"type": "Shot", "id": 1}]
        entity is_not [null]
        entity in [{"type": "Shot", "id": 1}, {"type": "Asset", "id": 2}]
        entity in [{"type": "Shot", "id": 1}, null]
        entity not_in [{"type": "Shot", "id": 1}]
        entity not_in [null]
        entity type_is ["Shot"]
        entity type_is [["Shot", "Asset"]]
        entity type_is ["Teapot"]
        entity type_is [null]
        entity type_is_not ["Shot"]
        entity name_is ["SH010"]
        entity name_contains ["sh"]
        entity name_not_contains ["sh"]
        entity name_contains [null]
        entity is [1]
        entity is ["Shot"]
        entity is [{"id": 1}]
        entity is [{"type": "Shot"}]
        entity is [{"type": "Teapot", "id": 1}]
        entity contains [{"type": "Shot", "id": 1}]
        multi is [{"type": "Asset", "id": 1}]
        multi is [{"type": "Asset", "id": 3}]
        multi is [null]
        multi is_not [{"type": "Asset", "id": 1}]
        multi is_not [null]
        multi in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 2}]
        multi not_in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 9}]
        multi type_is ["Asset"]
        multi type_is_not ["Asset"]
        multi name_is ["tree"]
        multi name_contains ["bun"]
        multi name_not_contains ["bun"]
        addressing is [{"type": "HumanUser", "id": 1}]
        addressing is_not [{"type": "HumanUser", "id": 1}]
        addressing contains [{"type": "Group", "id": 1}]
        addressing not_contains [{"type": "HumanUser", "id": 1}]
        addressing in [{"type": "HumanUser", "id": 1}, {"type": "HumanUser", "id": 2}]
        addressing type_is ["HumanUser"]
        addressing type_is_not ["HumanUser"]
        addressing name_contains ["roe"]
        addressing name_not_contains ["roe"]
        addressing name_starts_with ["jane"]
        addressing name_ends_with ["ISTS"]
        addressing name_is ["Artists"]
        addressing is [null]
        tags_of_old is ["hero"]
        tags_of_old is_not ["hero"]
        tags_of_old is [null]
        tags_of_old is_not [null]
        tags_of_old name_contains ["NIGHT"]
        tags_of_old name_not_contains ["night"]
        tags_of_old name_id ["Night shoot"]
        tags_of_old in ["hero"]
        "#,
        expect![[r#"
            entity is [{"type": "Shot", "id": 1}] -> 1
            entity is [{"type": "Shot", "id": 1, "name": "any", "x": 1}] -> 1
            entity is [{"type": "Asset", "id": 1}] -> 
            entity is [{"type": "Shot", "id": 2}] -> 
            entity is [null] -> 3 4
            entity is_not [{"type": "Shot", "id": 1}] -> 2 3 4
            entity is_not [null] -> 1 2
            entity in [{"type": "Shot", "id": 1}, {"type": "Asset", "id": 2}] -> 1 2
            entity in [{"type": "Shot", "id": 1}, null] -> 1 3 4
            entity not_in [{"type": "Shot", "id": 1}] -> 2 3 4
            entity not_in [null] -> 1 2
            entity type_is ["Shot"] -> 1
            entity type_is [["Shot", "Asset"]] -> 1 2
            entity type_is ["Teapot"] -> 
            entity type_is [null] -> 3 4
            entity type_is_not ["Shot"] -> 2 3 4
            entity name_is ["SH010"] -> 1
            entity name_contains ["sh"] -> 1
            entity name_not_contains ["sh"] -> 2 3 4
            entity name_contains [null] -> 
            entity is [1] -> 103 API read() Bench.entity expected [Hash, NilClass] data type(s) but got Integer: 1
            entity is ["Shot"] -> 103 API read() Bench.entity expected [Hash, NilClass] data type(s) but got String: "Shot"
            entity is [{"id": 1}] -> 103 API read() invalid/missing entity hash string 'type': {"id":1}
            entity is [{"type": "Shot"}] -> 103 API read() invalid/missing entity hash integer 'id': {"type":"Shot"}
            entity is [{"type": "Teapot", "id": 1}] -> 103 API read() invalid/missing entity hash string 'type': {"id":1,"type":"Teapot"}
            entity contains [{"type": "Shot", "id": 1}] -> 103 API read() Bench.entity's 'entity' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, type_is, type_is_not, name_contains, name_not_contains, name_is, in, not_in
            multi is [{"type": "Asset", "id": 1}] -> 1
            multi is [{"type": "Asset", "id": 3}] -> 
            multi is [null] -> 3 4
            multi is_not [{"type": "Asset", "id": 1}] -> 2 3 4
            multi is_not [null] -> 1 2
            multi in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 2}] -> 1 2
            multi not_in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 9}] -> 2 3 4
            multi type_is ["Asset"] -> 1 2
            multi type_is_not ["Asset"] -> 3 4
            multi name_is ["tree"] -> 1 2
            multi name_contains ["bun"] -> 1
            multi name_not_contains ["bun"] -> 2 3 4
            addressing is [{"type": "HumanUser", "id": 1}] -> 1
            addressing is_not [{"type": "HumanUser", "id": 1}] -> 2 3 4
            addressing contains [{"type": "Group", "id": 1}] -> 1 2
            addressing not_contains [{"type": "HumanUser", "id": 1}] -> 2 3 4
            addressing in [{"type": "HumanUser", "id": 1}, {"type": "HumanUser", "id": 2}] -> 1
            addressing type_is ["HumanUser"] -> 1
            addressing type_is_not ["HumanUser"] -> 2 3 4
            addressing name_contains ["roe"] -> 1
            addressing name_not_contains ["roe"] -> 2 3 4
            addressing name_starts_with ["jane"] -> 1
            addressing name_ends_with ["ISTS"] -> 1 2
            addressing name_is ["Artists"] -> 103 API read() Bench.addressing's 'addressing' data type doesn't support 'name_is' 'relation'. Valid relations: is, is_not, contains, not_contains, in, not_in, type_is, type_is_not, name_contains, name_not_contains, name_starts_with, name_ends_with
            addressing is [null] -> 3 4
            tags_of_old is ["hero"] -> 1
            tags_of_old is_not ["hero"] -> 2 3 4
            tags_of_old is [null] -> 3 4
            tags_of_old is_not [null] -> 1 2
            tags_of_old name_contains ["NIGHT"] -> 1
            tags_of_old name_not_contains ["night"] -> 2 3 4
            tags_of_old name_id ["Night shoot"] -> 1
            tags_of_old in ["hero"] -> 103 API read() Bench.tags_of_old's 'tag_list' data type doesn't support 'in' 'relation'. Valid relations: is, is_not, name_contains, name_not_contains, name_id
        "#]],
    );
}

#[test]
fn paths() {
    check(
        r#"
        entity.Shot.code is ["sh010"]
        entity.Shot.code is [null]
        entity.Shot.code is_not ["sh010"]
        entity.Shot.id is [1]
        entity.Asset.code contains ["e"]
        entity.Shot.project.Project.name is ["demo"]
        entity.Shot.project is [{"type": "Project", "id": 4}]
        multi.Asset.code is ["tree"]
        multi.Asset.code is_not ["tree"]
        multi.Asset.code is [null]
        multi.Asset.project.Project.name starts_with ["de"]
        addressing.Group.code is ["artists"]
        addressing.HumanUser.login is ["jane"]
        entity.cached_display_name is ["x"]
        entity.Teapot.code is ["x"]
        entity.Shot.nope is ["x"]
        entity.Shot is ["x"]
        text.Shot.code is ["x"]
        cached_display_name is ["north pier"]
        project.Project.name is ["Demo"]
        "#,
        expect![[r#"
            entity.Shot.code is ["sh010"] -> 1
            entity.Shot.code is [null] -> 2 3 4
            entity.Shot.code is_not ["sh010"] -> 2 3 4
            entity.Shot.id is [1] -> 1
            entity.Asset.code contains ["e"] -> 2
            entity.Shot.project.Project.name is ["demo"] -> 1
            entity.Shot.project is [{"type": "Project", "id": 4}] -> 1
            multi.Asset.code is ["tree"] -> 1 2
            multi.Asset.code is_not ["tree"] -> 1 3 4
            multi.Asset.code is [null] -> 3 4
            multi.Asset.project.Project.name starts_with ["de"] -> 1 2
            addressing.Group.code is ["artists"] -> 1 2
            addressing.HumanUser.login is ["jane"] -> 1
            entity.cached_display_name is ["x"] -> 103 API read() Bench.entity.cached_display_name doesn't exist.
            entity.Teapot.code is ["x"] -> 103 API read() Bench.entity.Teapot.code doesn't exist.
            entity.Shot.nope is ["x"] -> 103 API read() Shot.nope doesn't exist.
            entity.Shot is ["x"] -> 103 API read() Bench.entity.Shot doesn't exist.
            text.Shot.code is ["x"] -> 103 API read() Bench.text doesn't exist.
            cached_display_name is ["north pier"] -> 1
            project.Project.name is ["Demo"] -> 103 API read() Bench.project doesn't exist.
        "#]],
    );
}

/// Paths that begin at the records that link to a record.
#[test]
fn reverse_paths() {
    let mut scene = scene();
    for (content, shot, status) in [("Anim", 1, "ip"), ("Comp", 1, "wtg")] {
        scene.create("Task", json!({"content": content, "project": link("Project", 4), "entity": link("Shot", shot), "sg_status_list": status}));
    }
    scene.create("Shot", json!({"code": "sh030", "project": link("Project", 4)}));
    let mut told = String::new();
    for condition in [
        json!(["$FROM$Task.entity.sg_status_list", "is", "ip"]),
        json!(["$FROM$Task.entity.sg_status_list", "is", "fin"]),
        json!(["$FROM$Task.entity.content", "is", null]),
        json!(["$FROM$Task.entity.project.Project.name", "contains", "dem"]),
        json!(["$FROM$EventLogEntry.entity.id", "greater_than", 0]),
        json!(["$FROM$EventLogEntry.entity.event_type", "is", "Shotgun_Shot_New"]),
        json!(["$FROM$Task.content.id", "is", 1]),
        json!(["$FROM$Task.entity", "is", 1]),
        json!(["$FROM$Teapot.entity.id", "is", 1]),
    ] {
        let found = match scene.find("Shot", json!([condition]), json!([])) {
            Ok(rows) => rows
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["id"].to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error,
        };
        writeln!(told, "{condition} -> {found}").expect("writing to a string cannot fail");
    }
    expect![[r#"
        ["$FROM$Task.entity.sg_status_list","is","ip"] -> 1
        ["$FROM$Task.entity.sg_status_list","is","fin"] -> 
        ["$FROM$Task.entity.content","is",null] -> 3
        ["$FROM$Task.entity.project.Project.name","contains","dem"] -> 1
        ["$FROM$EventLogEntry.entity.id","greater_than",0] -> 1 3
        ["$FROM$EventLogEntry.entity.event_type","is","Shotgun_Shot_New"] -> 3
        ["$FROM$Task.content.id","is",1] -> 103 API read() Shot.$FROM$Task.content.id doesn't exist.
        ["$FROM$Task.entity","is",1] -> 103 API read() Shot.$FROM$Task.entity doesn't exist.
        ["$FROM$Teapot.entity.id","is",1] -> 103 API read() Shot.$FROM$Teapot.entity.id doesn't exist.
    "#]].assert_eq(&told);
}
