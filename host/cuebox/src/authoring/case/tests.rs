use serde_json::json;

use super::{Act, Case, Names, fields};

const CASE: &str = r#"
about = "a"

[[record]]
name = "shot"
type = "Shot"
fields = { project = "@project", code = "@@sh" }

[[event]]
create = "Task"
name = "task"
fields = { entity = "@shot" }

[[write]]
update = "@task"
fields = { due = 2026-03-02, note_links = ["@shot", "@any"] }
"#;

#[test]
fn names_become_links_and_moments_texts() {
    let case = Case::parse(CASE).unwrap();
    assert_eq!(case.events[0].act(), Ok(Act::Create("Task")));
    assert_eq!(
        (case.events[0].outcome.as_str(), case.at.as_str()),
        ("done", "2026-03-02T09:00:00Z")
    );
    let names = Names::from([("shot".to_owned(), ("Shot".to_owned(), 7))]);
    let shot = json!({"type": "Shot", "id": 7});
    assert_eq!(
        json!(fields(&case.writes[0].fields, &names)),
        json!({"due": "2026-03-02", "note_links": [shot, "@any"]})
    );
    assert_eq!(json!(fields(&case.records[0].fields, &names))["code"], "@sh");
}

#[test]
fn what_cannot_be_is_told_with_its_place() {
    let says = |from: &str, to: &str, rule: &str| {
        assert!(CASE.contains(from), "{from}");
        let error = Case::parse(&CASE.replace(from, to)).expect_err(to);
        assert!(error.contains(rule), "{to}: {error}");
    };
    says("about = \"a\"", "abuot = \"a\"", "unknown field `abuot`");
    says(
        "name = \"shot\"",
        "name = \"project\"",
        "[[record]] `project` is called `project`, and that name is taken",
    );
    says("name = \"shot\"", "name = \"a b\"", "not of the characters");
    says(
        "entity = \"@shot\"",
        "entity = \"@shots\"",
        "[[event]] number 1 names `@shots`, and up to there are @artist, @project, @shot",
    );
    says(
        "update = \"@task\"",
        "update = \"task\"",
        "[[write]] number 1 names the record `task`; write \"@NAME\"",
    );
    says(
        "update = \"@task\"",
        "update = \"@task\"\ndelete = \"@task\"",
        "[[write]] number 1 does two things",
    );
    says("update = \"@task\"", "", "[[write]] number 1 says nothing of what is done");
    says(
        "create = \"Task\"\n",
        "create = \"Task\"\noutcome = \"good\"\n",
        "has the outcome `good`; it must be one of done, skipped",
    );
    says(
        "create = \"Task\"",
        "update = \"@shot\"",
        "has a `name`, and only a `create` makes a record",
    );
    assert!(Case::parse("about = \"a\"").expect_err("no event").contains("nothing would happen"));
}

#[test]
fn what_no_host_can_be_asked_is_told_with_its_place() {
    const REQUEST: &str = "[[http]]\nrequest = \"POST https://hooks.example.com/a\"\n";
    let says = |request: &str, rule: &str| {
        let error = Case::parse(&format!("{CASE}\n{request}")).expect_err(request);
        assert!(error.contains(rule), "{request}: {error}");
    };
    assert_eq!(Case::parse(&format!("{CASE}\n{REQUEST}")).unwrap().http[0].answer.status, 200);
    let begins = "[[http]] number 1 has the request `";
    says(&REQUEST.replace("POST ", ""), begins);
    says(&REQUEST.replace("POST", "post"), begins);
    says(
        &REQUEST.replace("https", "ftp"),
        "asks for `ftp://hooks.example.com/a`: the scheme must be",
    );
    let more = |line: &str| format!("{REQUEST}{line}\n");
    says(&more("body = \"x\"\njson = 1"), "number 1 has a `body` and `json`; write one of them");
    says(&more("json = { to = \"@shots\" }"), "number 1 names `@shots`, and up to there are");
    says(
        &more("answer = { status = 99 }"),
        "has an answer that has the status 99; it must be from",
    );
    says(&more("answer = { lost = true, body = \"\" }"), "has an answer that is `lost`, and says");
    says(
        &more("answer = { headers = { \"a b\" = \"\" } }"),
        "has the header `a b`, which is no name",
    );
    says(
        &more("answer = { headers = { a = \"b\\nc\" } }"),
        "the header `a` with more than one line",
    );
    says(&more("answer = { code = 200 }"), "unknown field `code`");
}
