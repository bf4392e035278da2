//! What stands in a component, read from its sections. Code is skipped, and nothing is checked that is not shown: whether it
//! can run is the compiler's to say.

pub(crate) mod walk;

use std::collections::BTreeSet;

use wasmparser::{BinaryReader, ProducersSectionReader};

use crate::MANIFEST_SECTION;
use walk::{Section, walk};

#[cfg(test)]
mod tests;

/// Longest `plugin.toml` that is taken out of a file. Who reads it may take less.
pub const MANIFEST_BYTES_MAX: usize = 1 << 20;

/// Imports, and exports. Python's runtime has some forty.
const NAMES_MAX: usize = 1000;

/// Longest name that is kept.
const NAME_BYTES_MAX: usize = 500;

/// Tools that are kept of those that made a file.
const PRODUCERS_MAX: usize = 40;

/// What stands in a component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Component {
    /// What it asks the host for, in its order.
    pub imports: Vec<String>,
    /// What it offers to the host, in its order.
    pub exports: Vec<String>,
    /// The `plugin.toml` that was built into it.
    pub manifest: Option<String>,
    /// The languages that its parts say they were written in.
    pub languages: BTreeSet<String>,
    /// The tools that say they made its parts, with their versions.
    pub tools: BTreeSet<String>,
    /// Core modules within, at any depth.
    pub modules: usize,
    /// Bytes of code in them.
    pub code_bytes: u64,
    /// Bytes that their memories begin with, together.
    pub memory_bytes: u64,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is something else.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(&'static str),
    /// It begins as a component, and does not go on as one.
    #[error("not a valid WebAssembly component: {0}")]
    Invalid(String),
    /// It has more of something than any honest component.
    #[error("it has more than {max} {what}")]
    TooMany {
        /// What of.
        what: &'static str,
        /// How many are read.
        max: usize,
    },
    /// The section with the `plugin.toml` is there more than once.
    #[error("it has two sections `{MANIFEST_SECTION}`; there can be one plugin.toml")]
    TwoManifests,
    /// It is larger than any honest one.
    #[error(
        "it has a section `{MANIFEST_SECTION}` of {bytes} bytes; at most {MANIFEST_BYTES_MAX} are read"
    )]
    LargeManifest {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It is no text.
    #[error("it has a section `{MANIFEST_SECTION}` that is not UTF-8, from byte {at} of it on")]
    GarbledManifest {
        /// Where it stops being text.
        at: usize,
    },
}

impl Component {
    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        check_header(bytes).map_err(ReadError::NotAComponent)?;
        let mut component = Self::default();
        walk(bytes, |depth, section| component.add(depth, section))?;
        Ok(component)
    }

    /// Only the outermost component speaks for the file; the languages and tools are those of its parts.
    fn add(&mut self, depth: usize, section: Section<'_>) -> Result<(), ReadError> {
        match section {
            Section::Import(name) if depth == 0 => keep("imports", &mut self.imports, name),
            Section::Export(name) if depth == 0 => keep("exports", &mut self.exports, name),
            Section::Custom { name: MANIFEST_SECTION, data, .. } if depth == 0 => {
                if self.manifest.is_some() {
                    return Err(ReadError::TwoManifests);
                }
                self.manifest = Some(manifest(data)?);
                Ok(())
            }
            Section::Custom { name: "producers", data, .. } => {
                // Decoration: what cannot be read says nothing.
                let _ = self.add_producers(data);
                Ok(())
            }
            Section::Module => {
                self.modules += 1;
                Ok(())
            }
            Section::Code { bytes } => {
                self.code_bytes += bytes;
                Ok(())
            }
            Section::Memory { bytes } => {
                self.memory_bytes = self.memory_bytes.saturating_add(bytes);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add_producers(&mut self, data: &[u8]) -> wasmparser::Result<()> {
        for field in ProducersSectionReader::new(BinaryReader::new(data, 0))? {
            let field = field?;
            for value in field.values {
                let value = value?;
                let (set, text) = match field.name {
                    "language" => (&mut self.languages, value.name.to_owned()),
                    _ => (&mut self.tools, format!("{} {}", value.name, value.version)),
                };
                if set.len() < PRODUCERS_MAX {
                    set.insert(visible(text.trim_end()));
                }
            }
        }
        Ok(())
    }
}

fn keep(what: &'static str, names: &mut Vec<String>, name: &str) -> Result<(), ReadError> {
    if names.len() >= NAMES_MAX {
        return Err(ReadError::TooMany { what, max: NAMES_MAX });
    }
    names.push(visible(name));
    Ok(())
}

fn manifest(data: &[u8]) -> Result<String, ReadError> {
    if data.len() > MANIFEST_BYTES_MAX {
        return Err(ReadError::LargeManifest { bytes: data.len() });
    }
    let text = std::str::from_utf8(data);
    text.map(ToOwned::to_owned)
        .map_err(|error| ReadError::GarbledManifest { at: error.valid_up_to() })
}

/// A name of a stranger, as a terminal may show it.
fn visible(name: &str) -> String {
    let end = name.floor_char_boundary(NAME_BYTES_MAX);
    let cut = if end < name.len() { "…" } else { "" };
    let plain = |c: char| if c.is_control() || !c.is_ascii() { '?' } else { c };
    name[..end].chars().map(plain).collect::<String>() + cut
}

/// Tells a component from the things that are mistaken for one, by the first eight bytes.
pub fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
    match bytes {
        [] => Err("the file is empty"),
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(
            "it is a core module; build it for the target wasm32-wasip2, or make it a component with `wasm-tools component new`",
        ),
        [0, b'a', b's', b'm', ..] => {
            Err("it is of a WebAssembly version that this host does not know")
        }
        _ => Err("it does not start with the bytes of WebAssembly"),
    }
}
