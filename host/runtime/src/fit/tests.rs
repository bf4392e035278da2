use super::*;

#[track_caller]
fn check_import(import: &str, complaint: Option<&str>) {
    assert_eq!(complain_of_import(import, Role::Plugin).as_deref(), complaint, "{import}");
}

#[test]
fn imports_are_held_against_what_is_offered() {
    check_import("cuebox:plugin/shotgun@0.1.0", None);
    check_import("wasi:io/poll@0.2.3", None);
    check_import("wasi:clocks/wall-clock@0.2.99", None);
    check_import(
        "cuebox:plugin/shotgun@0.2.0",
        Some("it imports `cuebox:plugin/shotgun` at version 0.2.0, and this host offers 0.1.0"),
    );
    check_import(
        "wasi:clocks/wall-clock@0.3.0",
        Some("it imports `wasi:clocks/wall-clock` at version 0.3.0, and this host offers WASI 0.2"),
    );
    let complain_of_import = |import| complain_of_import(import, Role::Plugin);
    assert!(
        complain_of_import("acme:gadgets/things@2.0.0")
            .unwrap()
            .contains("`acme:gadgets/things@2.0.0`")
    );
    check_import("wasi:http/outgoing-handler@0.2.3", None);
    assert!(complain_of_import("wasi:tls/client@0.2.0").unwrap().contains("does not offer"));
}

#[test]
fn the_text_of_a_script_is_for_interpreters() {
    let import = "cuebox:script/source@0.1.0";
    assert!(complain_of_import(import, Role::Plugin).unwrap().contains("does not offer"));
    assert_eq!(complain_of_import(import, Role::Interpreter), None);
}

#[test]
fn the_callbacks_must_be_there_at_our_version() {
    assert_eq!(complain_of_exports(&["x", "cuebox:plugin/callbacks@0.1.0"]), None);
    assert_eq!(
        complain_of_exports(&["cuebox:plugin/callbacks@0.9.0"]).unwrap(),
        "it exports `cuebox:plugin/callbacks` at version 0.9.0, and this host calls 0.1.0"
    );
    assert!(complain_of_exports(&[]).unwrap().contains("not a cuebox plugin"));
}
