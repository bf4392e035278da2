//! Whether a plugin's file is let in, before anything of it is compiled: whose signature it carries, whether it is the locked one,
//! what its author says, whether the settings fit, and whether it asks for more than the one that runs. Pure.

use artifact::component::{Component, ReadError};
use artifact::signature::{self, Verdict};
use config::{SignatureRule, Signatures};
use database::{ArtifactRow, ArtifactState};
use policy::manifest::{New, new_needs};
use policy::setting::{self, Misfits, Values};
use policy::{Manifest, Problems};
use runtime::Digest;

use crate::lock::Lock;

#[cfg(test)]
mod tests;

/// What is asked of a file.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The plugin's name.
    pub plugin: String,
    /// Whose signatures count.
    pub signatures: Signatures,
    /// What is locked, where nothing else may run.
    pub lock: Option<Lock>,
    /// What the operator set for it.
    pub settings: Values,
    /// Its files that are remembered.
    pub known: Vec<ArtifactRow>,
}

/// A file that is let in.
#[derive(Debug)]
pub struct Admitted {
    /// What it is known by.
    pub digest: Digest,
    /// What its author says.
    pub manifest: Option<Manifest>,
    /// The same as it stands in the file.
    pub manifest_text: Option<String>,
    /// The settings, with the author's defaults.
    pub settings: Values,
}

/// Why a file is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Its signature, or the want of one.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// It is not the one that is locked.
    #[error("it is not in the lock file; `cuebox lock` takes it in: locked is {}, this is {now}", .locked.as_deref().unwrap_or("nothing"))]
    NotLocked {
        /// The digest that the lock file has.
        locked: Option<String>,
        /// The file's.
        now: Digest,
    },
    /// It is no component that can be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// What its author says cannot be read.
    #[error("its plugin.toml is refused:\n{0}")]
    Manifest(Problems),
    /// The settings are not those that its author declares.
    #[error(transparent)]
    Settings(#[from] Misfits),
    /// It asks for more than the one that runs.
    #[error(transparent)]
    Held(#[from] Box<Held>),
}

/// A file that waits for the operator.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "it asks for more than the version that ran before: {}; `cuebox approve {plugin}` shows it",
    list(.new)
)]
pub struct Held {
    /// The plugin's name.
    pub plugin: String,
    /// What the file is known by.
    pub digest: Digest,
    /// What its author says, as it stands in the file.
    pub manifest_text: Option<String>,
    /// What it asks for that the one that runs does not. Not empty.
    pub new: Vec<New>,
}

/// What is wrong with a file's signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    /// There is none, and there must be.
    #[error(
        "it is not signed, and `required = \"always\"` stands under [plugins.signatures]; its signature belongs in {}",
        beside()
    )]
    Missing,
    /// Nobody whom the operator knows made it.
    #[error(
        "it is signed with a key that does not vouch for plugin `{plugin}`; if the key is trusted, write it under \
         [plugins.signatures.key.NAME]"
    )]
    UnknownKey {
        /// The plugin's name.
        plugin: String,
    },
    /// The signature is that of other bytes.
    #[error(
        "it was changed after it was signed with the key `{key}`, or the signature in {} is that of another file",
        beside()
    )]
    Modified {
        /// The key's name.
        key: String,
    },
    /// It is no signature.
    #[error("what stands in {} is not a signature of minisign", beside())]
    Garbled,
}

fn beside() -> String {
    format!("the file beside it that ends in {}", signature::SUFFIX)
}

impl Rules {
    /// Lets a file in, or says why not. `signature` is the text beside it.
    pub fn admit(&self, bytes: &[u8], signature: Option<&str>) -> Result<Admitted, Refused> {
        let digest = self.check(bytes, signature)?;
        self.admit_saying(digest, Component::read(bytes)?.manifest)
    }

    /// The same for a script, whose author says nothing.
    pub fn admit_script(&self, bytes: &[u8], signature: Option<&str>) -> Result<Admitted, Refused> {
        let digest = self.check(bytes, signature)?;
        self.admit_saying(digest, None)
    }

    /// Lets a version in once more that was let in before, by other settings.
    pub fn readmit(
        &self,
        digest: Digest,
        manifest_text: Option<String>,
    ) -> Result<Admitted, Refused> {
        self.admit_saying(digest, manifest_text)
    }

