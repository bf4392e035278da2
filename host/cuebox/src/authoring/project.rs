//! A new plugin: a folder made from a template, with a copy of its language's SDK.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::handed_out::{SDK, TEMPLATES};
use super::name;
use crate::cli::{ExitCode, Language, New};
use crate::failure::Failure;

#[cfg(test)]
mod tests;

/// What templates call the plugin.
const PLACEHOLDER: &str = "my-plugin";

/// Where the SDK's copy is, and where templates say that it is.
const SDK_FOLDER: &str = "third_party/cuebox";

/// The template of all languages.
const SHARED: &str = "shared/";

/// A plugin's folder as it is to be made: paths in it, and what is in each file.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// Makes the folder. Nothing is written over.
pub fn make(choice: &New) -> anyhow::Result<()> {
    let folder = &choice.folder;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name::check(&name).map_err(|rule| {
        Failure::new(ExitCode::CommandLine, format!("the plugin's name `{name}` {rule}"))
    })?;
    if let Ok(mut found) = fs::read_dir(folder)
        && let Some(Ok(entry)) = found.next()
    {
        let what = format!(
            "there is something in {} already: {}",
            folder.display(),
            entry.file_name().display()
        );
        return Err(Failure::new(ExitCode::Failed, what).into());
    }
    let sdk = choice.sdk.as_deref().map(|path| sdk_at(path, choice.lang)).transpose()?;
    for (path, content) in files(&name, choice.lang, sdk.as_deref()) {
        let path = folder.join(path);
        let parent = path.parent().expect("a file is in a folder");
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The absolute path of a folder that has the language's SDK.
fn sdk_at(path: &Path, language: Language) -> anyhow::Result<String> {
    let looked_for = path.join(language.sdk());
    let found = path.canonicalize().ok().filter(|_| looked_for.is_dir());
    let path = found.ok_or_else(|| {
        let what = format!("there is no SDK for {} at {}", language.name(), looked_for.display());
        Failure::new(ExitCode::CommandLine, what).with_remedy(
            "--sdk is the folder that has plugin-sdk/ and wit/ in it, as cuebox's repository has.",
        )
    })?;
    Ok(path.display().to_string())
}

/// All files of a new plugin. `sdk` is where the SDK is, if not in the folder.
fn files(name: &str, language: Language, sdk: Option<&str>) -> Files {
    let of_language = match language {
        Language::Rust => "rust/",
        Language::Python => "python/",
        Language::Js => "js/",
        Language::Ts => "ts/",
        Language::Go => "go/",
    };
    let of_template = TEMPLATES.iter().filter_map(|(path, content)| {
        let path = path.strip_prefix(SHARED).or_else(|| path.strip_prefix(of_language))?;
        // Not all tools leave alone what is called so in this repository.
        let path = match path {
            "gitignore" => ".gitignore",
            other => other.strip_suffix(".template").unwrap_or(other),
        };
        let text = String::from_utf8_lossy(content).replace(PLACEHOLDER, name);
        let text = match sdk {
            Some(sdk) => text.replace(SDK_FOLDER, sdk).replace(&format!("./{sdk}"), sdk),
            None => text,
        };
        Some((path.into(), text.into_bytes()))
    });
    let copied = SDK.iter().filter(|(path, _)| {
        sdk.is_none()
            && [language.sdk(), "wit/v1"].iter().any(|folder| Path::new(path).starts_with(folder))
    });
    let copied = copied.map(|(path, content)| (Path::new(SDK_FOLDER).join(path), content.to_vec()));
    of_template.chain(copied).collect()
}
