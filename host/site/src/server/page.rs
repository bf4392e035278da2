//! A page for people: what the site holds, what happened last, and how it misbehaves. It loads itself anew.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use serde_json::Value;

use super::shared::Shared;

/// Events on the page; what happened in the last moments of a busy site.
const EVENTS_MAX: usize = 50;

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>cuebox site</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #222; background: #fbfaf8; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 1.6rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem .9rem .15rem 0; vertical-align: top; }
th { font-weight: 600; } td.number { text-align: right; } code { font-size: 13px; overflow-wrap: anywhere; }
</style></head><body><h1>cuebox: a stand-in site</h1>
"#;

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let mut html = String::from(HEAD);
    write_page(&shared, &mut html).expect("writing to a string cannot fail");
    let mut response = Response::new(Body::from(html));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn write_page(shared: &Shared, html: &mut String) -> std::fmt::Result {
    write_records(shared, html)?;
    write_events(shared, html)?;
    write_faults(shared, html)?;
    write_counters(shared, html)?;
    html.push_str("</body></html>\n");
    Ok(())
}

fn write_records(shared: &Shared, html: &mut String) -> std::fmt::Result {
    html.push_str("<h2>Records</h2><table>");
    let stage = shared.stage();
    for name in stage.model.schema().type_names() {
        let count = stage.model.entity_count(name);
        if count > 0 {
            writeln!(html, "<tr><td>{}</td><td class=\"number\">{count}</td></tr>", escaped(name))?;
        }
    }
    writeln!(
        html,
        "<tr><td>events</td><td class=\"number\">{}</td></tr></table>",
        stage.model.event_count()
    )
}

fn write_events(shared: &Shared, html: &mut String) -> std::fmt::Result {
    html.push_str(
        "<h2>Newest events</h2><table><tr><th>id<th>when<th>what<th>field<th>of<th>by</tr>",
    );
    let stage = shared.stage();
    for event in stage.model.events_after(0).rev().take(EVENTS_MAX) {
        let row = event.to_json();
        writeln!(
            html,
            "<tr><td class=\"number\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            event.id(),
            escaped(row["created_at"].as_str().unwrap_or_default()),
            escaped(event.event_type()),
            escaped(event.attribute_name().unwrap_or_default()),
            escaped(&link(&row["entity"])),
            escaped(&link(&row["user"])),
        )?;
    }
    html.push_str("</table>");
    Ok(())
}

fn write_faults(shared: &Shared, html: &mut String) -> std::fmt::Result {
    html.push_str("<h2>Faults</h2>");
    let faults = shared.faults();
    if faults.active().is_empty() {
        html.push_str("<p>None. <code>POST /cuebox/faults</code> sets them.</p>");
        return Ok(());
    }
    html.push_str("<table><tr><th>struck<th>rule</tr>");
    for active in faults.active() {
        let rule = serde_json::to_string(&active.rule).expect("a rule has only text keys");
        writeln!(
            html,
            "<tr><td class=\"number\">{}</td><td><code>{}</code></td></tr>",
            active.struck,
            escaped(&rule)
        )?;
    }
    html.push_str("</table>");
    Ok(())
}

fn write_counters(shared: &Shared, html: &mut String) -> std::fmt::Result {
    html.push_str("<h2>Requests</h2><table>");
    for (method, count) in shared.counters().iter() {
        writeln!(html, "<tr><td>{}</td><td class=\"number\">{count}</td></tr>", escaped(method))?;
    }
    html.push_str("</table>");
    Ok(())
}

/// `Shot 12 (TIDE_0010)`; nothing for null.
fn link(value: &Value) -> String {
    match (value["type"].as_str(), value["id"].as_u64(), value["name"].as_str()) {
        (Some(entity_type), Some(id), Some(name)) => format!("{entity_type} {id} ({name})"),
        (Some(entity_type), Some(id), None) => format!("{entity_type} {id}"),
        _ => String::new(),
    }
}

/// Text as HTML shows it. Names come from whoever writes to the site.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}
