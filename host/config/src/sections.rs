//! The settings, section by section: which keys there are, what kind each is, and its range.
//!
//! A section is `None` when something that has no default is missing or wrong; that was reported.

use std::collections::BTreeMap;
use std::time::Duration;

use artifact::signature;
use policy::{Grants, OnError};
use shotgun::{ProxyUrl, Secret, SiteUrl};

use super::document::{Found, Layer, Section, join};
use super::order;
use super::settings::{
    Audit, Breaker, Callback, Config, Database, InstanceLife, Limits, Log, LogFormat, LogMode,
    Plugin, Plugins, Record, RecordedDeliveries, Retry, Script, SignatureRule, Signatures, Site,
    Stream, Synchronous, TrustedKey,
};
use super::value::{is_loopback, show_duration};

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Unwraps a setting that cannot be absent.
fn defaulted<T>(value: Option<T>) -> T {
    value.expect("default.toml has a right value for it, which a test proves")
}

pub(super) fn config(root: Section<'_>) -> Option<Config> {
    let site = site(root.section("site"));
    let stream = stream(root.section("stream"));
    let database = database(root.section("database"));
    let audit = audit(root.section("audit"));
    let plugins = plugins(root.section("plugins"));
    let shared = root.section("limits");
    let shared_layers = shared.layers.clone();
    let limits = limits(shared);
    let (shared_retry, shared_breaker) = (root.section("retry"), root.section("breaker"));
    let shared_record = root.section("record");
    let shared = Shared {
        record: shared_record.layers.clone(),
        limits: shared_layers,
        retry: shared_retry.layers.clone(),
        breaker: shared_breaker.layers.clone(),
    };
    let (retry, breaker) = (retry(shared_retry), breaker(shared_breaker));
    let storm_rounds = storm_rounds(root.section("storm"));
    let record = record(shared_record);
    let by_plugin = by_plugin(root.section("plugin"), &shared);
    let log = log(root.section("log"));
    root.finish();
    Some(Config {
        site: site?,
        stream,
        database,
        audit,
        plugins,
        limits,
        retry,
        breaker,
        storm_rounds,
        record,
        by_plugin,
        log,
    })
}

fn site(section: Section<'_>) -> Option<Site> {
    let url = section.address("url", SiteUrl::parse);
    match section.found("url").next() {
        None => section
            .reader
            .report(section.absent("url", "is missing; write url = \"https://…\" under [site]")),
        Some(found) if url.as_ref().is_some_and(|url| !url.is_https() && !is_loopback(url)) => {
            section.reader.warn(
                found.problem("is not encrypted, and the script's key goes over it; use https://"),
            )
        }
        Some(_) => {}
    }
    let script = script(&section, true);
    let proxy = section.address("proxy", ProxyUrl::parse);
    let ca_file = section.path("ca_file");
    let timeout = defaulted(section.duration("timeout", SECOND..=10 * MINUTE));
    let connect_timeout = defaulted(section.duration("connect_timeout", millis(100)..=MINUTE));
    let use_session_uuid = defaulted(section.flag("use_session_uuid"));
    let doubt_wait = defaulted(section.duration("doubt_wait", Duration::ZERO..=10 * MINUTE));
    let connections = defaulted(section.integer("connections", 1..=64));
    section.finish();
    Some(Site {
        url: url?,
        script: script?,
        proxy,
        ca_file,
        timeout,
        connect_timeout,
        use_session_uuid,
        doubt_wait,
        connections,
    })
}

/// A script user: its name and one of the two forms of its key, or neither where it need not be there.
fn script(section: &Section<'_>, is_required: bool) -> Option<Script> {
    let name = section.text("script_name");
    let key = section.secret("script_key", "script_key_file");
    let has_name = section.has("script_name");
    let has_key = section.has("script_key") || section.has("script_key_file");
    let path = &section.path;
    if !has_name && (has_key || is_required) {
        let rule = format!("is missing; write script_name = \"…\" under [{path}]");
        section.reader.report(section.absent("script_name", &rule));
    }
    if !has_key && (has_name || is_required) {
        let rule = format!(
            "is missing; write script_key = \"${{VARIABLE}}\" or script_key_file = \"…\" under [{path}]"
        );
        section.reader.report(section.absent("script_key", &rule));
    }
    Some(Script { name: name?, key: key? })
}

