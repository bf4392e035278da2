use super::*;

#[track_caller]
fn check(caller: &Caller, expected: &str) {
    assert_eq!(serde_json::to_string(&caller.auth()).expect("auth is JSON"), expected);
}

#[test]
fn auth_is_built_per_call_and_leaves_out_what_is_unset() {
    let mut caller = Caller::script("evt_status", Secret::new("k3y"));
    check(&caller, r#"{"script_name":"evt_status","script_key":"k3y"}"#);
    caller.session_uuid = Some("7a0e".to_owned());
    caller.sudo_as_login = Some("jane".to_owned());
    check(
        &caller,
        r#"{"script_name":"evt_status","script_key":"k3y","session_uuid":"7a0e","sudo_as_login":"jane"}"#,
    );
    caller.session_uuid = Some(String::new());
    caller.sudo_as_login = None;
    check(&caller, r#"{"script_name":"evt_status","script_key":"k3y"}"#);
}

#[test]
fn a_caller_prints_without_its_key() {
    let caller = Caller::script("evt_status", Secret::new("k3y"));
    assert!(!format!("{caller:?}").contains("k3y"));
}
