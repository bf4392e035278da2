//! `wasi:http` on tape: requests as the guest wrote them, and answers as it gets them.

mod errors;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use serde_json::{Value as Json, json};
use wasmtime_wasi_http::{Error, WasiBody};

use super::tape::{Place, Step, Tape};
use super::transcript::Content;

/// The function, as recordings name it.
pub(super) const FUNCTION: &str = "http";

/// What becomes of a request.
type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

/// One request on the tape.
pub(crate) struct HttpExchange {
    tape: Tape,
    place: Option<Place>,
}

impl HttpExchange {
    /// Writes a request down. Its body follows while it is read.
    pub(crate) fn open(tape: &Tape, request: Request<WasiBody>) -> (Self, Request<WasiBody>) {
        let asked = || {
            let headers: Vec<Json> = request.headers().iter().map(header).collect();
            json!({
                "method": request.method().as_str(),
                "url": request.uri().to_string(),
                "headers": headers,
                "body": "",
            })
        };
        let place = tape.open(FUNCTION, asked);
        let exchange = Self { tape: tape.clone(), place };
        (exchange, request)
    }

    /// Lets the request's body be written down when it has been read.
    pub(crate) fn heard(&self, request: Request<WasiBody>) -> Request<WasiBody> {
        if self.place.is_none() {
            return request;
        }
        let (tape, place) = (self.tape.clone(), self.place);
        let mut whole = Vec::new();
        let hear = move |heard: Heard<'_>| match heard {
            Heard::Data(data) => whole.extend_from_slice(data),
            Heard::End => {
                let body = Json::from(Content(std::mem::take(&mut whole)));
                tape.write(place, |call| call.arguments["body"] = body);
            }
            Heard::Error(_) => {}
        };
        request.map(|body| Tee { body, hear: Box::new(hear), is_over: false }.boxed_unsync())
    }

    /// Writes an answer down, and lets its body be written down as the guest reads it.
    pub(crate) fn answered(&self, sent: Sent) -> Sent {
        if self.place.is_none() {
            return sent;
        }
        let (tape, place) = (self.tape.clone(), self.place);
        match sent {
            Err(error) => {
                let name = errors::name(&error);
                tape.write(place, |call| call.answer = Some(json!({"Err": name})));
                Err(error)
            }
            Ok((response, connection)) => {
                let headers: Vec<Json> = response.headers().iter().map(header).collect();
                let status = response.status().as_u16();
                let head = json!({"Ok": {
                    "status": status, "headers": headers, "body": [], "end": null,
                }});
                tape.write(place, |call| call.answer = Some(head));
                let hear = move |heard: Heard<'_>| tape.write_heard(place, heard);
                let tee = |body| Tee { body, hear: Box::new(hear), is_over: false }.boxed_unsync();
                Ok((response.map(tee), connection))
            }
        }
    }

    /// What was answered when this was recorded. One that had no answer then has none now.
    pub(crate) async fn replay(self, request: Request<WasiBody>, body_bytes_max: usize) -> Sent {
        let mut body = request.into_body();
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if whole.len() + data.len() > body_bytes_max {
                return Err(Error::HttpRequestBodySize(Some(body_bytes_max as u64)));
            }
            whole.extend_from_slice(&data);
        }
        let content = Json::from(Content(whole));
        self.tape.write(self.place, |call| call.arguments["body"] = content);
        let answer = match self.tape.step(self.place) {
            Step::Answered(_, answer) => answer,
            Step::Cut | Step::Perform(_) => return std::future::pending().await,
            Step::Unknown(place) => match self.alike(place) {
                Some(Some(answer)) => answer,
                Some(None) => return std::future::pending().await,
                None => {
                    let why = "a replay answers what was recorded, and this request was not";
                    let error = Error::InternalError(Some(why.to_owned()));
                    return self.answered(Err(error));
                }
            },
        };
        let answer = answer_of(&answer);
        self.answered(answer.unwrap_or_else(|| {
            let why = "the recorded answer cannot be used";
            Err(Error::InternalError(Some(why.to_owned())))
        }))
    }

    /// The answer to the next recorded request with the same method and address, for one with another body or other headers.
    fn alike(&self, place: Place) -> Option<Option<Json>> {
        let mut asked = Json::Null;
        self.tape.write(Some(place), |call| asked = call.arguments.clone());
        let mut reel = self.tape.reel()?;
        let is_it =
            |other: &Json| other["method"] == asked["method"] && other["url"] == asked["url"];
        reel.played.as_mut()?.take(FUNCTION, is_it)
    }
}

