//! What scripts run in, made once for all tests, and compiled code that studios share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use database::Database;

use super::Studio;

/// The key of compiled code of all studios that share theirs. It guards nothing: tests trust each other.
const SHARED_KEY: [u8; 32] = [7; 32];

impl Studio {
    /// Takes compiled code from a folder of all such studios, so that the interpreters of guests, which take many seconds to
    /// compile, are compiled once. Before the first start.
    pub fn share_compiled_code(&self) -> &Self {
        let url = self.site.url();
        let options = database::Options { synchronous: database::Synchronous::Normal, site: &url };
        let path = self.path("cuebox.db");
        Database::open_for_host(&path, options).unwrap().close().unwrap();
        let database = rusqlite::Connection::open(&path).unwrap();
        let key: String = SHARED_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        let changed =
            database.execute("UPDATE meta SET value = ?1 WHERE name = 'code_key'", [key]).unwrap();
        assert_eq!(changed, 1, "the database has a key");
        self.configure_plugins(&format!("cache = {:?}", compiled_code()))
    }
}

/// Where such studios keep compiled code.
fn compiled_code() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-code")
}

/// Compiles a component for studios that share compiled code, before any host is started, which is expected to be there soon.
pub(super) fn compile_ahead(path: &Path) {
    let engine = runtime::Engine::new(Some(&compiled_code()), SHARED_KEY).unwrap();
    engine.compile(&fs::read(path).unwrap()).unwrap();
}

/// The environment with what makes components of Python.
pub(super) fn tools() -> PathBuf {
    python_folder().join("venv")
}

/// The runtime of Python plugins, as its recipe makes it, compiled for studios that share compiled code.
pub fn python_runtime() -> PathBuf {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED.get_or_init(|| compiled(python_folder().join("cuebox-python.wasm"))).clone()
}

/// The runtime of plugins that are JavaScript files, in the same way.
pub fn javascript_runtime() -> PathBuf {
    static COMPILED: OnceLock<PathBuf> = OnceLock::new();
    COMPILED
        .get_or_init(|| compiled(made("javascript-runtime").join("cuebox-javascript.wasm")))
        .clone()
}

/// Compiles an interpreter before any host is started, which is expected to be there soon.
fn compiled(path: PathBuf) -> PathBuf {
    let engine = runtime::Engine::new(Some(&compiled_code()), SHARED_KEY).unwrap();
    engine.compile_interpreter(&fs::read(&path).unwrap()).unwrap();
    path
}

fn python_folder() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| made("python-runtime"))
}

/// The folder of a runtime's recipe, with what it installed, and what it made.
fn made(runtime: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is below target");
    let folder = target.join(runtime);
    fs::create_dir_all(&folder).expect("a folder can be made below target");
    // Another run of the tests may be at it.
    let lock = File::create(target.join(format!("{runtime}.lock")));
    let lock = lock.expect("a lock can be made below target");
    lock.lock().expect("the lock is to be had when others are done");
    let recipe = workspace.join(format!("plugin-sdk/{runtime}/build"));
    let output = Command::new(&recipe).arg(&folder).output().expect("the recipe can be run");
    assert!(
        output.status.success(),
        "{} failed:\n{}",
        recipe.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    folder
}
