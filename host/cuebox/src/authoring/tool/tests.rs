use std::path::Path;
use std::process::Command;

use super::{Tool, run, version_in};
use crate::failure::describe;

const SHELL: Tool =
    Tool { program: "sh-of-cuebox", version: "--version", oldest: (3, 11), install: "Install it." };

#[test]
fn versions_are_found_in_what_tools_say() {
    for (said, version) in [
        ("cargo 1.95.0 (abc 2026-01-01)", Some((1, 95))),
        ("go version go1.27.3 linux/amd64", Some((1, 27))),
        ("v20.20.2", Some((20, 20))),
        ("Python 3.11.7", Some((3, 11))),
        ("none", None),
    ] {
        assert_eq!(version_in(said), version, "{said}");
    }
}

#[test]
fn a_tool_that_is_missing_is_named_with_the_way_to_get_it() {
    let (text, _) = describe(&SHELL.check().unwrap_err().into());
    assert_eq!(text, "`sh-of-cuebox` 3.11 or newer is needed, and is not here\nInstall it.");
}

#[cfg(unix)]
#[test]
fn a_tool_that_is_too_old_is_no_tool() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let check = |says: &str| {
        let path = folder.path().join(says);
        std::fs::write(&path, format!("#!/bin/sh\necho {says}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        SHELL.check_at(Path::new(&path)).map_err(|failure| failure.to_string())
    };
    assert_eq!(check("3.11"), Ok(()));
    assert_eq!(check("4.0"), Ok(()));
    assert_eq!(
        check("3.9.4"),
        Err("`sh-of-cuebox` 3.11 or newer is needed, and 3.9 is here".to_owned())
    );
    assert_eq!(check("hello"), Err("`sh-of-cuebox` does not say its version".to_owned()));
}

#[test]
fn a_command_that_fails_is_named() {
    let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
    assert_eq!(error, "`sh -c` failed (exit status: 3); what it said stands above");
}
