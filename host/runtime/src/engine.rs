//! One engine for all plugins: how guests are compiled, and the clock that makes them yield.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::Config;
use wasmtime::component::Linker;

use crate::capability::{self, Capabilities};
use crate::code_cache::{self, CodeCache};
use crate::component::{Component, Digest, Interpreter};
use crate::fit::{self, Role};

/// How often a running guest is made to yield its thread. A spinning guest holds up the others by no more than this.
const TICK: Duration = Duration::from_millis(2);

/// Stack of a guest: deep enough for interpreters inside guests, small enough to be cheap for each instance.
const WASM_STACK_BYTES: usize = 1 << 20;

/// Must hold the guest's stack and, on top of it, that of the host functions it calls.
const FIBER_STACK_BYTES: usize = WASM_STACK_BYTES + (1 << 20);

/// Compiles components and makes instances of them. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    linker: Arc<Linker<Capabilities>>,
    /// What interpreters are offered.
    script_linker: Arc<Linker<Capabilities>>,
    cache: Option<Arc<CodeCache>>,
    /// What compiles; this engine itself if none.
    compiler: Option<Compiler>,
    /// Held while compiling. One compilation uses all cores; and of two for the same bytes, the second finds what the first
    /// has kept.
    compiling: Arc<Mutex<()>>,
}

/// Turns a component into machine code, as [`machine_code`] does, somewhere else: compiling can be made to take any amount of time
/// and memory by a file that is small.
pub type Compiler = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, CompileError> + Send + Sync>;

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// This machine, or this build, can not run guests.
    #[error("this machine cannot run WebAssembly guests: {0}")]
    Unsupported(String),
    /// The directory for compiled code can not be used.
    #[error("cannot use the directory {path} for compiled code")]
    Cache {
        /// The directory.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// Why a file is not a plugin that can run here.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The bytes are something else.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(&'static str),
    /// The bytes are a component, but a broken one.
    #[error("not a valid WebAssembly component: {0}")]
    Invalid(String),
    /// Compiling it takes more than any honest one does.
    #[error("compiling it takes more than {0}, which is the limit")]
    TooCostly(String),
    /// The compiler did not come back with machine code.
    #[error("the compiler broke over it: {0}")]
    Broke(String),
    /// The component was made for another host, or for another version of this one.
    #[error("does not fit this host: {}", .0.join("; "))]
    DoesNotFit(Vec<String>),
}

impl Engine {
    /// Makes the engine and starts its clock. Compiled code is kept in `cache_directory`, sealed with `cache_key`; without
    /// a directory every component is compiled each time.
    pub fn new(cache_directory: Option<&Path>, cache_key: [u8; 32]) -> Result<Self, EngineError> {
        let engine = wasmtime::Engine::new(&config())
            .map_err(|error| EngineError::Unsupported(format!("{error:#}")))?;
        let unsupported = |error| EngineError::Unsupported(format!("{error:#}"));
        let linker = capability::linker(&engine).map_err(unsupported)?;
        let script_linker = capability::script_linker(&engine).map_err(unsupported)?;
        let cache = match cache_directory {
            None => None,
            Some(path) => {
                Some(Arc::new(CodeCache::open(path, &engine, cache_key).map_err(|source| {
                    EngineError::Cache { path: path.display().to_string(), source }
                })?))
            }
        };
        start_ticking(&engine);
        let (linker, script_linker) = (Arc::new(linker), Arc::new(script_linker));
        let compiling = Arc::default();
        Ok(Self { engine, linker, script_linker, cache, compiler: None, compiling })
    }

    /// Compiles by this, and not in this process.
    #[must_use]
    pub fn with_compiler(self, compiler: Compiler) -> Self {
        Self { compiler: Some(compiler), ..self }
    }

    /// Compiles a component, or takes it from the cache, and checks that it fits this host. Takes seconds for a large guest;
    /// blocks.
    pub fn compile(&self, bytes: &[u8]) -> Result<Component, CompileError> {
        let (digest, compiled) = self.machine_code(bytes)?;
        let pre = fit::link(&self.engine, &self.linker, &compiled, Role::Plugin)
            .map_err(CompileError::DoesNotFit)?;
        let initial_memory_bytes = initial_memory_bytes(bytes);
        Ok(Component { digest, pre, script: None, initial_memory_bytes })
    }

    /// The same for a component that runs scripts, which is offered the script besides.
    pub fn compile_interpreter(&self, bytes: &[u8]) -> Result<Interpreter, CompileError> {
        let (digest, compiled) = self.machine_code(bytes)?;
        let pre = fit::link(&self.engine, &self.script_linker, &compiled, Role::Interpreter)
            .map_err(CompileError::DoesNotFit)?;
        Ok(Interpreter { digest, pre, initial_memory_bytes: initial_memory_bytes(bytes) })
    }

    /// Compiles bytes, or takes what they compile to from the cache.
    fn machine_code(
        &self,
        bytes: &[u8],
    ) -> Result<(Digest, wasmtime::component::Component), CompileError> {
        artifact::component::check_header(bytes).map_err(CompileError::NotAComponent)?;
        let digest = Digest::of(bytes);
        let turn = self.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, digest));
        let compiled = match cached {
            Some(compiled) => compiled,
            None => self.compile_anew(bytes, digest)?,
        };
        drop(turn);
        Ok((digest, compiled))
    }

    fn compile_anew(
        &self,
        bytes: &[u8],
        digest: Digest,
    ) -> Result<wasmtime::component::Component, CompileError> {
        let compiled = match &self.compiler {
            None => wasmtime::component::Component::from_binary(&self.engine, bytes)
                .map_err(|error| CompileError::Invalid(format!("{error:#}")))?,
            Some(compiler) => code_cache::deserialize(&self.engine, &compiler(bytes)?)
                .ok_or_else(|| CompileError::Broke("what it answered is no code".to_owned()))?,
        };
        if let Some(cache) = &self.cache {
            cache.save(digest, &compiled);
        }
        Ok(compiled)
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }
}

/// What compiles can be read, too; what cannot says nothing.
fn initial_memory_bytes(bytes: &[u8]) -> u64 {
    artifact::component::Component::read(bytes).map_or(0, |component| component.memory_bytes)
}

/// Compiles a component for engines of this build. What a [`Compiler`] does in a process of its own.
pub fn machine_code(bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
    let engine = wasmtime::Engine::new(&config())
        .map_err(|error| CompileError::Broke(format!("{error:#}")))?;
    let code = engine.precompile_component(bytes);
    code.map_err(|error| CompileError::Invalid(format!("{error:#}")))
}

/// All that decides how code is compiled. The code cache keys its entries by a hash of it.
fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        .concurrency_support(false)
        .wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Enable);
    config
}

/// Advances the engine's epoch until the engine is gone.
fn start_ticking(engine: &wasmtime::Engine) {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .expect("a process that cannot start a thread cannot run plugins");
}
