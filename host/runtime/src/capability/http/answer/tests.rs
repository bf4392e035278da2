use super::*;

fn answer(body: &'static [u8]) -> Answer {
    let mut headers = HeaderMap::new();
    headers.append("x-echo", HeaderValue::from_static("Bearer canary-1"));
    headers.append("x-echo", HeaderValue::from_bytes(b"\xe9").unwrap());
    Answer { status: StatusCode::CREATED, headers, body: Bytes::from_static(body) }
}

#[test]
fn what_is_kept_comes_back_as_it_was() {
    let kept = answer(b"\x00\xff body").to_kept().unwrap();
    let back = Answer::from_kept(&kept).unwrap();
    assert_eq!(back.status, StatusCode::CREATED);
    assert_eq!(back.headers, answer(b"").headers);
    assert_eq!(&back.body[..], b"\x00\xff body");
    assert!(Answer::from_kept("{}").is_none() && Answer::from_kept("true").is_none());
}

#[test]
fn a_large_body_is_not_kept() {
    let body = vec![0; BODY_KEPT_BYTES_MAX + 1];
    assert!(Answer { body: body.into(), ..answer(b"") }.to_kept().is_none());
}

#[test]
fn secrets_are_blanked_wherever_they_are_repeated() {
    let secrets = [Secret::new("canary-1"), Secret::new("canary-2")];
    let blanked = answer(b"canary-2canary-1, canary-canary-1").without(&secrets);
    assert_eq!(&blanked.body[..], b"****************, canary-********");
    assert_eq!(blanked.headers["x-echo"], "Bearer ********");
}
