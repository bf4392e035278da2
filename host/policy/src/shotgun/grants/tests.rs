use proptest::prelude::*;

use super::*;
use crate::shotgun::grant::tests::any_grant;

fn any_grants() -> impl Strategy<Value = Grants> {
    prop::collection::vec(any_grant(), 0..5).prop_map(Grants::from_iter)
}

fn any_need() -> impl Strategy<Value = Need> {
    let field =
        prop::option::of(prop::sample::select(&["code", "entity", "project", "id", "other"][..]));
    let subject = prop::sample::select(&["Task", "Shot", "Note", "Attachment", "Step"][..]);
    let method = prop::sample::select(&["followers", "follow", "unfollow"][..]);
    (prop::sample::select(&Operation::ALL[..]), subject, method, field).prop_map(
        |(operation, subject, method, field)| Need {
            operation,
            subject: if operation == Operation::Call { method } else { subject }.to_owned(),
            field: field.filter(|_| operation.is_on_fields()).map(str::to_owned),
        },
    )
}

/// Whether the grants cover a need for a record in this project.
fn allows(grants: &Grants, need: &Need, project: Option<u64>) -> bool {
    grants.cover(need).is_some_and(|projects| projects.holds(project))
}

fn grants(lines: &[&str]) -> Grants {
    Grants::parse(lines.iter().copied()).unwrap()
}

proptest! {
    #[test]
    fn what_lies_within_others_allows_nothing_that_they_do_not(
        a in any_grants(),
        b in any_grants(),
        need in any_need(),
        project in prop::option::of(70_u64..74),
    ) {
        if a.is_within(&b) && allows(&a, &need, project) {
            prop_assert!(allows(&b, &need, project));
        }
    }

    #[test]
    fn the_rest_and_the_others_hold_it_all(a in any_grants(), b in any_grants(), need in any_need(), project in 70_u64..74) {
        let rest = a.without(&b);
        let both: Grants = rest.iter().chain(b.iter()).cloned().collect();
        prop_assert!(a.is_within(&both), "{} is not within {} and {}", a, rest, b);
        if allows(&a, &need, Some(project)) {
            prop_assert!(allows(&both, &need, Some(project)));
        }
        prop_assert!(rest.is_within(&a), "{} asks for more than {}", rest, a);
    }

    #[test]
    fn a_line_less_never_allows_more(a in any_grants(), index in 0_usize..5, need in any_need(), project in prop::option::of(70_u64..74)) {
        let fewer: Grants = a.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, grant)| grant.clone()).collect();
        if allows(&fewer, &need, project) {
            prop_assert!(allows(&a, &need, project));
        }
        prop_assert!(fewer.is_within(&a));
    }
}

#[track_caller]
fn check_rest(asked: &[&str], held: &[&str], expected: &str) {
    assert_eq!(grants(asked).without(&grants(held)).to_string(), expected);
}

#[test]
fn the_rest_is_told_down_to_the_field_and_the_project() {
    check_rest(&["read Task.a,b"], &["read Task.a"], "read Task.b");
    check_rest(&["read+update Task.a,b"], &["read Task.*"], "update Task.a,b");
    check_rest(&["read+update Task.a,b"], &["update Task.a"], "read Task.a,b; update Task.b");
    check_rest(
        &["read Task.a in project 1,2"],
        &["read Task.* in project 2"],
        "read Task.a in project 1",
    );
    check_rest(&["read Task.a"], &["read Task.a in project 2"], "read Task.a");
    check_rest(&["read Task.*"], &["read Task.a,b"], "read Task.*");
    check_rest(&["read *.a"], &["read Task.a"], "read *.a");
    check_rest(&["read Task.a", "delete Note"], &["read"], "delete Note");
    check_rest(&["read"], &["read *.*"], "read");
    check_rest(&["read", "write"], &["write"], "none");
    check_rest(&["schema Task", "call followers", "call follow"], &["read"], "call follow");
}
