//! What `tracing` hands over, made into lines and handed on.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use config::LogFormat;
use eventlog::Timestamp;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::file::Files;
use super::line::{Line, PLUGIN_FIELD, escaped};

/// A line that a guest logged, or that says what it was refused. Can be printed as it is: what a terminal would obey is escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestLine {
    /// Which plugin.
    pub plugin: String,
    /// How important the guest finds it.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// Somebody who wants guests' lines, and those about what they were refused. Is called in the middle of things, and must not wait.
pub struct GuestLineSink(Box<dyn Fn(GuestLine) + Send + Sync>);

/// Where lines for stdout go.
pub(super) struct Stdout {
    writer: Box<dyn Write + Send>,
    /// How many lines were dropped so far.
    dropped: Box<dyn Fn() -> usize + Send>,
    dropped_before: usize,
}

/// The layer that writes the log.
pub(super) struct LogLayer {
    format: LogFormat,
    may_color: bool,
    stdout: Option<Mutex<Stdout>>,
    files: Option<Mutex<Files>>,
    guest_lines: Option<GuestLineSink>,
    now: fn() -> Timestamp,
}

/// What an event or a span says, field by field.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    plugin: Option<String>,
    others: Vec<(&'static str, Value)>,
}

impl GuestLineSink {
    /// Hands each line to `take`.
    pub fn new(take: impl Fn(GuestLine) + Send + Sync + 'static) -> Self {
        Self(Box::new(take))
    }
}

impl Stdout {
    pub(super) fn new(
        writer: impl Write + Send + 'static,
        dropped: impl Fn() -> usize + Send + 'static,
    ) -> Self {
        Self { writer: Box::new(writer), dropped: Box::new(dropped), dropped_before: 0 }
    }

    /// How many lines were dropped since this was last asked.
    fn newly_dropped(&mut self) -> usize {
        let dropped = (self.dropped)();
        dropped - std::mem::replace(&mut self.dropped_before, dropped)
    }
}

impl LogLayer {
    pub(super) fn new(
        format: LogFormat,
        may_color: bool,
        stdout: Option<Stdout>,
        files: Option<Files>,
        guest_lines: Option<GuestLineSink>,
        now: fn() -> Timestamp,
    ) -> Self {
        Self {
            format,
            may_color,
            stdout: stdout.map(Mutex::new),
            files: files.map(Mutex::new),
            guest_lines,
            now,
        }
    }

    fn write(&self, line: &Line<'_>) {
        if let Some(files) = &self.files {
            let text = line.write(self.format, false);
            let complaint = files.lock().unwrap_or_else(PoisonError::into_inner).write(
                &text,
                line.plugin,
                line.time,
            );
            if let Some(complaint) = complaint {
                self.complain(line.time, &complaint);
            }
        }
        self.print(line);
        if let (true, Some(GuestLineSink(take)), Some(plugin)) =
            (line.is_for_author(), &self.guest_lines, line.plugin)
        {
            take(GuestLine {
                plugin: escaped(plugin).into_owned(),
                level: line.level,
                message: escaped(line.message).into_owned(),
            });
        }
    }

    fn print(&self, line: &Line<'_>) {
        let Some(stdout) = &self.stdout else { return };
        let text = line.write(self.format, self.may_color);
        let newly_dropped = {
            let mut stdout = stdout.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody can be told that stdout is gone.
            let _ = stdout.writer.write_all(text.as_bytes());
            stdout.newly_dropped()
        };
        if newly_dropped > 0 {
            self.complain(
                line.time,
                &format!("Stdout is read too slowly: {newly_dropped} log lines were dropped there"),
            );
        }
    }

    /// Says on stdout what is wrong with the log itself.
    fn complain(&self, time: Timestamp, message: &str) {
        let target = module_path!();
        let line = Line { time, level: Level::ERROR, target, message, plugin: None, fields: &[] };
        if let Some(stdout) = &self.stdout {
            let text = line.write(self.format, self.may_color);
            let _ = stdout
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .writer
                .write_all(text.as_bytes());
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut around = Vec::new();
        let mut plugin_around = None;
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                around.extend(fields.others.iter().cloned());
                plugin_around = fields.plugin.clone().or(plugin_around);
            }
        }
        // What is said nearer counts.
        around.retain(|(name, _)| own.others.iter().all(|(own, _)| own != name));
        around.append(&mut own.others);
        self.write(&Line {
            time: (self.now)(),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            message: &own.message,
            plugin: own.plugin.or(plugin_around).as_deref(),
            fields: &around,
        });
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (PLUGIN_FIELD, Value::String(name)) => self.plugin = Some(name),
            (name, value) => {
                self.others.retain(|(other, _)| *other != name);
                self.others.push((name, value));
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}
