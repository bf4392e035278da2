use runtime::HttpRequest;

use super::Requests;
use crate::authoring::case::{Case, Names};
use crate::authoring::writes::Compared;

const CASE: &str = r#"
about = "a"

[[event]]
create = "Version"

[[http]]
request = "POST https://hooks.example.com/a"
headers = { X-Kind = "chat" }
json = { text = "@any", count = 2 }
answer = { status = 429, headers = { retry-after = "7" }, json = { ok = false } }

[[http]]
request = "POST https://hooks.example.com/a"
headers = { X-Kind = "chat" }
json = { text = "done", count = 2 }

[[http]]
request = "GET https://hooks.example.com/b?c"
answer = { lost = true }
"#;

fn request(method: &str, url: &str, kind: &str, body: &str) -> HttpRequest {
    let headers =
        vec![("x-kind".to_owned(), kind.to_owned()), ("accept".to_owned(), "*".to_owned())];
    let (method, url) = (method.to_owned(), url.to_owned());
    HttpRequest { method, url, headers, body: body.as_bytes().to_vec() }
}

/// Requests one after the other; the statuses they got, and what is compared at the end.
fn asked(requests: &[HttpRequest]) -> (Vec<Option<u16>>, Vec<Compared>) {
    let (mut script, names) = (Requests::new(&Case::parse(CASE).unwrap().http), Names::new());
    let answers = requests.iter().map(|request| script.answer(request, &names));
    let statuses = answers.map(|answer| answer.map(|answer| answer.status)).collect();
    (statuses, script.compared(&names))
}

#[test]
fn each_request_is_answered_once_by_the_first_that_it_fits() {
    let url = "https://hooks.example.com/a";
    let done = request("POST", url, "chat", r#"{"count": 2.0, "text": "done"}"#);
    let other = request("POST", url, "chat", r#"{"count": 2, "text": "else"}"#);
    let got = request("GET", "https://hooks.example.com/b?c", "x", "");
    let (statuses, compared) = asked(&[other.clone(), done.clone(), got.clone()]);
    assert_eq!(statuses, [Some(429), Some(200), None]);
    assert!(compared.iter().all(|line| matches!(line, Compared::Same(_))), "{compared:?}");
    // The first of two that fit is taken, in whatever order they come; what then fits none is too much.
    let (statuses, compared) = asked(&[done.clone(), done, other]);
    assert_eq!(statuses, [Some(429), Some(200), None]);
    let missing = Compared::Missing("GET https://hooks.example.com/b?c".to_owned());
    let extra = r#"POST https://hooks.example.com/a  x-kind: chat  {"count":2,"text":"else"}"#;
    assert_eq!(compared[2..], [Compared::Extra(extra.to_owned()), missing]);
}

#[test]
fn what_differs_in_anything_that_is_said_fits_not() {
    let url = "https://hooks.example.com/a";
    let body = r#"{"count":2,"text":""}"#;
    for request in [
        request("PUT", url, "chat", body),
        request("POST", "https://hooks.example.com/a/", "chat", body),
        request("POST", url, "other", body),
        request("POST", url, "chat", r#"{"count":3,"text":""}"#),
        request("POST", url, "chat", r#"{"count":2,"text":"","more":1}"#),
        request("POST", url, "chat", "no JSON"),
    ] {
        let (statuses, compared) = asked(&[request]);
        assert_eq!((statuses, compared.len()), (vec![None], 4));
    }
}

#[test]
fn an_answer_is_what_the_case_says() {
    let mut script = Requests::new(&Case::parse(CASE).unwrap().http);
    let url = "https://hooks.example.com/a";
    let request = request("POST", url, "chat", r#"{"count":2,"text":""}"#);
    let answer = script.answer(&request, &Names::new()).unwrap();
    assert_eq!(answer.body, br#"{"ok":false}"#);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        answer.headers,
        [header("retry-after", "7"), header("content-type", "application/json")]
    );
}
