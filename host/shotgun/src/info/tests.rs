use super::*;

fn parse(json: &str) -> Option<Info> {
    Info::parse(&RawValue::from_string(json.to_owned()).expect("valid JSON"), 500)
}

#[test]
fn the_version_is_required_and_the_rest_has_defaults() {
    let info = parse(r#"{"version":[8,50,0,"Dev"]}"#).expect("valid info");
    assert_eq!((info.version.as_slice(), info.page_rows_max), ([8, 50, 0].as_slice(), 500));
    assert_eq!(
        parse(r#"{"version":[8],"api_max_entities_per_page":5000}"#).expect("valid").page_rows_max,
        5000
    );
    assert_eq!(
        parse(r#"{"version":[8],"api_max_entities_per_page":0}"#).expect("valid").page_rows_max,
        500
    );
    for bad in
        ["{}", r#"{"version":[]}"#, r#"{"version":"8.50"}"#, r#"{"version":["Dev"]}"#, "[]", "null"]
    {
        assert!(parse(bad).is_none(), "{bad}");
    }
}

#[track_caller]
fn check_direct(types: &str, entity_type: &str, field: Option<&str>, expected: bool) {
    let json = format!(
        r#"{{"version":[8],"s3_direct_uploads_enabled":true,"s3_enabled_upload_types":{types}}}"#
    );
    assert_eq!(parse(&json).expect("valid info").uploads_directly(entity_type, field), expected);
    let off = json.replace("true", "false");
    assert!(!parse(&off).expect("valid info").uploads_directly(entity_type, field));
}

#[test]
fn the_site_says_which_files_go_to_the_storage() {
    check_direct(r#"{"Version":["sg_movie"]}"#, "Version", Some("sg_movie"), true);
    check_direct(r#"{"Version":["sg_movie"]}"#, "Version", Some("image"), false);
    check_direct(r#"{"Version":"*"}"#, "Version", None, true);
    check_direct(r#"{"Version":["*"]}"#, "Version", None, true);
    check_direct(r#"{"*":"*"}"#, "Shot", Some("image"), true);
    check_direct(r#"{"*":["image"]}"#, "Shot", Some("image"), true);
    check_direct(r#"{"*":["image"]}"#, "Shot", None, false);
    check_direct("{}", "Version", Some("sg_uploaded_movie"), true);
    check_direct("null", "Shot", Some("sg_uploaded_movie"), false);
}
