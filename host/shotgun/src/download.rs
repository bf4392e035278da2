//! Downloads of what was uploaded. The host fetches from the site, and from wherever the site itself points; never from an
//! address that a guest made up.

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{COOKIE, HeaderValue, LOCATION};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::caller::Caller;
use crate::client::Client;
use crate::envelope::Asked;
use crate::error::CallError;
use crate::query::QueryError;
use crate::retry::Kind;
use crate::secret::Secret;

/// A file at the site, as the value of a url field names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Id(u64),
    Url(Url),
}

/// How often the site may point elsewhere: once to its storage, and once more for luck.
const REDIRECTS_MAX: usize = 3;

#[derive(Deserialize)]
struct Session {
    session_id: String,
}

impl Attachment {
    /// Reads the value of a url field, `{"type": "Attachment", "id": 77, ...}`, or the number alone. Without a number the
    /// value's `url` counts, which must be on the site.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        let expected = "the value of a url field";
        let refuse = |problem: &str| Err(QueryError::at("attachment", problem));
        let object: Map<String, Value> =
            match crate::query::parse_root("attachment", json, expected)? {
                Value::Number(id) if id.is_u64() => {
                    return Ok(Self(Place::Id(id.as_u64().expect("just checked"))));
                }
                Value::Object(object) => object,
                _ => return refuse("expected the value of a url field"),
            };
        if let Some("web" | "local") = object.get("link_type").and_then(Value::as_str) {
            return refuse(
                "only what was uploaded can be downloaded, not a link to the web or to a local file",
            );
        }
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        let is_attachment = text("type").is_none_or(|entity_type| entity_type == "Attachment");
        match (object.get("id").and_then(Value::as_u64), text("url").map(Url::parse)) {
            (Some(id), _) if is_attachment => Ok(Self(Place::Id(id))),
            (_, Some(Ok(url))) => Ok(Self(Place::Url(url))),
            (_, Some(Err(_))) => refuse("its `url` is not a url"),
            _ => refuse("neither an `id` of an Attachment nor a `url`"),
        }
    }
}

impl Attachment {
    /// The number of the Attachment. None if it is known by its address only.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        match self.0 {
            Place::Id(id) => Some(id),
            Place::Url(_) => None,
        }
    }
}

impl Client {
    /// Downloads a file. What is larger than the limit of an answer is an error.
    pub async fn download(
        &self,
        caller: &Caller,
        attachment: &Attachment,
    ) -> Result<Bytes, CallError> {
        let url = match &attachment.0 {
            Place::Id(id) => self.shared.site.join(&format!("/file_serve/attachment/{id}")),
            Place::Url(url) if self.shared.site.holds(url) => url.clone(),
            Place::Url(_) => {
                let problem = format!("its `url` is not on {}", self.shared.peer);
                return Err(CallError::Invalid(QueryError::at("attachment", problem)));
            }
        };
        let session = self.session(caller).await?;
        let (url, session) = (&url, &session);
        self.repeat(Kind::Read, move || self.fetch(url.clone(), session)).await
    }

    /// Files are served to sessions, not to script users.
    async fn session(&self, caller: &Caller) -> Result<Secret, CallError> {
        let read = |asked: &Asked<'_>, body: &str| {
            let session: Session = asked.object_as(body, "an object with a session")?;
            Ok(Secret::new(session.session_id))
        };
        self.rpc::<(), _, _>(Kind::Read, "get_session_token", Some(caller), None, read).await
    }

    async fn fetch(&self, mut url: Url, session: &Secret) -> Result<Bytes, CallError> {
        let asked = Asked { peer: &self.shared.peer, method: "download", caller: None };
        let cookie = HeaderValue::from_str(&format!("_session_id={}", session.expose()));
        let mut cookie =
            cookie.map_err(|_| asked.wrong_shape("a session that fits into a header"))?;
        cookie.set_sensitive(true);
        for _ in 0..=REDIRECTS_MAX {
            // Only the origin: the rest of a storage's address is a credential.
            let peer = url.origin().ascii_serialization();
            let mut request = self.shared.http.get(url.clone());
            if self.shared.site.holds(&url) {
                request = request.header(COOKIE, cookie.clone());
            }
            let opened = self.open(&peer, request).await?;
            let location = opened
                .response
                .headers()
                .get(LOCATION)
                .filter(|_| opened.response.status().is_redirection());
            let Some(location) = location else {
                return self.close(&peer, opened).await.map(|answer| Bytes::from(answer.body));
            };
            let next = location.to_str().ok().and_then(|location| url.join(location).ok());
            let next = next.filter(|next| matches!(next.scheme(), "http" | "https"));
            url = next.ok_or_else(|| asked.wrong_shape("an address to go to"))?;
        }
        Err(asked.wrong_shape("a file after a few redirects"))
    }
}

#[cfg(test)]
mod tests;
