//! From a file to a plugin version that can be called: read, let in, compile, instantiate, register. Changes nothing anywhere.
//!
//! A script is not compiled: it is handed to its interpreter, which is, once for all scripts.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use artifact::signature;
use config::{Plugins, Record};
use runtime::{Blame, CompileError, Component, Digest, Engine, Outcome, Setup, StartError};

use crate::admission::{Admitted, Refused, Rules};
use crate::lane::background::Pace;
use crate::lane::guest::{Plugin as _, Sandboxed, paced};
use crate::lane::version::{Version, VersionOptions};
use crate::lock::Lock;
use crate::recording::Shelf;
use crate::script::{self, InterpreterError, Interpreters, Language};
use crate::setup::Draft;

/// Why a file is not a plugin that can run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can not be read.
    #[error("cannot read {path}")]
    Unreadable { path: String, source: std::io::Error },
    /// The file is larger than the operator allows.
    #[error("{path} is larger than the limit `component_bytes` of {limit} bytes")]
    TooLarge { path: String, limit: u64 },
    /// It is not let in.
    #[error("{path} is not let in")]
    Refused { path: String, source: Refused },
    /// The copy of a file is not what was copied.
    #[error("{path} is not the file any more that was kept there")]
    Changed { path: String },
    /// There is no lock file, or none that can be read.
    #[error("{path} may not run, because the lock file {lock} {why}")]
    NoLock { path: String, lock: String, why: String },
    /// What is known of the plugin's files cannot be read.
    #[error("cannot tell whether {path} may run: {why}")]
    Unknown { path: String, why: String },
    /// The file is no component, or none for this host.
    #[error("{path} cannot be compiled")]
    Compile { path: String, source: CompileError },
    /// The file is a script, and not text.
    #[error("{path} is no {language} file: byte {at} is not part of a text in UTF-8")]
    NotText { path: String, language: Language, at: usize },
    /// The file is a script, and what runs it cannot.
    #[error("{path} is a {language} plugin, and cannot be run")]
    Script { path: String, language: Language, source: InterpreterError },
    /// A fault of the host, which the file brought about.
    #[error("{path} cannot be compiled by a fault of this host: {why}")]
    Broke { path: String, why: String },
    /// The plugin would not start.
    #[error("{path} does not start")]
    Start { path: String, source: StartError },
}

/// Which file, and what is asked of it.
pub struct Request {
    /// Where it is.
    pub path: PathBuf,
    /// The largest that is read.
    pub bytes_max: u64,
    /// The lock file, where nothing else may run.
    pub lock: Option<PathBuf>,
    /// Who may come in.
    pub rules: Rules,
    /// The only one that it may be, where it is the copy of one that ran.
    pub expected: Option<Digest>,
    /// What is recorded of it; none for nothing.
    pub record: Option<Record>,
}

/// A file, and what lies beside it.
pub struct File {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// The text of its signature.
    pub signature: Option<String>,
}

/// A version that can be called, and the file that it is made of.
pub struct Loaded {
    /// To be called.
    pub version: Version,
    /// What its instances are made of.
    pub component: Component,
    /// Where its deliveries are recorded, if they are.
    pub shelf: Option<Arc<Shelf>>,
    /// What its author says.
    pub admitted: Admitted,
    /// The file, where it says what it needs: then it is kept.
    pub file: File,
}

/// A file that can be run.
struct Compiled {
    component: Component,
    admitted: Admitted,
    file: File,
    shelf: Option<Arc<Shelf>>,
}

impl LoadError {
    /// Whether a halt is why.
    pub fn is_of_halt(&self) -> bool {
        matches!(self, Self::Start { source: StartError::Failed(Outcome::Halted { .. }), .. })
    }

    /// Whether the lock file is why.
    pub fn is_of_lock(&self) -> bool {
        matches!(
            self,
            Self::NoLock { .. } | Self::Refused { source: Refused::NotLocked { .. }, .. }
        )
    }

    /// Whether the same file can load later: the site did not answer its `register`, or it may not be read yet, and gets
    /// neither another time nor another length when it may.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Unknown { .. } => true,
            Self::Script { source, .. } => !matches!(source, InterpreterError::Compile { .. }),
            Self::Start { source: StartError::Failed(outcome), .. } => {
                outcome.blame() == Some(Blame::Site)
            }
            _ => false,
        }
    }
}

/// Loads plugins. Cheap to clone.
#[derive(Clone)]
pub struct Loader {
    engine: Engine,
    interpreters: Arc<Interpreters>,
}

impl Loader {
    /// Loads into this engine; `plugins` can say where the interpreters of scripts are. Else they are beside the program.
    pub fn new(engine: Engine, plugins: Option<&Plugins>) -> Self {
        Self { engine, interpreters: Arc::new(Interpreters::new(plugins)) }
    }

    /// Loads a plugin version.
    pub async fn load(
        &self,
        request: Request,
        draft: Draft,
        options: VersionOptions,
    ) -> Result<Loaded, LoadError> {
        let path = request.path.display().to_string();
        let Compiled { component, admitted, file, shelf } = self.component(request).await?;
        let setup = draft.admitted(&admitted, &component);
        let version = self.version(component.clone(), shelf.clone(), setup, options);
        let version = version.await.map_err(|source| LoadError::Start { path, source })?;
        Ok(Loaded { version, component, shelf, admitted, file })
    }

