//! Grants on the site: lines that say which operation on which fields of which entity type in which projects, in one grammar
//! for what an operator grants and for what a plugin's author asks for; and what follows from them for a call.
//!
//! `read Task.content,sg_status_list` · `create+update Version.* in project 70,71` · `delete Note` · `schema Shot` ·
//! `call followers` · and the words `read` and `write`, which hold everything of their kind.
//!
//! A call is allowed if every single thing that it touches is held by a line of the operator's, and by one of the author's
//! where the author made a statement ([`Effective`]). What is read is narrowed to the projects of these lines
//! ([`Question::narrow`]); what is written is held to them ([`Write::decide`]).

mod effective;
mod grant;
mod grants;
mod narrow;
mod needed;
mod parse;
mod path;
mod question;
mod refusal;
mod write;

pub use effective::Effective;
pub use grant::{
    Fields, Grant, Line, Operation, Projects, READ_METHODS, Subject, Word, is_read_method,
};
pub use grants::{Covering, Grants, Need};
pub use narrow::{Check, Narrowed, Undecided};
pub use needed::{Needed, smallest};
pub use parse::{GrantError, GrantsError};
pub use question::{Condition, FieldKind, Filter, Question, Schema};
pub use refusal::{PluginKey, Refusal};
pub use write::{ProjectValue, Write, Written};
