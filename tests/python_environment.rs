//! Makes the Python that the official client runs in, once per target directory. Used by the tests of the site, which the
//! client judges, and by those of the program, which run the Python daemon beside it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One release of the official client.
pub struct Client {
    /// Names the environment's folder.
    pub name: &'static str,
    /// The file with its pin, in `tests/python`.
    pub requirements: &'static str,
    /// The interpreters it runs on, the one to be preferred first.
    pub interpreters: &'static [&'static str],
}

/// What a studio installs today.
pub const NEWEST: Client =
    Client { name: "newest", requirements: "requirements.txt", interpreters: &["python3"] };

/// The folder of what is written in Python.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python")
}

impl Client {
    /// The Python of an environment with what the requirements pin, made anew when they change. Needs an interpreter and,
    /// the first time, its package index.
    pub fn environment(&self) -> PathBuf {
        let environments = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge");
        let environment = environments.join(self.name);
        let python = environment.join("bin/python");
        let requirements = folder().join(self.requirements);
        let wanted =
            std::fs::read_to_string(&requirements).expect("the requirements are beside the cases");
        std::fs::create_dir_all(&environments).expect("a folder for environments can be made");
        let lock = File::create(environments.join(format!("{}.lock", self.name)));
        let lock = lock.expect("a lock can be made in that folder");
        lock.lock().expect("the lock is to be had when others are done");
        let installed = environment.join("installed.txt");
        if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
            return python;
        }
        run(Command::new(self.interpreter()).args(["-m", "venv", "--clear"]).arg(&environment));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements));
        run(Command::new(&python).args(["-c", "import shotgun_api3"]));
        std::fs::write(&installed, wanted).expect("the environment can be marked as whole");
        python
    }

    /// The first interpreter that is there.
    fn interpreter(&self) -> &'static str {
        let works = |name: &&&str| {
            Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
        };
        self.interpreters
            .iter()
            .find(works)
            .unwrap_or_else(|| panic!("none of {:?} can be run", self.interpreters))
    }
}

/// Runs a command, which must succeed.
pub fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