    /// Makes a version of a component that was let in, and its first instance.
    pub async fn version(
        &self,
        component: Component,
        shelf: Option<Arc<Shelf>>,
        setup: Setup,
        options: VersionOptions,
    ) -> Result<Version, StartError> {
        // What an instance remembers of other events is in no recording.
        let shelf = shelf.filter(|_| !options.keeps_instance);
        let setup = Arc::new(setup);
        let (engine, pace) = (self.engine.clone(), Pace::default());
        let plugin = Arc::new(Sandboxed { engine, component, setup, shelf, pace });
        let starting = plugin.clone();
        let started = paced(&*plugin, async move { starting.start().await });
        let (instance, registration) = started.await?;
        Ok(Version::new(plugin, instance, registration, options))
    }

    async fn component(&self, request: Request) -> Result<Compiled, LoadError> {
        let shown = request.path.display().to_string();
        let Self { engine, interpreters } = self.clone();
        let compiling = tokio::task::spawn_blocking(move || {
            let language = Language::of(&request.path);
            let (path, record) = (request.path.clone(), request.record.clone());
            let plugin = request.rules.plugin.clone();
            let (admitted, file) = let_in(request, language.is_some())?;
            let component = match language {
                Some(language) => {
                    interpreted(&engine, &interpreters, language, &path, &file.bytes)?
                }
                None => compiled(&engine, &path, &file.bytes)?,
            };
            let script = language.map(|language| (language, interpreters.of(language).path()));
            let shelf = record.and_then(|record| shelf(record, &plugin, &file.bytes, script));
            Ok(Compiled { component, admitted, file, shelf })
        });
        // A compiler that panics over a file must cost no other plugin anything.
        compiling
            .await
            .unwrap_or_else(|error| Err(LoadError::Broke { path: shown, why: error.to_string() }))
    }
}

/// A shelf for the recordings of a version. A plugin that cannot be recorded runs all the same.
fn shelf(
    record: Record,
    plugin: &str,
    bytes: &[u8],
    script: Option<(Language, &Path)>,
) -> Option<Arc<Shelf>> {
    let directory = record.directory.display().to_string();
    match Shelf::open(record, plugin, bytes, script) {
        Ok(shelf) => Some(Arc::new(shelf)),
        Err(error) => {
            tracing::warn!(
                plugin.name = %plugin,
                "Plugin `{plugin}` is not recorded, because the folder {directory} cannot be used: {error}"
            );
            None
        }
    }
}

/// Reads a file, and lets it in.
fn let_in(mut request: Request, is_script: bool) -> Result<(Admitted, File), LoadError> {
    let path = || request.path.display().to_string();
    let file = read(&request.path, request.bytes_max)?;
    if request.expected.is_some_and(|expected| expected != Digest::of(&file.bytes)) {
        return Err(LoadError::Changed { path: path() });
    }
    if let Some(lock) = &request.lock {
        request.rules.lock = Some(read_lock(lock).map_err(|why| LoadError::NoLock {
            path: path(),
            lock: lock.display().to_string(),
            why,
        })?);
    }
    let signature = file.signature.as_deref();
    let admitted = match is_script {
        true => request.rules.admit_script(&file.bytes, signature),
        false => request.rules.admit(&file.bytes, signature),
    };
    let admitted = admitted.map_err(|source| LoadError::Refused { path: path(), source })?;
    Ok((admitted, file))
}

fn compiled(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Component, LoadError> {
    engine
        .compile(bytes)
        .map_err(|source| LoadError::Compile { path: path.display().to_string(), source })
}

fn interpreted(
    engine: &Engine,
    interpreters: &Interpreters,
    language: Language,
    path: &Path,
    bytes: &[u8],
) -> Result<Component, LoadError> {
    let path = path.display().to_string();
    let text = script::text(bytes).map_err(|error| {
        let (path, at) = (path.clone(), error.valid_up_to());
        LoadError::NotText { path, language, at }
    })?;
    let interpreter = interpreters.of(language).compiled(engine);
    let interpreter = interpreter.map_err(|source| LoadError::Script { path, language, source })?;
    Ok(interpreter.component(text))
}

/// Reads a lock file. An `Err` goes on with "the lock file".
pub fn read_lock(path: &Path) -> Result<Lock, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Lock::parse(&text).map_err(|why| format!("cannot be used: {why}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err("is not there; `cuebox lock` writes it".to_owned())
        }
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Reads a plugin's file, and the signature beside it.
pub fn read(path: &Path, bytes_max: u64) -> Result<File, LoadError> {
    let bytes = read_up_to(path, bytes_max)
        .map_err(|source| LoadError::Unreadable { path: path.display().to_string(), source })?;
    if bytes.len() as u64 > bytes_max {
        return Err(LoadError::TooLarge { path: path.display().to_string(), limit: bytes_max });
    }
    let beside = signature_path(path);
    // One that is too long is cut, and then is none; so is one that is not text.
    let signature = match read_up_to(&beside, signature::BYTES_MAX as u64) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => {
            return Err(LoadError::Unreadable { path: beside.display().to_string(), source });
        }
    };
    Ok(File { bytes, signature })
}

/// Where the signature of a file is.
pub fn signature_path(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(signature::SUFFIX);
    beside.into()
}

/// Reads a file, and at most one byte more than `max`.
fn read_up_to(path: &Path, max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
