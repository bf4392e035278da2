//! From a file to a plugin version that can be called: read, compile, instantiate, register. Changes nothing anywhere.
//!
//! A script is not compiled: it is handed to its interpreter, which is, once for all scripts.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runtime::{Blame, CompileError, Component, Engine, Instance, Setup, StartError};

use crate::catalog::Form;
use crate::lane::guest::Sandboxed;
use crate::lane::version::{Version, VersionOptions};
use crate::python_runtime::{PythonRuntime, PythonRuntimeError};

/// Why a file is not a plugin that can run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can not be read.
    #[error("cannot read {path}")]
    Unreadable { path: String, source: std::io::Error },
    /// The file is larger than the operator allows.
    #[error("{path} is larger than the limit `component_bytes` of {limit} bytes")]
    TooLarge { path: String, limit: u64 },
    /// The file is no component, or none for this host.
    #[error("{path} cannot be compiled")]
    Compile { path: String, source: CompileError },
    /// The file is a script, and not text.
    #[error("{path} is no Python file: byte {at} is not part of a text in UTF-8")]
    NotText { path: String, at: usize },
    /// The file is a script, and what runs it cannot.
    #[error("{path} is a Python plugin, and cannot be run")]
    Python { path: String, source: PythonRuntimeError },
    /// A fault of the host, which the file brought about.
    #[error("{path} cannot be compiled by a fault of this host: {why}")]
    Broke { path: String, why: String },
    /// The plugin would not start.
    #[error("{path} does not start")]
    Start { path: String, source: StartError },
}

impl LoadError {
    /// Whether the same file can load later: the site did not answer its `register`, or it may not be read yet, and gets
    /// neither another time nor another length when it may.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreadable { .. } => true,
            Self::Python { source, .. } => !matches!(source, PythonRuntimeError::Compile { .. }),
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
    python: Arc<PythonRuntime>,
}

impl Loader {
    /// Loads into this engine; `python_runtime` is where the interpreter of Python plugins is, if not beside the program.
    pub fn new(engine: Engine, python_runtime: Option<PathBuf>) -> Self {
        Self { engine, python: Arc::new(PythonRuntime::new(python_runtime)) }
    }

    /// Loads a plugin version.
    pub async fn load(
        &self,
        path: &Path,
        bytes_max: u64,
        setup: Setup,
        options: VersionOptions,
    ) -> Result<Version, LoadError> {
        let component = self.component(path.to_owned(), bytes_max).await?;
        let setup = Arc::new(setup);
        let started = Instance::start(&self.engine, &component, setup.clone()).await;
        let (instance, registration) = started
            .map_err(|source| LoadError::Start { path: path.display().to_string(), source })?;
        let plugin = Sandboxed { engine: self.engine.clone(), component, setup };
        Ok(Version::new(Arc::new(plugin), Box::new(instance), registration, options))
    }

    async fn component(&self, path: PathBuf, bytes_max: u64) -> Result<Component, LoadError> {
        let shown = path.display().to_string();
        let Self { engine, python } = self.clone();
        let compiling = tokio::task::spawn_blocking(move || {
            let bytes = read(&path, bytes_max)?;
            match Form::of(&path) {
                Some(Form::Python) => interpreted(&engine, &python, &path, bytes),
                Some(Form::Component) | None => compiled(&engine, &path, &bytes),
            }
        });
        // A compiler that panics over a file must cost no other plugin anything.
        compiling
            .await
            .unwrap_or_else(|error| Err(LoadError::Broke { path: shown, why: error.to_string() }))
    }
}

fn compiled(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Component, LoadError> {
    engine
        .compile(bytes)
        .map_err(|source| LoadError::Compile { path: path.display().to_string(), source })
}

fn interpreted(
    engine: &Engine,
    python: &PythonRuntime,
    path: &Path,
    bytes: Vec<u8>,
) -> Result<Component, LoadError> {
    let shown = path.display().to_string();
    let text = String::from_utf8(bytes).map_err(|error| LoadError::NotText {
        path: shown.clone(),
        at: error.utf8_error().valid_up_to(),
    })?;
    let interpreter =
        python.interpreter(engine).map_err(|source| LoadError::Python { path: shown, source })?;
    // Editors of one system begin a file with a mark that is no part of its text.
    Ok(interpreter.component(text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > bytes_max {
        return Err(LoadError::TooLarge { path: path.display().to_string(), limit: bytes_max });
    }
    Ok(bytes)
}