fn stream(section: Section<'_>) -> Stream {
    let stream = Stream {
        poll_busy: defaulted(section.duration("poll_busy", millis(50)..=MINUTE)),
        poll_quiet: defaulted(section.duration("poll_quiet", millis(100)..=10 * MINUTE)),
        page_size: defaulted(section.integer("page_size", 1..=5000)),
        gap_timeout: defaulted(section.duration("gap_timeout", SECOND..=DAY)),
        sweep_interval: defaulted(section.duration("sweep_interval", 10 * SECOND..=DAY)),
        sweep_timeout: defaulted(section.duration("sweep_timeout", MINUTE..=30 * DAY)),
        gaps_max: defaulted(section.integer("gaps_max", 100..=1_000_000)),
    };
    not_below(&section, ("poll_quiet", stream.poll_quiet), ("poll_busy", stream.poll_busy));
    not_below(
        &section,
        ("sweep_timeout", stream.sweep_timeout),
        ("gap_timeout", stream.gap_timeout),
    );
    section.finish();
    stream
}

/// Reports a time that is shorter than another, at the one that was written.
fn not_below(
    section: &Section<'_>,
    (key, time): (&str, Duration),
    (other_key, other): (&str, Duration),
) {
    if time >= other {
        return;
    }
    let (time, other) = (show_duration(time), show_duration(other));
    if let Some(found) = section.written(key) {
        section
            .reader
            .report(found.problem(format!("must not be shorter than {other_key}, {other}")));
    } else if let Some(found) = section.written(other_key) {
        section.reader.report(found.problem(format!("must not be longer than {key}, {time}")));
    }
}

fn database(section: Section<'_>) -> Database {
    let synchronous = [("normal", Synchronous::Normal), ("full", Synchronous::Full)];
    let database = Database {
        path: defaulted(section.path("path")),
        synchronous: defaulted(section.choice("synchronous", &synchronous)),
        retention: defaulted(section.duration("retention", HOUR..=365 * DAY)),
    };
    section.finish();
    database
}

fn audit(section: Section<'_>) -> Audit {
    let audit = Audit { before: defaulted(section.flag("before")) };
    section.finish();
    audit
}

fn plugins(section: Section<'_>) -> Plugins {
    let plugins = Plugins {
        paths: defaulted(section.paths("paths")),
        settle: defaulted(section.duration("settle", Duration::ZERO..=MINUTE)),
        cache: defaulted(section.path("cache")),
        versions: defaulted(section.path("versions")),
        lock: defaulted(section.path("lock")),
        locked: defaulted(section.flag("locked")),
        signatures: signatures(section.section("signatures")),
        python_runtime: section.path("python_runtime"),
        javascript_runtime: section.path("javascript_runtime"),
    };
    section.finish();
    plugins
}

fn signatures(section: Section<'_>) -> Signatures {
    let rules = [
        ("never", SignatureRule::Never),
        ("if-present", SignatureRule::IfPresent),
        ("always", SignatureRule::Always),
    ];
    let required = defaulted(section.choice("required", &rules));
    let rule = "belongs to no key; write [plugins.signatures.key.NAME] above it";
    let keys = named(&section.section("key"), "plugins.signatures.key.NAME", rule);
    if let (true, SignatureRule::Always, Some(found)) =
        (keys.is_empty(), required, section.written("required"))
    {
        let rule = "needs a key; write public_key = \"…\" under [plugins.signatures.key.NAME]";
        section.reader.report(found.problem(rule));
    }
    let keys = keys.into_iter().filter_map(|(name, own)| trusted_key(&name, own)).collect();
    section.finish();
    Signatures { required, keys }
}

fn trusted_key(name: &str, section: Section<'_>) -> Option<TrustedKey> {
    let key = section.key("public_key", |text| signature::Key::parse(name, text));
    if !section.has("public_key") {
        let rule = format!("is missing; write public_key = \"RW…\" under [{}]", section.path);
        section.reader.report(section.absent("public_key", &rule));
    }
    let plugins = section.names("plugins").unwrap_or_else(|| vec!["*".to_owned()]);
    section.finish();
    Some(TrustedKey { key: key?, plugins })
}

