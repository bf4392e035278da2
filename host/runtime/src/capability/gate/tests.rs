use super::*;

fn plugin(why: &str) -> Halts {
    Halts { plugin: Some(why.into()), ..Halts::default() }
}

fn project(id: u64) -> Halts {
    Halts { projects: Arc::new(BTreeMap::from([(id, "a mistake".into())])), ..Halts::default() }
}

/// Whether something is over without waiting.
fn is_over(future: impl Future) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::pin!(future).poll(&mut context).is_ready()
}

#[test]
fn an_open_gate_lets_everything_through() {
    let gate = Gate::default();
    assert!(gate.enter(Some(70)).is_ok() && gate.request(None).is_ok());
    assert!(!is_over(gate.closes(Some(70))));
    assert!(is_over(gate.settled()));
}

#[test]
fn a_halted_plugin_is_let_through_nowhere() {
    let gate = Gate::default();
    gate.set(plugin("a mistake"));
    for about in [None, Some(70)] {
        let halted = gate.enter(about).unwrap_err();
        assert_eq!((halted.project, &*halted.why), (None, "a mistake"));
        assert!(gate.request(about).is_err());
        assert!(is_over(gate.closes(about)));
    }
    gate.set(Halts::default());
    assert!(gate.request(None).is_ok());
}

#[test]
fn a_halted_project_halts_what_is_about_it() {
    let gate = Gate::default();
    gate.set(project(70));
    assert_eq!(gate.enter(Some(70)).unwrap_err().project, Some(70));
    assert!(!gate.is_closed());
    let passage = gate.request(Some(71)).unwrap();
    assert!(passage.projects.contains_key(&70), "it is known where it may not reach");
}

#[test]
fn a_halt_is_settled_when_what_went_before_it_is_over() {
    let gate = Gate::default();
    let call = gate.enter(Some(71)).unwrap();
    let request = gate.request(Some(71)).unwrap();
    gate.set(plugin("a mistake"));
    assert!(!is_over(gate.settled()), "both are under way");
    drop(request);
    assert!(!is_over(gate.settled()), "the call is");
    drop(call);
    assert!(is_over(gate.settled()));
}

#[test]
fn a_halted_project_waits_for_no_call_about_another() {
    let gate = Gate::default();
    let _call = gate.enter(Some(71)).unwrap();
    let before = gate.request(Some(71)).unwrap();
    gate.set(project(70));
    assert!(!is_over(gate.settled()), "it may be reaching into the project");
    let _after = gate.request(Some(71)).unwrap();
    drop(before);
    assert!(is_over(gate.settled()), "what came after knows of the halt");
}
