use std::time::Duration;

use ::shotgun::{Client, Credentials, Secret, SiteUrl, retry};
use wasmtime::ResourceLimiter as _;

use super::*;

/// Capabilities inside a call of `handle`, with room for `bytes` of keys and values.
pub(crate) fn capabilities(key_values: &KeyValues, bytes: usize) -> Capabilities {
    let client = Client::new(::shotgun::Options {
        site: SiteUrl::parse("http://127.0.0.1:9").unwrap(),
        proxy: None,
        ca_certificates: Vec::new(),
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        answer_bytes_max: 1,
        connections_max: 1,
        retry: retry::Options {
            attempts: 1,
            delay_first: Duration::ZERO,
            delay_max: Duration::ZERO,
        },
    });
    let second = Duration::from_secs(1);
    let setup = Setup {
        name: "test".into(),
        limits: Limits {
            fuel: 1,
            deadline: second,
            register_deadline: second,
            memory_bytes: 1,
            table_elements: 1,
            instances: 1,
            host_calls: 1000,
            answer_bytes: 1,
            log_line_bytes: 10,
            log_bytes: 100,
            key_value_bytes: bytes,
        },
        settings: BTreeMap::new(),
        grants: policy::Grants::default(),
        connection: Connection {
            client: client.unwrap(),
            credentials: Credentials::Script {
                name: "test".to_owned(),
                key: Secret::new("k".to_owned()),
            },
        },
        key_values: key_values.clone(),
    };
    let mut capabilities = Capabilities::new(Arc::new(setup), None);
    capabilities.begin(Phase::Handle, None, None, None);
    capabilities
}

#[test]
fn what_one_call_was_refused_explains_no_trap_in_the_next() {
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    assert!(!capabilities.meter.memory_growing(0, usize::MAX, None).unwrap());
    capabilities.begin(Phase::Handle, None, None, None);
    assert!(!capabilities.meter.take_refused());
}

#[test]
fn what_a_guest_can_hold_is_bounded() {
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    let held = (0..=RESOURCES_MAX).take_while(|_| capabilities.table.push(()).is_ok()).count();
    assert_eq!(held, RESOURCES_MAX);
}

#[test]
fn time_is_up_in_the_site_only_for_a_call_that_waited_for_it() {
    let mut call = Call::new(Phase::Handle, None);
    let limit = Duration::from_secs(10);
    assert_eq!(call.waited_in(limit), None);
    call.inside = Some(("find", Instant::now()));
    assert_eq!(call.waited_in(limit), None, "the last of many quick calls");
    call.inside = Instant::now().checked_sub(Duration::from_secs(6)).map(|since| ("find", since));
    assert_eq!(call.waited_in(limit), Some("find"));
}
