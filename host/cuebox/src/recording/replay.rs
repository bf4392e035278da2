//! Runs recordings: the recorded version of the plugin, or another one, with the recording in the place of everything outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{
    CallEnding, CompileError, Component, Connection, Digest, Engine, Instance, Interpreter,
    Section, Setup, Tape, Transcript,
};
use shotgun::{Client, Credentials, Secret, SiteUrl, retry};

use super::file::Recording;
use super::shelf::{RUNTIMES, file_name};
use crate::compiler;
use crate::failure::chain;
use crate::script::{self, Language};

/// Why a recording cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file that it needs is not there.
    #[error("{recording} needs {path}, which cannot be read")]
    Missing { recording: String, path: String, source: std::io::Error },
    /// A file that it needs is another one.
    #[error("{recording} was made with {path} of digest {recorded}, and that file has {found} now")]
    Changed { recording: String, path: String, recorded: String, found: String },
    /// A file is no plugin that can run here.
    #[error("{path} cannot be compiled")]
    Compile { path: String, source: Arc<CompileError> },
    /// A script is no text.
    #[error("{path} is no {language} file: byte {at} is not part of a text in UTF-8")]
    NotText { path: String, language: Language, at: usize },
    /// A script is to be run on a recording of a component, or of a script in another language.
    #[error(
        "{path} is a {language} file, and {recording} is of {}: there is nothing beside it to run {language} in",
        .recorded.map_or("a component".to_owned(), |language| format!("a {language} file"))
    )]
    NoInterpreter {
        path: String,
        language: Language,
        recording: String,
        recorded: Option<Language>,
    },
    /// There is no host for it.
    #[error("cannot replay: {0}")]
    Host(String),
}

/// The versions that recordings are run with. Each is compiled once.
pub struct Versions {
    engine: Engine,
    /// The version that all are run with, in the place of the recorded ones.
    other: Option<PathBuf>,
    components: BTreeMap<Digest, Component>,
    interpreters: BTreeMap<Digest, Interpreter>,
    /// What could not be compiled. It may have taken long, and is not tried again.
    hopeless: BTreeMap<Digest, Arc<CompileError>>,
}

/// What a recording is run with.
pub struct Run {
    component: Component,
    /// It is the recorded version.
    pub is_recorded: bool,
}

/// What came of a replay.
pub struct Replayed {
    /// What happened now.
    pub transcript: Transcript,
    /// It ran the recorded version.
    pub is_recorded: bool,
}

impl Versions {
    /// The recorded versions, or this one for all.
    pub fn new(other: Option<PathBuf>) -> Result<Self, ReplayError> {
        let engine = Engine::new(None, [0; 32]);
        // A recording may come from a stranger, and the plugin's file with it.
        let engine = compiler::own(engine.map_err(|error| ReplayError::Host(chain(&error)))?);
        let (components, interpreters, hopeless) = Default::default();
        Ok(Self { engine, other, components, interpreters, hopeless })
    }

