use std::fs;

use super::Sources;

#[test]
fn what_the_author_writes_counts_and_what_is_made_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("src/lib.rs", "a");
    write("plugin.toml", "a");
    let before = Sources::of(folder.path());
    assert_eq!(before.folders(), [folder.path().to_owned(), folder.path().join("src")]);
    for made in
        ["target/x", "build/p.wasm", ".cuebox/core.wasm", "node_modules/a/b.js", "Cargo.lock"]
    {
        write(made, "made");
    }
    assert_eq!(Sources::of(folder.path()), before);
    write("src/lib.rs", "ab");
    assert_ne!(Sources::of(folder.path()), before);
}
