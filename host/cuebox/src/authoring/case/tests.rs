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
