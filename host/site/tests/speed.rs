//! How fast the site is, over the loopback interface. Prints figures; run it in release mode:
//! `cargo test --release -p site --test speed -- --ignored --nocapture`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use site::crew::Studio;
use site::model::{EventDraft, Model, Now, Schema};
use site::{Scene, Site, seed};

/// Events that are paged through, 500 at a time.
const EVENTS: usize = 1_000_000;
/// Pages that are read, and creates that are made, by each number of connections.
const CALLS: usize = 2_000;
/// Shots in the batch that makes rows.
const BATCH: usize = 20_000;
/// Shots, and as many Tasks, that filters look at.
const ROWS: u64 = 100_000;
/// How often each filter is asked, for the median.
const ASKED: usize = 21;

#[test]
#[ignore = "prints figures, and proves nothing in a debug build"]
fn figures() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts: Vec::new() };
    let begin = Instant::now();
    let (site, production) =
        runtime.block_on(Site::with_production(&options)).expect("a site starts");
    report(&format!("start with the seed's production: {:.1} ms", milliseconds(begin)));
    let auth = json!({"script_name": "cuebox", "script_key": production.key("cuebox")});
    let bench = Bench { site, auth, project: production.roster.project };
    // First, while no memory that was freed can be used again.
    memory_of_entities();
    bench.creates();
    bench.batch();
    bench.grow();
    bench.filters();
    bench.pages();
    bench.long_reads();
    scenes();
}

/// A running site, and who asks it.
struct Bench {
    site: Site,
    auth: Value,
    project: Value,
}

impl Bench {
    fn client(&self) -> Client {
        Client::new(self.site.address())
    }

    fn creates(&self) {
        for connections in [1, 8] {
            let seconds = self.together(connections, |client, number| {
                let fields = listed(&self.shot(number));
                client.call("create", json!([self.auth, {"type": "Shot", "fields": fields}]));
            });
            let rate = CALLS as f64 / seconds;
            report(&format!(
                "creates over {connections} connections: {rate:.0}/s, each with its events"
            ));
        }
    }

    fn batch(&self) {
        let requests: Vec<Value> = (0..BATCH)
            .map(|number| {
                json!({"request_type": "create", "type": "Shot", "fields": listed(&self.shot(number))})
            })
            .collect();
        let begin = Instant::now();
        self.client().call("batch", json!([self.auth, requests]));
        report(&format!("a batch of {BATCH} creates: {:.0} ms", milliseconds(begin)));
    }

    fn shot(&self, number: usize) -> Value {
        json!({"project": self.project, "code": format!("SPEED_{number}"), "sg_cut_in": number})
    }

    /// Adds Shots and Tasks to what the site holds.
    fn grow(&self) {
        self.site.with_model(|model| grow(model, &self.project, ROWS));
    }

    fn filters(&self) {
        let project = json!(["project", "is", self.project]);
        let statuses = json!(["sg_status_list", "in", "ip", "fin"]);
        let client = &mut self.client();
        for (what, entity_type, conditions) in [
            (
                "three deep conditions",
                "Shot",
                json!([["sg_sequence.Sequence.code", "is", "GROW_0042"], project, statuses]),
            ),
            (
                "three deeper conditions",
                "Task",
                json!([
                    ["entity.Shot.sg_sequence.Sequence.code", "is", "GROW_0042"],
                    project,
                    statuses
                ]),
            ),
            (
                "three deep conditions that no index helps",
                "Task",
                json!([
                    ["entity.Shot.description", "contains", "Pier 9"],
                    ["project.Project.name", "contains", "harbour"],
                    ["sg_status_list", "is_not", "wtg"]
                ]),
            ),
            (
                "the Tasks of a Shot",
                "Task",
                json!([["entity", "is", {"type": "Shot", "id": ROWS / 2}]]),
            ),
        ] {
            let read = json!([self.auth, {"type": entity_type, "return_fields": ["cached_display_name", "sg_status_list"],
                "filters": group(&conditions), "return_paging_info": true,
                "paging": {"entities_per_page": 500, "current_page": 1}}]);
            let (median, slowest) = asked(client, "read", &read);
            report(&format!(
                "{what} over {ROWS} {entity_type}s: {median:.1} ms, at most {slowest:.1} ms"
            ));
        }
        let summarize = json!([self.auth, {"type": "Task", "filters": group(&json!([project])),
            "summaries": [{"field": "id", "type": "count"}], "grouping": [{"field": "sg_status_list", "type": "exact"}]}]);
        let (median, slowest) = asked(client, "summarize", &summarize);
        report(&format!("{ROWS} Tasks by status: {median:.1} ms, at most {slowest:.1} ms"));
    }

