use serde_json::{Value, json};

use super::*;
use crate::query::Filters;
use crate::test_server::{KEY, Reply, TestServer, caller};

fn auth() -> Value {
    json!({"script_name": "evt_status", "script_key": KEY})
}

/// Makes a call at a site that gives this answer, and compares what was sent and what came back.
async fn check<F, A>(results: &str, sent: Value, call: F) -> String
where
    F: FnOnce(Client, Caller) -> A,
    A: Future<Output = Result<String, CallError>>,
{
    let server = TestServer::start(vec![Reply::results(results)]).await;
    let answer = call(server.client(), caller()).await;
    assert_eq!(server.request().json(), sent);
    answer.unwrap_or_else(|error| format!("error: {error}").replace(&server.url(), "SITE"))
}

fn text(raw: Box<RawValue>) -> String {
    String::from(Box::<str>::from(raw))
}

fn fields(json: &str) -> Fields {
    Fields::parse(json).expect("valid data")
}

#[tokio::test]
async fn create_answers_the_entity() {
    let sent = json!({"method_name": "create", "params": [auth(), {"type": "Shot",
        "fields": [{"field_name": "code", "value": "sh010"}, {"field_name": "project", "value": {"type": "Project", "id": 4}}],
        "return_fields": ["id"]}]});
    let create = async |client: Client, caller: Caller| {
        let fields = fields(r#"{"code":"sh010","project":{"type":"Project","id":4}}"#);
        client.create(&caller, "Shot", &fields, &[]).await.map(text)
    };
    let answer = check(r#"{"type":"Shot","id":862,"code":"a &lt; b"}"#, sent.clone(), create).await;
    assert_eq!(answer, r#"{"type":"Shot","id":862,"code":"a < b"}"#);
    assert_eq!(check(r#"[{"id":862}]"#, sent.clone(), create).await, r#"{"id":862}"#);
    let refused = "error: SITE answered `create` with something else than an entity";
    assert_eq!(check("true", sent, create).await, refused);
}

#[tokio::test]
async fn create_asks_for_more_fields() {
    let sent = json!({"method_name": "create", "params": [auth(),
        {"type": "Shot", "fields": [], "return_fields": ["code", "project.Project.name"]}]});
    let create = async |client: Client, caller: Caller| {
        let more = ["code".to_owned(), "project.Project.name".to_owned()];
        client.create(&caller, "Shot", &fields("{}"), &more).await.map(text)
    };
    check("{}", sent, create).await;
}

#[tokio::test]
async fn update_sends_modes_beside_values() {
    let sent = json!({"method_name": "update", "params": [auth(), {"type": "Playlist", "id": 9,
        "fields": [{"field_name": "versions", "value": [{"type": "Version", "id": 3}], "multi_entity_update_mode": "add"}]}]});
    let update = async |client: Client, caller: Caller| {
        let fields = fields(r#"{"versions":[{"type":"Version","id":3,"code":"dropped"}]}"#);
        let modes = Modes::parse(r#"{"versions":"add"}"#).expect("valid modes");
        client.update(&caller, "Playlist", 9, &fields, &modes).await.map(text)
    };
    let answer =
        r#"{"type":"Playlist","id":9,"versions":[{"type":"Version","id":3,"name":"v001"}]}"#;
    assert_eq!(check(answer, sent, update).await, answer);
}

#[tokio::test]
async fn delete_and_revive_answer_whether_they_changed_anything() {
    let sent = |method: &str| json!({"method_name": method, "params": [auth(), {"type": "Shot", "id": 8}]});
    let delete = async |client: Client, caller: Caller| {
        client.delete(&caller, "Shot", 8).await.map(|done| done.to_string())
    };
    assert_eq!(check("true", sent("delete"), delete).await, "true");
    assert_eq!(check("false", sent("delete"), delete).await, "false");
    let refused = "error: SITE answered `delete` with something else than true or false";
    assert_eq!(check("null", sent("delete"), delete).await, refused);
    let revive = async |client: Client, caller: Caller| {
        client.revive(&caller, "Shot", 8).await.map(|done| done.to_string())
    };
    assert_eq!(check("true", sent("revive"), revive).await, "true");
}

#[tokio::test]
async fn batch_sends_a_list_and_answers_one() {
    let sent = json!({"method_name": "batch", "params": [auth(), [
        {"request_type": "create", "type": "Shot", "fields": [{"field_name": "code", "value": "a"}], "return_fields": ["id"]},
        {"request_type": "update", "type": "Shot", "id": 7, "fields": [{"field_name": "code", "value": "b"}]},
        {"request_type": "delete", "type": "Shot", "id": 8}]]});
    let batch = async |client: Client, caller: Caller| {
        let batch = Batch::parse(
            r#"[{"request_type":"create","entity_type":"Shot","data":{"code":"a"}},
                {"request_type":"update","entity_type":"Shot","entity_id":7,"data":{"code":"b"}},
                {"request_type":"delete","entity_type":"Shot","entity_id":8}]"#,
        );
        client.batch(&caller, &batch.expect("a valid batch")).await.map(|rows| rows.to_json())
    };
    let answer = r#"[{"type":"Shot","id":901,"code":"&lt;"},{"type":"Shot","id":7},true]"#;
    let expected = r#"[{"type":"Shot","id":901,"code":"<"},{"type":"Shot","id":7},true]"#;
    assert_eq!(check(answer, sent.clone(), batch).await, expected);
    let refused = "error: SITE answered `batch` with something else than a list with one item for each request";
    assert_eq!(check("[true]", sent, batch).await, refused);
}

#[tokio::test]
async fn an_empty_batch_is_not_sent() {
    let server = TestServer::start(vec![Reply::results("[]")]).await;
    let batch = Batch::parse("[]").expect("a valid batch");
    assert!(server.client().batch(&caller(), &batch).await.expect("an answer").is_empty());
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn summarize_sends_what_is_counted() {
    let sent = json!({"method_name": "summarize", "params": [auth(), {"type": "Shot",
        "summaries": [{"field": "id", "type": "count"}],
        "filters": {"logical_operator": "and", "conditions": [{"path": "code", "relation": "is", "values": ["a"]}]},
        "grouping": [{"field": "sg_status_list", "type": "exact", "direction": "asc"}]}]});
    let summarize = async |client: Client, caller: Caller| {
        let filters = Filters::parse(r#"[["code","is","a"]]"#).expect("valid filters");
        let grouping = r#"[{"field":"sg_status_list","type":"exact","direction":"asc"}]"#;
        let summary =
            Summary::parse("Shot", filters, r#"[{"field":"id","type":"count"}]"#, Some(grouping));
        client.summarize(&caller, &summary.expect("a valid summary")).await.map(text)
    };
    let answer = r#"{"summaries":{"id":4},"groups":[]}"#;
    assert_eq!(check(answer, sent, summarize).await, answer);
}

async fn check_schema(read: SchemaRead, project: Option<u64>, sent: Value) {
    let call = async |client: Client, caller: Caller| {
        client.schema_read(&caller, &read, project.map(ProjectId)).await.map(text)
    };
    assert_eq!(check("{}", sent, call).await, "{}");
}

#[tokio::test]
async fn the_schema_is_read_by_the_narrowest_method() {
    let fields = |field: Option<&str>| SchemaRead::Fields {
        entity_type: "Shot".to_owned(),
        field: field.map(str::to_owned),
    };
    let project = json!({"type": "Project", "id": 4});
    check_schema(
        SchemaRead::Types,
        None,
        json!({"method_name": "schema_entity_read", "params": [auth()]}),
    )
    .await;
    let sent =
        json!({"method_name": "schema_entity_read", "params": [auth(), {"project": project}]});
    check_schema(SchemaRead::Types, Some(4), sent).await;
    check_schema(
        SchemaRead::Everything,
        None,
        json!({"method_name": "schema_read", "params": [auth()]}),
    )
    .await;
    let sent = json!({"method_name": "schema_field_read", "params": [auth(), {"type": "Shot"}]});
    check_schema(fields(None), None, sent).await;
    let sent = json!({"method_name": "schema_field_read",
        "params": [auth(), {"type": "Shot", "field_name": "code", "project": project}]});
    check_schema(fields(Some("code")), Some(4), sent).await;
}

async fn check_call(method: &str, params: &str, results: &str, sent: Value) {
    let call = async |client: Client, caller: Caller| {
        client
            .call(&caller, method, &Params::parse(params).expect("valid parameters"))
            .await
            .map(text)
    };
    assert_eq!(check(results, sent, call).await, results);
}

#[tokio::test]
async fn any_method_can_be_called_by_name() {
    let entity = r#"{"entity":{"type":"Shot","id":7}}"#;
    let sent = json!({"method_name": "followers", "params": [auth(), {"entity": {"type": "Shot", "id": 7}}]});
    check_call("followers", entity, r#"[{"name":"a &lt; b"}]"#, sent).await;
    for nothing in ["null", "{}", " [ ] "] {
        let sent = json!({"method_name": "user_subscriptions_read", "params": [auth()]});
        check_call("user_subscriptions_read", nothing, "null", sent).await;
    }
    check_call(
        "info",
        r#"{"ignored":1}"#,
        r#"{"version":[8]}"#,
        json!({"method_name": "info", "params": []}),
    )
    .await;
}

#[tokio::test]
async fn a_method_that_is_not_known_to_read_counts_as_a_write() {
    for (method, requests) in [("followers", 3), ("follow", 1), ("something_new", 1)] {
        let server = TestServer::start(vec![Reply::status(503, "")]).await;
        let params = Params::parse("{}").expect("valid parameters");
        server.client().call(&caller(), method, &params).await.expect_err("unavailable");
        assert_eq!(server.requests().len(), requests, "{method}");
    }
}

#[tokio::test]
async fn what_must_not_be_called_is_not_sent() {
    let server = TestServer::start(vec![Reply::results("{}")]).await;
    for (method, problem) in [
        (
            "get_session_token",
            "method: `get_session_token` hands out a credential, which must not leave the host",
        ),
        ("", "method: expected the name of a method: letters, digits and underscores"),
        ("read\"", "method: expected the name of a method: letters, digits and underscores"),
    ] {
        let params = Params::parse("{}").expect("valid parameters");
        let error = server.client().call(&caller(), method, &params).await.expect_err("refused");
        assert_eq!(error.to_string(), problem);
        assert!(error.was_certainly_not_sent() && !error.is_transient());
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn parameters_are_an_object_or_a_list() {
    for (bad, problem) in [
        ("7", "params: expected an object or a list"),
        ("\"secret\"", "params: expected an object or a list"),
        ("{", "params: not json at line 1 column 1"),
        ("", "params: not json at line 1 column 0"),
    ] {
        assert_eq!(Params::parse(bad).expect_err("not parameters").to_string(), problem);
    }
}

#[test]
fn the_list_of_reading_methods_holds_no_write() {
    for write in [
        "create",
        "update",
        "delete",
        "revive",
        "batch",
        "follow",
        "work_schedule_update",
        "get_session_token",
    ] {
        assert!(!is_read_method(write), "{write}");
    }
    assert!(is_read_method("read") && is_read_method("schema_field_read"));
    assert!(READ_METHODS.is_sorted());
}
