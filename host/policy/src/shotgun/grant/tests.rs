use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::shotgun::Grants;

/// Grants of a small vocabulary, so that two of them often meet.
pub(in crate::shotgun) fn any_grant() -> impl Strategy<Value = Grant> {
    let subject = prop_oneof![
        1 => Just(Subject::Any),
        6 => prop::sample::select(&["Task", "Shot", "Note"][..]).prop_map(|name| Subject::Named(name.into())),
    ];
    let fields = prop_oneof![
        1 => Just(Fields::Any),
        4 => prop::collection::btree_set(prop::sample::select(&["code", "entity", "project", "note"][..]), 1..3)
            .prop_map(|names| Fields::Named(names.into_iter().map(str::to_owned).collect())),
    ];
    let projects = prop_oneof![
        Just(Projects::Any),
        prop::collection::btree_set(70_u64..73, 1..3).prop_map(Projects::Only),
    ];
    let on_fields = prop::collection::btree_set(prop::sample::select(&Operation::ALL[..4]), 1..3);
    let on_records = prop::collection::btree_set(prop::sample::select(&Operation::ALL[4..6]), 1..3);
    let line = |operations: BTreeSet<Operation>, subject, fields, projects| {
        Grant::line(operations, subject, fields, projects).expect("the parts fit")
    };
    let methods = prop::sample::select(&["followers", "follow"][..]);
    prop_oneof![
        1 => prop::sample::select(&[Word::Read, Word::Write][..]).prop_map(Grant::Word),
        8 => (on_fields, subject.clone(), fields, projects.clone())
            .prop_map(move |(operations, subject, fields, projects)| line(operations, subject, Some(fields), projects)),
        3 => (on_records, subject.clone(), projects.clone())
            .prop_map(move |(operations, subject, projects)| line(operations, subject, None, projects)),
        1 => subject.prop_map(move |subject| line([Operation::Schema].into(), subject, None, Projects::Any)),
        1 => methods.prop_map(move |name| {
            line([Operation::Call].into(), Subject::Named(name.into()), None, Projects::Any)
        }),
        1 => projects.prop_map(move |projects| {
            line([Operation::Download].into(), Subject::Named("Attachment".into()), None, projects)
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_grant(grant in any_grant()) {
        prop_assert_eq!(grant.to_string().parse::<Grant>(), Ok(grant));
    }

    #[test]
    fn any_text_is_a_grant_or_an_error_of_one_line(text in ".{0,40}") {
        if let Err(error) = text.parse::<Grant>() {
            prop_assert!(!error.to_string().contains(char::is_control), "{:?}", error);
        }
    }
}

#[track_caller]
fn reads_as(line: &str, expected: &str) {
    assert_eq!(line.parse::<Grant>().map(|grant| grant.to_string()), Ok(expected.to_owned()));
}

#[test]
fn lines_are_read_and_printed_in_one_form() {
    reads_as("read", "read");
    reads_as(" write ", "write");
    reads_as("read Task.sg_status_list", "read Task.sg_status_list");
    reads_as("update,read Task.b , a in projects 71, 70", "read+update Task.a,b in project 70,71");
    reads_as("read + update *.*  in project 7", "read+update *.* in project 7");
    reads_as("delete+revive CustomEntity03", "delete+revive CustomEntity03");
    reads_as("upload Version.image", "upload Version.image");
    reads_as("download Attachment in project 70", "download Attachment in project 70");
    reads_as("schema *", "schema *");
    reads_as("call note_thread_contents", "call note_thread_contents");
}

#[track_caller]
fn refused(line: &str, expected: &str) {
    let error = line.parse::<Grant>().expect_err("the line is refused");
    assert_eq!(error.to_string(), format!("\"{line}\": {expected}"));
}

#[test]
fn a_line_that_is_not_understood_says_which_part_and_which_rule() {
    refused("", "is empty; write \"none\" for no grant");
    refused("none", "must stand alone: it grants nothing");
    refused(
        "all",
        "`all` is not a grant; write \"none\", \"read\", \"write\", or a line such as \"read Task.sg_status_list\"",
    );
    refused("update", "does not say of what; write it as \"update Task.sg_status_list\"");
    refused(
        "reed Task.code",
        "`reed` is not an operation; write one or more of read, create, update, upload, delete, revive, download, \
         schema, call",
    );
    refused(
        "read Task",
        "names no field; write `read Task.FIELD,FIELD`, or `read Task.*` for all of them",
    );
    refused("delete Task.code", "`delete` takes no fields; write `delete Task`");
    refused(
        "read+delete Task.code",
        "`read` is on fields and `delete` on all of it; write a line for each",
    );
    refused(
        "read task.code",
        "`task` is not an entity type; write its name in the schema, such as `Task`, or `*` for all",
    );
    refused(
        "read Task.Code",
        "`Code` is not a field; write its name in the schema, such as `sg_status_list`",
    );
    refused(
        "read Task.entity.Shot.code",
        "`entity.Shot.code` is a path; grant the link `entity` here, and `Shot.code` in a line of its own",
    );
    refused("read Task.a,*", "`*` holds all fields, and stands without others");
    refused("read Task.a in project", "names no project after `in project`");
    refused(
        "read Task.a in project Demo",
        "`Demo` is not the number of a project, which is 1 or more",
    );
    refused("read Task.a in project 0", "`0` is not the number of a project, which is 1 or more");
    refused(
        "read Task.a for project 7",
        "`for` is out of place; after the fields there can be `in project 70,71`",
    );
    refused(
        "read Task.a in project 7 now",
        "`now` is out of place; after the fields there can be `in project 70,71`",
    );
    refused("schema Task in project 7", "`schema` knows no projects; leave `in project` out");
    refused("call *", "`call` needs the name of a method; all of them are in `write`");
    refused("call read", "`read` is not granted by its name, but by `read TYPE.FIELD`");
    refused("call a,b", "`a,b` is not the name of a method, such as `followers`");
    refused(
        "download Version",
        "files are those of Attachments; write `download Attachment`, or `download *` for files that are known by their \
         address only",
    );
}

#[test]
fn all_that_is_wrong_with_a_list_is_told() {
    let errors = Grants::parse(["read", "reed", "none"]).expect_err("two lines are wrong");
    assert_eq!(errors.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(Grants::parse(["none"]), Ok(Grants::default()));
    assert_eq!(Grants::parse([]), Ok(Grants::default()));
}
