//! What Python plugins run in: where it is, and its compiled form, which all of them share.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use runtime::{CompileError, Engine, Interpreter};

/// Its name beside the program.
const FILE_NAME: &str = "cuebox-python.wasm";

/// The runtime. Read and compiled when the first Python plugin is loaded, and then kept.
pub struct PythonRuntime {
    path: PathBuf,
    compiled: Mutex<Option<Interpreter>>,
}

/// Why Python plugins cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum PythonRuntimeError {
    /// It is not where it should be.
    #[error(
        "there is no Python runtime at {path}; make it with `just python-runtime`, and put it there, or write where it is as \
         `python_runtime` under [plugins]"
    )]
    Missing { path: String },
    /// It cannot be read.
    #[error("cannot read the Python runtime {path}")]
    Unreadable { path: String, source: std::io::Error },
    /// It is no component, or none for this host.
    #[error("the Python runtime {path} cannot be compiled")]
    Compile { path: String, source: CompileError },
}

impl PythonRuntime {
    /// The runtime at this path, or beside the program.
    pub fn new(path: Option<PathBuf>) -> Self {
        let beside = || {
            let program = std::env::current_exe().unwrap_or_default();
            program.parent().unwrap_or(Path::new("")).join(FILE_NAME)
        };
        Self { path: path.unwrap_or_else(beside), compiled: Mutex::default() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The compiled runtime. Takes seconds the first time; blocks.
    pub fn interpreter(&self, engine: &Engine) -> Result<Interpreter, PythonRuntimeError> {
        // Held while compiling: of several plugins that come at once, one compiles it.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interpreter) = &*compiled {
            return Ok(interpreter.clone());
        }
        let path = self.path.display().to_string();
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(PythonRuntimeError::Missing { path });
            }
            Err(source) => return Err(PythonRuntimeError::Unreadable { path, source }),
        };
        let interpreter = engine
            .compile_interpreter(&bytes)
            .map_err(|source| PythonRuntimeError::Compile { path, source })?;
        Ok(compiled.insert(interpreter).clone())
    }
}
