use std::time::Duration;

use ::shotgun::{Client, Credentials, Secret, SiteUrl, retry};

use super::*;

/// Capabilities inside a call of `handle`, with room for `bytes` of keys and values.
pub(crate) fn capabilities(key_values: &KeyValues, bytes: usize) -> Capabilities {
    let mut setup = setup();
    setup.limits.key_value_bytes = bytes;
    setup.key_values = key_values.clone();
    let mut capabilities = Capabilities::new(Arc::new(setup), None);
    capabilities.begin(Phase::Handle, None, None, None);
    capabilities
}

/// A plugin that is granted nothing, with small limits.
pub(crate) fn setup() -> Setup {
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
    let limits = Limits {
        fuel: 1,
        deadline: second,
        register_deadline: second,
        memory_bytes: 1 << 20,
        table_elements: 1,
        instances: 1,
        host_calls: 1000,
        answer_bytes: 1,
        log_line_bytes: 10,
        log_bytes: 100,
        log_bytes_per_second: 1000,
        key_value_bytes: 100,
        site_calls_per_minute: 2,
        http_requests: 10,
        http_connections: 3,
        http_request_bytes: 1000,
        http_answer_bytes: 1000,
    };
    let credentials =
        Credentials::Script { name: "test".to_owned(), key: Secret::new("k".to_owned()) };
    let connection = Connection { client: client.unwrap(), credentials };
    Setup { reads_before: true, ..Setup::bare("test", limits, connection) }
}

#[test]
fn what_one_call_was_refused_explains_no_trap_in_the_next() {
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    assert!(!capabilities.memory_growing(0, usize::MAX, None).unwrap());
    capabilities.begin(Phase::Handle, None, None, None);
    assert!(!capabilities.meter.take_refused());
}

/// Pushes resources as a guest does, through the view, until one is refused.
fn hold(capabilities: &mut Capabilities) -> usize {
    (0..2 * RESOURCES_MAX).take_while(|_| capabilities.ctx().table.push(()).is_ok()).count()
}

#[test]
fn what_a_guest_can_hold_shares_the_total_with_its_memory() {
    let mut all_for_resources = capabilities(&KeyValues::default(), 100);
    let room = (1 << 20) / RESOURCE_BYTES;
    assert_eq!(hold(&mut all_for_resources), RESOURCES_FREE + room);
    assert!(!all_for_resources.memory_growing(0, 1, None).unwrap());
    let mut half = capabilities(&KeyValues::default(), 100);
    assert!(half.memory_growing(0, 1 << 19, None).unwrap());
    assert_eq!(hold(&mut half), RESOURCES_FREE + room / 2);
}

#[tokio::test]
async fn calls_to_the_site_have_a_quota_over_all_calls_of_the_guest() {
    use crate::bindings::cuebox::plugin::shotgun::{Error, Host as _};
    let mut setup = setup();
    let shotgun = policy::shotgun::Grants::parse(["schema *"]).unwrap().into();
    setup.grants = CurrentGrants::new(policy::Grants { shotgun, ..policy::Grants::default() });
    let mut capabilities = Capabilities::new(Arc::new(setup), None);
    let mut limited = 0;
    for _ in 0..4 {
        capabilities.begin(Phase::Handle, None, None, None);
        let answer = capabilities.schema_read(None, None, None).await.unwrap();
        limited += usize::from(matches!(answer, Err(Error::Limit(_))));
        let (call, _) = capabilities.end().await;
        let times = call.refused.get("site_calls_per_minute").copied().unwrap_or(0);
        assert_eq!(times > 0, matches!(answer, Err(Error::Limit(_))));
    }
    assert_eq!(limited, 2, "two of four are within the quota");
}

#[tokio::test]
async fn log_lines_have_a_quota_over_all_calls_of_the_guest() {
    use crate::bindings::wasi::logging::logging::{Host as _, Level};
    let mut setup = setup();
    setup.limits.log_bytes_per_second = 30;
    setup.quotas = Quotas::new(&setup.limits);
    let mut capabilities = Capabilities::new(Arc::new(setup), None);
    let mut dropped = 0;
    for _ in 0..20 {
        capabilities.begin(Phase::Handle, None, None, None);
        capabilities.log(Level::Info, String::new(), "ten bytes!".to_owned()).unwrap();
        let (call, _) = capabilities.end().await;
        dropped += call.refused.get("log_bytes_per_second").copied().unwrap_or(0);
    }
    // Three at once, and one more for each third of a second that this machine takes.
    assert!((1..=17).contains(&dropped), "{dropped} were dropped");
}

#[tokio::test]
async fn a_text_that_grows_when_it_is_read_is_weighed_first() {
    use crate::bindings::cuebox::plugin::shotgun::{Error, Host as _};
    // 21 KiB of text, of which each two bytes are a value, and room for 1 MiB.
    let text = format!("[0{}]", ",0".repeat(11_000));
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    let answers = [
        capabilities.summarize("Shot".to_owned(), text.clone(), "[]".to_owned(), None).await,
        capabilities.create("Shot".to_owned(), text.clone(), Vec::new()).await,
        capabilities.update("Shot".to_owned(), 1, "{}".to_owned(), Some(text.clone())).await,
        capabilities.batch(text.clone()).await,
        capabilities.call("followers".to_owned(), text).await,
    ];
    for answer in answers {
        assert!(
            matches!(answer.unwrap(), Err(Error::Limit(why)) if why.contains("`memory_bytes`"))
        );
    }
    let (call, _) = capabilities.end().await;
    assert_eq!(call.refused, BTreeMap::from([("memory_bytes", 5)]));
}

#[tokio::test]
async fn what_is_not_granted_is_counted() {
    use crate::bindings::cuebox::plugin::shotgun::Host as _;
    let mut capabilities = capabilities(&KeyValues::default(), 100);
    for _ in 0..3 {
        assert!(capabilities.schema_read(None, None, None).await.unwrap().is_err());
    }
    let (call, _) = capabilities.end().await;
    assert_eq!(call.refused, BTreeMap::from([("grant", 3)]));
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