    fn pages(&self) {
        let before = resident_bytes();
        let first = self.site.with_model(|model| {
            let first = model.newest_event_id();
            model.append_events(EVENTS, &draft(), Now(1_775_000_000_000));
            first
        });
        let bytes = resident_bytes().saturating_sub(before);
        report(&format!("memory: {:.0} MB for a million events", bytes as f64 / EVENTS as f64));
        for connections in [1, 2, 8] {
            let seconds = self.together(connections, |client, number| {
                let after = first + (number * 500 % EVENTS) as u64;
                let body = client.call("read", self.page(after));
                // Ids only: what a client does with the rest is its own business.
                assert!(body.contains(&format!("\"id\":{}", after + 500)), "the page is whole");
            });
            let rate = CALLS as f64 / seconds;
            let entries = rate * 500.0;
            report(&format!(
                "500-entry pages over {connections} connections: {rate:.0} pages/s, {entries:.0} entries/s"
            ));
        }
    }

    fn page(&self, after: u64) -> Value {
        json!([self.auth, {"type": "EventLogEntry", "return_only": "active",
            "return_fields": ["id", "event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"],
            "filters": group(&json!([["id", "greater_than", after]])),
            "paging": {"entities_per_page": 500, "current_page": 1}, "sorts": [{"field_name": "id", "direction": "asc"}]}])
    }

    /// What a page takes while somebody else counts the whole event log.
    fn long_reads(&self) {
        let count = json!([self.auth, {"type": "EventLogEntry", "filters": group(&json!([])),
            "summaries": [{"field": "id", "type": "count"}], "grouping": [{"field": "event_type", "type": "exact"}]}]);
        let (median, _) = asked(&mut self.client(), "summarize", &count);
        report(&format!("counting {EVENTS} events by type: {median:.0} ms"));
        std::thread::scope(|scope| {
            let counting = scope.spawn(|| asked(&mut self.client(), "summarize", &count));
            let client = &mut self.client();
            let mut taken = Vec::new();
            while !counting.is_finished() {
                let begin = Instant::now();
                client.call("read", self.page(0));
                taken.push(milliseconds(begin));
            }
            taken.sort_by(f64::total_cmp);
            report(&format!(
                "500-entry pages meanwhile: {:.1} ms, at most {:.1} ms",
                taken[taken.len() / 2],
                taken[taken.len() - 1]
            ));
        });
    }

    /// Makes the calls over so many connections at once, and says how many seconds that took.
    fn together(&self, connections: usize, call: impl Fn(&mut Client, usize) + Sync) -> f64 {
        let begin = Instant::now();
        std::thread::scope(|scope| {
            for connection in 0..connections {
                let call = &call;
                scope.spawn(move || {
                    let mut client = self.client();
                    (connection..CALLS)
                        .step_by(connections)
                        .for_each(|number| call(&mut client, number));
                });
            }
        });
        begin.elapsed().as_secs_f64()
    }
}

/// What it takes to plant each scene, to let a studio work there for a day, and to write all of it down.
fn scenes() {
    let monday = Now(1_772_409_600_000);
    for scene in Scene::ALL {
        let mut model = Model::new(Schema::production());
        let options = seed::Options { seed: 1, now: monday, scripts: Vec::new() };
        let begin = Instant::now();
        let production =
            seed::plant_scene(&mut model, scene, &options).expect("the scene fits its schema");
        let planted = milliseconds(begin);
        let types = model.schema().type_names().filter(|name| *name != "EventLogEntry");
        let records: usize = types.map(|name| model.entity_count(name)).sum();
        report(&format!(
            "scene {}: {records} records, {} events in {planted:.0} ms",
            scene.name(),
            model.event_count()
        ));
        let mut studio = Studio::new(1, production.roster);
        studio.next(monday);
        let begin = Instant::now();
        let mut writes = 0;
        while let Some((at, write)) = studio.next(monday.plus(Duration::from_secs(86_400))) {
            // The night's script has a name and no key here.
            match model.rpc(&write.request, at) {
                Ok(answer) => studio.remember(&write, &answer.results()),
                Err(_) => studio.refused(&write),
            }
            writes += 1;
        }
        report(&format!(
            "a studio's Monday there: {writes} writes in {:.0} ms",
            milliseconds(begin)
        ));
        let begin = Instant::now();
        let snapshot = model.to_snapshot();
        report(&format!(
            "its snapshot: {:.1} MB in {:.0} ms",
            snapshot.len() as f64 / 1e6,
            milliseconds(begin)
        ));
    }
}

