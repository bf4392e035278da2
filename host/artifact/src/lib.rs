//! A plugin's file, as far as it can be read without compiling or running it: what it imports and exports, the `plugin.toml`
//! that was built into it, who made it, and who signed it.
//!
//! Pure: bytes in, values out. The bytes are a stranger's: whatever they are, they are answered in a time that grows with their
//! number and no faster, and what is kept of them is bounded.

pub mod component;
pub mod embed;
pub mod signature;

pub use component::Component;

/// The custom section of a component that holds its `plugin.toml`, as it was written.
pub const MANIFEST_SECTION: &str = "cuebox:plugin-toml";
