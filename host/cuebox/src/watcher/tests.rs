use super::*;

/// Shorter than [`LOOK_EVERY`], so that what comes within it was brought about.
const WITHIN: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_look_does_not_bring_about_the_next_and_a_change_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plugin.wasm");
    std::fs::write(&file, b"x").unwrap();
    let (mut looks, complaint) = watch(&[folder.path().to_owned()], Duration::from_millis(10));
    assert_eq!(complaint, None);
    std::fs::read_dir(folder.path()).unwrap().for_each(drop);
    std::fs::read(&file).unwrap();
    assert!(timeout(WITHIN, looks.recv()).await.is_err(), "it was only read");
    std::fs::write(&file, b"y").unwrap();
    assert_eq!(timeout(WITHIN, looks.recv()).await, Ok(Some(())));
}
