use std::collections::BTreeMap;
use std::time::Duration;

use shotgun::{Client, Credentials, Secret, SiteUrl, retry};

use super::super::{Connection, Setup};
use super::*;
use crate::limits::Limits;

/// Capabilities inside a call of `handle`, with room for `bytes` of keys and values.
fn capabilities(key_values: &KeyValues, bytes: usize) -> Capabilities {
    let client = Client::new(shotgun::Options {
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
            log_line_bytes: 1,
            log_bytes: 1,
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
    let mut capabilities = Capabilities::new(Arc::new(setup));
    capabilities.begin(Phase::Handle, None, None);
    capabilities
}

fn set(capabilities: &mut Capabilities, key: &str, value: &str) -> bool {
    capabilities.write(key.to_owned(), Some(value.as_bytes().to_vec())).is_ok()
}

#[test]
fn a_call_sees_its_own_writes_and_others_do_not_until_it_is_finished() {
    let keys = KeyValues::new([("old".to_owned(), b"1".to_vec())]);
    let mut call = capabilities(&keys, 100);
    assert!(set(&mut call, "new", "2"));
    call.write("old".to_owned(), None).unwrap();
    assert_eq!((call.read("new").as_deref(), call.read("old")), (Some(&b"2"[..]), None));
    assert_eq!(call.keys(), ["new"]);
    let other = capabilities(&keys, 100);
    assert_eq!(other.keys(), ["old"]);
    let changes = keys.apply(std::mem::take(&mut call.overlay));
    assert_eq!(changes.len(), 2);
    assert_eq!(other.keys(), ["new"]);
}

#[test]
fn a_call_that_is_not_finished_leaves_nothing() {
    let keys = KeyValues::default();
    let mut call = capabilities(&keys, 100);
    assert!(set(&mut call, "a", "1"));
    call.begin(Phase::Handle, None, None);
    assert!(call.keys().is_empty());
}

#[test]
fn the_quota_holds_over_calls_and_counts_what_is_freed() {
    let keys = KeyValues::default();
    let mut call = capabilities(&keys, 10);
    assert!(set(&mut call, "a", "1234"), "5 bytes");
    assert!(set(&mut call, "b", "1234"), "10 bytes");
    assert!(!set(&mut call, "c", ""), "11 bytes");
    assert!(set(&mut call, "b", "5678"), "the same size");
    keys.apply(std::mem::take(&mut call.overlay));
    let mut call = capabilities(&keys, 10);
    assert!(!set(&mut call, "b", "56789"), "11 bytes");
    call.write("a".to_owned(), None).unwrap();
    assert!(set(&mut call, "b", "12345678"), "9 bytes");
    assert!(!set(&mut call, "b", "1234567890"), "11 bytes");
    assert_eq!(
        call.read("b").as_deref(),
        Some(&b"12345678"[..]),
        "a refused write changes nothing"
    );
}

#[test]
fn nothing_is_written_outside_handle() {
    let mut call = capabilities(&KeyValues::default(), 100);
    call.begin(Phase::Register, None, None);
    assert!(!set(&mut call, "a", "1"));
    call.end();
    assert!(!set(&mut call, "a", "1"));
}

#[test]
fn counters_are_decimal_text() {
    assert_eq!(add(None, 5), Some(5));
    assert_eq!(add(Some(b"37"), 5), Some(42));
    assert_eq!(add(Some(b"x"), 5), None);
    assert_eq!(add(Some(b"18446744073709551615"), 1), None);
}
