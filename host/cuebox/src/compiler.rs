//! Compiles plugins' files in a process of its own, with limits of its own. A file of some kilobytes can be made so that compiling it takes
//! hours and all of a machine's memory; then that process ends, and the host goes on.
//!
//! The process is this program, started with the hidden command `compile-worker`: a component on stdin, machine code on stdout, and
//! what is wrong with the component on stderr.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use runtime::{CompileError, Compiler};

use crate::cli::CompileWorker;

/// What compiling one file may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time on all cores together, where the operating system counts it.
    pub cpu_seconds: u64,
    /// Memory, where the operating system counts it.
    pub memory_bytes: u64,
    /// From the beginning to the end, however busy the machine is.
    pub patience: Duration,
}

impl Limits {
    /// The interpreter of Python plugins, by far the largest honest file, takes a tenth of the time and of the memory.
    pub const OF_HOST: Self =
        Self { cpu_seconds: 300, memory_bytes: 4 << 30, patience: Duration::from_secs(900) };
}

/// How the process says that the component is at fault.
const INVALID: i32 = 65;

/// A refusal that is longer says nothing more.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;

/// Compiles by starting `program`, which is this one, again.
pub fn compiler(program: &Path, limits: Limits) -> Compiler {
    let program = program.to_owned();
    Arc::new(move |bytes| compile(&program, limits, bytes))
}

/// Compiles by starting this program again; in this process where that cannot be found.
pub fn own(engine: runtime::Engine) -> runtime::Engine {
    match std::env::current_exe() {
        // The tests of this crate are another program, which has no such command.
        Ok(program) if !cfg!(test) => engine.with_compiler(compiler(&program, Limits::OF_HOST)),
        _ => engine,
    }
}

fn compile(program: &Path, limits: Limits, bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
    let broke = |error: std::io::Error| CompileError::Broke(error.to_string());
    let mut child = Command::new(program)
        .arg("compile-worker")
        .args(["--cpu-seconds", &limits.cpu_seconds.to_string()])
        .args(["--memory-bytes", &limits.memory_bytes.to_string()])
        // Keys can be in the environment, and it needs none of it.
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(broke)?;
    let answer = std::thread::scope(|scope| talk(scope, &mut child, bytes, limits.patience));
    let status = child.wait().map_err(broke)?;
    match (answer, status.code()) {
        (None, _) => Err(CompileError::TooCostly(format!("{:?}", limits.patience))),
        (Some((code, _)), Some(0)) => Ok(code),
        (Some((_, refusal)), Some(INVALID)) => Err(CompileError::Invalid(refusal)),
        // The operating system ended it, or it gave up for want of memory.
        (Some(_), None) => Err(CompileError::TooCostly(format!(
            "{} seconds of computing, or {} MiB of memory",
            limits.cpu_seconds,
            limits.memory_bytes >> 20
        ))),
        (Some((_, refusal)), Some(code)) => {
            Err(CompileError::Broke(format!("it ended with {code}: {}", refusal.trim_end())))
        }
    }
}

/// Hands the component over, and takes what comes back, on stdout and on stderr; none, and the process is ended, after `patience`.
fn talk<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    child: &mut Child,
    bytes: &'scope [u8],
    patience: Duration,
) -> Option<(Vec<u8>, String)> {
    let mut stdin = child.stdin.take().expect("it is piped");
    let mut stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    // One that has ended takes no more, and how it ended says why.
    scope.spawn(move || drop(stdin.write_all(bytes)));
    let (answered, answer) = mpsc::channel();
    // Both are read at once: the process waits until somebody takes what it says, and ends only then.
    let refusal = scope.spawn(move || refusal_in(stderr));
    scope.spawn(move || {
        let mut code = Vec::new();
        let _ = stdout.read_to_end(&mut code);
        let _ = answered.send((code, refusal.join().unwrap_or_default()));
    });
    let answer = answer.recv_timeout(patience).ok();
    if answer.is_none() {
        // It may have ended at this moment.
        let _ = child.kill();
    }
    answer
}

/// What is said of a component, which can hold any text. All of it is taken, and no more of it kept than says something.
fn refusal_in(mut stderr: impl Read) -> String {
    let mut refusal = Vec::new();
    let _ = stderr.by_ref().take(REFUSAL_BYTES_MAX).read_to_end(&mut refusal);
    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
    String::from_utf8_lossy(&refusal).into_owned()
}

/// What the process does: `cuebox compile-worker`.
pub fn work(limits: &CompileWorker) -> std::process::ExitCode {
    bound(limits);
    let mut bytes = Vec::new();
    let compiled = match std::io::stdin().read_to_end(&mut bytes) {
        Ok(_) => runtime::machine_code(&bytes),
        Err(error) => Err(CompileError::Broke(error.to_string())),
    };
    let (text, code) = match compiled {
        Ok(code) if std::io::stdout().write_all(&code).is_ok() => return 0.into(),
        Ok(_) => ("nobody takes the code".to_owned(), 1),
        Err(CompileError::Invalid(why)) => (why, INVALID),
        Err(error) => (error.to_string(), 1),
    };
    let _ = std::io::stderr().write_all(text.as_bytes());
    u8::try_from(code).unwrap_or(1).into()
}

/// Lets the operating system end this process when it takes more.
#[cfg(unix)]
fn bound(limits: &CompileWorker) {
    use rustix::process::{Resource, Rlimit, nice, setrlimit};
    let set = |resource, max| {
        // Where it cannot be set, the patience of the one who waits is left.
        let _ = setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    };
    set(Resource::Cpu, limits.cpu_seconds);
    // What is reserved by now is mostly not used.
    set(Resource::Data, limits.memory_bytes.saturating_add(reserved()));
    set(Resource::Core, 0);
    // Where memory is short before that, Linux ends this one first.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    // Plugins that run come first.
    let _ = nice(5);
}

/// What this process has reserved, where the operating system says it in this way.
#[cfg(unix)]
fn reserved() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}

#[cfg(not(unix))]
fn bound(_: &CompileWorker) {}
