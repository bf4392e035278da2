use serde_json::json;

use super::*;

fn read(limit: Option<u32>, page: Option<u32>) -> Read {
    Read { limit, page, ..Read::new("Shot") }
}

#[track_caller]
fn check(limit: Option<u32>, page: Option<u32>, expected: &str) {
    let answer = match read(limit, page).paging(500) {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(Paging { rows, page, looping })) => {
            format!("{rows} rows, page {page}, looping {looping}")
        }
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(answer, expected);
}

#[test]
fn a_small_limit_is_one_request_and_a_large_one_is_a_loop() {
    check(None, None, "500 rows, page 1, looping true");
    check(Some(1), None, "1 rows, page 1, looping false");
    check(Some(500), None, "500 rows, page 1, looping false");
    check(Some(501), None, "500 rows, page 1, looping true");
    check(Some(20), Some(3), "20 rows, page 3, looping false");
    check(Some(0), None, "nothing");
}

#[test]
fn pages_that_cannot_be_are_refused() {
    check(Some(20), Some(0), "error: page: pages are counted from 1");
    check(None, Some(2), "error: page: a page needs a limit, which is its size");
    check(Some(501), Some(2), "error: limit: a page holds 500 rows at the most, not 501");
}

#[test]
fn the_plainest_question_has_the_official_clients_defaults() {
    let read = read(Some(1), None);
    let wire = serde_json::to_string(&read.wire(read.paging(500).expect("valid").expect("some")))
        .expect("JSON");
    assert_eq!(
        wire,
        r#"{"type":"Shot","return_fields":["id"],"filters":{"conditions":[],"logical_operator":"and"},"return_only":"active","paging":{"current_page":1,"entities_per_page":1},"api_return_image_urls":true,"return_paging_info_without_counts":false}"#
    );
}

#[test]
fn every_option_reaches_the_wire() {
    let read = Read {
        filters: Filters::parse(r#"[["code","is","a"]]"#).expect("valid"),
        fields: vec!["code".to_owned(), "sg_sequence.Sequence.code".to_owned()],
        order: vec![
            Sort { field: "code".to_owned(), descending: true },
            Sort { field: "id".to_owned(), descending: false },
        ],
        retired_only: true,
        include_archived_projects: false,
        ..Read::new("Shot")
    };
    let wire = serde_json::to_value(read.wire(Paging { rows: 500, page: 2, looping: true }))
        .expect("JSON");
    assert_eq!(
        wire,
        json!({"type": "Shot", "return_fields": ["code", "sg_sequence.Sequence.code"],
            "filters": {"logical_operator": "and", "conditions": [{"path": "code", "relation": "is", "values": ["a"]}]},
            "return_only": "retired", "paging": {"entities_per_page": 500, "current_page": 2},
            "sorts": [{"field_name": "code", "direction": "desc"}, {"field_name": "id", "direction": "asc"}],
            "api_return_image_urls": true, "return_paging_info_without_counts": true,
            "include_archived_projects": false})
    );
}
