//! Running the tools of a language: compilers and package managers. What they say is shown as it is.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::cli::ExitCode;
use crate::failure::Failure;

#[cfg(test)]
mod tests;

/// A program that a build needs.
pub struct Tool {
    /// What it is called where programs are looked up.
    pub program: &'static str,
    /// What makes it say its version.
    pub version: &'static str,
    /// The oldest that will do: its major and its minor number.
    pub oldest: (u32, u32),
    /// How to get it.
    pub install: &'static str,
}

impl Tool {
    /// Fails with what to install where it is missing or too old.
    pub fn check(&self) -> Result<(), Failure> {
        self.check_at(Path::new(self.program))
    }

    /// The same for the program at a path.
    pub fn check_at(&self, path: &Path) -> Result<(), Failure> {
        let Self { program, oldest: (major, minor), install, .. } = self;
        let missing = |what: String| Failure::new(ExitCode::Failed, what).with_remedy(*install);
        let output = Command::new(path)
            .env_remove(KEY_VARIABLE)
            .arg(self.version)
            .output()
            .map_err(|error| {
                missing(match error.kind() {
                    io::ErrorKind::NotFound => {
                        format!("`{program}` {major}.{minor} or newer is needed, and is not here")
                    }
                    _ => format!("`{program}` cannot be run: {error}"),
                })
            })?;
        let said = String::from_utf8_lossy(&output.stdout);
        match version_in(&said) {
            Some(found) if found >= self.oldest => Ok(()),
            Some((found, and)) => Err(missing(format!(
                "`{program}` {major}.{minor} or newer is needed, and {found}.{and} is here"
            ))),
            None => Err(missing(format!("`{program}` does not say its version"))),
        }
    }
}

/// The first version in a text: its major and its minor number.
fn version_in(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|piece| {
        let mut numbers = piece.split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    })
}

/// The key of the script user that `cuebox dev --site` signs in as. What builds a plugin, which may be anybody's code, is not told.
pub const KEY_VARIABLE: &str = "CUEBOX_SCRIPT_KEY";

/// Runs a command to its end, with what it prints on stderr. Fails if the command does.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    command.env_remove(KEY_VARIABLE);
    // What is on stdout may be read by a program, and none of this is for it.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::from(io::stderr()))
        .status()
        .with_context(|| format!("cannot run `{shown}`"))?;
    match status.success() {
        true => Ok(()),
        false => Err(ended(&shown, status)),
    }
}

/// Runs a command to its end, and answers what it printed on stdout; what it prints on stderr is shown.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let shown = shown(command);
    command.env_remove(KEY_VARIABLE);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run `{shown}`"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(ended(&shown, output.status)),
    }
}

fn ended(shown: &str, status: std::process::ExitStatus) -> anyhow::Error {
    let what = format!("`{shown}` failed ({status}); what it said stands above");
    Failure::new(ExitCode::Failed, what).into()
}

/// The program and the word after it: enough to know it by.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = [program].into_iter().chain(command.get_args().take(1));
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
