use serde_json::{Value, json};
use site::server::Written;
use site::wire::Request;

use super::{Compared, Line, compare};
use crate::authoring::case::{Case, Names};

fn names() -> Names {
    let record =
        |name: &str, entity_type: &str, id| (name.to_owned(), (entity_type.to_owned(), id));
    Names::from([record("shot", "Shot", 7), record("task", "Task", 5)])
}

fn expected(writes: &str) -> Vec<Line> {
    let records = "[[record]]\nname = \"shot\"\ntype = \"Shot\"\n[[record]]\nname = \"task\"\ntype = \"Task\"\n";
    let text = format!("about = \"\"\n{records}[[event]]\nupdate = \"@shot\"\n{writes}");
    let case = Case::parse(&text).unwrap();
    case.writes.iter().map(|write| Line::expected(write, &names())).collect()
}

fn written(method: &str, parameters: Value) -> Vec<Line> {
    Line::written(&Written {
        by: "plugin".to_owned(),
        request: Request::new(method, vec![Value::Null, parameters]),
        results: Value::Null,
    })
}

fn status(id: u64, status: &str) -> Value {
    json!({"request_type": "update", "type": "Shot", "id": id,
        "fields": [{"field_name": "sg_status_list", "value": status}]})
}

/// What differs, as lines: `=` for the same, `-` for missing, `+` for more than expected.
#[track_caller]
fn check(expectation: &str, written: &[Line], lines: &[&str]) {
    let compared = compare(&expected(expectation), written, &names());
    let shown: Vec<String> = compared
        .iter()
        .map(|compared| match compared {
            Compared::Same(line) => format!("= {line}"),
            Compared::Missing(line) => format!("- {line}"),
            Compared::Extra(line) => format!("+ {line}"),
        })
        .collect();
    assert_eq!(shown, lines);
}

const STARTS: &str = "[[write]]\nupdate = \"@shot\"\nfields = { sg_status_list = \"ip\" }\n";

#[test]
fn the_same_is_the_same_alone_and_in_a_batch() {
    let lines = ["= update @shot  sg_status_list = \"ip\""];
    check(STARTS, &written("update", status(7, "ip")), &lines);
    check(STARTS, &written("batch", json!([status(7, "ip")])), &lines);
}

#[test]
fn another_value_another_record_and_another_field_differ() {
    let missing = "- update @shot  sg_status_list = \"ip\"";
    check(
        STARTS,
        &written("update", status(7, "fin")),
        &[missing, "+ update @shot  sg_status_list = \"fin\""],
    );
    check(
        STARTS,
        &written("update", status(8, "ip")),
        &[missing, "+ update Shot 8  sg_status_list = \"ip\""],
    );
    let mut more = status(7, "ip");
    more["fields"].as_array_mut().unwrap().push(json!({"field_name": "code", "value": "x"}));
    check(
        STARTS,
        &written("update", more),
        &[missing, "+ update @shot  code = \"x\"  sg_status_list = \"ip\""],
    );
    check(STARTS, &[], &[missing]);
    check("", &written("delete", json!({"type": "Task", "id": 5})), &["+ delete @task"]);
}

#[test]
fn what_stands_between_the_same_is_shown_alone() {
    let writes = written("batch", json!([status(7, "a"), status(7, "b"), status(7, "c")]));
    let expectation = |statuses: &[&str]| -> String {
        statuses.iter().map(|status| STARTS.replace("\"ip\"", &format!("\"{status}\""))).collect()
    };
    check(
        &expectation(&["a", "c"]),
        &writes,
        &[
            "= update @shot  sg_status_list = \"a\"",
            "+ update @shot  sg_status_list = \"b\"",
            "= update @shot  sg_status_list = \"c\"",
        ],
    );
}

#[test]
fn links_modes_and_values_of_any_kind_are_looked_at() {
    let request = |mode: Option<&str>| {
        let links = json!([{"type": "Shot", "id": 7, "name": "sh010"}]);
        let mut links = json!({"field_name": "shots", "value": links});
        if let Some(mode) = mode {
            links["multi_entity_update_mode"] = mode.into();
        }
        json!({"type": "Task", "id": 5, "fields": [links, {"field_name": "sg_n", "value": 2}]})
    };
    let write = "[[write]]\nupdate = \"@task\"\nfields = { shots = [\"@shot\"], sg_n = 2.0 }\n";
    let same = "= update @task  sg_n = 2  shots = [@shot]";
    check(write, &written("update", request(None)), &[same]);
    check(write, &written("update", request(Some("set"))), &[same]);
    let added = "update @task  sg_n = 2  shots (add) = [@shot]";
    check(
        &format!("{write}modes = {{ shots = \"add\" }}"),
        &written("update", request(Some("add"))),
        &[&format!("= {added}")],
    );
    check(
        write,
        &written("update", request(Some("add"))),
        &["- update @task  sg_n = 2.0  shots = [@shot]", &format!("+ {added}")],
    );
    let any = "[[write]]\nupdate = \"@task\"\nfields = { shots = [\"@any\"], sg_n = \"@any\" }\n";
    check(any, &written("update", request(None)), &[same]);
}
