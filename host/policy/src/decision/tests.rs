use crate::{Grants, Operation, Phase, Refusal, SiteAccess, decide};

/// What a refused call is refused for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Outside,
    InRegister,
    NotGranted,
}

const PHASES: [Phase; 3] = [Phase::Outside, Phase::Register, Phase::Handle];
const OPERATIONS: [Operation; 2] = [Operation::Read, Operation::Write];

fn verdict(phase: Phase, shotgun: SiteAccess, operation: Operation) -> Verdict {
    match decide(phase, &Grants { shotgun, ..Grants::default() }, operation, "Shot") {
        Ok(()) => Verdict::Allowed,
        Err(Refusal::Outside { .. }) => Verdict::Outside,
        Err(Refusal::WriteInRegister { .. }) => Verdict::InRegister,
        Err(Refusal::NotGranted { .. }) => Verdict::NotGranted,
    }
}

#[test]
fn every_combination_of_phase_grant_and_operation() {
    use Verdict::{Allowed, InRegister, NotGranted, Outside};
    #[rustfmt::skip]
    let table = [
        // phase, granted, read, write
        (Phase::Outside,  SiteAccess::None,  Outside,    Outside),
        (Phase::Outside,  SiteAccess::Read,  Outside,    Outside),
        (Phase::Outside,  SiteAccess::Write, Outside,    Outside),
        (Phase::Register, SiteAccess::None,  NotGranted, InRegister),
        (Phase::Register, SiteAccess::Read,  Allowed,    InRegister),
        (Phase::Register, SiteAccess::Write, Allowed,    InRegister),
        (Phase::Handle,   SiteAccess::None,  NotGranted, NotGranted),
        (Phase::Handle,   SiteAccess::Read,  Allowed,    NotGranted),
        (Phase::Handle,   SiteAccess::Write, Allowed,    Allowed),
    ];
    assert_eq!(table.len(), PHASES.len() * SiteAccess::ALL.len(), "the table has every row");
    for (phase, access, read, write) in table {
        assert_eq!(verdict(phase, access, Operation::Read), read, "{phase:?} {access} read");
        assert_eq!(verdict(phase, access, Operation::Write), write, "{phase:?} {access} write");
    }
}

#[test]
fn a_wider_grant_never_refuses_what_a_narrower_one_allows() {
    for phase in PHASES {
        for operation in OPERATIONS {
            let allowed =
                SiteAccess::ALL.map(|access| verdict(phase, access, operation) == Verdict::Allowed);
            assert!(allowed.is_sorted(), "{phase:?} {operation}: {allowed:?}");
        }
    }
}

#[test]
fn nothing_is_granted_by_default() {
    for phase in PHASES {
        for operation in OPERATIONS {
            assert!(decide(phase, &Grants::default(), operation, "Shot").is_err());
        }
    }
}

#[track_caller]
fn check(refusal: Refusal, expected: &str) {
    assert_eq!(refusal.to_string(), expected);
}

fn refused(phase: Phase, shotgun: SiteAccess, operation: Operation, subject: &str) -> Refusal {
    decide(phase, &Grants { shotgun, ..Grants::default() }, operation, subject)
        .expect_err("the call is refused")
}

#[test]
fn a_refusal_names_the_line_to_write() {
    let refusal = refused(Phase::Handle, SiteAccess::Read, Operation::Write, "Task");
    check(
        refusal.clone(),
        "cannot write Task: granted is shotgun = \"read\"; \
         write `shotgun = \"write\"` under [plugin.NAME.grant]",
    );
    check(
        refusal.clone().for_plugin("flip_tasks-2"),
        "cannot write Task: granted is shotgun = \"read\"; \
         write `shotgun = \"write\"` under [plugin.flip_tasks-2.grant]",
    );
    check(
        refusal.for_plugin("odd.name"),
        "cannot write Task: granted is shotgun = \"read\"; \
         write `shotgun = \"write\"` under [plugin.\"odd.name\".grant]",
    );
    check(
        refused(Phase::Register, SiteAccess::None, Operation::Read, "schema_field_read"),
        "cannot read schema_field_read: granted is shotgun = \"none\"; \
         write `shotgun = \"read\"` under [plugin.NAME.grant]",
    );
}

#[test]
fn a_refusal_for_the_phase_offers_no_grant() {
    check(
        refused(Phase::Outside, SiteAccess::Write, Operation::Read, "Shot"),
        "cannot read Shot: the connection works only inside `register` and `handle`",
    );
    check(
        refused(Phase::Register, SiteAccess::Write, Operation::Write, "Shot").for_plugin("a"),
        "cannot write Shot: inside `register` the connection only reads; write in `handle`",
    );
}

#[test]
fn a_subject_from_a_guest_is_cut_and_cleaned() {
    let subject = format!("\u{1b}[2J\n{}", "x".repeat(1000));
    let text = refused(Phase::Handle, SiteAccess::None, Operation::Read, &subject).to_string();
    assert!(text.starts_with("cannot read ?[2J?xxx"), "{text}");
    assert!(!text.contains(char::is_control), "{text}");
    assert!(text.chars().count() < 250, "{text}");
}
