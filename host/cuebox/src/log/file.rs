//! Log files: one for each day, the last few kept.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use config::LogMode;
use eventlog::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

#[cfg(test)]
mod tests;

/// A file that is put aside at midnight, UTC, under its name and the day: `cuebox.log.2026-01-31`. The name stays the same
/// for those who follow it. Nothing is ever overwritten.
#[derive(Debug)]
pub struct DailyFile {
    directory: PathBuf,
    name: String,
    /// The first line of each file.
    header: &'static str,
    /// Files put aside that are kept.
    keep: usize,
    file: File,
    /// The day that the file is of.
    day: Date,
    /// The last line is there in part, as when the disk became full in the middle of it.
    is_torn: bool,
}

/// The files of the log: one for everything, or one for each plugin and one for the rest.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    mode: LogMode,
    keep: usize,
    rest: DailyFile,
    plugins: BTreeMap<String, DailyFile>,
    /// The last attempt failed, and was complained about.
    is_failing: bool,
}

/// The longest part of a plugin's name that stands in a file's name. File systems take 255 bytes.
const NAME_BYTES_MAX: usize = 120;

impl DailyFile {
    /// Opens the file, or makes it and its folder. One of an earlier day is put aside first.
    pub fn open(
        directory: &Path,
        name: &str,
        header: &'static str,
        keep: usize,
        now: Timestamp,
    ) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let path = directory.join(name);
        let today = day_of(now);
        if let Some(day) = day_written(&path)?.filter(|day| *day < today) {
            put_aside(directory, name, day)?;
            prune(directory, name, keep)?;
        }
        let file = open(&path, header)?;
        Ok(Self {
            directory: directory.to_owned(),
            name: name.to_owned(),
            header,
            keep,
            file,
            day: today,
            is_torn: false,
        })
    }

    /// Appends a line, which ends with its newline, in one write. What is left of a line that could not be written becomes a
    /// line of its own.
    pub fn write(&mut self, line: &str, now: Timestamp) -> io::Result<()> {
        let today = day_of(now);
        if today > self.day {
            put_aside(&self.directory, &self.name, self.day)?;
            self.file = open(&self.directory.join(&self.name), self.header)?;
            self.day = today;
            prune(&self.directory, &self.name, self.keep)?;
        }
        if self.is_torn {
            self.file.write_all(b"\n")?;
            self.is_torn = false;
        }
        let mut left = line.as_bytes();
        while !left.is_empty() {
            match self.file.write(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.is_torn = left.len() < line.len();
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl Files {
    pub(super) fn open(
        directory: PathBuf,
        mode: LogMode,
        keep: usize,
        now: Timestamp,
    ) -> io::Result<Self> {
        let rest = DailyFile::open(&directory, "cuebox.log", "", keep, now)?;
        Ok(Self { directory, mode, keep, rest, plugins: BTreeMap::new(), is_failing: false })
    }

    /// Writes a line to the file it belongs into. Answers what to complain about, once until it works again.
    pub(super) fn write(
        &mut self,
        line: &str,
        plugin: Option<&str>,
        now: Timestamp,
    ) -> Option<String> {
        let written = self.file_of(plugin, now).and_then(|file| file.write(line, now));
        let was_failing = std::mem::replace(&mut self.is_failing, written.is_err());
        let error = written.err().filter(|_| !was_failing)?;
        Some(format!(
            "Log files in `{}` cannot be written: {error}. Lines are missing there until they can",
            self.directory.display()
        ))
    }

    fn file_of(&mut self, plugin: Option<&str>, now: Timestamp) -> io::Result<&mut DailyFile> {
        let Some(plugin) = plugin.filter(|_| self.mode == LogMode::PerPlugin) else {
            return Ok(&mut self.rest);
        };
        if !self.plugins.contains_key(plugin) {
            let file = DailyFile::open(&self.directory, &file_name(plugin), "", self.keep, now)?;
            self.plugins.insert(plugin.to_owned(), file);
        }
        Ok(self.plugins.get_mut(plugin).expect("it was put there above"))
    }
}

/// The name of a plugin's file: safe on every file system, and different for different plugins.
pub(super) fn file_name(plugin: &str) -> String {
    let mut safe = String::new();
    for byte in plugin.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => {
                safe.push(char::from(byte))
            }
            byte => safe.push_str(&format!("%{byte:02x}")),
        }
    }
    if safe.len() > NAME_BYTES_MAX {
        safe.truncate(NAME_BYTES_MAX);
        // The mark cannot come out of the loop above, so that no other name ends like this.
        safe.push_str(&format!("%-{:016x}", fnv(plugin)));
    }
    format!("plugin-{safe}.log")
}

/// FNV-1a: short, and the same in every version of this program, as the names of files must be.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn day_of(time: Timestamp) -> Date {
    // The years from -9999 to 9999 have days. A clock out of them never turns the page.
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(time).date()
}

/// The day of the last line, if there is one.
fn day_written(path: &Path) -> io::Result<Option<Date>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => metadata,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let since_epoch = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Some(day_of(Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)))))
}

fn open(path: &Path, header: &str) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() == 0 {
        file.write_all(header.as_bytes())?;
    }
    Ok(file)
}

/// Gives the file its day's name. If that is taken, as after a clock was set back, it goes on being written to.
fn put_aside(directory: &Path, name: &str, day: Date) -> io::Result<()> {
    let aside = directory.join(format!("{name}.{day}"));
    if aside.try_exists()? {
        return Ok(());
    }
    match fs::rename(directory.join(name), aside) {
        // Somebody took it away; there is nothing to put aside.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Deletes the oldest of the files put aside, and no other file.
fn prune(directory: &Path, name: &str, keep: usize) -> io::Result<()> {
    let mut days = Vec::new();
    for entry in fs::read_dir(directory)? {
        let file_name = entry?.file_name();
        let day = file_name
            .to_str()
            .and_then(|text| text.strip_prefix(name)?.strip_prefix('.')?.parse::<Date>().ok());
        days.extend(day);
    }
    days.sort();
    for day in &days[..days.len().saturating_sub(keep)] {
        fs::remove_file(directory.join(format!("{name}.{day}")))?;
    }
    Ok(())
}