    fn check(&self, bytes: &[u8], signature: Option<&str>) -> Result<Digest, Refused> {
        self.check_signature(bytes, signature)?;
        let digest = Digest::of(bytes);
        self.check_lock(digest)?;
        Ok(digest)
    }

    /// Lets a file in whose author says this.
    fn admit_saying(
        &self,
        digest: Digest,
        manifest_text: Option<String>,
    ) -> Result<Admitted, Refused> {
        let manifest = manifest_text.as_deref().map(Manifest::parse).transpose();
        let manifest = manifest.map_err(Refused::Manifest)?;
        let settings = match &manifest {
            Some(manifest) => setting::fit(&self.plugin, &manifest.settings, &self.settings)?,
            None => self.settings.clone(),
        };
        let new = beyond_known(&self.known, digest, manifest.as_ref());
        if !new.is_empty() {
            let plugin = self.plugin.clone();
            return Err(Box::new(Held { plugin, digest, manifest_text, new }).into());
        }
        Ok(Admitted { digest, manifest, manifest_text, settings })
    }

    fn check_signature(&self, bytes: &[u8], text: Option<&str>) -> Result<(), SignatureRefused> {
        if self.signatures.required == SignatureRule::Never {
            return Ok(());
        }
        match judge(&self.signatures, &self.plugin, bytes, text) {
            Verdict::Good { .. } => Ok(()),
            Verdict::Unsigned if self.signatures.required == SignatureRule::IfPresent => Ok(()),
            Verdict::Unsigned => Err(SignatureRefused::Missing),
            Verdict::UnknownKey => {
                Err(SignatureRefused::UnknownKey { plugin: self.plugin.clone() })
            }
            Verdict::Modified { key } => Err(SignatureRefused::Modified { key }),
            Verdict::Garbled => Err(SignatureRefused::Garbled),
        }
    }

    fn check_lock(&self, now: Digest) -> Result<(), Refused> {
        let Some(lock) = &self.lock else { return Ok(()) };
        let locked = lock.plugin.get(&self.plugin).map(|pin| pin.digest.clone());
        match locked == Some(now.to_string()) {
            true => Ok(()),
            false => Err(Refused::NotLocked { locked, now }),
        }
    }
}

/// What there is to say about the signature of a plugin's file.
pub fn judge(
    signatures: &Signatures,
    plugin: &str,
    bytes: &[u8],
    signature: Option<&str>,
) -> Verdict {
    let vouches = |pattern: &String| match pattern.strip_suffix('*') {
        Some(beginning) => plugin.starts_with(beginning),
        None => pattern == plugin,
    };
    let keys = signatures.keys.iter().filter(|trusted| trusted.plugins.iter().any(vouches));
    signature::judge(bytes, signature, keys.map(|trusted| &trusted.key))
}

/// What a file asks for that the one that runs does not. Nothing for the first file of a plugin: who granted it has approved
/// what is granted. Nothing for one that ran before, or was approved.
fn beyond_known(known: &[ArtifactRow], digest: Digest, manifest: Option<&Manifest>) -> Vec<New> {
    let digest = digest.to_string();
    let may_run = |row: &&ArtifactRow| row.digest == digest && row.state != ArtifactState::Held;
    let running = known.iter().find(|row| row.state == ArtifactState::Running);
    match (running, known.iter().find(may_run)) {
        (Some(running), None) => beyond(running, manifest),
        _ => Vec::new(),
    }
}

/// What a file asks for that another does not.
pub fn beyond(known: &ArtifactRow, manifest: Option<&Manifest>) -> Vec<New> {
    // It could be read when it was let in. If it cannot be any more, all that is asked for is new.
    let known = known
        .manifest
        .as_deref()
        .map(|text| Manifest::parse(text).map(|manifest| manifest.needs).unwrap_or_default());
    new_needs(manifest.map(|manifest| &manifest.needs), known.as_ref())
}

/// The news in one line.
fn list(new: &[New]) -> String {
    const LISTED: usize = 5;
    let shown = new.iter().take(LISTED).map(|new| match new {
        New::Everything => "it does not say any more what it needs".to_owned(),
        New::Line { service, line, .. } => format!("{service} {line}"),
    });
    let shown: Vec<_> = shown.collect();
    let more = new.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join("; ") + &more
}
