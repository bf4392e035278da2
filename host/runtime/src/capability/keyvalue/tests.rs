use super::super::tests::capabilities;
use super::*;

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
    call.begin(Phase::Handle, None, None, None);
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
fn keys_that_are_not_there_any_more_take_up_nothing() {
    let keys = KeyValues::new([("old".to_owned(), b"1".to_vec())]);
    let mut call = capabilities(&keys, 100);
    call.write("never-there".to_owned(), None).unwrap();
    assert!(set(&mut call, "new", "2"));
    call.write("new".to_owned(), None).unwrap();
    call.write("old".to_owned(), None).unwrap();
    assert_eq!(call.overlay.writes, BTreeMap::from([("old".to_owned(), None)]));
    assert!(call.keys().is_empty());
}

#[tokio::test]
async fn calls_side_by_side_take_turns_at_the_keys() {
    let keys = KeyValues::default();
    let (mut first, mut second) = (capabilities(&keys, 100), capabilities(&keys, 100));
    first.begin(Phase::Handle, None, None, None);
    second.begin(Phase::Handle, None, None, None);
    let count = |sum: wasmtime::Result<Result<u64, Error>>| sum.unwrap().unwrap();
    let one = Resource::new_own(0);
    assert_eq!(count(atomics::Host::increment(&mut first, one, "count".to_owned(), 1).await), 1);
    let another = Resource::new_own(0);
    let mut waiting =
        Box::pin(atomics::Host::increment(&mut second, another, "count".to_owned(), 1));
    let pause = std::time::Duration::from_millis(20);
    assert!(tokio::time::timeout(pause, &mut waiting).await.is_err(), "the first has its turn");
    keys.apply(std::mem::take(&mut first.overlay));
    assert_eq!(count(waiting.await), 2, "and what it left is found");
}

#[tokio::test]
async fn a_bucket_that_is_never_dropped_costs_nothing() {
    let mut call = capabilities(&KeyValues::default(), 100);
    call.open(BUCKET.to_owned()).await.unwrap().unwrap();
    assert!(call.table.is_empty());
    assert!(matches!(call.open("another".to_owned()).await.unwrap(), Err(Error::NoSuchStore)));
}

#[tokio::test]
async fn nothing_is_written_outside_handle() {
    let mut call = capabilities(&KeyValues::default(), 100);
    call.begin(Phase::Register, None, None, None);
    assert!(!set(&mut call, "a", "1"));
    call.end().await;
    assert!(!set(&mut call, "a", "1"));
}

#[test]
fn counters_are_decimal_text() {
    assert_eq!(add(None, 5), Some(5));
    assert_eq!(add(Some(b"37"), 5), Some(42));
    assert_eq!(add(Some(b"x"), 5), None);
    assert_eq!(add(Some(b"18446744073709551615"), 1), None);
}
