//! Grants on the site: lines that say which operation on which fields of which entity type in which projects, in one grammar
//! for what an operator grants and for what a plugin's author asks for.
//!
//! `read Task.content,sg_status_list` · `create+update Version.* in project 70,71` · `delete Note` · `schema Shot` ·
//! `call followers` · and the words `read` and `write`, which hold everything of their kind.

mod grant;
mod grants;
mod parse;

pub use grant::{Fields, Grant, Line, Operation, Projects, Subject, Word, is_read_method};
pub use grants::{Covered, Grants, Need};
pub use parse::{GrantError, GrantsError};
