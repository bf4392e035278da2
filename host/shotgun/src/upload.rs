//! Uploads. A file goes through the site in one form, or to the storage directly, as the site wishes.

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, ETAG};

use crate::caller::Caller;
use crate::client::Client;
use crate::envelope::Asked;
use crate::error::CallError;
use crate::form::{self, Pairs};
use crate::retry::{Kind, random};
use crate::transport::header;

/// A file for an entity.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The type of the entity.
    pub entity_type: String,
    /// The entity.
    pub id: u64,
    /// The field; `image` and `filmstrip_image` are thumbnails; none for the entity as a whole.
    pub field: Option<String>,
    /// The file's name, without a path.
    pub file_name: String,
    /// What is in it.
    pub content: Bytes,
}

/// The largest piece that goes to the storage in one request; the official client's own limit.
const PART_BYTES_MAX: usize = 20_000_000;

/// Where the storage wants the file, in the site's words.
struct Link {
    url: String,
    timestamp: String,
    upload_id: String,
    whole: String,
}

impl Upload {
    fn thumbnail(&self) -> Option<&str> {
        self.field.as_deref().filter(|field| matches!(*field, "image" | "filmstrip_image"))
    }

    fn kind(&self) -> &'static str {
        if self.thumbnail().is_some() { "Thumbnail" } else { "Attachment" }
    }

    fn is_in_parts(&self) -> bool {
        self.content.len() > PART_BYTES_MAX
    }

    /// What a form says of the file's place, besides who sends it.
    fn describe<'a>(&'a self, pairs: &mut Pairs<'a>) {
        match self.thumbnail() {
            Some("filmstrip_image") => pairs.push(("filmstrip", "True")),
            Some(_) => {}
            None => {
                pairs.extend(self.field.as_deref().map(|field| ("field_name", field)));
                pairs.push(("display_name", &self.file_name));
            }
        }
    }
}

impl Client {
    /// Uploads a file. Answers the number of the Attachment that holds it. The whole counts as a write: only its last step
    /// makes the file visible, and that one is not repeated unless it was certainly not sent.
    pub async fn upload(&self, caller: &Caller, upload: &Upload) -> Result<u64, CallError> {
        if self.info().await?.uploads_directly(&upload.entity_type, upload.field.as_deref()) {
            self.upload_to_storage(caller, upload).await
        } else {
            self.upload_to_site(caller, upload).await
        }
    }

    async fn upload_to_site(&self, caller: &Caller, upload: &Upload) -> Result<u64, CallError> {
        let id = upload.id.to_string();
        let mut pairs: Pairs<'_> = vec![("entity_type", &upload.entity_type), ("entity_id", &id)];
        pairs.extend(caller.auth_pairs());
        upload.describe(&mut pairs);
        let (path, file_field) = match upload.thumbnail() {
            Some(_) => ("/upload/publish_thumbnail", "thumb_image"),
            None => ("/upload/upload_file", "file"),
        };
        let random = [random(), random()];
        let form = form::multipart(&pairs, file_field, &upload.file_name, &upload.content, random);
        let answer =
            self.post_form(Kind::Write, caller, path, &form.content_type, form.body).await?;
        form::accepted_id(&asked(self, caller), &answer)
    }

    async fn upload_to_storage(&self, caller: &Caller, upload: &Upload) -> Result<u64, CallError> {
        let link = self.upload_link(caller, upload).await?;
        if upload.is_in_parts() {
            self.put_parts(caller, upload, &link).await?;
        } else {
            self.put(&link.url, upload, upload.content.clone()).await?;
        }
        let id = upload.id.to_string();
        let mut pairs: Pairs<'_> = vec![("entity_type", &upload.entity_type), ("entity_id", &id)];
        pairs.push(("upload_link_info", &link.whole));
        pairs.extend(caller.auth_pairs());
        upload.describe(&mut pairs);
        let answer = self.post_pairs(Kind::Write, caller, "/upload/api_link_file", &pairs).await?;
        form::accepted_id(&asked(self, caller), &answer)
    }