fn limits(section: Section<'_>) -> Limits {
    let limits = Limits {
        fuel: defaulted(section.integer_by_class("fuel", 1_000_000..=1_000_000_000_000_000)),
        deadline: defaulted(section.duration("deadline", millis(10)..=HOUR)),
        register_deadline: defaulted(
            section.duration("register_deadline", millis(100)..=10 * MINUTE),
        ),
        memory_bytes: defaulted(section.size_by_class("memory_bytes", MIB..=4 * GIB)),
        table_elements: defaulted(section.integer("table_elements", 100..=10_000_000)),
        instances: defaulted(section.integer("instances", 1..=1000)),
        host_calls: defaulted(section.integer("host_calls", 1..=1_000_000)),
        answer_bytes: defaulted(section.size("answer_bytes", KIB..=GIB)),
        log_line_bytes: defaulted(section.size("log_line_bytes", 80..=MIB)),
        log_bytes: defaulted(section.size("log_bytes", KIB..=64 * MIB)),
        log_bytes_per_second: defaulted(section.size("log_bytes_per_second", KIB..=GIB)),
        key_value_bytes: defaulted(section.size("key_value_bytes", 0..=10 * GIB)),
        site_calls_per_minute: defaulted(section.integer("site_calls_per_minute", 1..=1_000_000)),
        http_requests: defaulted(section.integer("http_requests", 0..=100_000)),
        http_connections: defaulted(section.integer("http_connections", 1..=256)),
        http_request_bytes: defaulted(section.size("http_request_bytes", 0..=GIB)),
        http_answer_bytes: defaulted(section.size("http_answer_bytes", 0..=GIB)),
        component_bytes: defaulted(section.size("component_bytes", KIB..=GIB)),
    };
    section.finish();
    limits
}

fn retry(section: Section<'_>) -> Retry {
    let retry = Retry {
        attempts: defaulted(section.integer("attempts", 1..=1000)),
        pause: defaulted(section.duration("pause", millis(10)..=HOUR)),
        pause_max: defaulted(section.duration("pause_max", millis(10)..=DAY)),
    };
    not_below(&section, ("pause_max", retry.pause_max), ("pause", retry.pause));
    section.finish();
    retry
}

fn breaker(section: Section<'_>) -> Breaker {
    let failures = defaulted(section.integer("failures", 0..=1_000_000));
    let breaker = Breaker {
        failures: (failures > 0).then_some(failures),
        pause: defaulted(section.duration("pause", millis(10)..=HOUR)),
        pause_max: defaulted(section.duration("pause_max", millis(10)..=DAY)),
    };
    not_below(&section, ("pause_max", breaker.pause_max), ("pause", breaker.pause));
    section.finish();
    breaker
}

fn storm_rounds(section: Section<'_>) -> Option<u32> {
    let rounds = defaulted(section.integer("rounds", 0..=1000));
    section.finish();
    (rounds > 0).then_some(rounds)
}

fn record(section: Section<'_>) -> Record {
    let deliveries = [
        ("none", RecordedDeliveries::None),
        ("failed", RecordedDeliveries::Failed),
        ("all", RecordedDeliveries::All),
    ];
    let record = Record {
        deliveries: defaulted(section.choice("deliveries", &deliveries)),
        directory: defaulted(section.path("directory")),
        keep: defaulted(section.integer("keep", 1..=100_000)),
        bytes: defaulted(section.size("bytes", KIB..=256 * MIB)),
    };
    section.finish();
    record
}

/// What holds for every plugin that does not say otherwise.
struct Shared<'t> {
    record: Vec<Layer<'t>>,
    limits: Vec<Layer<'t>>,
    retry: Vec<Layer<'t>>,
    breaker: Vec<Layer<'t>>,
}

/// A section whose keys are taken from others where it lacks them; those report their own mistakes.
fn over<'t>(mut section: Section<'t>, others: &[Layer<'t>]) -> Section<'t> {
    section.layers.extend(others.iter().map(|layer| Layer { own: false, ..*layer }));
    section
}

/// The tables under names that the user chose, each as a section. `shape` is the path with a word in the name's place.
fn named<'t>(section: &Section<'t>, shape: &str, rule: &str) -> Vec<(String, Section<'t>)> {
    let mut sections = Vec::new();
    for layer in &section.layers {
        for (name, value) in layer.table {
            let path = join(&section.path, name.get_ref());
            let Some(table) = value.get_ref().as_table() else {
                let found = Found { document: layer.document, value, key: path };
                section.reader.report(found.secret_problem(rule));
                continue;
            };
            let layers = vec![Layer { table, ..*layer }];
            let own = Section::new(section.reader, &path, shape, layers);
            sections.push((name.get_ref().to_string(), own));
        }
    }
    sections
}

