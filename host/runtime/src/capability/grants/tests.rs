use std::sync::Arc;

use policy::Grants;
use policy::shotgun::{Need, Operation};

use super::CurrentGrants;
use crate::capability::KeyValues;
use crate::capability::tests::capabilities;

fn grants(line: &str) -> Grants {
    let shotgun = Arc::new(policy::shotgun::Grants::parse([line]).unwrap());
    Grants { shotgun, ..Grants::default() }
}

#[test]
fn what_is_taken_away_is_gone_with_the_next_call() {
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    // The operator's side holds the same grants as the running instance.
    let operator: CurrentGrants = capabilities.setup.grants.clone();
    let mut is_allowed = || {
        let need = Need::of(Operation::Schema, "Shot", None);
        capabilities.admit_need(need).expect("there are calls left").is_ok()
    };
    assert!(!is_allowed());
    operator.exchange(grants("schema Shot"));
    assert!(is_allowed());
    operator.exchange(Grants::default());
    assert!(!is_allowed());
}
