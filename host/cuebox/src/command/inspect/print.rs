//! The report for people.

use std::io::{self, Write};

use super::report::{Author, Report, Signed};

pub(super) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Report { plugin, digest, bytes, .. } = report;
    writeln!(out, "{plugin}: {bytes} bytes, SHA-256 {digest}")?;
    for problem in &report.problems {
        writeln!(out, "PROBLEM    {problem}")?;
    }
    writeln!(out, "signature  {}", signature(&report.signature))?;
    match &report.manifest {
        Some(author) => print_author(out, author)?,
        None => writeln!(out, "author     has no plugin.toml that says what it needs")?,
    }
    let languages = match report.languages.is_empty() {
        true => "does not say".to_owned(),
        false => report.languages.join(", "),
    };
    writeln!(out, "language   {languages}")?;
    list(out, "made by", &report.tools)?;
    if report.modules > 0 {
        writeln!(out, "code       {} bytes in {} modules", report.code_bytes, report.modules)?;
    }
    list(out, "imports", &report.imports)?;
    list(out, "exports", &report.exports)?;
    for (index, (name, value)) in report.limits.iter().flatten().enumerate() {
        writeln!(out, "{:<9}  {name} = {value}", if index == 0 { "limits" } else { "" })?;
    }
    Ok(())
}

fn print_author(out: &mut impl Write, author: &Author) -> io::Result<()> {
    let Author { name, version, description, authors, .. } = author;
    let license = author.license.as_deref().unwrap_or("no licence named");
    writeln!(out, "author     {name} {version}, by {} ({license})", authors.join(", "))?;
    writeln!(out, "           {description}")?;
    if author.needs.is_empty() {
        writeln!(out, "needs      nothing")?;
    }
    for (index, need) in author.needs.iter().enumerate() {
        let head = if index == 0 { "needs" } else { "" };
        writeln!(out, "{head:<9}  {}  {}", need.service, need.grant)?;
        writeln!(out, "               {}", need.why)?;
    }
    for (index, (key, setting)) in author.settings.iter().enumerate() {
        let head = if index == 0 { "settings" } else { "" };
        let mut rule = setting.kind.to_owned();
        if setting.required {
            rule += ", required";
        }
        if setting.secret {
            rule += ", secret";
        }
        if let Some(default) = &setting.default {
            rule += &format!(", default {default}");
        }
        if !setting.values.is_empty() {
            let values: Vec<_> = setting.values.iter().map(ToString::to_string).collect();
            rule += &format!(", one of {}", values.join(", "));
        }
        writeln!(out, "{head:<9}  {key} ({rule})")?;
        writeln!(out, "               {}", setting.description)?;
    }
    Ok(())
}

fn signature(signed: &Signed) -> String {
    let key = signed.key.as_deref().unwrap_or_default();
    match signed.status {
        "good" => {
            let comment = signed.comment.as_deref().unwrap_or_default();
            format!("good, by the key `{key}` ({comment})")
        }
        "unknown-key" => "by a key that does not vouch for this plugin".to_owned(),
        "modified" => format!("BAD: by the key `{key}`, of other bytes than these"),
        "garbled" => "BAD: what stands beside the file is no signature of minisign".to_owned(),
        _ => "none".to_owned(),
    }
}

fn list(out: &mut impl Write, head: &str, items: &[String]) -> io::Result<()> {
    for (index, item) in items.iter().enumerate() {
        writeln!(out, "{:<9}  {item}", if index == 0 { head } else { "" })?;
    }
    Ok(())
}
