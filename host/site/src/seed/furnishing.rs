//! What a production has beside its records: task templates, pages that may be exported, and a pipeline configuration.

use serde_json::{Value, json};

use super::Planter;
use super::production::Step;
use crate::wire::ApiError;

/// How many minutes a task of a template takes, by its place.
const DURATIONS: [u64; 4] = [960, 2_400, 1_440, 960];

/// Pages: the type they show, and the columns of their one layout.
const PAGES: [(&str, &[&str]); 2] = [
    ("Shot", &["code", "sg_sequence", "sg_status_list", "sg_cut_in", "sg_cut_out", "assets"]),
    ("Asset", &["code", "sg_asset_type", "sg_status_list", "description"]),
];

impl Planter<'_> {
    /// Makes all of it, for a project.
    pub(super) fn furnish(&mut self, project: &Value, steps: &[Step]) -> Result<(), ApiError> {
        for (entity_type, columns) in PAGES {
            self.template(entity_type, steps)?;
            let page = self.create(
                "Page",
                json!({"name": format!("{entity_type}s"), "entity_type": entity_type, "project": project}),
            )?;
            self.create(
                "PageSetting",
                json!({"name": "Overview", "page": page, "is_default": true, "api_exportable": true,
                "columns": columns, "sorts": [{"field_name": "code", "direction": "asc"}]}),
            )?;
        }
        self.create("PipelineConfiguration", json!({"code": "Primary", "project": project}))?;
        Ok(())
    }

    /// A template with a task for each step of a type, each after the one before.
    fn template(&mut self, entity_type: &str, steps: &[Step]) -> Result<(), ApiError> {
        let template = self.create(
            "TaskTemplate",
            json!({"code": format!("Usual {entity_type}"), "entity_type": entity_type}),
        )?;
        let mut upstream: Vec<Value> = Vec::new();
        let fitting = steps.iter().filter(|step| step.entity_type == entity_type);
        for (step, duration) in fitting.zip(DURATIONS) {
            let task = self.create(
                "Task",
                json!({"content": step.name, "step": step.link, "task_template": template,
                "duration": duration, "upstream_tasks": upstream}),
            )?;
            upstream = vec![task];
        }
        Ok(())
    }
}