/// What entities take, on a site of its own.
fn memory_of_entities() {
    let mut model = Model::new(Schema::production());
    let project = model
        .seed_entity("Project", json!({"name": "Grown"}).as_object().expect("fields"))
        .expect("a project");
    let before = resident_bytes();
    let begin = Instant::now();
    grow(&mut model, &json!({"type": "Project", "id": project.id}), ROWS);
    let count = 2.0 * ROWS as f64;
    report(&format!("seeding {count} records: {:.0} ms", milliseconds(begin)));
    let bytes = resident_bytes().saturating_sub(before);
    report(&format!("memory: {:.0} MB for a million entities", bytes as f64 / count));
}

/// Adds a Sequence for each thousand, Shots, and a Task on each.
fn grow(model: &mut Model, project: &Value, count: u64) {
    let mut add = |entity_type: &str, fields: Value| {
        model
            .seed_entity(entity_type, fields.as_object().expect("fields"))
            .expect("valid fields")
            .id
    };
    let sequences: Vec<_> = (0..100)
        .map(|number| {
            add("Sequence", json!({"code": format!("GROW_{number:04}"), "project": project}))
        })
        .collect();
    let statuses = ["wtg", "ip", "rev", "fin"];
    for number in 0..count {
        let sequence = json!({"type": "Sequence", "id": sequences[(number % 100) as usize]});
        let status = statuses[(number % 7 % 4) as usize];
        let shot = json!({"code": format!("GROW_{number:06}"), "project": project, "sg_sequence": sequence,
            "sg_status_list": status, "sg_cut_in": number, "description": format!("At the end of pier {}", number % 100)});
        let shot = json!({"type": "Shot", "id": add("Shot", shot)});
        let task = json!({"content": "Anim", "project": project, "entity": shot,
            "sg_status_list": status, "due_date": "2026-02-03"});
        add("Task", task);
    }
}

fn draft() -> EventDraft {
    let link = |entity_type: &str| Some(site::model::EntityLink::new(entity_type, 1));
    EventDraft {
        attribute_name: Some("sg_status_list".to_owned()),
        meta: json!({"type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Task",
            "entity_id": 1, "field_data_type": "status_list", "old_value": "wtg", "new_value": "ip"}),
        entity: link("Task"),
        project: link("Project"),
        user: link("HumanUser"),
        ..EventDraft::new("Shotgun_Task_Change")
    }
}

/// Triples that must all hold, as the wire words them.
fn group(triples: &Value) -> Value {
    let conditions = triples.as_array().expect("a list").iter().map(|triple| {
        let values = &triple.as_array().expect("a triple")[2..];
        json!({"path": triple[0], "relation": triple[1], "values": values})
    });
    json!({"logical_operator": "and", "conditions": conditions.collect::<Vec<_>>()})
}

/// The wire's list of names and values.
fn listed(fields: &Value) -> Value {
    let fields = fields.as_object().expect("an object");
    fields.iter().map(|(name, value)| json!({"field_name": name, "value": value})).collect()
}

/// The median and the most that a call takes, in milliseconds.
fn asked(client: &mut Client, method: &str, params: &Value) -> (f64, f64) {
    let mut taken: Vec<_> = (0..ASKED)
        .map(|_| {
            let begin = Instant::now();
            client.call(method, params.clone());
            milliseconds(begin)
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    (taken[ASKED / 2], taken[ASKED - 1])
}

fn milliseconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e3
}

/// What this process holds in memory.
fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

fn report(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody reads the figures");
}

/// A client of one connection that does as little as it can.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    chunk: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the site listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket has a timeout");
        Self { stream, buffer: Vec::new(), chunk: vec![0; 1 << 18] }
    }

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
        let refused = body.starts_with("{\"error_code\"") || body.starts_with("{\"exception\"");
        assert!(!refused, "{method}: {body}");
        body
    }

    fn fill(&mut self) {
        let count = self.stream.read(&mut self.chunk).expect("the site answers");
        assert!(count > 0, "the site closed the connection");
        self.buffer.extend_from_slice(&self.chunk[..count]);
    }
}
