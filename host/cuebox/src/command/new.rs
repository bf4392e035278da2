//! `cuebox new`: a plugin to start from.

use crate::authoring::project;
use crate::cli::New;
use crate::command::plugins::say;

/// Makes the folder.
pub fn run(choice: &New) -> anyhow::Result<()> {
    project::make(choice)?;
    let (folder, language) = (choice.folder.display(), choice.lang.name());
    say(&format!(
        "Wrote a plugin in {language} to {folder}: what it asks for is in plugin.toml, what it is tested with in tests/.\n\
         Now: cd {folder} && cuebox test"
    ))
}
