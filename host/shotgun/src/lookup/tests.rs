use serde_json::json;

use super::*;
use crate::test_server::{Reply, TestServer, caller};

/// The values of a Note, as a plugin sends them.
fn note() -> Fields {
    Fields::parse(
        r#"{"subject": " Retake ", "project": {"type": "Project", "id": 4}, "content": "",
            "note_links": [{"type": "Shot", "id": 7}], "duration": 2.5}"#,
    )
    .expect("fields")
}

fn stored(id: u64) -> Value {
    json!({"type": "Note", "id": id, "subject": "Retake", "content": null, "duration": 2,
        "project": {"type": "Project", "id": 4, "name": "Demo"},
        "note_links": [{"type": "Shot", "id": 7, "name": "sh010"}],
        "created_by": {"type": "ApiUser", "id": 2, "name": "evt_status 1.0"}})
}

/// What is found among `rows`, and the request that was made for it.
async fn look(rows: &[Value], taken: &[u64]) -> (Option<(u64, String)>, Value) {
    look_for(rows, taken, None).await
}

async fn look_for(
    rows: &[Value],
    taken: &[u64],
    login: Option<&str>,
) -> (Option<(u64, String)>, Value) {
    let page = json!({"entities": rows, "paging_info": {"has_next_page": false}});
    let server = TestServer::start(vec![Reply::results(&page.to_string())]).await;
    let (fields, return_fields) = (note(), ["id".to_owned()]);
    let wanted = Wanted {
        entity_type: "Note",
        fields: &fields,
        return_fields: &return_fields,
        after: 40,
        login,
    };
    let found = server.client().find_created(&caller(), wanted, taken).await.expect("an answer");
    let request = server.requests()[0].params();
    (found.map(|(id, row)| (id, row.get().to_owned())), request)
}

fn changed(field: &str, value: Value) -> Value {
    let mut row = stored(41);
    row[field] = value;
    row
}

#[tokio::test]
async fn a_record_is_found_and_shown_as_its_creation_would_have_been() {
    let (found, request) = look(&[stored(41), stored(42)], &[]).await;
    let (id, row) = found.expect("it is there");
    assert_eq!(id, 41, "the oldest");
    let row: Value = serde_json::from_str(&row).expect("JSON");
    assert_eq!(row["subject"], "Retake");
    assert!(row.get("created_by").is_none(), "nobody asked for it");
    assert_eq!(
        request["filters"]["conditions"],
        json!([{"path": "id", "relation": "greater_than", "values": [40]}])
    );
}

#[tokio::test]
async fn a_record_is_found_once() {
    let (found, _) = look(&[stored(41), stored(42)], &[41]).await;
    assert_eq!(found.map(|(id, _)| id), Some(42));
    let (found, _) = look(&[stored(41)], &[41]).await;
    assert!(found.is_none());
}

#[tokio::test]
async fn what_somebody_else_created_is_not_it() {
    for other in [
        changed("created_by", json!({"type": "HumanUser", "id": 2, "name": "evt_status 1.0"})),
        changed("created_by", json!({"type": "ApiUser", "id": 2, "name": "evt_status_2 1.0"})),
        changed("created_by", Value::Null),
    ] {
        assert!(look(std::slice::from_ref(&other), &[]).await.0.is_none(), "{other}");
    }
}

#[tokio::test]
async fn a_record_with_another_value_is_not_it() {
    for (field, value) in [
        ("subject", json!("retake")),
        ("subject", Value::Null),
        ("content", json!("something")),
        ("project", json!({"type": "Project", "id": 5, "name": "Demo"})),
        ("note_links", json!([{"type": "Shot", "id": 8, "name": "sh020"}])),
        ("note_links", json!([])),
        ("duration", json!(3)),
    ] {
        let other = changed(field, value);
        assert!(look(std::slice::from_ref(&other), &[]).await.0.is_none(), "{other}");
    }
}

#[test]
fn forms_that_the_site_changes_are_the_same() {
    for (sent, stored) in [
        (json!("2026-01-01T01:00:00+01:00"), json!("2026-01-01T00:00:00Z")),
        (json!("Blue"), json!("2,149,216")),
        (json!("secret"), json!("*******")),
        (json!("12"), json!(12)),
        (json!(0.1), json!(0.100_000_4)),
        (
            json!({"url": "https://x", "name": "x"}),
            json!({"url": "https://x", "id": 9, "type": "Attachment"}),
        ),
        (json!(false), Value::Null),
        (json!(["b", "a"]), json!(["a", "b"])),
    ] {
        assert!(is_same(&sent, &stored), "{sent} and {stored}");
    }
    for (sent, stored) in [
        (json!("a"), json!("b")),
        (json!(1), json!(2)),
        (json!(true), json!(false)),
        (json!(0), Value::Null),
    ] {
        assert!(!is_same(&sent, &stored), "{sent} and {stored}");
    }
}

#[tokio::test]
async fn the_newest_number_is_asked_for_alone() {
    let page = json!({"entities": [{"type": "Note", "id": 77}]});
    let empty = json!({"entities": []});
    let replies = [page, empty].map(|page| Reply::results(&page.to_string())).to_vec();
    let server = TestServer::start(replies).await;
    let client = server.client();
    assert_eq!(client.newest_id(&caller(), "Note").await.expect("an answer"), 77);
    assert_eq!(client.newest_id(&caller(), "Note").await.expect("an answer"), 0);
    let params = server.requests()[0].params();
    assert_eq!(params["sorts"], json!([{"field_name": "id", "direction": "desc"}]));
    assert_eq!(params["paging"]["entities_per_page"], 1);
}

#[tokio::test]
async fn what_was_created_in_the_name_of_a_person_is_known_by_the_login() {
    let by = |id: u64, login: &str| {
        let mut row = stored(id);
        row["created_by"] = json!({"type": "HumanUser", "id": 9, "name": "Jane"});
        row["created_by.HumanUser.login"] = json!(login);
        row
    };
    let rows = [stored(41), by(42, "joe"), by(43, "jane")];
    let (found, _) = look_for(&rows, &[], Some("jane")).await;
    let (id, row) = found.expect("it is there");
    assert_eq!(id, 43);
    assert!(!row.contains("jane"), "nobody asked for it");
}
