//! The files of hostile plugins: carried by the program, or made here.

use std::borrow::Cow;

use anyhow::Context as _;

/// The guest that attacks in many ways, by its setting `mode`.
const HOSTILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hostile.wasm"));

/// Those that no toolchain makes, by name.
const CRAFTED: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/crafted.rs"));

/// What a plugin's file is.
#[derive(Debug, Clone, Copy)]
pub enum File {
    /// The one with a mode.
    Hostile,
    /// One that no toolchain makes.
    Crafted(&'static str),
    /// The one with a mode, with a `plugin.toml` in it.
    Saying(&'static str),
    /// The one with a mode, with two of them.
    SayingTwice(&'static str),
    /// Text.
    Text(&'static str),
    /// A module, and no component.
    CoreModule,
    /// The one with a mode, without its second half.
    Half,
    /// The one with a mode, with a byte changed in each kibibyte.
    Garbled,
}

impl File {
    /// What is in it.
    pub fn bytes(self) -> anyhow::Result<Cow<'static, [u8]>> {
        Ok(match self {
            Self::Hostile => HOSTILE.into(),
            Self::Crafted(name) => {
                let (_, bytes) =
                    CRAFTED.iter().find(|(crafted, _)| *crafted == name).context(name)?;
                (*bytes).into()
            }
            Self::Saying(text) => said(text)?.into(),
            Self::SayingTwice(text) => {
                let mut bytes = said(text)?;
                bytes.extend(section(text));
                bytes.into()
            }
            Self::Text(text) => text.as_bytes().into(),
            Self::CoreModule => b"\0asm\x01\0\0\0".as_slice().into(),
            Self::Half => HOSTILE[..HOSTILE.len() / 2].into(),
            Self::Garbled => {
                let mut bytes = HOSTILE.to_vec();
                for at in (8..bytes.len()).step_by(1024) {
                    bytes[at] ^= 0x55;
                }
                bytes.into()
            }
        })
    }
}

fn said(text: &str) -> anyhow::Result<Vec<u8>> {
    artifact::embed::embed(HOSTILE, text).context("a plugin.toml is built in")
}

/// The section of a `plugin.toml`, as it stands at the end of a file. For texts of less than a hundred bytes.
fn section(text: &str) -> Vec<u8> {
    let name = artifact::MANIFEST_SECTION;
    let byte = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let mut section = vec![0, byte(1 + name.len() + text.len()), byte(name.len())];
    section.extend(name.as_bytes());
    section.extend(text.as_bytes());
    section
}
