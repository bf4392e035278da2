//! The Python daemon of `tests/python/daemon.py`, run in a studio as a host is.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::{Studio, eventually, python_environment};

/// A daemon that runs, or has ended. Killed, if need be, when it is dropped.
pub struct Daemon {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Daemon {
    /// The file that it keeps its state in.
    pub fn state(studio: &Studio) -> PathBuf {
        studio.path("daemon.state")
    }

    /// Puts its plugin `writer` in place, or saves it once more.
    pub fn put_writer(studio: &Studio) {
        Self::put(studio, &python_environment::folder().join("daemon_plugins/writer.py"));
    }

    /// Puts a plugin in place, under the name of its file.
    pub fn put(studio: &Studio, source: &Path) {
        let folder = studio.path("daemon");
        fs::create_dir_all(&folder).unwrap();
        let name = source.file_name().unwrap();
        fs::write(folder.join(name), fs::read(source).unwrap()).unwrap();
    }

    /// Starts it with more of its command line, and with more environment for its plugin.
    pub fn start(studio: &Studio, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let key = studio.production.key("cuebox").unwrap();
        let mut child = Command::new(python_environment::NEWEST.environment())
            .arg("-B")
            .arg(python_environment::folder().join("daemon.py"))
            .args(["--site", &studio.site.url(), "--script", "cuebox", "--key", key, "--state"])
            .arg(Self::state(studio))
            .args(arguments)
            .arg(studio.path("daemon"))
            .envs([("SG_NAME", "cuebox"), ("SG_KEY", key)])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let stderr: Box<dyn Read + Send> = Box::new(child.stderr.take().unwrap());
        let readers = [stdout, stderr].map(|output| {
            let kept = lines.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    kept.lock().unwrap().push(line);
                }
            })
        });
        Self { child, lines, readers: readers.into() }
    }

    /// Waits for a line of its log.
    #[track_caller]
    pub fn wait_for(&self, part: &str) {
        eventually(&format!("`{part}`, in the log of the daemon"), || {
            let is_over = self.is_over();
            let found = self.log().contains(part);
            assert!(found || !is_over, "the daemon ended before `{part}`:\n{}", self.log());
            found.then_some(())
        });
    }

    /// Whether its output has ended, and so has it.
    pub fn is_over(&self) -> bool {
        self.readers.iter().all(JoinHandle::is_finished)
    }

    /// Everything it has said so far.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
