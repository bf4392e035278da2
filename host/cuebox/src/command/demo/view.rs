//! The demo's live view: one line for each thing that happens.

use std::fmt;
use std::io::{IsTerminal, Write as _};

use jiff::Timestamp;
use runtime::Outcome;
use tokio::sync::{broadcast, mpsc};

use crate::log::{GuestLine, GuestLineSink};
use crate::notice::{Delivered, Notice};

/// Guest lines that can wait to be shown; what comes faster than a terminal takes it is in the log files.
const LINES_MAX: usize = 1000;

/// Prints what happens until the host is gone.
pub struct View {
    notices: broadcast::Receiver<Notice>,
    guest_lines: mpsc::Receiver<GuestLine>,
    seen: Seen,
}

/// What was seen, in numbers.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    events: usize,
    calls: u64,
    writes: u64,
    failures: u64,
    swaps: u64,
}

/// The two ends of the way from the log to the view: where the log puts guests' lines, and where the view finds them.
pub fn guest_lines() -> (GuestLineSink, mpsc::Receiver<GuestLine>) {
    let (sender, receiver) = mpsc::channel(LINES_MAX);
    (GuestLineSink::new(move |line| drop(sender.try_send(line))), receiver)
}

impl View {
    /// A view of a host that tells `notices`.
    pub fn new(
        notices: broadcast::Receiver<Notice>,
        guest_lines: mpsc::Receiver<GuestLine>,
    ) -> Self {
        Self { notices, guest_lines, seen: Seen::default() }
    }

    /// Prints until the host is gone; answers what was seen.
    pub async fn run(mut self) -> Seen {
        loop {
            tokio::select! {
                biased;
                notice = self.notices.recv() => match notice {
                    Ok(notice) => self.show(notice),
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        line("…", &format!("{missed} things happened too fast to show"));
                    }
                    Err(broadcast::error::RecvError::Closed) => return self.seen,
                },
                Some(guest) = self.guest_lines.recv() => line("log", &format!("{}: {}", guest.plugin, guest.message)),
            }
        }
    }

    fn show(&mut self, notice: Notice) {
        match notice {
            Notice::Arrived { entries, newest, .. } => {
                self.seen.events += entries;
                line(
                    "in",
                    &format!("{entries} event{}, the newest is {newest}", plural(entries as u64)),
                );
            }
            Notice::Delivered(delivered) => self.show_delivered(&delivered),
            Notice::PluginLive { plugin, digest, callbacks, took, swapped } => {
                self.seen.swaps += u64::from(swapped);
                let (kind, verb) =
                    if swapped { ("swap", "goes on with") } else { ("plugin", "runs") };
                let callbacks = format!("{callbacks} callback{}", plural(callbacks as u64));
                line(
                    kind,
                    &format!(
                        "{plugin} {verb} version {} ({callbacks}, ready after {took:.0?})",
                        digest.short()
                    ),
                );
            }
            Notice::PluginHeld { plugin, why, .. } | Notice::PluginRefused { plugin, why, .. } => {
                line("refused", &format!("{plugin}: {why}"))
            }
            Notice::PluginStopped { plugin, event, why, .. } => {
                line("stopped", &format!("{plugin} before event {event}: {why}"));
            }
            Notice::StreamStarted { after, .. } => {
                line("stream", &format!("begins after event {after}"))
            }
            Notice::SiteLost { why, .. } => line("site", &format!("lost: {why}")),
            Notice::SiteBack { after } => line("site", &format!("back after {after:.1?}")),
            Notice::HostTrouble { doing, why } => {
                line("trouble", &format!("cannot {doing}: {why}"))
            }
            Notice::Stopping => line("stop", "finishing what runs, and saving"),
            _ => {}
        }
    }

    fn show_delivered(&mut self, delivered: &Delivered) {
        self.seen.calls += 1;
        self.seen.writes += u64::from(delivered.effects);
        let Delivered { plugin, callback, event, outcome, effects, duration, .. } = delivered;
        if outcome.blame().is_some() {
            self.seen.failures += 1;
            line("failed", &format!("{plugin} · {callback} · event {event}: {outcome}"));
        } else if *effects > 0 {
            let writes = format!("{effects} write{}", plural(u64::from(*effects)));
            let after = match outcome {
                Outcome::Done => String::new(),
                other => format!(", {other}"),
            };
            line(
                "write",
                &format!(
                    "{plugin} · {callback} · event {event}: {writes} in {duration:.1?}{after}"
                ),
            );
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, calls, writes, failures, swaps } = self;
        write!(
            f,
            "The host took in {events} events, made {calls} calls into plugins, {writes} writes back to the site, and \
             {swaps} swap{}; {failures} calls failed.",
            plural(*swaps)
        )
    }
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn line(kind: &str, text: &str) {
    let (bold, plain) =
        if std::io::stdout().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    say(&format!("{}  {bold}{kind:<8}{plain}{text}", Timestamp::now().strftime("%H:%M:%S")));
}

/// Prints a line. A reader that went away (`| head`) is no reason to stop a demo.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
