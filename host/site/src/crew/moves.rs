//! The writes that a crew makes, one function each. All of them work on what the roster says is there.

use serde_json::{Value, json};

use super::roster::{STATUS_PATH, TaskLine};
use super::{Crew, Member, Purpose, SHOTS_MAX, VERSIONS_MAX};
use crate::call::Call;

/// What a move comes to: the call, and what to remember of it. None when there is nothing to do it to.
type Move = Option<(Call, Purpose)>;

/// Frames before and after the cut that are worked on as well.
pub(super) const FIRST_FRAME: u64 = 1_001;
/// What people write under each other's versions.
const REMARKS: &[&str] = &[
    "The lamp reads too warm against the fog.",
    "Lovely. One more frame on the turn, please.",
    "Oar passes through the water at 1042.",
    "Match the swell to the shot before.",
    "Approved for the dailies of tomorrow.",
    "Her coat flickers when the beam sweeps past.",
];
/// What a task of a new shot is about.
const DISCIPLINES: &[&str] = &["Layout", "Animation", "Effects", "Lighting", "Compositing"];

impl Crew {
    /// A task goes one step along its path; a finished one now and then back to work.
    pub(super) fn move_task(&mut self) -> Move {
        let count = u64::try_from(self.roster.tasks.len()).ok()?;
        let task = usize::try_from(self.random.below(count)).ok()?;
        let line = self.roster.tasks.get(task)?;
        let last = STATUS_PATH.len() - 1;
        // A review that is refused sends a task back to "in progress".
        let refused = line.status == last - 1 && self.random.chance(0.25);
        let next = if line.status >= last || refused { 2 } else { line.status + 1 };
        let call = Call::update("Task", line.id, json!({"sg_status_list": STATUS_PATH[next]}));
        Some((call, Purpose::Status { task, next }))
    }

    /// Somebody submits a version of a task.
    pub(super) fn submit_version(&mut self, member: &Member) -> Move {
        if self.roster.versions.len() >= VERSIONS_MAX {
            return self.retire_version();
        }
        let line = self.random.pick(&self.roster.tasks)?.clone();
        let frames = 24 + self.random.below(200);
        let fields = json!({
            "project": self.roster.project,
            "code": format!("take_{:05}", self.number()),
            "entity": line.entity,
            "sg_task": line.link(),
            "user": member.link(),
            "frame_count": frames,
            "sg_first_frame": FIRST_FRAME,
            "sg_last_frame": FIRST_FRAME + frames - 1,
        });
        Some((Call::create("Version", fields), Purpose::Version))
    }

    /// Somebody says something about a shot.
    pub(super) fn write_note(&mut self, member: &Member) -> Move {
        let shot = self.random.pick(&self.roster.shots)?.clone();
        let remark = self.random.pick(REMARKS)?;
        let fields = json!({
            "project": self.roster.project,
            "subject": format!("Remark {:05}", self.number()),
            "content": remark,
            "user": member.link(),
            "note_links": [shot],
        });
        Some((Call::create("Note", fields), Purpose::Passing))
    }

    /// Editorial changes the cut of a shot.
    pub(super) fn cut_shot(&mut self) -> Move {
        let shot = self.random.pick(&self.roster.shots)?["id"].as_u64()?;
        let cut_in = FIRST_FRAME + self.random.below(24);
        let duration = 12 + self.random.below(160);
        let fields = json!({
            "sg_cut_in": cut_in,
            "sg_cut_out": cut_in + duration - 1,
            "sg_cut_duration": duration,
        });
        Some((Call::update("Shot", shot, fields), Purpose::Passing))
    }

    /// Somebody takes on a task.
    pub(super) fn assign_task(&mut self, member: &Member) -> Move {
        let task = self.random.pick(&self.roster.tasks)?.id;
        let fields = json!({"task_assignees": [member.link()]});
        Some((Call::update("Task", task, fields), Purpose::Passing))
    }

    /// Editorial adds a shot.
    pub(super) fn add_shot(&mut self) -> Move {
        if self.roster.shots.len() >= SHOTS_MAX {
            return self.cut_shot();
        }
        let number = self.number();
        let mut fields =
            json!({"project": self.roster.project, "code": format!("ADD_{number:05}")});
        if let Some(sequence) = self.random.pick(&self.roster.sequences) {
            fields["sg_sequence"] = sequence.clone();
        }
        Some((Call::create("Shot", fields), Purpose::Shot))
    }

    /// A shot gets another task, while there are few to a shot.
    pub(super) fn add_task(&mut self) -> Move {
        if self.roster.tasks.len() >= DISCIPLINES.len() * self.roster.shots.len() {
            return self.move_task();
        }
        let shot = self.random.pick(&self.roster.shots)?.clone();
        let discipline = self.random.pick(DISCIPLINES)?;
        let fields = json!({"project": self.roster.project, "content": discipline, "entity": shot});
        Some((Call::create("Task", fields), Purpose::Task { shot }))
    }

    /// The oldest version goes to the bin; without one, a task is worked on.
    pub(super) fn retire_version(&mut self) -> Move {
        let Some(version) = self.roster.versions.front().copied() else {
            return self.move_task();
        };
        Some((Call::delete("Version", version), Purpose::Retire { version }))
    }

    /// Somebody wants back what is in the bin; while it is empty, a task is worked on.
    pub(super) fn revive_version(&mut self) -> Move {
        let Some(version) = self.roster.retired.front().copied() else {
            return self.move_task();
        };
        Some((Call::revive("Version", version), Purpose::Revive { version }))
    }

    pub(super) fn number(&mut self) -> u64 {
        self.made += 1;
        self.made
    }
}

impl TaskLine {
    fn link(&self) -> Value {
        json!({"type": "Task", "id": self.id})
    }
}
