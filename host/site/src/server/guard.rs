//! Keeps other people's web pages away from the site's own pages and controls. A browser on the same machine can reach the
//! loopback interface on behalf of any page it shows, so that what it sends is looked at before it is followed.
//!
//! What no browser sends passes: the official client, curl and tests set none of the headers that are looked at, or name
//! the site as a browser would have to.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::middleware::Next;
use serde_json::json;

use super::api::json as json_response;

/// Endings of host names that the public name system does not give to anybody.
const PRIVATE_ENDINGS: [&str; 5] = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];

/// Lets a request pass, or answers 403 with the reason.
pub(super) async fn check(request: Request, next: Next) -> Response<Body> {
    let refused = is_own(request.uri().path())
        .then(|| refusal(request.method(), request.headers()))
        .flatten();
    match refused {
        None => next.run(request).await,
        Some(reason) => {
            let mut response = json_response(json!({"error": reason}).to_string());
            *response.status_mut() = StatusCode::FORBIDDEN;
            response
        }
    }
}

/// Whether a path is the page's or a control's, and not the API's.
fn is_own(path: &str) -> bool {
    path == "/" || path == "/cuebox" || path.starts_with("/cuebox/")
}

/// Why a request is not followed.
fn refusal(method: &Method, headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(HOST.as_str()).unwrap_or_default();
    if !is_private(host) {
        return Some(format!(
            "the site's page and controls were asked for at the host `{host}`; they answer at an address, at `localhost`, \
             and at names without a dot, so that no web page can give itself a name of this machine"
        ));
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return None;
    }
    if let Some(from) =
        text("sec-fetch-site").filter(|from| !["same-origin", "none"].contains(from))
    {
        return Some(format!(
            "a browser sent this for another page (sec-fetch-site: {from}); only the site's own page may control it"
        ));
    }
    let origin = text(ORIGIN.as_str())?;
    let own = origin.split_once("://").is_some_and(|(_, name)| name.eq_ignore_ascii_case(host));
    (!own).then(|| {
        format!(
            "a page from `{origin}` sent this to `{host}`; only the site's own page may control it"
        )
    })
}

/// Whether a host can only be this machine or one near it: a name of the public name system can be made to point here.
fn is_private(host: &str) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok()
        || (!name.is_empty() && !name.contains('.'))
        || PRIVATE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The name or address of `name:port` or `[address]:port`.
fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests;
