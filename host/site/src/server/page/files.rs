//! The page's files, as they lie beside this one in `page/`.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderValue, Response};

use super::{guarded, not_there};

/// Everything comes from the site itself, and nothing is run that stands in the page: a name that is shown can do nothing.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

const INDEX: &str = include_str!("static/index.html");

const FILES: [(&str, &str); 17] = [
    ("style.css", include_str!("static/style.css")),
    ("app.js", include_str!("static/app.js")),
    ("commits.js", include_str!("static/commits.js")),
    ("counters.js", include_str!("static/counters.js")),
    ("dom.js", include_str!("static/dom.js")),
    ("entities.js", include_str!("static/entities.js")),
    ("event-detail.js", include_str!("static/event-detail.js")),
    ("event-list.js", include_str!("static/event-list.js")),
    ("event-rows.js", include_str!("static/event-rows.js")),
    ("events.js", include_str!("static/events.js")),
    ("faults.js", include_str!("static/faults.js")),
    ("format.js", include_str!("static/format.js")),
    ("icon.svg", include_str!("static/icon.svg")),
    ("live.js", include_str!("static/live.js")),
    ("overview.js", include_str!("static/overview.js")),
    ("record.js", include_str!("static/record.js")),
    ("value.js", include_str!("static/value.js")),
];

pub(super) async fn index() -> Response<Body> {
    response(INDEX, "text/html; charset=utf-8")
}

pub(super) async fn file(Path(name): Path<String>) -> Response<Body> {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) else {
        return not_there(format!("the page has no file `{name}`"));
    };
    let content_type = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    response(text, content_type)
}

fn response(text: &'static str, content_type: &'static str) -> Response<Body> {
    let mut response = guarded(Response::new(Body::from(text)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whether a file of this name is served.
#[cfg(test)]
pub(super) fn is_known(name: &str) -> bool {
    FILES.iter().any(|(known, _)| *known == name)
}
