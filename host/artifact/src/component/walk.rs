//! The way through the sections of a component, with those of the components and modules in it.

use std::ops::Range;

use wasmparser::{BinaryReaderError, Chunk, Parser, Payload};

use super::ReadError;

/// Sections of a file, at all depths together. Python's runtime has some two hundred.
const SECTIONS_MAX: usize = 100_000;

/// A page of memory is this power of two, unless the memory says otherwise.
const PAGE_LOG2: u32 = 16;

/// Components within components.
const DEPTH_MAX: usize = 50;

/// What is found on the way.
pub(crate) enum Section<'b> {
    /// The name of an import of a component.
    Import(&'b str),
    /// The name of an export of a component.
    Export(&'b str),
    /// A custom section, and where it stands with its header.
    Custom { name: &'b str, data: &'b [u8], range: Range<usize> },
    /// A core module begins.
    Module,
    /// The code of a core module, which is skipped.
    Code { bytes: u64 },
    /// A memory of a core module, and what it begins with.
    Memory { bytes: u64 },
}

/// Goes through a file, the parts of a part right after its beginning, and shows each at its depth: 0 is the component itself.
pub(crate) fn walk<'b>(
    bytes: &'b [u8],
    mut see: impl FnMut(usize, Section<'b>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut parser = Parser::new(0);
    let mut outer: Vec<Parser> = Vec::new();
    let (mut at, mut sections) = (0, 0);
    loop {
        let (consumed, payload) = match parser.parse(&bytes[at..], true).map_err(invalid)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => {
                return Err(ReadError::Invalid("it ends too early".to_owned()));
            }
        };
        let range = at..at + consumed;
        at = range.end;
        sections += 1;
        if sections > SECTIONS_MAX {
            return Err(ReadError::TooMany { what: "sections", max: SECTIONS_MAX });
        }
        match payload {
            Payload::ModuleSection { parser: inner, unchecked_range }
            | Payload::ComponentSection { parser: inner, unchecked_range } => {
                if unchecked_range.end > bytes.len() {
                    return Err(ReadError::Invalid("a part of it ends too early".to_owned()));
                }
                outer.push(std::mem::replace(&mut parser, inner));
                if outer.len() > DEPTH_MAX {
                    return Err(ReadError::TooMany {
                        what: "components in one another",
                        max: DEPTH_MAX,
                    });
                }
            }
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                at += size as usize;
                if at > bytes.len() {
                    return Err(ReadError::Invalid("its code ends too early".to_owned()));
                }
                see(outer.len(), Section::Code { bytes: size.into() })?;
            }
            Payload::End(_) => match outer.pop() {
                Some(outer) => parser = outer,
                None => return Ok(()),
            },
            payload => show(payload, range, |section| see(outer.len(), section))?,
        }
    }
}

fn show<'b>(
    payload: Payload<'b>,
    range: Range<usize>,
    mut see: impl FnMut(Section<'b>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    match payload {
        Payload::Version { encoding: wasmparser::Encoding::Module, .. } => see(Section::Module),
        Payload::ComponentImportSection(imports) => imports
            .into_iter()
            .try_for_each(|import| see(Section::Import(import.map_err(invalid)?.name.name))),
        Payload::ComponentExportSection(exports) => exports
            .into_iter()
            .try_for_each(|export| see(Section::Export(export.map_err(invalid)?.name.name))),
        Payload::MemorySection(memories) => memories.into_iter().try_for_each(|memory| {
            let memory = memory.map_err(invalid)?;
            let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(PAGE_LOG2));
            see(Section::Memory { bytes: memory.initial.saturating_mul(page.unwrap_or(u64::MAX)) })
        }),
        Payload::CustomSection(section) => {
            see(Section::Custom { name: section.name(), data: section.data(), range })
        }
        _ => Ok(()),
    }
}

fn invalid(error: BinaryReaderError) -> ReadError {
    ReadError::Invalid(format!("{} (at byte {})", super::visible(error.message()), error.offset()))
}
