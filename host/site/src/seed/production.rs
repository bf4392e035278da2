//! The records of the production, in the order in which they are made.

use serde_json::{Value, json};

use super::names::{ASSETS, NOTES, PEOPLE, SEQUENCES, STEPS};
use super::{ARCHIVED_PROJECT, PROJECT, Planter, Production, ScriptUser, id_of};
use crate::crew::{Member, Roster};
use crate::wire::ApiError;

/// Frame counting starts here, with room before it for handles.
const FIRST_FRAME: u64 = 1_001;
/// Statuses that the tasks of a shot have on the first day, by step: the first is done, the last waits.
const STATUSES: [[&str; 4]; 3] =
    [["fin", "fin", "ip", "rdy"], ["fin", "ip", "wtg", "wtg"], ["ip", "wtg", "wtg", "wtg"]];

/// A step, as tasks are made from it.
pub(super) struct Step {
    pub(super) link: Value,
    pub(super) name: &'static str,
    pub(super) entity_type: &'static str,
}

impl Planter<'_> {
    /// Makes everything.
    pub(super) fn plant(mut self, scripts: Vec<ScriptUser>) -> Result<Production, ApiError> {
        let members = PEOPLE
            .iter()
            .map(|(first, last, login)| self.member(first, last, login))
            .collect::<Result<Vec<Member>, ApiError>>()?;
        let people: Vec<Value> =
            members.iter().map(|member| json!({"type": "HumanUser", "id": member.id})).collect();
        let steps = self.steps()?;
        let project = self.create(
            "Project",
            json!({"name": PROJECT, "code": "lah", "sg_status": "Active", "users": people}),
        )?;
        let archived_project = self.archived_project()?;
        let mut roster = Roster::new(members, project.clone());
        let assets = self.assets(&mut roster, &steps)?;
        self.sequences(&mut roster, &steps, &assets)?;
        self.notes(&roster)?;
        self.furnish(&project, &steps)?;
        Ok(Production {
            project: id_of(&project),
            project_name: PROJECT,
            archived_project,
            scripts,
            roster,
        })
    }

    fn steps(&mut self) -> Result<Vec<Step>, ApiError> {
        let mut steps = Vec::new();
        for (order, (name, short_name, entity_type, color)) in STEPS.iter().enumerate() {
            let link = self.create(
                "Step",
                json!({"code": name, "short_name": short_name, "color": color,
                "entity_type": entity_type, "list_order": order}),
            )?;
            steps.push(Step { link, name, entity_type });
        }
        Ok(steps)
    }

    /// The other project: one sequence of two shots, and nobody works on it.
    fn archived_project(&mut self) -> Result<u64, ApiError> {
        let project = self.create(
            "Project",
            json!({"name": ARCHIVED_PROJECT, "code": "sal", "archived": true,
            "sg_status": "Archived"}),
        )?;
        let sequence = self.create("Sequence", json!({"project": project, "code": "DUNE"}))?;
        for number in 1..=2 {
            self.create(
                "Shot",
                json!({"project": project, "code": format!("DUNE_{:04}", number * 10),
                "sg_sequence": sequence, "sg_status_list": "fin"}),
            )?;
        }
        Ok(id_of(&project))
    }

    fn assets(&mut self, roster: &mut Roster, steps: &[Step]) -> Result<Vec<Value>, ApiError> {
        let mut assets = Vec::new();
        for (row, (name, asset_type)) in ASSETS.iter().enumerate() {
            let asset = self.create(
                "Asset",
                json!({"project": roster.project, "code": name,
                "sg_asset_type": asset_type, "sg_status_list": "ip"}),
            )?;
            self.tasks(roster, steps, "Asset", &asset, STATUSES[row % STATUSES.len()])?;
            assets.push(asset);
        }
        Ok(assets)
    }

    fn sequences(
        &mut self,
        roster: &mut Roster,
        steps: &[Step],
        assets: &[Value],
    ) -> Result<(), ApiError> {
        for (row, (code, description, shots)) in SEQUENCES.iter().enumerate() {
            let sequence = self.create(
                "Sequence",
                json!({"project": roster.project, "code": code,
                "description": description}),
            )?;
            for number in 1..=*shots {
                let shot = self.shot(
                    &roster.project,
                    &sequence,
                    &format!("{code}_{:04}", number * 10),
                    assets,
                )?;
                self.tasks(roster, steps, "Shot", &shot, STATUSES[row % STATUSES.len()])?;
                self.version(roster, &shot, &format!("{code}_{:04}_v001", number * 10))?;
                roster.shots.push(shot);
            }
            roster.sequences.push(sequence);
        }
        Ok(())
    }

    fn shot(
        &mut self,
        project: &Value,
        sequence: &Value,
        code: &str,
        assets: &[Value],
    ) -> Result<Value, ApiError> {
        let duration = 48 + self.random.below(120);
        let first = usize::try_from(self.random.below(3)).unwrap_or(0);
        let cast: Vec<&Value> = assets.iter().skip(first).step_by(2).collect();
        self.create("Shot", json!({"project": project, "code": code, "sg_sequence": sequence, "assets": cast,
            "sg_cut_in": FIRST_FRAME, "sg_cut_out": FIRST_FRAME + duration - 1, "sg_cut_duration": duration}))
    }

    /// One task per step for what the step works on, each downstream of the one before.
    fn tasks(
        &mut self,
        roster: &mut Roster,
        steps: &[Step],
        entity_type: &str,
        entity: &Value,
        statuses: [&str; 4],
    ) -> Result<(), ApiError> {
        let mut upstream: Vec<Value> = Vec::new();
        let fitting = steps.iter().filter(|step| step.entity_type == entity_type);
        for (step, status) in fitting.zip(statuses) {
            let assignee = self
                .random
                .pick(&roster.members)
                .map(|member| json!({"type": "HumanUser", "id": member.id}));
            let task = self.create(
                "Task",
                json!({"project": roster.project, "content": step.name, "step": step.link,
                "entity": entity, "sg_status_list": status, "upstream_tasks": upstream,
                "task_assignees": assignee.as_slice()}),
            )?;
            roster.add_task(id_of(&task), entity.clone(), status);
            upstream = vec![task];
        }
        Ok(())
    }

    fn version(&mut self, roster: &mut Roster, shot: &Value, code: &str) -> Result<(), ApiError> {
        let user = self
            .random
            .pick(&roster.members)
            .map(|member| json!({"type": "HumanUser", "id": member.id}));
        let version = self.create(
            "Version",
            json!({"project": roster.project, "code": code, "entity": shot,
            "user": user, "frame_count": 24}),
        )?;
        roster.add_version(id_of(&version));
        Ok(())
    }

    fn notes(&mut self, roster: &Roster) -> Result<(), ApiError> {
        for (row, (subject, content)) in NOTES.iter().enumerate() {
            let shot = &roster.shots[row * 5 % roster.shots.len()];
            self.create(
                "Note",
                json!({"project": roster.project, "subject": subject, "content": content,
                "note_links": [shot]}),
            )?;
        }
        Ok(())
    }
}
