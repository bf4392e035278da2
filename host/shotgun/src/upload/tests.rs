use super::*;
use crate::test_server::{KEY, Reply, Request, TestServer, caller};

fn upload(field: Option<&str>, content: &'static [u8]) -> Upload {
    Upload {
        entity_type: "Version".to_owned(),
        id: 7,
        field: field.map(str::to_owned),
        file_name: "a b.png".to_owned(),
        content: Bytes::from_static(content),
    }
}

fn through_the_site() -> Reply {
    Reply::json(r#"{"version":[8,50,0],"s3_direct_uploads_enabled":false}"#)
}

fn to_the_storage() -> Reply {
    Reply::json(
        r#"{"version":[8,50,0],"s3_direct_uploads_enabled":true,"s3_enabled_upload_types":{"Version":"*"}}"#,
    )
}

/// The form's parts as `name=value`, the file's content included.
fn parts(request: &Request) -> Vec<String> {
    let text = request.text();
    let boundary = text.lines().next().expect("a boundary").to_owned();
    assert!(
        request.head.contains(&format!("multipart/form-data; boundary={}", &boundary[2..])),
        "{}",
        request.head
    );
    let parts = text.split(&boundary).filter_map(|part| part.split_once("\r\n\r\n"));
    parts
        .map(|(head, value)| {
            let name = head.split('"').nth(1).expect("a name");
            format!("{name}={}", value.trim_end_matches("\r\n"))
        })
        .collect()
}

fn lines(server: &TestServer) -> Vec<String> {
    server
        .requests()
        .iter()
        .map(|request| request.line().trim_end_matches(" HTTP/1.1").to_owned())
        .collect()
}

#[tokio::test]
async fn a_file_goes_through_the_site_in_one_form() {
    let server = TestServer::start(vec![through_the_site(), Reply::text("1:77\nno more\n")]).await;
    let id = server
        .client()
        .upload(&caller(), &upload(Some("sg_movie"), b"bytes"))
        .await
        .expect("uploaded");
    assert_eq!(id, 77);
    assert_eq!(lines(&server), ["POST /api3/json", "POST /upload/upload_file"]);
    let key = format!("script_key={KEY}");
    assert_eq!(
        parts(&server.requests()[1]),
        [
            "entity_type=Version",
            "entity_id=7",
            "script_name=evt_status",
            &key,
            "field_name=sg_movie",
            "display_name=a b.png",
            "file=bytes"
        ]
    );
}

#[tokio::test]
async fn a_thumbnail_has_a_form_of_its_own() {
    for (field, filmstrip) in [("image", None), ("filmstrip_image", Some("filmstrip=True"))] {
        let server = TestServer::start(vec![through_the_site(), Reply::text("1:78\n")]).await;
        let id = server
            .client()
            .upload(&caller(), &upload(Some(field), b"bytes"))
            .await
            .expect("uploaded");
        assert_eq!(id, 78);
        assert_eq!(lines(&server)[1], "POST /upload/publish_thumbnail");
        let key = format!("script_key={KEY}");
        let mut expected =
            vec!["entity_type=Version", "entity_id=7", "script_name=evt_status", &key];
        expected.extend(filmstrip);
        expected.push("thumb_image=bytes");
        assert_eq!(parts(&server.requests()[1]), expected);
    }
}

#[tokio::test]
async fn a_refused_file_is_an_error_with_the_sites_words() {
    let server = TestServer::start(vec![
        through_the_site(),
        Reply::text(&format!("no such entity {KEY}\n")),
    ])
    .await;
    let error =
        server.client().upload(&caller(), &upload(None, b"bytes")).await.expect_err("refused");
    assert_eq!(error.fault().map(crate::Fault::message), Some("no such entity [hidden]"));
}

#[tokio::test]
async fn a_form_is_not_sent_twice() {
    let server = TestServer::start(vec![through_the_site(), Reply::status(503, "")]).await;
    let error =
        server.client().upload(&caller(), &upload(None, b"bytes")).await.expect_err("unavailable");
    assert!(error.is_in_doubt());
    assert_eq!(server.requests().len(), 2);
}

fn form_of(request: &Request) -> Vec<(String, String)> {
    let url =
        Url::parse(&format!("http://form.invalid/?{}", request.text())).expect("an encoded form");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

#[track_caller]
fn check_form(request: &Request, expected: &[(&str, &str)]) {
    let form = form_of(request);
    let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(form, expected);
}

#[tokio::test]
async fn a_file_goes_to_the_storage_and_is_then_linked() {
    let storage = TestServer::start(vec![
        Reply::status(503, ""),
        Reply::Raw(b"HTTP/1.1 200 OK\r\netag: \"e1\"\r\ncontent-length: 0\r\n\r\n".to_vec()),
    ])
    .await;
    let link = format!("1\n{}/bucket/x?signature=s3cret\n2026\nAttachment\nu1\n", storage.url());
    let server =
        TestServer::start(vec![to_the_storage(), Reply::text(&link), Reply::text("1:79\n")]).await;
    let id = server
        .client()
        .upload(&caller(), &upload(Some("sg_movie"), b"bytes"))
        .await
        .expect("uploaded");
    assert_eq!(id, 79);
    assert_eq!(
        lines(&server),
        ["POST /api3/json", "POST /upload/api_get_upload_link_info", "POST /upload/api_link_file"]
    );
    let auth = [("script_name", "evt_status"), ("script_key", KEY)];
    let requests = server.requests();
    let asked = [
        ("upload_type", "Attachment"),
        ("filename", "a b.png"),
        ("multipart_upload", "False"),
        auth[0],
        auth[1],
    ];
    check_form(&requests[1], &asked);
    let linked = [
        ("entity_type", "Version"),
        ("entity_id", "7"),
        ("upload_link_info", link.as_str()),
        auth[0],
        auth[1],
        ("field_name", "sg_movie"),
        ("display_name", "a b.png"),
    ];
    check_form(&requests[2], &linked);
    // The storage was down at first: the same bytes again do no harm.
    assert_eq!(lines(&storage), ["PUT /bucket/x?signature=s3cret"; 2]);
    assert_eq!(storage.requests()[1].text(), "bytes");
    assert!(storage.requests()[1].head.contains("content-type: image/png\r\n"));
    assert!(!storage.requests()[1].head.contains(KEY));
}

#[tokio::test]
async fn a_large_file_goes_in_parts() {
    static CONTENT: [u8; PART_BYTES_MAX + 3] = [7; PART_BYTES_MAX + 3];
    let etag = |etag: &str| {
        Reply::Raw(
            format!("HTTP/1.1 200 OK\r\netag: {etag}\r\ncontent-length: 0\r\n\r\n").into_bytes(),
        )
    };
    let storage = TestServer::start(vec![etag("e1"), etag("e2")]).await;
    let part = |number: u32| Reply::text(&format!("1\n{}/part{number}\n", storage.url()));
    let link = format!("1\n{}/unused\n2026\nThumbnail\nu1\n", storage.url());
    let replies = vec![
        to_the_storage(),
        Reply::text(&link),
        part(1),
        part(2),
        Reply::text("1\n"),
        Reply::text("1:80\n"),
    ];
    let server = TestServer::start(replies).await;
    let id = server
        .client()
        .upload(&caller(), &upload(Some("image"), &CONTENT))
        .await
        .expect("uploaded");
    assert_eq!(id, 80);
    assert_eq!(lines(&storage), ["PUT /part1", "PUT /part2"]);
    let sizes: Vec<usize> = storage.requests().iter().map(|request| request.body.len()).collect();
    assert_eq!(sizes, [PART_BYTES_MAX, 3]);
    let auth = [("script_name", "evt_status"), ("script_key", KEY)];
    let common = [
        ("upload_type", "Thumbnail"),
        ("filename", "a b.png"),
        ("timestamp", "2026"),
        ("upload_id", "u1"),
        auth[0],
        auth[1],
    ];
    let with = |last: (&'static str, &'static str)| {
        common.iter().copied().chain([last]).collect::<Vec<_>>()
    };
    let requests = server.requests();
    check_form(&requests[3], &with(("part_number", "2")));
    assert_eq!(requests[4].line(), "POST /upload/api_complete_multipart_upload HTTP/1.1");
    check_form(&requests[4], &with(("etags", "e1,e2")));
}

#[tokio::test]
async fn a_storage_that_fails_is_named_without_its_signature() {
    let storage = TestServer::start(vec![Reply::status(403, "")]).await;
    let link = format!("1\n{}/bucket/x?signature=s3cret\n2026\nAttachment\nu1\n", storage.url());
    let server = TestServer::start(vec![to_the_storage(), Reply::text(&link)]).await;
    let error =
        server.client().upload(&caller(), &upload(None, b"bytes")).await.expect_err("refused");
    assert_eq!(error.to_string(), format!("{} answered with http status 403", storage.url()));
    assert!(!format!("{error:?}").contains("s3cret"));
    assert_eq!(server.requests().len(), 2, "nothing was linked");
}
