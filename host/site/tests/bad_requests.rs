//! Requests that nobody in their right mind sends: the corpus of what the official client sends, spoilt in every way. The fuzz
//! target in `tests/fuzz` begins with the same corpus and goes on for as long as it is let.

#[path = "../../../tests/fuzz/bench.rs"]
mod bench;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use bench::{Bench, Fed};
use serde_json::{Value, json};

/// How many spoilt bodies are tried, beside the spoilt values.
const BODIES: usize = 12_000;
/// After so many bodies the site begins anew, so that one which fails can be tried again by itself.
const BODIES_PER_SITE: usize = 200;

/// The corpus: the name and text of each request.
fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/request");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let read = |path: &Path| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("the corpus is text"))
    };
    files.iter().map(|path| read(path)).collect()
}

/// Tries a body; if the site fails, says with which.
fn feed(bench: &mut Bench, body: &[u8], origin: &dyn std::fmt::Display) -> Fed {
    catch_unwind(AssertUnwindSafe(|| bench.feed(body))).unwrap_or_else(|panic| {
        report(&format!("{origin} broke the site:\n{}", String::from_utf8_lossy(body)));
        resume_unwind(panic)
    })
}

#[expect(clippy::print_stderr, reason = "shown with the failure of a test")]
fn report(text: &str) {
    eprintln!("{text}");
}

#[test]
fn what_the_client_sends_is_understood() {
    let corpus = corpus();
    assert!(corpus.len() > 100, "the corpus has only {} requests", corpus.len());
    for (name, text) in &corpus {
        let fed = feed(&mut Bench::new(), text.as_bytes(), name);
        assert_ne!(fed, Fed::Unreadable, "{name} is no request: {text}");
    }
}

/// Every value of every parameter of every request, in turn left out and replaced by each of these.
#[test]
fn a_value_that_is_wrong_is_refused_or_taken() {
    let wrong = wrong_values();
    let (mut refused, mut taken) = (0, 0);
    for (name, text) in corpus() {
        let mut bench = Bench::new();
        let request: Value = serde_json::from_str(&text).expect("the corpus is JSON");
        for pointer in pointers(&request) {
            let mut spoilt: Vec<Value> =
                wrong.iter().map(|value| replaced(&request, &pointer, value)).collect();
            spoilt.extend(without(&request, &pointer));
            for request in spoilt {
                let origin = format!("{name}, with {pointer} spoilt,");
                match feed(&mut bench, request.to_string().as_bytes(), &origin) {
                    Fed::Refused | Fed::Unreadable => refused += 1,
                    Fed::Answered | Fed::Written => taken += 1,
                }
            }
        }
    }
    assert!(refused > 10_000 && taken > 1_000, "{refused} were refused, {taken} taken");
}

/// Bodies whose bytes were cut, doubled, swapped and overwritten, by chance.
#[test]
fn a_body_that_is_spoilt_breaks_nothing() {
    let seed = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let corpus = corpus();
    let mut chance = Chance(seed);
    let mut bench = Bench::new();
    let mut readable = 0;
    for number in 0..BODIES {
        if number % BODIES_PER_SITE == 0 {
            bench = Bench::new();
        }
        let mut body = chance.pick(&corpus).1.clone().into_bytes();
        for _ in 0..=chance.below(4) {
            spoil(&mut body, &corpus, &mut chance);
        }
        let origin = format!("body {number} of FUZZ_SEED={seed}");
        readable += usize::from(feed(&mut bench, &body, &origin) != Fed::Unreadable);
    }
    assert!(readable > BODIES / 20, "only {readable} of {BODIES} were requests at all");
}

/// Nesting is bounded where text becomes values, and again where groups of conditions are read.
#[test]
fn depth_is_no_way_to_break_it() {
    let mut bench = Bench::new();
    for depth in [10, 100, 120, 130, 1_000, 1_000_000] {
        for (open, close) in
            [("[", "]"), ("{\"conditions\":[", "],\"logical_operator\":\"and\"}"), ("{\"a\":", "}")]
        {
            let filters = format!("{}{}", open.repeat(depth), close.repeat(depth));
            let request = format!(
                r#"{{"method_name":"read","params":[{{"script_name":"fuzz","script_key":"fuzz"}},
                {{"type":"Shot","filters":{filters},"paging":{{"entities_per_page":1,"current_page":1}}}}]}}"#
            );
            let fed = feed(&mut bench, request.as_bytes(), &format!("{open:?} {depth} deep"));
            assert!(depth < 130 || fed == Fed::Unreadable, "{open:?} {depth} deep was {fed:?}");
            feed(&mut bench, filters.as_bytes(), &format!("a body of {open:?} {depth} deep"));
        }
    }
}

