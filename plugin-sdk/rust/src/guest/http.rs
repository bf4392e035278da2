//! The way of a request through `wasi:http`.

use super::bindings::wasi::http::outgoing_handler::handle;
use super::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use super::bindings::wasi::io::streams::StreamError;
use crate::http::{Request, Response};
use crate::{Error, Result};

/// What a stream takes at once.
const CHUNK_BYTES: usize = 4096;

/// What is asked for at once of an answer; a host gives what there is.
const READ_BYTES: u64 = 64 << 10;

/// Sends a request and reads the whole answer.
pub(super) fn send(request: &Request) -> Result<Response> {
    let outgoing = outgoing(request)?;
    let body = outgoing.body().expect("it is taken once");
    let failed = |code: ErrorCode| failed(request, &code);
    let sent = handle(outgoing, None).map_err(failed)?;
    let stream = body.write().expect("it is taken once");
    for chunk in request.body.chunks(CHUNK_BYTES) {
        // A host that has refused the request takes no body for it; what it says of the request tells why.
        if stream.blocking_write_and_flush(chunk).is_err() {
            break;
        }
    }
    drop(stream);
    // The same: the answer tells.
    let _ = OutgoingBody::finish(body, None);
    sent.subscribe().block();
    let answer = sent.get().expect("it is ready").expect("it is taken once").map_err(failed)?;
    let headers = answer.headers().entries().into_iter();
    let headers = headers.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()));
    Ok(Response {
        status: answer.status(),
        headers: headers.collect(),
        body: body_of(request, &answer)?,
    })
}

fn outgoing(request: &Request) -> Result<OutgoingRequest> {
    let (scheme, authority, path) = request.parts()?;
    let headers: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
        .collect();
    let headers = Fields::from_list(&headers).map_err(|error| {
        Error::Invalid(request.because(&format!("a header cannot be sent: {error}")))
    })?;
    let outgoing = OutgoingRequest::new(headers);
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    outgoing
        .set_method(&method(&request.method))
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(path)))
        .map_err(|()| Error::Invalid(request.because("the method or the address is malformed")))?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

fn body_of(request: &Request, answer: &IncomingResponse) -> Result<Vec<u8>> {
    let body = answer.consume().expect("it is taken once");
    let stream = body.stream().expect("it is taken once");
    let mut read = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(bytes) => read.extend(bytes),
            Err(StreamError::Closed) => return Ok(read),
            Err(StreamError::LastOperationFailed(error)) => {
                let said = request.because(&error.to_debug_string());
                return Err(Error::Unreachable(said));
            }
        }
    }
}

fn failed(request: &Request, code: &ErrorCode) -> Error {
    let said = request.because(&format!("{code:?}"));
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Error::Denied(format!("{said}; the plugin's log has the line to write"))
        }
        ErrorCode::ConnectionLimitReached
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpResponseBodySize(_) => Error::Limit(said),
        _ => Error::Unreachable(said),
    }
}
