//! Building a `plugin.toml` into a component.

use std::borrow::Cow;

use wasm_encoder::{ComponentSection as _, CustomSection};

use crate::MANIFEST_SECTION;
use crate::component::walk::{Section, walk};
use crate::component::{ReadError, check_header};

#[cfg(test)]
mod tests;

/// The component with this text in its section, in place of those that it had. Everything else stays as it is.
pub fn embed(component: &[u8], manifest: &str) -> Result<Vec<u8>, ReadError> {
    check_header(component).map_err(ReadError::NotAComponent)?;
    let mut kept = Vec::with_capacity(component.len() + manifest.len());
    let mut at = 0;
    walk(component, |depth, section| {
        if let (0, Section::Custom { name: MANIFEST_SECTION, range, .. }) = (depth, section) {
            kept.extend_from_slice(&component[at..range.start]);
            at = range.end;
        }
        Ok(())
    })?;
    kept.extend_from_slice(&component[at..]);
    let (name, data) = (Cow::Borrowed(MANIFEST_SECTION), Cow::Borrowed(manifest.as_bytes()));
    CustomSection { name, data }.append_to_component(&mut kept);
    Ok(kept)
}