    async fn upload_link(&self, caller: &Caller, upload: &Upload) -> Result<Link, CallError> {
        let in_parts = if upload.is_in_parts() { "True" } else { "False" };
        let mut pairs: Pairs<'_> = vec![
            ("upload_type", upload.kind()),
            ("filename", &upload.file_name),
            ("multipart_upload", in_parts),
        ];
        pairs.extend(caller.auth_pairs());
        let whole =
            self.post_pairs(Kind::Read, caller, "/upload/api_get_upload_link_info", &pairs).await?;
        let asked = asked(self, caller);
        form::accepted(&asked, &whole)?;
        let lines: Vec<&str> = whole.lines().map(str::trim).collect();
        let [_, url, timestamp, _, upload_id, ..] = lines[..] else {
            return Err(asked.wrong_shape("where the file goes"));
        };
        let [url, timestamp, upload_id] = [url, timestamp, upload_id].map(str::to_owned);
        Ok(Link { url, timestamp, upload_id, whole })
    }

    async fn put_parts(
        &self,
        caller: &Caller,
        upload: &Upload,
        link: &Link,
    ) -> Result<(), CallError> {
        let mut pairs: Pairs<'_> = vec![
            ("upload_type", upload.kind()),
            ("filename", &upload.file_name),
            ("timestamp", &link.timestamp),
            ("upload_id", &link.upload_id),
        ];
        pairs.extend(caller.auth_pairs());
        let mut etags = Vec::new();
        let starts = (0..upload.content.len()).step_by(PART_BYTES_MAX);
        for (number, start) in starts.enumerate() {
            let number = (number + 1).to_string();
            let mut pairs = pairs.clone();
            pairs.push(("part_number", &number));
            let answer = self
                .post_pairs(Kind::Read, caller, "/upload/api_get_upload_link_for_part", &pairs)
                .await?;
            let asked = asked(self, caller);
            let url = form::accepted(&asked, &answer)?.lines().nth(1).map(str::trim);
            let url = url.ok_or_else(|| asked.wrong_shape("where the part goes"))?;
            let end = upload.content.len().min(start + PART_BYTES_MAX);
            etags.push(self.put(url, upload, upload.content.slice(start..end)).await?);
        }
        let etags = etags.join(",");
        pairs.push(("etags", &etags));
        let answer = self
            .post_pairs(Kind::Write, caller, "/upload/api_complete_multipart_upload", &pairs)
            .await?;
        form::accepted(&asked(self, caller), &answer).map(drop)
    }

    /// Puts bytes into the storage, as often as it takes: the same bytes in the same place. Answers their etag.
    async fn put(&self, url: &str, upload: &Upload, content: Bytes) -> Result<String, CallError> {
        let asked = Asked { peer: &self.shared.peer, method: "upload", caller: None };
        let url = Url::parse(url).map_err(|_| asked.wrong_shape("the address of the storage"))?;
        // Only the origin: the rest of the address is a credential.
        let peer = url.origin().ascii_serialization();
        let (url, content, peer) = (&url, &content, peer.as_str());
        let attempt = move || async move {
            let request = self.shared.http.put(url.clone()).body(content.clone());
            let request = request.header(CONTENT_TYPE, form::media_type(&upload.file_name));
            let answer = self.exchange(peer, request).await?;
            Ok(header(&answer.headers, &ETAG).unwrap_or_default())
        };
        self.repeat(Kind::Read, attempt).await
    }

    async fn post_pairs(
        &self,
        kind: Kind,
        caller: &Caller,
        path: &str,
        pairs: &Pairs<'_>,
    ) -> Result<String, CallError> {
        let body = Bytes::from(form::urlencoded(pairs));
        self.post_form(kind, caller, path, "application/x-www-form-urlencoded", body).await
    }

    async fn post_form(
        &self,
        kind: Kind,
        caller: &Caller,
        path: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<String, CallError> {
        let (url, body) = (&self.shared.site.join(path), &body);
        let attempt = move || async move {
            let request = self
                .shared
                .http
                .post(url.clone())
                .header(CONTENT_TYPE, content_type)
                .body(body.clone());
            let answer = self.exchange(&self.shared.peer, request).await?;
            String::from_utf8(answer.body).map_err(|_| asked(self, caller).wrong_shape("text"))
        };
        self.repeat(kind, attempt).await
    }
}

fn asked<'a>(client: &'a Client, caller: &'a Caller) -> Asked<'a> {
    Asked { peer: &client.shared.peer, method: "upload", caller: Some(caller) }
}

#[cfg(test)]
mod tests;
