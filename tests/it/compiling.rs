//! Whatever command runs a plugin's file has it compiled by a process of its own: what ends that process ends no more than the command's
//! hope for that file, and the command says so.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use serde_json::json;

use crate::support::{Studio, eventually, fixture};

/// Small, and takes all memory and hours to compile: one of those of `cuebox selftest --hostile`.
const BOMB: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/crafted-nested-bomb.wasm"));

const SAYS: &str = "cannot be compiled: compiling it takes more than 300 seconds of computing, or 4096 MiB of memory, which is the limit";

/// A command that runs, with what it says in a file. Killed, if need be, when it is dropped: it may be compiling the bomb by itself.
struct Running(Child);

impl Running {
    fn start(folder: &Path, arguments: &[&str], out: &Path) -> Self {
        let out = File::create(out).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cuebox"));
        command.args(arguments).current_dir(folder).stdout(out.try_clone().unwrap()).stderr(out);
        // What is compiled here is nothing for the one who runs the tests.
        command.env("XDG_CACHE_HOME", folder.join("cache"));
        Self(command.spawn().unwrap())
    }

    fn wait(&mut self) -> ExitStatus {
        eventually("the end of the command", || self.0.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a command that has the bomb compiled, and ends what does, as the operating system does when that takes too much. All that the
/// command says; it fails.
fn defused(folder: &Path, arguments: &[&str]) -> String {
    let out = folder.join("said");
    let mut command = Running::start(folder, arguments, &out);
    let compiler = eventually("a process that compiles", || compiler_of(&command.0));
    let killed = Command::new("kill").args(["-KILL", &compiler.to_string()]).status().unwrap();
    assert!(killed.success());
    let status = command.wait();
    let said = fs::read_to_string(out).unwrap();
    assert_eq!(status.code(), Some(1), "{arguments:?}: {said}");
    said
}

/// The process that compiles for another.
fn compiler_of(parent: &Child) -> Option<u32> {
    let parent = format!("PPid:\t{}\n", parent.id());
    let is_it = |process: &u32| {
        let read = |file: &str| fs::read_to_string(format!("/proc/{process}/{file}"));
        read("status").is_ok_and(|status| status.contains(&parent))
            && read("cmdline").is_ok_and(|line| line.contains("compile-worker"))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_it)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_a_strangers_file_compiled_elsewhere() {
    let studio = Studio::new().await;
    studio.configure("[plugin.noop.record]\ndeliveries = \"all\"");
    studio.put("noop", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("noop");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("noop", |row| row.handled >= 1);
    assert!(host.stop().success());
    let folder = studio.path("");
    fs::write(folder.join("bomb.wasm"), BOMB).unwrap();

    let said = defused(&folder, &["replay", "recordings", "--plugin", "bomb.wasm"]);
    assert!(said.contains(&format!("bomb.wasm {SAYS}")), "{said}");

    let project = folder.join("project");
    fs::create_dir_all(project.join("tests")).unwrap();
    let manifest =
        "[plugin]\nname = \"bomb\"\nversion = \"1.0.0\"\ndescription = \"x\"\nauthors = [\"A\"]\n";
    fs::write(project.join("plugin.toml"), manifest).unwrap();
    fs::write(project.join("Cargo.toml"), "").unwrap();
    let case = "about = \"x\"\n[[event]]\ncreate = \"Task\"\nfields = { project = \"@project\", content = \"x\" }\n";
    fs::write(project.join("tests/case.toml"), case).unwrap();
    let said = defused(&folder, &["test", "project", "--component", "bomb.wasm"]);
    assert!(said.contains(&format!("bomb.wasm {SAYS}")), "{said}");

    fs::copy(folder.join("bomb.wasm"), studio.plugin_path("bomb")).unwrap();
    let said = defused(&folder, &["check"]);
    assert!(said.contains(&format!("bomb.wasm {SAYS}")), "{said}");
}
