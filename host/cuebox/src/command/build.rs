//! `cuebox build`: a plugin's component.

use std::path::Path;

use crate::authoring::build::{Built, Project};
use crate::authoring::engine::engine;
use crate::command::plugins::say;

/// Builds, and says what was built and what it asks for.
pub fn run(folder: &Path) -> anyhow::Result<()> {
    let project = Project::open(folder)?;
    let built = project.build(&engine()?)?;
    say(&told(&project, &built))
}

/// What there is to say of a component.
pub fn told(project: &Project, built: &Built) -> String {
    let Built { path, bytes, digest, took } = built;
    let (language, seconds) = (project.language.name(), took.as_secs_f64());
    let mut text = format!(
        "{} ({language}, {bytes} bytes, {seconds:.1} s)\nSHA-256 {digest}\n",
        path.display()
    );
    let needs = &project.manifest.needs;
    let shotgun = needs.shotgun.iter().map(|need| ("shotgun", need.line.to_string(), &need.why));
    let http = needs.http.iter().map(|need| ("http", need.line.to_string(), &need.why));
    for (service, line, why) in shotgun.chain(http) {
        text.push_str(&format!("asks for {service}: {line}\n    {why}\n"));
    }
    if needs.shotgun.is_empty() && needs.http.is_empty() {
        text.push_str("asks for nothing\n");
    }
    text.truncate(text.trim_end().len());
    text
}
