//! What the work leaves: tasks, time logs, versions, published files, notes, replies and playlists.

use serde_json::{Value, json};

use super::{Grower, STORAGE, Step, date, moment};
use crate::crew::Roster;
use crate::model::Now;
use crate::seed::words::{ANSWERS, FILE_TYPES, REMARKS};
use crate::wire::ApiError;

/// Versions that the crew is told of: it retires the oldest of those it knows.
const KNOWN_VERSIONS_MAX: usize = 2_000;
/// Versions that are shown together.
const PLAYLIST_VERSIONS: usize = 12;
/// Days between two versions of a task.
const DAYS_BETWEEN: i64 = 3;

/// A task, as versions are made from it.
struct TaskAtWork<'a> {
    link: &'a Value,
    entity: &'a Value,
    /// What its versions are called, without their number.
    stem: String,
    artist: &'a Value,
    began: Now,
}

impl Grower<'_> {
    /// One task for each step, each downstream of the one before, as far as the work has come.
    pub(super) fn tasks(
        &mut self,
        roster: &mut Roster,
        steps: &[Step],
        entity: &Value,
        code: &str,
        progress: f64,
        began: Now,
    ) -> Result<(), ApiError> {
        let mut upstream: Vec<Value> = Vec::new();
        for (order, step) in steps.iter().enumerate() {
            let done = progress * steps.len() as f64 - order as f64;
            let status = match done {
                done if done >= 1.0 => "fin",
                done if done >= 0.7 => "rev",
                done if done > 0.0 => "ip",
                done if done > -1.0 => "rdy",
                _ => "wtg",
            };
            let artist = self.somebody();
            let days = 3 + i64::try_from(self.random.below(12)).unwrap_or(0);
            let start = Now((began.0 + order as i64 * 7 * 86_400_000).min(self.now.0));
            let due = Now(start.0 + days * 86_400_000);
            let fields = json!({"content": step.name, "step": step.link, "entity": entity, "sg_status_list": status,
                "task_assignees": [artist], "upstream_tasks": upstream, "start_date": date(start), "due_date": date(due),
                "est_in_mins": days * 480});
            let by = self.somebody();
            let task = self.add_made("Task", fields, began, &by)?;
            let id = task["id"].as_u64().expect("a link has an id");
            roster.add_task(id, entity.clone(), status);
            let stem = format!("{}_{}", code.replace(' ', "_"), step.short_name);
            let at_work = TaskAtWork { link: &task, entity, stem, artist: &artist, began: start };
            self.results(roster, &at_work, done)?;
            upstream = vec![task];
        }
        Ok(())
    }

    /// What a task has come to.
    fn results(
        &mut self,
        roster: &mut Roster,
        task: &TaskAtWork<'_>,
        done: f64,
    ) -> Result<(), ApiError> {
        if done <= 0.0 {
            return Ok(());
        }
        let versions = match done {
            done if done >= 1.0 => 1 + self.random.below(self.plan.versions_max),
            done if done >= 0.7 => 1,
            _ => self.random.below(2),
        };
        if self.plan.people > 1 {
            let minutes = 60 * (2 + self.random.below(30));
            let fields = json!({"entity": task.link, "user": task.artist, "duration": minutes, "date": date(task.began)});
            self.add_made("TimeLog", fields, task.began, task.artist)?;
        }
        for number in 1..=versions {
            let at =
                Now((task.began.0 + number as i64 * DAYS_BETWEEN * 86_400_000).min(self.now.0));
            let is_last = number == versions;
            self.version(roster, task, number, is_last && done < 1.0, at)?;
        }
        Ok(())
    }

    fn version(
        &mut self,
        roster: &mut Roster,
        task: &TaskAtWork<'_>,
        number: u64,
        is_pending: bool,
        at: Now,
    ) -> Result<(), ApiError> {
        let code = format!("{}_v{number:03}", task.stem);
        let frames = 24 + self.random.below(160);
        let status = if is_pending { "rev" } else { "vwd" };
        let fields = json!({"code": code, "entity": task.entity, "sg_task": task.link, "user": task.artist,
            "sg_status_list": status, "frame_count": frames, "sg_first_frame": 1_001, "sg_last_frame": 1_000 + frames});
        let version = self.add_made("Version", fields, at, task.artist)?;
        if roster.versions.len() >= KNOWN_VERSIONS_MAX {
            roster.versions.pop_front();
        }
        roster.add_version(version["id"].as_u64().expect("a link has an id"));
        if self.random.chance(0.7) {
            self.published_file(task, &version, number, at)?;
        }
        if self.random.chance(0.35) {
            self.note(&version, task.entity, at)?;
        }
        if is_pending || self.random.chance(0.2) {
            self.recent.push(version);
        }
        Ok(())
    }

    fn published_file(
        &mut self,
        task: &TaskAtWork<'_>,
        version: &Value,
        number: u64,
        at: Now,
    ) -> Result<(), ApiError> {
        let count = u64::try_from(self.file_types.len()).unwrap_or(0);
        let place = usize::try_from(self.random.below(count)).unwrap_or(0);
        let Some(file_type) = self.file_types.get(place).cloned() else { return Ok(()) };
        let file = format!("{}_v{number:03}.{}", task.stem, FILE_TYPES[place].2);
        let below = format!("{}/publish/{file}", self.plan.code);
        let fields = json!({"code": file, "name": task.stem, "version_number": number, "entity": task.entity,
            "task": task.link, "version": version, "published_file_type": file_type, "sg_status_list": "cmpt",
            "path_cache": below, "path": {"local_path": format!("{STORAGE}/{below}")}});
        self.add_made("PublishedFile", fields, at, task.artist)?;
        Ok(())
    }

    fn note(&mut self, version: &Value, entity: &Value, at: Now) -> Result<(), ApiError> {
        let remark = self.random.pick(REMARKS).copied().unwrap_or_default();
        let by = self.somebody();
        let is_old = at < self.days_ago(5);
        let subject: String = remark.chars().take(24).collect();
        let fields = json!({"subject": subject, "content": remark, "user": by, "note_links": [version, entity],
            "sg_status_list": if is_old { "clsd" } else { "opn" }});
        let note = self.add_made("Note", fields, at, &by)?;
        if self.random.chance(0.6) {
            let by = self.somebody();
            let answer = self.random.pick(ANSWERS).copied().unwrap_or_default();
            self.add_made(
                "Reply",
                json!({"content": answer, "entity": note, "user": by}),
                at,
                &by,
            )?;
        }
        Ok(())
    }

    /// The dailies of the last days, the newest first.
    pub(super) fn playlists(&mut self) -> Result<(), ApiError> {
        let recent = std::mem::take(&mut self.recent);
        for number in 0..self.plan.playlists {
            let at = self.days_ago(i64::try_from(number).unwrap_or(0));
            let first = usize::try_from(self.random.below(recent.len() as u64)).unwrap_or(0);
            let shown: Vec<&Value> = recent.iter().skip(first).take(PLAYLIST_VERSIONS).collect();
            let day = date(at);
            let day = day.as_str().unwrap_or_default();
            let fields = json!({"code": format!("Dailies {day}"), "versions": shown, "sg_date_and_time": moment(at),
                "sg_status": if number == 0 { "Open" } else { "Closed" }});
            let by = self.somebody();
            self.add_made("Playlist", fields, at, &by)?;
        }
        Ok(())
    }
}
