//! The model together with the transactions that are kept open on purpose. Pure.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{CommitPolicy, EventDraft, Hold, Model, Now, Who};
use crate::script::{Act, Asked, Asker};
use crate::wire::{Answer, ApiError, ErrorCode, FORMS, Request};

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
    /// The person with this login logs out everywhere.
    LogOut(String),
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

/// A request that is to be answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Whom it is from.
    pub by: &'a Asker,
    /// What is asked for.
    pub request: &'a Request,
    /// How much later its events show.
    pub late_by: Option<Duration>,
}

impl Asked {
    pub(crate) fn question(&self) -> Question<'_> {
        let late_by = (self.late_by_ms > 0).then(|| Duration::from_millis(self.late_by_ms));
        Question { by: &self.by, request: &self.request, late_by }
    }
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

    /// Whom a question is from, if that is known or proven.
    pub(crate) fn who(&self, question: &Question<'_>) -> Option<Who> {
        match question.by {
            Asker::Proven => self.model.who(question.request),
            Asker::Named(name) => self.model.who_is_called(name).ok(),
            Asker::Known(who) => Some(who.clone()),
        }
    }

    /// The commit policy as it goes on from here; none while something is held, or is to be.
    pub(crate) fn policy_at_rest(&self) -> Option<CommitRule> {
        let policy = self.model.commit_policy().filter(|_| !self.holding)?;
        let millis = |time: &Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let late_by_ms = (millis(policy.late_by.start()), millis(policy.late_by.end()));
        let CommitPolicy { late, missing, seed, .. } = policy;
        Some(CommitRule { late, late_by_ms, missing, seed })
    }

    /// Answers a question. A write that is to be held is; the events of a late one become visible later.
    pub(crate) fn ask(&mut self, question: &Question<'_>, now: Now) -> Result<Answer, ApiError> {
        let Question { by, request, late_by } = *question;
        let named;
        let who = match by {
            Asker::Proven => None,
            Asker::Known(who) => Some(who),
            Asker::Named(name) => {
                named = self.model.who_is_called(name)?;
                Some(&named)
            }
        };
        if !writes(request) || (late_by.is_none() && !self.holding) {
            return match who {
                Some(who) => self.model.rpc_as(who, request, now),
                None => self.model.rpc(request, now),
            };
        }
        let (answer, hold) = match who {
            Some(who) => self.model.rpc_held_as(who, request, now)?,
            None => self.model.rpc_held(request, now)?,
        };
        match late_by.filter(|_| !self.holding) {
            Some(by) => self.model.delay_hold(&hold, now.plus(by)),
            None => self.holds.push(hold),
        }
        Ok(answer)
    }

    /// Does what a recorded line says. Faults and clocks are not the model's, and nothing is done about them.
    pub(crate) fn perform(&mut self, act: &Act, now: Now) -> Result<(), ApiError> {
        match act {
            Act::Request(asked) => self.ask(&asked.question(), now).map(drop),
            Act::FailedLogin(login) => {
                self.model.fail_login(login, now);
                Ok(())
            }
            Act::Commits(order) => {
                self.order(order, now);
                Ok(())
            }
            Act::Fault(_) | Act::Faults(_) | Act::Clock(_) => Ok(()),
            Act::Settings(changes) => self.choose(changes),
            Act::Sessions(order) => {
                self.order_sessions(order, now);
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

    /// Follows an order about sessions, and says how many ended by it.
    pub(crate) fn order_sessions(&mut self, order: &SessionOrder, now: Now) -> usize {
        match order {
            SessionOrder::ExpireAll => self.model.expire_sessions(),
            SessionOrder::Expire(token) => usize::from(self.model.expire_session(token)),
            SessionOrder::LogOut(login) => self.model.log_out(login, now),
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

/// Whether a request that is refused can have taken ids.
pub(crate) fn takes_ids(request: &Request) -> bool {
    let method = request.method_name.as_str();
    ["create", "update", "delete", "revive", "batch"].contains(&method) || FORMS.contains(&method)
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
