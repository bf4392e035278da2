//! The model together with the transactions that are kept open on purpose. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{CommitPolicy, EventDraft, Hold, Model, Now};
use crate::script::Act;
use crate::wire::{Answer, ApiError, ErrorCode, Request};

/// Methods that only look. They are neither held nor recorded.
const READS: &[&str] = &[
    "activity_stream",
    "api_complete_multipart_upload",
    "api_get_upload_link_for_part",
    "api_get_upload_link_info",
    "export_page",
    "followers",
    "following",
    "info",
    "nav_expand",
    "nav_search",
    "note_thread_contents",
    "preferences_read",
    "query_display_name_cache",
    "read",
    "schema_entity_read",
    "schema_field_read",
    "schema_read",
    "summarize",
    "user_subscriptions_read",
    "work_schedule_read",
];

/// The model, and what its next transactions come to.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) model: Model,
    holding: bool,
    holds: Vec<Hold>,
}

/// What is to become of transactions: those to come, or those that are held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CommitOrder {
    /// The events of later writes stay hidden.
    Hold,
    /// The events of later writes are visible at once again. Those held stay held.
    Pass,
    /// The events held become visible.
    Release,
    /// The events held never appear; what their writes changed stays.
    Drop,
    /// This many ids are taken by nobody.
    Skip(u16),
    /// Later transactions commit late, or leave ids missing, by chance.
    Policy(CommitRule),
}

/// What is to become of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SessionOrder {
    /// All expire.
    ExpireAll,
    /// The one with this token expires.
    Expire(String),
}

/// A commit policy as it is written in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommitRule {
    /// The fraction of transactions whose events appear late.
    pub late: f64,
    /// How late: the least and the most, in milliseconds.
    pub late_by_ms: (u64, u64),
    /// The fraction of transactions before which ids go missing for ever.
    pub missing: f64,
    /// The same seed makes the same choices.
    pub seed: u64,
}

impl Stage {
    pub(crate) fn new(mut model: Model) -> Self {
        model.begin_log();
        Self { model, holding: false, holds: Vec::new() }
    }

    /// Whether the events of later writes stay hidden.
    pub(crate) fn is_holding(&self) -> bool {
        self.holding
    }

    /// Answers a request; a write that is to be held is.
    pub(crate) fn answer(&mut self, request: &Request, now: Now) -> Result<Answer, ApiError> {
        if !self.holding || !writes(request) {
            return self.model.rpc(request, now);
        }
        let (answer, hold) = self.model.rpc_held(request, now)?;
        self.holds.push(hold);
        Ok(answer)
    }

    /// Answers a request; the events of a write become visible `by` later, unless writes are held.
    pub(crate) fn answer_late(
        &mut self,
        request: &Request,
        by: Duration,
        now: Now,
    ) -> Result<Answer, ApiError> {
        if self.holding || !writes(request) {
            return self.answer(request, now);
        }
        let (answer, hold) = self.model.rpc_held(request, now)?;
        self.model.delay_hold(&hold, now.plus(by));
        Ok(answer)
    }

    /// Does what a recorded line says. Faults and clocks are not the model's, and nothing is done about them.
    pub(crate) fn perform(&mut self, act: &Act, now: Now) -> Result<(), ApiError> {
        match act {
            Act::Request(request) => self.answer(request, now).map(drop),
            Act::Late { request, by_ms } => {
                self.answer_late(request, Duration::from_millis(*by_ms), now).map(drop)
            }
            Act::Commits(order) => {
                self.order(order, now);
                Ok(())
            }
            Act::Fault(_) | Act::Clock(_) => Ok(()),
            Act::Settings(changes) => self.choose(changes),
            Act::Sessions(order) => {
                self.order_sessions(order);
                Ok(())
            }
        }
    }

    /// Changes the site's settings by key.
    pub(crate) fn choose(&mut self, changes: &Map<String, Value>) -> Result<(), ApiError> {
        let settings = self
            .model
            .settings()
            .changed(changes)
            .map_err(|error| ApiError::new(ErrorCode::Invalid, error.to_string()))?;
        self.model.set_settings(settings);
        Ok(())
    }

    /// Follows an order about sessions, and says how many expired by it.
    pub(crate) fn order_sessions(&mut self, order: &SessionOrder) -> usize {
        match order {
            SessionOrder::ExpireAll => self.model.expire_sessions(),
            SessionOrder::Expire(token) => usize::from(self.model.expire_session(token)),
        }
    }

    /// Follows an order about transactions.
    pub(crate) fn order(&mut self, order: &CommitOrder, now: Now) {
        // What happened by itself before the order was given comes before it, in a recording too.
        self.model.settle(now);
        match order {
            CommitOrder::Hold => self.holding = true,
            CommitOrder::Pass => self.holding = false,
            CommitOrder::Release => {
                self.holds.drain(..).for_each(|hold| self.model.commit_hold(hold))
            }
            CommitOrder::Drop => {
                self.holds.drain(..).for_each(|hold| self.model.roll_back_hold(hold))
            }
            CommitOrder::Skip(count) => {
                let count = usize::from(*count);
                let hold =
                    self.model.hold_events(vec![EventDraft::new("Never_Committed"); count], now);
                self.model.roll_back_hold(hold);
            }
            CommitOrder::Policy(rule) => self.model.set_commit_policy(rule.policy()),
        }
    }
}

/// Whether a request can change the site.
pub(crate) fn writes(request: &Request) -> bool {
    !READS.contains(&request.method_name.as_str())
}

impl CommitRule {
    fn policy(&self) -> CommitPolicy {
        let (least, most) = self.late_by_ms;
        let late_by = Duration::from_millis(least)..=Duration::from_millis(most);
        CommitPolicy { late: self.late, late_by, missing: self.missing, seed: self.seed }
    }
}

impl Default for CommitRule {
    fn default() -> Self {
        Self { late: 0.0, late_by_ms: (0, 0), missing: 0.0, seed: 0 }
    }
}
