//! Which language a plugin's folder is written in.

use std::path::Path;

use crate::cli::{ExitCode, Language};
use crate::failure::Failure;

/// What tells the languages apart, in the order in which it is looked for.
const MARKS: [(&str, Language); 6] = [
    ("Cargo.toml", Language::Rust),
    ("go.mod", Language::Go),
    ("tsconfig.json", Language::Ts),
    ("package.json", Language::Js),
    ("pyproject.toml", Language::Python),
    ("plugin.py", Language::Python),
];

impl Language {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Js => "JavaScript",
            Self::Ts => "TypeScript",
            Self::Go => "Go",
        }
    }

    /// The folder of its SDK, from the root of the repository.
    pub fn sdk(self) -> &'static str {
        match self {
            Self::Rust => "plugin-sdk/rust",
            Self::Python => "plugin-sdk/python",
            Self::Js | Self::Ts => "plugin-sdk/js",
            Self::Go => "plugin-sdk/go",
        }
    }

    /// By what lies in the folder.
    pub fn of(folder: &Path) -> Result<Self, Failure> {
        let found = MARKS.iter().find(|(file, _)| folder.join(file).is_file());
        found.map(|(_, language)| *language).ok_or_else(|| {
            let marks = MARKS.map(|(file, language)| format!("{file} ({})", language.name()));
            Failure::new(
                ExitCode::Failed,
                format!("cannot tell what the plugin in {} is written in", folder.display()),
            )
            .with_remedy(format!("None of these is there: {}.", marks.join(", ")))
        })
    }
}
