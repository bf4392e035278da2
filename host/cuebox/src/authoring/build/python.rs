//! Python, with componentize-py in an environment of the plugin's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::{Project, once, wit};
use crate::authoring::tool::{self, Tool};
use crate::cli::ExitCode;
use crate::failure::Failure;

const PYTHON: Tool = Tool {
    program: "python3",
    version: "--version",
    oldest: (3, 11),
    install: "Install Python 3.11 or newer, with its module venv, from https://www.python.org or your system's packages (python3-venv).",
};

/// Compiles the module `plugin` of the folder.
pub fn compile(project: &Project, work: &Path) -> anyhow::Result<PathBuf> {
    let folder = &project.folder;
    let venv = work.join("venv");
    let requirements = folder.join("requirements.txt");
    if !requirements.is_file() {
        let what = format!("there is no {}", requirements.display());
        let failure = Failure::new(ExitCode::Plugin, what);
        return Err(failure.with_remedy("It says which componentize-py makes the component, such as: componentize-py==0.25.1").into());
    }
    once(&work.join("venv.made-of"), &[&requirements], || {
        PYTHON.check()?;
        tool::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = Command::new(venv.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        tool::run(pip.current_dir(folder).arg(&requirements))
    })?;
    let out = work.join("plugin.wasm");
    let mut componentize = Command::new(venv.join("bin/componentize-py"));
    componentize
        .current_dir(folder)
        .env("VIRTUAL_ENV", &venv)
        .arg("--quiet")
        .arg("--wit-path")
        .arg(wit(work))
        .args(["--world", project.world(), "--full-names", "componentize", "cuebox_component"])
        .args(["--python-path", "."]);
    for path in python_path(folder)? {
        componentize.arg("--python-path").arg(path);
    }
    tool::run(componentize.arg("--output").arg(&out))?;
    Ok(out)
}

/// Where modules are looked for beside the folder and the environment: `python-path` under `[tool.cuebox]`.
fn python_path(folder: &Path) -> anyhow::Result<Vec<String>> {
    let path = folder.join("pyproject.toml");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(Vec::new()) };
    let table: toml::Table =
        text.parse().with_context(|| format!("{} cannot be read", path.display()))?;
    let paths = (|| table.get("tool")?.get("cuebox")?.get("python-path")?.as_array())();
    let paths = paths.into_iter().flatten().filter_map(toml::Value::as_str);
    Ok(paths.map(str::to_owned).collect())
}
