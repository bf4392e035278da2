//! What is asked of the site, in pure code: JSON in the forms that the official Python client takes, turned into the
//! forms that go over the wire. An error names the place in the JSON, and no value of a field.

mod batch;
mod fields;
mod filters;
mod place;
mod read;
mod summary;

pub use batch::{Batch, BatchRequest};
pub use fields::{Fields, Modes};
pub use filters::Filters;
pub use place::QueryError;
pub(crate) use place::parse_root;
pub(crate) use read::Paging;
pub use read::{Read, Sort};
pub use summary::Summary;