/// A large value comes back in no refusal, and a large number of values takes no time that anybody would notice.
#[test]
fn size_is_no_way_to_break_it() {
    let mut bench = Bench::new();
    let auth = json!({"script_name": "fuzz", "script_key": "fuzz"});
    let long = "x".repeat(5_000_000);
    let paging = json!({"entities_per_page": 500, "current_page": 1});
    let condition = json!({"path": "code", "relation": "is", "values": ["x"]});
    let ids: Vec<u64> = (0..500_000).collect();
    for parameters in [
        json!({"type": long}),
        json!({"type": "Shot", "paging": paging, "return_fields": [long]}),
        json!({"type": "Shot", "paging": paging, "return_fields": vec!["code"; 100_000]}),
        json!({"type": "Shot", "paging": long}),
        json!({"type": "Shot", "paging": paging, "filters": {"logical_operator": long, "conditions": []}}),
        json!({"type": "Shot", "paging": paging, "sorts": [{"field_name": long, "direction": long}]}),
        json!({"type": "Shot", "paging": paging, "filters": {"logical_operator": "and", "conditions": vec![condition; 100_000]}}),
        json!({"type": "Shot", "paging": paging, "filters":
            {"logical_operator": "and", "conditions": [{"path": "id", "relation": "in", "values": ids}]}}),
        json!({"type": "Shot", "paging": paging, "filters":
            {"logical_operator": "and", "conditions": [{"path": "code", "relation": long, "values": [long]}]}}),
    ] {
        let body = json!({"method_name": "read", "params": [auth, parameters]}).to_string();
        let origin = format!("a read of {} bytes", body.len());
        catch_unwind(AssertUnwindSafe(|| bench.feed(body.as_bytes()))).unwrap_or_else(|panic| {
            report(&format!("{origin} broke the site: {}", &body[..300]));
            resume_unwind(panic)
        });
    }
}

fn wrong_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(""),
        json!("x"),
        json!("id"),
        json!("Shot"),
        json!("project.Project.id"),
        json!("9999-12-31T23:59:59Z"),
        json!("-0001-01-01"),
        json!("\u{0}\u{1F3EE}\\\"<"),
        json!("y".repeat(9_000)),
        json!([]),
        json!([null]),
        json!([[["x"]]]),
        json!([1, "HOUR"]),
        json!([i64::MAX, "YEAR"]),
        json!({}),
        json!({"type": "Shot"}),
        json!({"type": "Shot", "id": 1}),
        json!({"type": "EventLogEntry", "id": u64::MAX}),
        json!({"type": "Nope", "id": 1}),
    ]
}

/// Where the values of a request are. Of the credentials, only as a whole: who asks is tried elsewhere.
fn pointers(request: &Value) -> Vec<String> {
    fn walk(value: &Value, here: &str, found: &mut Vec<String>) {
        found.push(here.to_owned());
        if here == "/params/0" {
            return;
        }
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(key, part)| walk(part, &format!("{here}/{key}"), found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, part)| walk(part, &format!("{here}/{index}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(request, "", &mut found);
    // Keys with a dot are paths to fields; with a slash there are none.
    found.retain(|pointer| request.pointer(pointer).is_some());
    found
}

fn replaced(request: &Value, pointer: &str, value: &Value) -> Value {
    let mut request = request.clone();
    *request.pointer_mut(pointer).expect("the pointer is one of the request's") = value.clone();
    request
}

fn without(request: &Value, pointer: &str) -> Option<Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let mut request = request.clone();
    match request.pointer_mut(parent)? {
        Value::Object(fields) => drop(fields.remove(key)),
        Value::Array(items) => drop(items.remove(key.parse().ok()?)),
        _ => return None,
    }
    Some(request)
}

/// Spoils a body in one place.
fn spoil(body: &mut Vec<u8>, corpus: &[(String, String)], chance: &mut Chance) {
    let len = body.len();
    if len < 2 {
        return;
    }
    let (from, to) = {
        let (a, b) = (chance.below(len), chance.below(len));
        (a.min(b), a.max(b))
    };
    match chance.below(8) {
        0 => body.truncate(from),
        1 => body[from] = chance.next() as u8,
        2 => body[from] ^= 1 << chance.below(8),
        3 => drop(body.drain(from..to.min(from + 20))),
        4 => {
            let doubled = body[from..to].to_vec();
            body.splice(from..from, doubled);
        }
        5 => {
            let other = chance.pick(corpus).1.as_bytes();
            let end = other.len() - 1;
            let part = other[chance.below(end)..end].to_vec();
            body.splice(from..to, part);
        }
        // What keeps it a request: digits grow, and words take each other's place.
        6 => {
            let digits: Vec<usize> =
                (0..len).filter(|index| body[*index].is_ascii_digit()).collect();
            if !digits.is_empty() {
                let place = *chance.pick(&digits);
                body.splice(place..place, std::iter::repeat_n(b'9', chance.below(30)));
            }
        }
        _ => {
            let words = words(body);
            if words.len() > 1 {
                let (one, other) = (chance.pick(&words).clone(), chance.pick(&words).clone());
                let word = body[other].to_vec();
                body.splice(one, word);
            }
        }
    }
}

/// The places of the texts in quotes.
fn words(body: &[u8]) -> Vec<std::ops::Range<usize>> {
    let quotes: Vec<usize> = (0..body.len()).filter(|index| body[*index] == b'"').collect();
    quotes.chunks_exact(2).map(|pair| pair[0]..pair[1] + 1).collect()
}

/// Splitmix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
