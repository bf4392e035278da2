//! What a crew knows: its people, and the production's records as far as it works on them.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::call::Call;
use crate::wire::Request;

/// The way of a task, from waiting to final.
pub(super) const STATUS_PATH: [&str; 5] = ["wtg", "rdy", "ip", "rev", "fin"];

/// The people and the records they work on.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// Who works.
    pub members: Vec<Member>,
    /// The project: a link, as on the wire.
    pub project: Value,
    /// Links to the sequences.
    pub sequences: Vec<Value>,
    /// Links to the shots.
    pub shots: Vec<Value>,
    pub(super) tasks: Vec<TaskLine>,
    pub(crate) versions: VecDeque<u64>,
    /// Versions in the bin, the first to go there first.
    pub(super) retired: VecDeque<u64>,
    /// How many published files came from elsewhere.
    pub(super) delivered: usize,
}

/// One of the crew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the HumanUser.
    pub id: u64,
    /// What the person logs in with.
    pub login: String,
    /// The stand-in's password of that person.
    pub password: String,
    /// The browser session the person works in.
    pub session_uuid: String,
}

/// A task, what it is for, and where on its way it is.
#[derive(Debug, Clone)]
pub(super) struct TaskLine {
    pub(super) id: u64,
    pub(super) entity: Value,
    /// A place in [`STATUS_PATH`].
    pub(super) status: usize,
}

impl Roster {
    /// The people of a project, who have nothing to work on yet.
    #[must_use]
    pub fn new(members: Vec<Member>, project: Value) -> Self {
        Self { members, project, ..Self::default() }
    }

    /// Adds a task with its status; one that is not on the way counts as waiting.
    pub fn add_task(&mut self, id: u64, entity: Value, status: &str) {
        let status = STATUS_PATH.iter().position(|known| *known == status).unwrap_or(0);
        self.tasks.push(TaskLine { id, entity, status });
    }

    /// Adds a version; the first to be added is the first to be retired.
    pub fn add_version(&mut self, id: u64) {
        self.versions.push_back(id);
    }
}

impl Member {
    pub(super) fn link(&self) -> Value {
        json!({"type": "HumanUser", "id": self.id})
    }

    pub(super) fn signs(&self, call: Call) -> Request {
        call.signed(self.credentials())
    }

    pub(super) fn credentials(&self) -> Value {
        json!({
            "user_login": self.login,
            "user_password": self.password,
            "session_uuid": self.session_uuid,
        })
    }
}
