//! Where the bytes of uploaded files are: a folder with a file to each, under a key that nobody can guess.
//!
//! Bytes that nothing needs are removed: those of an upload that ended half way when it ends, those of one that the model
//! refused when that is known, and all of them when a site ends that was given no folder.

use std::fs::DirBuilder;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use uuid::Uuid;

/// What bytes are called while they come.
const PART: &str = "part";
/// What is written to the disk at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Removed with everything in it when the site ends.
    temporary: bool,
}

/// Bytes that are coming. They are removed unless they are finished.
#[derive(Debug)]
pub(super) struct Incoming {
    piece: Piece,
    file: BufWriter<File>,
    size: u64,
}

/// Bytes that are there. They are removed with this unless they were kept.
#[derive(Debug)]
pub(super) struct Piece {
    key: String,
    path: PathBuf,
    size: u64,
    kept: AtomicBool,
}

impl Folder {
    /// A folder that is made when the first file comes, and goes with the site.
    pub(super) fn temporary() -> Self {
        let name = format!("cuebox-site-{}", Uuid::new_v4().simple());
        Self { path: std::env::temp_dir().join(name), temporary: true }
    }

    /// A folder that stays, and is made when the first file comes.
    pub(super) fn lasting(path: PathBuf) -> Self {
        Self { path, temporary: false }
    }

    /// Makes the folder, and removes what a site that was killed left half way.
    pub(super) fn prepare(&self) -> io::Result<()> {
        self.make()?;
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            let is_ours = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(is_key);
            if is_ours && path.extension().is_some_and(|extension| extension == PART) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.path)
    }

    /// Begins to take bytes.
    pub(super) async fn begin(&self) -> io::Result<Incoming> {
        self.make()?;
        let key = Uuid::new_v4().simple().to_string();
        let path = self.path.join(&key).with_extension(PART);
        let file = File::create_new(&path).await?;
        let piece = Piece { key, path, size: 0, kept: AtomicBool::new(false) };
        Ok(Incoming { piece, file: BufWriter::with_capacity(BUFFER_BYTES, file), size: 0 })
    }

    /// Where the bytes of a key are. None if it is no key of a folder's.
    pub(super) fn path_of(&self, key: &str) -> Option<PathBuf> {
        is_key(key).then(|| self.path.join(key))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // It need not be there.
            std::fs::remove_dir_all(&self.path).ok();
        }
    }
}

impl Incoming {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes came so far.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends the bytes of a piece.
    pub(super) async fn append(&mut self, piece: &Piece) -> io::Result<()> {
        let mut from = File::open(&piece.path).await?;
        self.size += tokio::io::copy(&mut from, &mut self.file).await?;
        Ok(())
    }

    /// Ends it: the bytes are there.
    pub(super) async fn finish(mut self) -> io::Result<Piece> {
        self.file.flush().await?;
        let path = self.piece.path.with_extension("");
        tokio::fs::rename(&self.piece.path, &path).await?;
        self.piece.path = path;
        self.piece.size = self.size;
        Ok(self.piece)
    }
}

impl Piece {
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Leaves the bytes where they are.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if !*self.kept.get_mut() {
            // It can be gone with its folder.
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// Whether a text is one that a folder makes: no path hides in it.
fn is_key(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
