//! The forms that files are sent with: pure text, and the first character of the answer.

use bytes::Bytes;
use reqwest::Url;

use crate::envelope::Asked;
use crate::error::CallError;

/// The fields of a form, in order.
pub(crate) type Pairs<'a> = Vec<(&'static str, &'a str)>;

/// A form that holds a file.
pub(crate) struct Multipart {
    pub content_type: String,
    pub body: Bytes,
}

/// The form as `application/x-www-form-urlencoded`.
pub(crate) fn urlencoded(pairs: &Pairs<'_>) -> String {
    let url = Url::parse_with_params("http://form.invalid", pairs)
        .expect("a constant address takes any parameters");
    url.query().unwrap_or_default().to_owned()
}

/// The form with a file as its last field. `random` goes into the boundary, which must not be in the file.
pub(crate) fn multipart(
    pairs: &Pairs<'_>,
    file_field: &str,
    file_name: &str,
    content: &[u8],
    random: [u64; 2],
) -> Multipart {
    let boundary = format!("{:016x}{:016x}", random[0], random[1]);
    let mut body = Vec::with_capacity(content.len() + 1024);
    for (name, value) in pairs {
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend_from_slice(part.as_bytes());
    }
    let (file_name, media_type) = (quoted(file_name), media_type(file_name));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{file_field}\"; filename=\"{file_name}\"\r\n\
         Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
        content.len()
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Multipart {
        content_type: format!("multipart/form-data; boundary={boundary}"),
        body: Bytes::from(body),
    }
}

/// What a name says of a file's content; the storage keeps it with the file.
pub(crate) fn media_type(file_name: &str) -> &'static str {
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("csv") => "text/csv",
        Some("gif") => "image/gif",
        Some("htm" | "html") => "text/html",
        Some("jpeg" | "jpg") => "image/jpeg",
        Some("json") => "application/json",
        Some("mov") => "video/quicktime",
        Some("mp4") => "video/mp4",
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("tif" | "tiff") => "image/tiff",
        Some("txt") => "text/plain",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

/// Reads the answer to a form: a `1`, and what follows it; or a refusal in words.
pub(crate) fn accepted<'a>(asked: &Asked<'_>, answer: &'a str) -> Result<&'a str, CallError> {
    match answer.strip_prefix('1') {
        Some(rest) => Ok(rest),
        None if answer.is_empty() || answer.trim_start().starts_with('<') => {
            Err(asked.wrong_shape("a text that starts with 1 or an error"))
        }
        None => Err(asked.refused(0, answer.trim())),
    }
}

/// Reads `1:77`: the number of the Attachment that was made.
pub(crate) fn accepted_id(asked: &Asked<'_>, answer: &str) -> Result<u64, CallError> {
    let rest = accepted(asked, answer)?;
    let id = rest
        .strip_prefix(':')
        .and_then(|rest| rest.lines().next())
        .and_then(|id| id.trim().parse().ok());
    id.ok_or_else(|| asked.wrong_shape("the number of an Attachment"))
}

/// A file's name between quotation marks, as browsers write it.
fn quoted(file_name: &str) -> String {
    file_name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests;
