//! Plays a script by the site's clock: each act at its moment, whether time stands still, goes on or leaps.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::api::json as json_response;
use super::control::refuse;
use super::shared::Shared;
use crate::clock::show_moment;
use crate::model::Now;
use crate::script::{Act, Script, ScriptError};

/// How often it is looked whether an act is due. Small beside what a person or a poller notices.
const TICK: Duration = Duration::from_millis(5);
/// Refusals that are kept to be shown.
const REFUSALS_MAX: usize = 20;

/// A script that is played.
#[derive(Debug)]
pub(super) struct Playing {
    script: Script,
    beginning: Now,
    played: usize,
    refused: Vec<Refusal>,
}

/// An act that was not followed. The script goes on after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The line, counted from 1.
    pub line: usize,
    /// Why.
    pub error: String,
}

/// How far a script has been played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Acts that are over.
    pub played: usize,
    /// Acts that are still to come.
    pub left: usize,
    /// When the next is due, by the site's clock.
    pub next_at: Option<String>,
    /// The first of those that were not followed.
    pub refused: Vec<Refusal>,
}

impl Shared {
    /// Begins to play a script in place of what was played before. What is due at once is done when this returns.
    pub(super) fn play(self: &Arc<Self>, text: &str) -> Result<Progress, ScriptError> {
        let beginning = self.now();
        let script = Script::parse_from(text, beginning)?;
        let was_playing =
            self.playing().replace(Playing { script, beginning, played: 0, refused: Vec::new() });
        if was_playing.is_none() {
            tokio::spawn(keep_playing(Arc::downgrade(self)));
        }
        self.play_due();
        Ok(self.progress().expect("it is being played"))
    }

    /// Does what is due by now, each act at its own moment.
    pub(super) fn play_due(&self) {
        // Locked until all is done, so that acts stay in order; an act never waits for this lock.
        let mut playing = self.playing();
        let Some(playing) = playing.as_mut() else { return };
        loop {
            // Looked at anew for each: an act may be about the clock.
            let elapsed = self.now().0.saturating_sub(playing.beginning.0);
            let elapsed = Duration::from_millis(u64::try_from(elapsed).unwrap_or(0));
            let Some((line, next)) = playing.script.next(elapsed) else { return };
            let at = Now(playing.beginning.0.saturating_add(next.at_ms));
            playing.played += 1;
            if let Err(error) = self.act(&next.act, Some(at))
                && playing.refused.len() < REFUSALS_MAX
            {
                playing.refused.push(Refusal { line, error });
            }
        }
    }

    /// How far the script has been played; none if there was none.
    pub(super) fn progress(&self) -> Option<Progress> {
        let playing = self.playing();
        let Playing { script, beginning, played, refused } = playing.as_ref()?;
        let next_at = script.next_due().map(|due| show_moment(beginning.plus(due)));
        Some(Progress { played: *played, left: script.left(), next_at, refused: refused.clone() })
    }

    /// Does what a line says, as if it were that moment.
    pub(super) fn act(&self, act: &Act, at: Option<Now>) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        match act {
            Act::Request(asked) => {
                self.ask(&asked.question(), at).map(drop).map_err(|error| told(&error))
            }
            Act::FailedLogin(login) => {
                self.fail_login(login);
                Ok(())
            }
            Act::Commits(order) => {
                self.order(order);
                Ok(())
            }
            Act::Fault(rule) => self.add_fault(rule.clone()).map_err(|error| told(&error)),
            Act::Faults(order) => self.order_faults(order.clone()).map_err(|error| told(&error)),
            Act::Settings(changes) => self.choose(changes).map_err(|error| told(&error)),
            Act::Sessions(order) => {
                self.order_sessions(order);
                Ok(())
            }
            Act::Clock(order) => self.follow_clock(order).map_err(|error| told(&error)),
        }
    }
}

/// Plays until the site is gone.
async fn keep_playing(shared: std::sync::Weak<Shared>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        shared.play_due();
    }
}

/// `GET /cuebox/script`
pub(super) async fn script(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show(shared.progress())
}

/// `POST /cuebox/script`: the text of a script.
pub(super) async fn set_script(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let text = match std::str::from_utf8(&body) {
        Ok(text) => text,
        Err(error) => return refuse(&error),
    };
    match shared.play(text) {
        Ok(progress) => show(Some(progress)),
        Err(error) => {
            let rule = std::error::Error::source(&error).map(|source| format!(": {source}"));
            refuse(&format!("{error}{}", rule.unwrap_or_default()))
        }
    }
}

fn show(progress: Option<Progress>) -> Response<Body> {
    json_response(json!({"script": progress}).to_string())
}
