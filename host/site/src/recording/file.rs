//! A file of lines that belongs to one site at a time. After a crash, whatever was being written, all lines but the last
//! are whole.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError, rename};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{RecordingError, Recovered, io_error};

/// What every recording begins with.
const BEGINS: &[u8] = b"{\"recording\":";

/// An open file.
#[derive(Debug)]
pub(super) struct LineFile {
    path: PathBuf,
    file: File,
    /// Where the next line begins.
    end: u64,
    /// Something is there that is no line, and could not be taken away.
    spoilt: bool,
}

/// An open file and what it holds.
pub(super) struct Contents {
    pub(super) file: LineFile,
    /// The lines that are whole.
    pub(super) text: String,
    pub(super) cut_off: Option<Recovered>,
}

impl LineFile {
    pub(super) fn open(path: &Path) -> Result<Contents, RecordingError> {
        let failed = io_error(path);
        let mut file = open_private(path, false).map_err(&failed)?;
        lock(path, &file)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(&failed)?;
        let length = bytes.len();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        // A file without a line is another's, unless a crash left the beginning of a first line.
        let is_ours = bytes.iter().zip(BEGINS).all(|(given, ours)| given == ours);
        if end == 0 && !is_ours {
            let invalid = io::Error::new(io::ErrorKind::InvalidData, "it is no recording");
            return Err(failed(invalid));
        }
        bytes.truncate(end);
        let text = String::from_utf8(bytes)
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        let cut_off = (end < length).then(|| Recovered {
            path: path.to_owned(),
            line: text.lines().count() + 1,
            bytes: (length - end) as u64,
        });
        let file = Self { path: path.to_owned(), file, end: end as u64, spoilt: end < length };
        Ok(Contents { file, text, cut_off })
    }

    /// Appends one line, or nothing.
    pub(super) fn write_line(&mut self, line: &str) -> Result<(), RecordingError> {
        self.mend()?;
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        if let Err(error) = self.file.write_all(&bytes) {
            // A part of it may be there, as on a disk that is full.
            self.spoilt = true;
            self.cut().ok();
            return Err(io_error(&self.path)(error));
        }
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Takes away what is no whole line, if there is such.
    pub(super) fn mend(&mut self) -> Result<(), RecordingError> {
        if self.spoilt {
            self.cut().map_err(io_error(&self.path))?;
        }
        Ok(())
    }

    /// Puts these lines in place of all. A crash leaves the lines before or these.
    pub(super) fn replace(&mut self, lines: &[String]) -> io::Result<()> {
        let mut new = OsString::from(&self.path);
        new.push(".new");
        let mut file = open_private(Path::new(&new), true)?;
        // Nobody else has a name for it yet.
        file.try_lock().ok();
        let mut writer = BufWriter::new(&mut file);
        for line in lines {
            writer.write_all(line.as_bytes())?;
            writer.write_all(b"\n")?;
        }
        writer.flush()?;
        drop(writer);
        file.sync_all()?;
        rename(&new, &self.path)?;
        self.end = lines.iter().map(|line| line.len() as u64 + 1).sum();
        self.file = file;
        self.spoilt = false;
        // That the new file has the name is what a crash must not undo; where folders cannot be opened nothing is lost but that.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
            folder.sync_all().ok();
        }
        Ok(())
    }

    pub(super) fn release(&mut self) {
        self.file.unlock().ok();
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.spoilt = false;
        Ok(())
    }
}

/// The first line of a file; none if there is no file, or no whole line in it.
pub(super) fn first_line(path: &Path) -> Result<Option<String>, RecordingError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io_error(path)(source)),
    };
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).map_err(io_error(path))?;
    Ok(line.ends_with('\n').then(|| line.trim_end().to_owned()))
}

fn lock(path: &Path, file: &File) -> Result<(), RecordingError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(RecordingError::InUse { path: path.to_owned() }),
        // There are file systems without locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn open_private(path: &Path, empty: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(empty);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
