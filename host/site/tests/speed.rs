//! How fast the site is, over the loopback interface and one connection. Prints figures; run it in release mode:
//! `cargo test --release -p site --test speed -- --ignored --nocapture`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use site::model::{EventDraft, Now};
use site::{Site, seed};

/// Events that are paged through, 500 at a time.
const EVENTS: usize = 200_000;
/// Shots that are created, one call each.
const CREATES: u32 = 2_000;
/// Shots in the batch that makes the rows for the filter.
const ROWS: usize = 20_000;

#[test]
#[ignore = "prints figures, and proves nothing in a debug build"]
fn figures() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts: Vec::new() };
    let begin = Instant::now();
    let (site, production) =
        runtime.block_on(Site::with_production(&options)).expect("a site starts");
    report(&format!(
        "start with the seed's production: {:.1} ms",
        begin.elapsed().as_secs_f64() * 1e3
    ));
    let auth = json!({"script_name": "cuebox", "script_key": production.key("cuebox")});
    let mut client = Client {
        stream: TcpStream::connect(site.address()).expect("the site listens"),
        buffer: Vec::new(),
    };
    pages(&mut client, &auth, &site);
    creates(&mut client, &auth, &production.roster.project);
    filter(&mut client, &auth, &production.roster.project);
}

fn creates(client: &mut Client, auth: &Value, project: &Value) {
    let begin = Instant::now();
    for number in 0..CREATES {
        let fields = shot(project, number as usize);
        client.call(
            "create",
            json!([auth, {"type": "Shot", "fields": fields, "return_fields": ["id"]}]),
        );
    }
    let seconds = begin.elapsed().as_secs_f64();
    report(&format!("creates: {:.0}/s, each with its events", f64::from(CREATES) / seconds));
}

fn filter(client: &mut Client, auth: &Value, project: &Value) {
    let requests: Vec<Value> = (0..ROWS)
        .map(|number| json!({"request_type": "create", "type": "Shot", "fields": shot(project, number), "return_fields": ["id"]}))
        .collect();
    let begin = Instant::now();
    client.call("batch", json!([auth, requests]));
    report(&format!("a batch of {ROWS} creates: {:.0} ms", begin.elapsed().as_secs_f64() * 1e3));
    let conditions = json!([
        {"path": "project.Project.name", "relation": "is", "values": ["Lantern Harbour"]},
        {"path": "created_by.ApiUser.firstname", "relation": "is", "values": ["cuebox"]},
        {"path": "sg_cut_in", "relation": "greater_than", "values": [ROWS - 10]},
    ]);
    let read = json!([auth, {"type": "Shot", "return_fields": ["code"], "return_only": "active",
        "filters": {"logical_operator": "and", "conditions": conditions},
        "paging": {"entities_per_page": 500, "current_page": 1}}]);
    let begin = Instant::now();
    client.call("read", read);
    report(&format!(
        "three deep conditions over {ROWS} shots: {:.1} ms",
        begin.elapsed().as_secs_f64() * 1e3
    ));
}

fn pages(client: &mut Client, auth: &Value, site: &Site) {
    let before = resident_bytes();
    let mut after = site.with_model(|model| {
        let mut draft = EventDraft::new("Shotgun_Task_Change");
        draft.attribute_name = Some("sg_status_list".to_owned());
        draft.meta = json!({"type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Task",
            "entity_id": 1, "field_data_type": "status_list", "old_value": "wtg", "new_value": "ip"});
        let link = |entity_type: &str| Some(site::model::EntityLink::new(entity_type, 1));
        (draft.entity, draft.project, draft.user) = (link("Task"), link("Project"), link("HumanUser"));
        let newest = model.newest_event_id();
        model.append_events(EVENTS, &draft, Now(1_775_000_000_000));
        newest
    });
    if let (Some(before), Some(now)) = (before, resident_bytes()) {
        report(&format!(
            "memory: {:.0} bytes an event",
            now.saturating_sub(before) as f64 / EVENTS as f64
        ));
    }
    let (begin, mut seen, mut bytes) = (Instant::now(), 0_usize, 0_usize);
    let mut inside = Duration::ZERO;
    while seen < EVENTS {
        let params = json!([auth, {"type": "EventLogEntry", "return_only": "active",
            "return_fields": ["id", "event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"],
            "filters": {"logical_operator": "and", "conditions": [{"path": "id", "relation": "greater_than", "values": [after]}]},
            "paging": {"entities_per_page": 500, "current_page": 1}, "sorts": [{"field_name": "id", "direction": "asc"}]}]);
        let body = client.call("read", params);
        let parsing = Instant::now();
        // Ids only: what the client does with the rest is its own business.
        let rows = body.matches("\"type\":\"EventLogEntry\"").count();
        assert!(rows > 0, "{body}");
        (seen, after, bytes) = (seen + rows, after + 500, bytes + body.len());
        inside += parsing.elapsed();
    }
    let seconds = (begin.elapsed() - inside).as_secs_f64();
    report(&format!(
        "500-entry pages: {:.0} pages/s, {:.0} entries/s, {:.0} MB/s",
        seen as f64 / 500.0 / seconds,
        seen as f64 / seconds,
        bytes as f64 / 1e6 / seconds
    ));
}

fn shot(project: &Value, number: usize) -> Value {
    json!([{"field_name": "project", "value": project}, {"field_name": "code", "value": format!("SPEED_{number}")},
        {"field_name": "sg_cut_in", "value": number}])
}

/// What this process holds in memory, where the system says so.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kilobytes.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

fn report(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody reads the figures");
}

/// A client of one connection that does as little as it can.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn call(&mut self, method: &str, params: Value) -> String {
        let body = json!({"method_name": method, "params": params}).to_string();
        let request = format!(
            "POST /api3/json HTTP/1.1\r\nhost: site\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).expect("the site takes the request");
        let head_end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.fill();
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).to_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .expect("answers say how long they are");
        while self.buffer.len() < head_end + length {
            self.fill();
        }
        let body = String::from_utf8(self.buffer[head_end..head_end + length].to_vec())
            .expect("a body is text");
        self.buffer.clear();
        assert!(
            !body.starts_with("{\"error_code\"") && !body.contains("\"exception\":true"),
            "{method}: {body}"
        );
        body
    }

    fn fill(&mut self) {
        let mut chunk = vec![0; 1 << 18];
        let count = self.stream.read(&mut chunk).expect("the site answers");
        assert!(count > 0, "the site closed the connection");
        self.buffer.extend_from_slice(&chunk[..count]);
    }
}
