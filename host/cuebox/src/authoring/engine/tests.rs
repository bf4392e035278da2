use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{folder, key};

#[test]
fn a_key_is_made_once_and_is_the_users_alone() {
    let caches = tempfile::tempdir().unwrap();
    let folder = caches.path().join("cuebox");
    let first = key(&folder).unwrap();
    assert_eq!(key(&folder).unwrap(), first);
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder.join("code.key")), mode(folder.clone())), (0o600, 0o700));
    assert_ne!(key(&caches.path().join("other")).unwrap(), first);
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
fn caches_are_where_the_user_has_them() {
    let with = |name: &'static str, value: &'static str| {
        folder(move |asked| (asked == name).then(|| value.into()))
    };
    assert_eq!(with("XDG_CACHE_HOME", "/c"), Some("/c/cuebox".into()));
    assert_eq!(with("HOME", "/h"), Some("/h/.cache/cuebox".into()));
    assert_eq!(with("PATH", "/bin"), None);
}
