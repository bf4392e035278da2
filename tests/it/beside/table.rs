//! The table: what it says of a measurement, and whether the page says the same.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What the table stands between, in the page.
const BEGINNING: &str = "<!-- Written by tests/it/beside.rs. -->\n";
const END: &str = "<!-- As far as it was written. -->";

/// What one program made of one fault.
#[derive(Debug, Clone)]
pub struct Row {
    pub fault: &'static str,
    /// The program, and how it was told to take failures where that matters.
    pub program: String,
    /// How many events there were.
    pub expected: usize,
    /// How many were handled, and each of their writes made once.
    pub once: usize,
    /// How many had a write made more than once.
    pub again: usize,
    /// How many were not handled, or not to the end.
    pub lost: usize,
    /// When the last one came that came, in words that hold for every run.
    pub until: String,
    /// How long that was in this run.
    pub took: Duration,
}

impl Row {
    /// What was measured in this run.
    pub fn figures(&self) -> String {
        let Self { fault, program, expected, once, again, lost, until, took } = self;
        format!(
            "{fault} | {program}: {expected} events, {once} once, {again} again, {lost} lost, {took:.1?}: {until}"
        )
    }
}

pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| fault | program | events | once | again | lost | the last one came |\n|---|---|---|---|---|---|---|\n",
    );
    let mut fault = "";
    for row in rows {
        // A fault is named once for all its rows.
        let named = if row.fault == fault { "" } else { row.fault };
        fault = row.fault;
        let Row { program, expected, until, .. } = row;
        let [once, again, lost] =
            [row.once, row.again, row.lost].map(|count| in_words(count, row.expected));
        writeln!(
            text,
            "| {named} | {program} | {expected} | {once} | {again} | {lost} | {until} |"
        )
        .unwrap();
    }
    text
}

/// As exactly as every run says it.
fn in_words(count: usize, of: usize) -> &'static str {
    match count {
        0 => "0",
        count if count == of => "all",
        _ => "some",
    }
}

/// Compares with the page, or writes it into the page.
#[track_caller]
pub fn compare(page: &Path, table: &str) {
    let text = fs::read_to_string(page).unwrap();
    let (before, rest) = text.split_once(BEGINNING).expect("the page has a place for the table");
    let (written, after) = rest.split_once(END).expect("the table ends somewhere");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(page, format!("{before}{BEGINNING}\n{table}\n{END}{after}")).unwrap();
        return;
    }
    let differences = differences(written.trim(), table.trim());
    assert!(
        differences.is_empty(),
        "{} says what is not so (-), and not what was measured (+); UPDATE_EXPECT=1 writes it anew:\n{differences}",
        page.display()
    );
}

/// The lines that only one of two tables has.
fn differences(written: &str, measured: &str) -> String {
    let lines = |mark: &'static str, of: &str, other: &str| -> String {
        let missing = of.lines().filter(|line| !other.lines().any(|it| it == *line));
        missing.map(|line| format!("{mark} {line}\n")).collect()
    };
    lines("-", written, measured) + &lines("+", measured, written)
}