fn by_plugin<'t>(section: Section<'t>, shared: &Shared<'t>) -> BTreeMap<String, Plugin> {
    let rule = "belongs to no plugin; write [plugin.NAME] above it";
    let mut places = BTreeMap::new();
    let mut plugins = BTreeMap::new();
    for (name, own) in named(&section, "plugin.NAME", rule) {
        places.insert(name.clone(), own.found("after").next());
        plugins.insert(name, plugin(own, shared));
    }
    let order = plugins.iter().map(|(name, plugin)| (name.as_str(), names(&plugin.after)));
    let order = order.collect();
    if let Some(cycle) = order::cycle(&order)
        && let Some(Some(found)) = places.get(cycle[0])
    {
        let way = cycle.join("` after `");
        section.reader.report(found.problem(format!("makes a circle: `{way}`")));
    }
    plugins
}

fn names(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

const ON_ERROR: [(&str, OnError); 3] = [
    ("deactivate", OnError::Deactivate),
    ("continue", OnError::Continue),
    ("dead-letter", OnError::DeadLetter),
];

const SUDO: [(&str, bool); 2] = [("never", false), ("event-user", true)];

fn plugin<'t>(section: Section<'t>, shared: &Shared<'t>) -> Plugin {
    let instance = [("kept", InstanceLife::Kept), ("per-event", InstanceLife::PerEvent)];
    let own_retry = over(section.section("retry"), &shared.retry);
    let retry_layers = own_retry.layers.clone();
    let unmentioned = Plugin::unmentioned(
        limits(over(section.section("limits"), &shared.limits)),
        retry(own_retry),
        breaker(over(section.section("breaker"), &shared.breaker)),
        record(over(section.section("record"), &shared.record)),
    );
    let rule = "belongs to no callback; write [plugin.NAME.callback.CALLBACK] above it";
    let callbacks = named(&section.section("callback"), "plugin.NAME.callback.CALLBACK", rule);
    let callback = |(name, own)| (name, callback(own, &retry_layers));
    let secrets = section.section("secrets").secrets();
    let plugin = Plugin {
        enabled: section.flag("enabled").unwrap_or(unmentioned.enabled),
        on_error: section.choice("on_error", &ON_ERROR).unwrap_or(unmentioned.on_error),
        callbacks: callbacks.into_iter().map(callback).collect(),
        instance: section.choice("instance", &instance).unwrap_or(unmentioned.instance),
        parallel: section.integer("parallel", 1..=64).unwrap_or(unmentioned.parallel),
        after: section.names("after").unwrap_or_default(),
        shadow: section.flag("shadow").unwrap_or(unmentioned.shadow),
        script: script(&section, false),
        sudo: section.choice("sudo", &SUDO).unwrap_or(unmentioned.sudo),
        settings: section.section("settings").settings(),
        grants: grants(section.section("grant"), &secrets),
        secrets,
        ..unmentioned
    };
    section.finish();
    plugin
}

fn callback<'t>(section: Section<'t>, plugin_retry: &[Layer<'t>]) -> Callback {
    let callback = Callback {
        on_error: section.choice("on_error", &ON_ERROR),
        retry: retry(over(section.section("retry"), plugin_retry)),
        coalesce: section.duration("coalesce", Duration::ZERO..=HOUR),
    };
    section.finish();
    callback
}

fn grants(section: Section<'_>, secrets: &BTreeMap<String, Secret>) -> Grants {
    let grants = Grants {
        shotgun: section.grants("shotgun").unwrap_or_default().into(),
        http: section.http(secrets),
    };
    section.finish();
    grants
}

fn log(section: Section<'_>) -> Log {
    let formats = [("human", LogFormat::Human), ("json", LogFormat::Json)];
    let modes = [("one", LogMode::One), ("per-plugin", LogMode::PerPlugin)];
    let log = Log {
        level: defaulted(section.log_filter("level")),
        format: defaulted(section.choice("format", &formats)),
        directory: section.path("directory"),
        mode: defaulted(section.choice("mode", &modes)),
        keep: defaulted(section.integer("keep", 1..=3650)),
        timing: defaulted(section.flag("timing")),
    };
    for (key, needs) in [("timing", log.timing), ("mode", log.mode == LogMode::PerPlugin)] {
        if let (true, None, Some(found)) =
            (needs && !section.has("directory"), &log.directory, section.found(key).next())
        {
            section
                .reader
                .report(found.problem("needs a folder; write directory = \"logs\" under [log]"));
        }
    }
    section.finish();
    log
}
