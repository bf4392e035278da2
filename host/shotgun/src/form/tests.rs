use super::*;

#[test]
fn pairs_are_encoded() {
    let pairs = vec![("script_name", "evt & co"), ("filename", "ä/1.png")];
    assert_eq!(urlencoded(&pairs), "script_name=evt+%26+co&filename=%C3%A4%2F1.png");
}

#[test]
fn a_file_is_the_last_part() {
    let form = multipart(&vec![("entity_id", "7")], "file", "a\"\r\n.png", b"\x00\xff", [1, 0xab]);
    assert_eq!(form.content_type, "multipart/form-data; boundary=000000000000000100000000000000ab");
    let expected = b"--000000000000000100000000000000ab\r\n\
        Content-Disposition: form-data; name=\"entity_id\"\r\n\r\n7\r\n\
        --000000000000000100000000000000ab\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a%22%0D%0A.png\"\r\n\
        Content-Type: image/png\r\nContent-Length: 2\r\n\r\n\x00\xff\r\n\
        --000000000000000100000000000000ab--\r\n";
    assert_eq!(form.body.as_ref(), expected.as_slice());
}

#[track_caller]
fn check_answer(answer: &str, expected: &str) {
    let asked = Asked { peer: "http://site", method: "upload", caller: None };
    let answer = accepted_id(&asked, answer)
        .map_or_else(|error| format!("error: {error}"), |id| id.to_string());
    assert_eq!(answer, expected);
}

#[test]
fn the_first_character_decides() {
    check_answer("1:77\n", "77");
    check_answer("1:77\nmore", "77");
    check_answer(
        "1\n",
        "error: http://site answered `upload` with something else than the number of an Attachment",
    );
    check_answer("0:no such entity", "error: http://site refused `upload`: code 0, 0");
    check_answer("Not allowed\n", "error: http://site refused `upload`: code 0, Not allowed");
    check_answer(
        "",
        "error: http://site answered `upload` with something else than a text that starts with 1 or an error",
    );
    check_answer(
        "<html>",
        "error: http://site answered `upload` with something else than a text that starts with 1 or an error",
    );
}