    /// What to run a recording with. Blocks.
    fn run(&mut self, path: &Path, recording: &Recording) -> Result<Run, ReplayError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let own_name = || file_name(recording.plugin.script().map(|(language, _)| language));
        let file = self.other.clone().unwrap_or_else(|| folder.join(own_name()));
        let bytes = read(path, &file)?;
        let digest = Digest::of(&bytes);
        let is_recorded = digest.to_string() == recording.plugin.digest;
        if self.other.is_none() && !is_recorded {
            return Err(ReplayError::Changed {
                recording: path.display().to_string(),
                path: file.display().to_string(),
                recorded: recording.plugin.digest.clone(),
                found: digest.to_string(),
            });
        }
        if let Some(component) = self.components.get(&digest) {
            return Ok(Run { component: component.clone(), is_recorded });
        }
        let component = match Language::of(&file) {
            Some(language) => self.script(path, &file, language, recording, &bytes)?,
            None => self.compile(&file, digest, |engine| engine.compile(&bytes))?,
        };
        self.components.insert(digest, component.clone());
        Ok(Run { component, is_recorded })
    }

    fn script(
        &mut self,
        path: &Path,
        file: &Path,
        language: Language,
        recording: &Recording,
        bytes: &[u8],
    ) -> Result<Component, ReplayError> {
        let (recording_path, shown) = (path.display().to_string(), file.display().to_string());
        let recorded = recording.plugin.script();
        let Some((_, runtime)) = recorded.filter(|(recorded, _)| *recorded == language) else {
            let recorded = recorded.map(|(language, _)| language);
            let (path, recording) = (shown, recording_path);
            return Err(ReplayError::NoInterpreter { path, language, recording, recorded });
        };
        let text = script::text(bytes).map_err(|error| {
            let (path, at) = (shown, error.valid_up_to());
            ReplayError::NotText { path, language, at }
        })?;
        let digest: Digest = runtime.parse().expect("it was checked when it was read");
        if let Some(interpreter) = self.interpreters.get(&digest) {
            return Ok(interpreter.component(text));
        }
        let name = format!("{runtime}.wasm");
        let folder = path.parent().unwrap_or(Path::new("."));
        // Where recordings lie as they were made, and where one was put beside what it needs.
        let places = [folder.join("../..").join(RUNTIMES).join(&name), folder.join(&name)];
        let place = places.iter().find(|place| place.exists()).unwrap_or(&places[0]);
        let bytes = read(path, place)?;
        let found = Digest::of(&bytes);
        if found != digest {
            let shown = place.display().to_string();
            let (recorded, found) = (runtime.to_owned(), found.to_string());
            let recording = recording_path;
            return Err(ReplayError::Changed { recording, path: shown, recorded, found });
        }
        let interpreter =
            self.compile(place, digest, |engine| engine.compile_interpreter(&bytes))?;
        let component = interpreter.component(text);
        self.interpreters.insert(digest, interpreter);
        Ok(component)
    }

    fn compile<T>(
        &mut self,
        file: &Path,
        digest: Digest,
        compile: impl FnOnce(&Engine) -> Result<T, CompileError>,
    ) -> Result<T, ReplayError> {
        let path = file.display().to_string();
        if let Some(source) = self.hopeless.get(&digest) {
            return Err(ReplayError::Compile { path, source: source.clone() });
        }
        compile(&self.engine).map_err(|error| {
            let source = Arc::new(error);
            self.hopeless.insert(digest, source.clone());
            ReplayError::Compile { path, source }
        })
    }
}

fn read(recording: &Path, file: &Path) -> Result<Vec<u8>, ReplayError> {
    std::fs::read(file).map_err(|source| ReplayError::Missing {
        recording: recording.display().to_string(),
        path: file.display().to_string(),
        source,
    })
}

/// Runs a recording, which is at `path`.
pub async fn replay(
    versions: &mut Versions,
    path: &Path,
    recording: &Recording,
) -> Result<Replayed, ReplayError> {
    let Run { component, is_recorded } = versions.run(path, recording)?;
    let recorded = Arc::new(recording.transcript.clone());
    let tape = Tape::replaying(recorded.clone());
    let setup = Arc::new(setup(recording)?);
    let started = Instance::start_on(&versions.engine, &component, setup, tape.clone()).await;
    let ending = match started {
        Err(error) => Some(chain(&error)),
        Ok((_, registration))
            if !registration.callbacks.iter().any(|it| it.name == recorded.callback) =>
        {
            Some(format!("registers no callback `{}`", recorded.callback))
        }
        Ok((mut instance, _)) => {
            instance.replay(&recorded.callback, &recorded.event).await;
            None
        }
    };
    let transcript = match (tape.transcript(), ending) {
        (Ok(transcript), None) => transcript,
        // It did not get as far as the event.
        (_, ending) => {
            let text = ending.unwrap_or_default();
            let ending = CallEnding { outcome: "not-started".to_owned(), text };
            let handle = Section { ending, ..Section::default() };
            Transcript { handle, ..recording.transcript.clone() }
        }
    };
    Ok(Replayed { transcript, is_recorded })
}

/// A plugin that is granted nothing and knows no key: whatever it asks is answered from the recording.
fn setup(recording: &Recording) -> Result<Setup, ReplayError> {
    let limits = recording.limits.to_limits();
    let host = |why: String| ReplayError::Host(why);
    let client = Client::new(shotgun::Options {
        site: SiteUrl::parse("http://recording.invalid").expect("it is an address"),
        proxy: None,
        ca_certificates: Vec::new(),
        connect_timeout: limits.deadline,
        timeout: limits.deadline,
        answer_bytes_max: 0,
        connections_max: 1,
        retry: retry::Options {
            attempts: 1,
            delay_first: std::time::Duration::ZERO,
            delay_max: std::time::Duration::ZERO,
        },
    });
    let client = client.map_err(|error| host(chain(&error)))?;
    let credentials = Credentials::Script { name: "none".to_owned(), key: Secret::new("none") };
    let connection = Connection { client, credentials };
    let settings = recording.settings.clone();
    Ok(Setup { settings, ..Setup::bare(&recording.plugin.name, limits, connection) })
}