fn header((name, value): (&HeaderName, &HeaderValue)) -> Json {
    json!([name.as_str(), Json::from(Content(value.as_bytes().to_vec()))])
}

impl Tape {
    fn write_heard(&self, place: Option<Place>, heard: Heard<'_>) {
        self.write(place, |call| {
            let Some(answer) = &mut call.answer else { return };
            let answer = &mut answer["Ok"];
            match heard {
                Heard::Data(data) => {
                    if let Some(body) = answer["body"].as_array_mut() {
                        body.push(Json::from(Content(data.to_vec())));
                    }
                }
                Heard::End => answer["end"] = json!("whole"),
                Heard::Error(error) => answer["end"] = json!({"error": errors::name(error)}),
            }
        });
    }
}

/// What was recorded, as an answer; none if it is none.
fn answer_of(answer: &Json) -> Option<Sent> {
    if let Some(name) = answer.get("Err") {
        return Some(Err(errors::error(name)));
    }
    let answer = answer.get("Ok")?;
    let mut headers = HeaderMap::new();
    for header in answer["headers"].as_array()? {
        let name = header[0].as_str()?.parse::<HeaderName>().ok()?;
        let value = Content::try_from(header[1].clone()).ok()?;
        headers.append(name, HeaderValue::from_bytes(&value.0).ok()?);
    }
    let mut pieces = VecDeque::new();
    for piece in answer["body"].as_array()? {
        pieces.push_back(Ok(Content::try_from(piece.clone()).ok()?.0.into()));
    }
    let is_whole = match &answer["end"] {
        Json::Null => false,
        Json::Object(end) => {
            pieces.push_back(Err(errors::error(end.get("error")?)));
            true
        }
        _ => true,
    };
    let mut response = Response::new(Recorded { pieces, is_whole }.boxed_unsync());
    *response.status_mut() =
        StatusCode::from_u16(answer["status"].as_u64()?.try_into().ok()?).ok()?;
    *response.headers_mut() = headers;
    Some(Ok((response, Box::new(std::future::ready(Ok(()))))))
}

/// A piece of a body, or its end.
enum Heard<'a> {
    Data(&'a [u8]),
    End,
    Error(&'a Error),
}

/// A body that is listened to.
struct Tee {
    body: WasiBody,
    hear: Box<dyn FnMut(Heard<'_>) + Send>,
    is_over: bool,
}

impl Body for Tee {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    (self.hear)(Heard::Data(data));
                }
            }
            Some(Err(error)) => (self.hear)(Heard::Error(error)),
            None => {}
        }
        // Who reads a body can leave it as soon as it says that it has no more.
        let is_over = frame.is_none() || self.body.is_end_stream();
        if is_over && !std::mem::replace(&mut self.is_over, true) && !matches!(frame, Some(Err(_)))
        {
            (self.hear)(Heard::End);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over && self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// A body that was recorded, piece by piece as it came. If it was not read to its end, it does not end.
struct Recorded {
    pieces: VecDeque<Result<Bytes, Error>>,
    is_whole: bool,
}

impl Body for Recorded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(piece.map(Frame::data))),
            None if self.is_whole => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_whole && self.pieces.is_empty()
    }
}
