use super::*;

fn needed(
    operation: Operation,
    subject: &str,
    field: Option<&str>,
    project: Option<u64>,
) -> Needed {
    Needed { need: Need::of(operation, subject, field), project }
}

#[track_caller]
fn check(needed: &[Needed], expected: &str) {
    let lines = smallest(needed);
    assert_eq!(lines.to_string(), expected);
    for one in needed {
        let projects = lines.cover(&one.need).unwrap_or_else(|| panic!("{one:?} is not held"));
        assert!(projects.holds(one.project), "{one:?} is not held in its project");
    }
}

#[test]
fn fields_and_operations_share_a_line() {
    use Operation::{Create, Read, Update};
    check(
        &[
            needed(Read, "Shot", Some("code"), None),
            needed(Read, "Shot", Some("description"), None),
            needed(Read, "Shot", None, None),
            needed(Read, "Shot", Some("id"), None),
            needed(Update, "Shot", Some("code"), None),
            needed(Update, "Shot", Some("description"), None),
            needed(Create, "Note", Some("subject"), Some(70)),
            needed(Create, "Note", Some("project"), Some(70)),
            needed(Create, "Note", Some("subject"), Some(71)),
            needed(Create, "Note", Some("project"), Some(71)),
        ],
        "read+update Shot.code,description; create Note.subject in project 70,71",
    );
}

#[test]
fn what_names_no_field_has_a_line_all_the_same() {
    use Operation::{Create, Read, Upload};
    check(&[needed(Read, "Shot", None, None)], "read Shot.id");
    check(&[needed(Upload, "Version", None, Some(7))], "upload Version.* in project 7");
    check(
        &[
            needed(Create, "Note", Some("project"), Some(70)),
            needed(Create, "Note", Some("subject"), Some(71)),
        ],
        "create Note.id in project 70; create Note.subject in project 71",
    );
}

#[test]
fn what_knows_no_field_or_project_names_none() {
    use Operation::{Call, Delete, Download, Revive, Schema};
    check(
        &[
            needed(Delete, "Note", None, Some(70)),
            needed(Revive, "Note", None, Some(70)),
            needed(Schema, "Shot", None, None),
            needed(Call, "follow", None, None),
            needed(Download, "Attachment", None, None),
        ],
        "delete+revive Note in project 70; download Attachment; schema Shot; call follow",
    );
}

#[test]
fn a_field_that_is_needed_anywhere_is_granted_everywhere() {
    use Operation::Update;
    check(
        &[
            needed(Update, "Shot", Some("code"), Some(70)),
            needed(Update, "Shot", Some("code"), None),
            needed(Update, "Shot", Some("head_in"), Some(70)),
        ],
        "update Shot.code; update Shot.head_in in project 70",
    );
}
