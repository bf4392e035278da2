//! `cuebox audit`: what plugins changed outside, by what they were allowed to, and whether the evidence is whole. Works beside a
//! running host and without one.

mod calls;
mod line;

use std::io::Write;
use std::path::Path;

use database::{AuditFault, AuditFilter, AuditHash, AuditKind, AuditVerdict, Database};
use eventlog::{EventId, Timestamp};
use serde_json::json;

use crate::cli::{AuditAction, AuditList, EntityChoice, ExitCode};
use crate::command;
use crate::command::moment;
use crate::command::plugins::{find, open};
use crate::failure::{self, Failure};
use crate::log::escaped;

use calls::AuditedCall;

/// Does what the command line says about the audit.
pub fn run(config_path: &Path, action: AuditAction) -> anyhow::Result<()> {
    let database = open(config_path)?;
    match action {
        AuditAction::List(list) => self::list(&database, &list),
        AuditAction::Show { number, json } => show(&database, number, json),
        AuditAction::Verify { head, json } => verify(&database, head, json),
    }
}

fn list(database: &Database, list: &AuditList) -> anyhow::Result<()> {
    if let Some(plugin) = &list.plugin {
        find(database, plugin)?;
    }
    let filter = AuditFilter { plugin: list.plugin.as_deref(), event: list.event.map(EventId) };
    let since = list.since.map(|since| Timestamp(since.0));
    // A call's end is found with its beginning: the moment decides about whole calls.
    let mut calls = calls::gathered(database.audit(filter)?);
    calls.retain(|call| {
        since.is_none_or(|since| call.last().record.at >= since)
            && (!list.shadow || call.first.record.kind == AuditKind::Pretended)
            && list.entity.as_ref().is_none_or(|entity| is_about(call, entity))
    });
    let mut out = std::io::stdout().lock();
    if list.json {
        let printed: Vec<_> = calls.iter().map(AuditedCall::to_json).collect();
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    if calls.is_empty() {
        writeln!(out, "No plugin has changed anything, as far as is asked.")?;
    }
    calls.iter().try_for_each(|call| write_head(&mut out, call))?;
    Ok(())
}

fn is_about(call: &AuditedCall, choice: &EntityChoice) -> bool {
    call.entities().any(|entity| match (entity.split_once(':'), choice.id) {
        (None, None) => entity == choice.entity_type,
        (Some((entity_type, _)), None) => entity_type == choice.entity_type,
        (Some((entity_type, id)), Some(wanted)) => {
            entity_type == choice.entity_type && id.parse() == Ok(wanted)
        }
        (None, Some(_)) => false,
    })
}

fn show(database: &Database, number: u64, json: bool) -> anyhow::Result<()> {
    let calls = calls::gathered(database.audit(AuditFilter::default())?);
    let call = calls.iter().find(|call| call.has(number)).ok_or_else(|| {
        let what = format!("there is no record {number}; `cuebox audit` lists those there are");
        Failure::new(ExitCode::Failed, what)
    })?;
    let mut out = std::io::stdout().lock();
    if json {
        command::write_json(&mut out, &call.to_json())?;
        return Ok(());
    }
    write_head(&mut out, call)?;
    let first = &call.first.record;
    writeln!(out, "       version {}", escaped(&first.digest))?;
    write_value(&mut out, "before", first.before.as_deref())?;
    write_value(&mut out, "asked", first.asked.as_deref())?;
    for record in call.records() {
        let (number, kind) = (record.number, record.record.kind.as_str());
        writeln!(out, "{number:>5}  {}  {kind}  {}", moment(record.record.at), record.hash)?;
        write_value(&mut out, "detail", record.record.detail.as_deref())?;
    }
    Ok(())
}

fn write_value(out: &mut impl Write, name: &str, value: Option<&str>) -> std::io::Result<()> {
    match value {
        Some(value) => writeln!(out, "       {name} {}", escaped(value)),
        None => Ok(()),
    }
}

fn write_head(out: &mut impl Write, call: &AuditedCall) -> std::io::Result<()> {
    let (number, record) = (call.first.number, &call.first.record);
    let delivery = &record.delivery;
    let about: Vec<&str> = call.entities().collect();
    let about = if about.is_empty() { record.subject.clone() } else { about.join(", ") };
    writeln!(
        out,
        "{number:>5}  {}  plugin {}, event {}: {} {}: {}",
        moment(record.at),
        escaped(&delivery.plugin),
        delivery.event,
        record.function,
        failure::one_line(&about),
        call.ending()
    )?;
    call.lines().try_for_each(|line| {
        let by = if line.is_of_author() { "asked for by" } else { "by" };
        writeln!(out, "       {by} {}", escaped(&line.to_string()))
    })
}

fn verify(database: &Database, noted: Option<AuditHash>, json: bool) -> anyhow::Result<()> {
    let verdict = database.verify_audit(noted)?;
    let complaint = complaint(&verdict, noted);
    let mut out = std::io::stdout().lock();
    if json {
        let head = verdict.whole.map(|head| head.hash.to_string());
        let printed = json!({
            "whole": complaint.is_none(),
            "records": verdict.whole.map_or(0, |head| head.records),
            "head": head,
            "noted": verdict.noted,
            "problem": complaint,
        });
        command::write_json(&mut out, &printed)?;
    } else if let (None, Some(head)) = (&complaint, verdict.whole) {
        let is_or_are = if head.records == 1 { "record is" } else { "records are" };
        writeln!(out, "{} {is_or_are} as written. Head: {}", head.records, head.hash)?;
        if let Some(noted) = verdict.noted {
            writeln!(out, "The head that was noted is that of record {noted}.")?;
        } else {
            writeln!(
                out,
                "Note the head elsewhere: with --head, it shows later that nothing up to here was exchanged or cut off."
            )?;
        }
    } else if complaint.is_none() {
        writeln!(out, "The audit is empty.")?;
    }
    match complaint {
        None => Ok(()),
        Some(complaint) => Err(Failure::new(ExitCode::Failed, complaint).into()),
    }
}

/// What is wrong, and what that means; none if nothing is.
fn complaint(verdict: &AuditVerdict, noted: Option<AuditHash>) -> Option<String> {
    let whole = verdict.whole.map_or(0, |head| head.records);
    if let Some(fault) = &verdict.fault {
        let means = match fault {
            AuditFault::Missing { .. } => "somebody took it away",
            AuditFault::Changed { .. } => "somebody changed it, or one before it was exchanged",
            AuditFault::Unreadable { .. } => "somebody put it there",
        };
        let before = match whole {
            0 => "nothing before it".to_owned(),
            1 => "record 1 before it".to_owned(),
            whole => format!("records 1 to {whole} before it"),
        };
        return Some(format!(
            "the audit is broken: {fault}; {means}. As written: {before}. What comes after is no evidence"
        ));
    }
    if noted.is_some() && verdict.noted.is_none() {
        return Some(format!(
            "the audit is not the one whose head was noted: its {whole} records fit together, and none has that hash. It was cut off \
             before that record, made anew, or the database is an older copy"
        ));
    }
    None
}
