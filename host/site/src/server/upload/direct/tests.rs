use std::sync::Arc;

use serde_json::json;

use super::{Direct, UPLOADS_MAX};
use crate::server::storage::{Folder, Piece};

const SITE: &str = "http://site";

fn begin(direct: &Direct) -> String {
    let sent = json!({"upload_type": "Attachment", "filename": "a.png", "multipart_upload": true});
    let lines = direct.begin(&sent, SITE, 7).expect("everything was sent");
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!((lines[0], lines[2], lines[3]), ("1", "7", "Attachment"));
    assert_eq!(lines[1], format!("{SITE}/upload/storage/{}/1", lines[4]));
    lines[4].to_owned()
}

async fn piece(folder: &Folder, bytes: &[u8]) -> Arc<Piece> {
    let mut incoming = folder.begin().await.expect("there is room");
    incoming.write(bytes).await.expect("there is room");
    Arc::new(incoming.finish().await.expect("there is room"))
}

#[tokio::test]
async fn the_oldest_of_too_many_uploads_is_forgotten_with_its_bytes() {
    let (direct, folder) = (Direct::default(), Folder::temporary());
    let oldest = begin(&direct);
    let piece = piece(&folder, b"bytes").await;
    let path = folder.path_of(piece.key()).expect("it is a key");
    assert!(direct.put(&oldest, 1, piece, "image/png").is_some());
    for _ in 1..UPLOADS_MAX {
        begin(&direct);
    }
    assert!(path.exists());
    begin(&direct);
    assert!(!path.exists());
    assert_eq!(direct.bytes_beside(&oldest, 2), None);
}

#[tokio::test]
async fn the_parts_of_an_upload_count_together() {
    let (direct, folder) = (Direct::default(), Folder::temporary());
    let id = begin(&direct);
    for (part, bytes) in [(1, &b"one"[..]), (2, b"three"), (2, b"two")] {
        assert!(direct.put(&id, part, piece(&folder, bytes).await, "image/png").is_some());
    }
    assert_eq!([1, 2, 3].map(|part| direct.bytes_beside(&id, part)), [Some(3), Some(3), Some(6)]);
    assert_eq!([0, 10_001].map(|part| direct.bytes_beside(&id, part)), [None, None]);
    assert_eq!(
        std::fs::read_dir(
            folder
                .path_of(&"0".repeat(32))
                .expect("it is a key")
                .parent()
                .expect("it is in a folder")
        )
        .expect("it is there")
        .count(),
        2,
        "what was put twice is there once"
    );
}
