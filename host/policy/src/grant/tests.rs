use proptest::prelude::*;

use super::Requests;
use crate::Phase;
use crate::manifest::{Need, Needs};
use crate::network::{HttpGrant, Line, Target, decide};

fn asking(http: &[Line]) -> Requests {
    let need = |line: &Line| Need { line: line.clone(), why: String::new() };
    Requests::from(&Needs { shotgun: Vec::new(), http: http.iter().map(need).collect() })
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let methods = prop_oneof![Just("GET"), Just("POST"), Just("*")];
    let hosts = prop_oneof![Just("a.example"), Just("*.a.example"), Just("b.a.example:8443")];
    let paths = prop_oneof![Just("/"), Just("/x/"), Just("/x/y/")];
    let line = (methods, hosts, paths).prop_map(|(methods, host, path)| {
        format!("{methods} https://{host}{path}").parse().unwrap()
    });
    prop::collection::vec(line, 0..4)
}

proptest! {
    /// What is asked for never widens what is granted, nor the other way round.
    #[test]
    fn a_request_lies_within_what_is_granted_and_asked_for(
        granted in lines(),
        asked in lines(),
        method in prop_oneof![Just("GET"), Just("POST")],
        host in prop_oneof![Just("a.example"), Just("b.a.example"), Just("b.a.example:8443")],
        path in prop_oneof![Just("/"), Just("/x/"), Just("/x/y/z"), Just("/z")],
    ) {
        let grants: Vec<HttpGrant> = granted.iter().cloned().map(HttpGrant::new).collect();
        let requests = asking(&asked);
        let target = Target::new("https", host, path).unwrap();
        let decided = |requests| decide("p", Phase::Handle, &grants, requests, method, &target).is_ok();
        let (is_granted, is_asked) =
            (decided(None), asked.iter().any(|line| line.allows(method, &target)));
        prop_assert_eq!(decided(Some(&*requests.http)), is_granted && is_asked);
    }
}
