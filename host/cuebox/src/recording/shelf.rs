//! Where the recordings of one plugin version are kept: `FOLDER/PLUGIN/VERSION/`, with the plugin's file beside them. What
//! scripts run in is in `FOLDER/runtimes/`, once for all of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use config::{Record, RecordedDeliveries};
use runtime::{Digest, Incomplete, Outcome, Setup, Transcript};

use super::file::{PluginFile, Recording};
use crate::clock;
use crate::script::Language;

/// The folder for what scripts run in.
pub const RUNTIMES: &str = "runtimes";

/// The name of a plugin's file beside its recordings.
pub fn file_name(language: Option<Language>) -> String {
    format!("plugin.{}", language.map_or("wasm", Language::ending))
}

/// How a recording's name ends.
pub const ENDING: &str = "json";

/// A place for recordings.
pub struct Shelf {
    record: Record,
    plugin: PluginFile,
    /// All recordings of the plugin are below it.
    of_plugin: PathBuf,
    of_version: PathBuf,
    kept: AtomicU64,
    /// That recordings cannot be kept was told.
    is_broken: AtomicBool,
}

impl Shelf {
    /// Makes the folder of a version, with its file in it. `script` says what language a script is of, and where that is which it
    /// runs in. Blocks.
    pub fn open(
        record: Record,
        plugin: &str,
        bytes: &[u8],
        script: Option<(Language, &Path)>,
    ) -> io::Result<Self> {
        let digest = Digest::of(bytes);
        let of_plugin = record.directory.join(plugin);
        let of_version = of_plugin.join(digest.short());
        make_folder(&of_version)?;
        write_once(&of_version.join(file_name(script.map(|(language, _)| language))), bytes)?;
        let (mut python, mut javascript) = (None, None);
        if let Some((language, interpreter)) = script {
            let bytes = std::fs::read(interpreter)?;
            let runtimes = record.directory.join(RUNTIMES);
            make_folder(&runtimes)?;
            let digest = Digest::of(&bytes).to_string();
            write_once(&runtimes.join(format!("{digest}.wasm")), &bytes)?;
            match language {
                Language::Python => python = Some(digest),
                Language::JavaScript => javascript = Some(digest),
            }
        }
        let (name, digest) = (plugin.to_owned(), digest.to_string());
        let plugin = PluginFile { name, digest, python, javascript };
        let (kept, is_broken) = (AtomicU64::default(), AtomicBool::default());
        Ok(Self { record, plugin, of_plugin, of_version, kept, is_broken })
    }

    /// The most that one recording may take.
    pub fn bytes_max(&self) -> usize {
        self.record.bytes
    }

    /// Whether a delivery that ended so is kept.
    pub fn wants(&self, outcome: &Outcome) -> bool {
        match self.record.deliveries {
            RecordedDeliveries::None => false,
            RecordedDeliveries::Failed => outcome.blame().is_some(),
            RecordedDeliveries::All => true,
        }
    }

    /// Keeps a recording. What goes wrong is logged, and nothing else suffers.
    pub async fn keep(
        self: &Arc<Self>,
        transcript: Result<Transcript, Incomplete>,
        setup: &Arc<Setup>,
    ) {
        let plugin = &self.plugin.name;
        let transcript = match transcript {
            Ok(transcript) => transcript,
            // The guest was not called.
            Err(Incomplete::NoDelivery) => return,
            Err(why) => {
                return tracing::warn!(
                    plugin.name = %plugin,
                    "A delivery to plugin `{plugin}` was not recorded: {why} (`bytes` under [record])"
                );
            }
        };
        let (shelf, setup) = (self.clone(), setup.clone());
        let kept = tokio::task::spawn_blocking(move || shelf.write(transcript, &setup)).await;
        let broken = match kept {
            Ok(Ok(())) => return self.is_broken.store(false, Ordering::Relaxed),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if !self.is_broken.swap(true, Ordering::Relaxed) {
            let folder = self.of_version.display();
            tracing::warn!(
                plugin.name = %plugin,
                "Deliveries to plugin `{plugin}` cannot be recorded in {folder}: {broken}"
            );
        }
    }

    fn write(&self, transcript: Transcript, setup: &Setup) -> io::Result<()> {
        let now = clock::now();
        let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
        let moment = moment.strftime("%Y-%m-%dT%H%M%S%.3fZ");
        let number = self.kept.fetch_add(1, Ordering::Relaxed);
        let name = format!("{moment}-event-{}-{number}.{ENDING}", transcript.event.id);
        let (plugin, settings) = (self.plugin.clone(), setup.settings.clone());
        let recording = Recording::new(now.0, plugin, settings, &setup.limits, transcript);
        // The folder may have been carried away, and the plugin's file with it: what is missing shows in a replay.
        make_folder(&self.of_version)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.of_version)?;
        recording.write(file.as_file_mut())?;
        file.persist(self.of_version.join(name))?;
        self.remove_oldest()
    }

    /// Removes the oldest recordings past the number that is kept, and folders of other versions that have none left.
    fn remove_oldest(&self) -> io::Result<()> {
        let mut recordings = Vec::new();
        let mut versions = Vec::new();
        for version in std::fs::read_dir(&self.of_plugin)? {
            let version = version?.path();
            if version.is_dir() {
                recordings.extend(recordings_in(&version)?);
                versions.push(version);
            }
        }
        // Their names begin with the moment.
        recordings.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
        let spare = recordings.len().saturating_sub(self.record.keep);
        for oldest in &recordings[..spare] {
            std::fs::remove_file(oldest)?;
        }
        for version in versions.iter().filter(|version| **version != self.of_version) {
            if recordings_in(version)?.is_empty() {
                std::fs::remove_dir_all(version)?;
            }
        }
        Ok(())
    }
}

fn recordings_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Makes a folder that only its owner can look into.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file in one step, readable by its owner alone, unless it is there with as many bytes.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.metadata().is_ok_and(|there| there.len() == bytes.len() as u64) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path)?;
    Ok(())
}
