//! Numbers and how they are shown.

use std::fs;
use std::io::{self, Write as _};

/// Measured values of one thing.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The value that `share` of all are at or below; 0.5 is the median. Not a number if there is none.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
        sorted[(share * last as f64).round() as usize]
    }

    /// `median (min–max)`, each shown by `show`.
    pub fn spread(&self, show: impl Fn(f64) -> String) -> String {
        let [low, middle, high] = [0.0, 0.5, 1.0].map(|share| show(self.quantile(share)));
        format!("{middle} ({low}–{high})")
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

/// Prints a line.
pub fn say(line: &str) {
    // Nobody to read the figures is nobody to tell.
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints a title, what was measured, and rows in columns; the first row is the heading.
pub fn say_table(title: &str, measured: &str, rows: &[Vec<String>]) {
    say(&format!("\n{title}\n  {measured}\n"));
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        say(format!("  {}", cells.collect::<Vec<_>>().join("   ")).trim_end());
    }
}

/// A row of a table.
pub fn row<T: Into<String>>(cells: impl IntoIterator<Item = T>) -> Vec<String> {
    cells.into_iter().map(Into::into).collect()
}

/// Says what machine this is, and how busy it was before the first figure.
pub fn say_machine() {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = line_of("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    say(&format!(
        "{}: {cores} cores ({model}), memory {memory}, load {} before; host and site share the cores",
        jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC"),
        load.join(" ")
    ));
}

/// What stands behind `key` and a colon in a file of such lines.
pub fn line_of(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A number without a fraction, in groups of three.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds as milliseconds.
pub fn millis(seconds: f64) -> String {
    let millis = seconds * 1e3;
    if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}

/// Seconds as microseconds.
pub fn micros(seconds: f64) -> String {
    format!("{:.2} µs", seconds * 1e6)
}
