use eventlog::Timestamp;

use super::*;

fn halting(scopes: impl IntoIterator<Item = HaltScope>) -> Halting {
    let halt = |scope| Halt { scope, at: Timestamp(0), reason: "a test".to_owned() };
    Halting { halts: scopes.into_iter().map(halt).collect(), ..Halting::default() }
}

#[test]
fn each_plugin_is_halted_by_its_own_halt_and_that_of_all() {
    let halts = Halts::new(halting([HaltScope::Plugin("a".to_owned())]));
    let (a, b) = (halts.gate("a"), halts.gate("b"));
    assert_eq!([a.is_closed(), b.is_closed()], [true, false]);
    halts.set(halting([HaltScope::All]));
    assert_eq!([a.is_closed(), b.is_closed()], [true, true]);
    assert!(halts.gate("new").is_closed(), "one that comes later, too");
    halts.set(halting([]));
    assert_eq!([a.is_closed(), b.is_closed()], [false, false]);
}

#[test]
fn a_project_is_halted_for_every_plugin_and_no_plugin_for_it() {
    let halts = Halts::new(halting([HaltScope::Project(70)]));
    let gate = halts.gate("a");
    assert!(!gate.is_closed());
    assert_eq!(gate.halted(Some(70)).and_then(|halted| halted.project), Some(70));
    assert_eq!(gate.halted(Some(71)), None);
    assert_eq!(gate.halted(None), None);
}
