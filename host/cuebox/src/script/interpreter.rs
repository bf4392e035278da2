//! What the files of one language run in: where it is, and its compiled form, which all of them share.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use runtime::{CompileError, Engine, Interpreter};

use super::Language;

/// An interpreter. Read and compiled when the first file of its language is loaded, and then kept.
pub struct SharedInterpreter {
    language: Language,
    path: PathBuf,
    compiled: Mutex<Option<Interpreter>>,
}

/// Why scripts of a language cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// It is not where it should be.
    #[error(
        "there is no {language} runtime at {path}; make it with `just {}-runtime`, and put it there, or write where it is as \
         `{}_runtime` under [plugins]",
        language.word(),
        language.word()
    )]
    Missing { language: Language, path: String },
    /// It cannot be read.
    #[error("cannot read the {language} runtime {path}")]
    Unreadable { language: Language, path: String, source: std::io::Error },
    /// It is no component, or none for this host.
    #[error("the {language} runtime {path} cannot be compiled")]
    Compile { language: Language, path: String, source: CompileError },
}

impl SharedInterpreter {
    /// The interpreter at this path, or beside the program.
    pub fn new(language: Language, path: Option<PathBuf>) -> Self {
        let beside = || {
            let program = std::env::current_exe().unwrap_or_default();
            let folder = program.parent().unwrap_or(Path::new(""));
            folder.join(format!("cuebox-{}.wasm", language.word()))
        };
        Self { language, path: path.unwrap_or_else(beside), compiled: Mutex::default() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its compiled form. Takes seconds the first time; blocks.
    pub fn compiled(&self, engine: &Engine) -> Result<Interpreter, InterpreterError> {
        // Held while compiling: of several plugins that come at once, one compiles it.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(interpreter) = &*compiled {
            return Ok(interpreter.clone());
        }
        let (language, path) = (self.language, self.path.display().to_string());
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(InterpreterError::Missing { language, path });
            }
            Err(source) => return Err(InterpreterError::Unreadable { language, path, source }),
        };
        let interpreter = engine
            .compile_interpreter(&bytes)
            .map_err(|source| InterpreterError::Compile { language, path, source })?;
        Ok(compiled.insert(interpreter).clone())
    }
}
