//! One rule about faults: which requests it applies to, and what happens to them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The fewest and the most requests a second that a limit can be about: one a minute, and more than a site answers.
const REQUESTS_PER_SECOND: std::ops::RangeInclusive<f64> = 1.0 / 60.0..=1_000_000.0;

/// One rule: which requests it applies to, when and how often, and what then happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The RPC method, such as `read`; `*` for all.
    #[serde(default = "every_method")]
    pub method: String,
    /// Only requests about this entity type; of a batch, those with a request about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Only requests of this script or login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Begins this many milliseconds after the rule was added.
    #[serde(default)]
    pub after_ms: u64,
    /// Lasts this many milliseconds; for ever if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
    /// Lets this many requests that it applies to pass first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Strikes at most this many times; without end if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Strikes a request it applies to with this probability, from 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// Decides which requests the probability picks; the site's own and the rule's place if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Before or after the request was executed; what is natural for the fault if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Moment>,
    /// What happens.
    pub fault: Fault,
}

/// What the client sees instead of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// An HTTP status with a short text.
    Status {
        /// From 300 to 599.
        status: u16,
        /// Sent as `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// The page of a site that is being maintained: status 503 and HTML.
    Maintenance {
        /// Sent as `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// Status 429 with `Retry-After`, for a caller that asks more often than this.
    RateLimit {
        /// What each caller may ask for in the long run.
        requests_per_second: f64,
        /// What a caller that was quiet may ask for at once; what a second allows, and at least 1, if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        burst: Option<u32>,
    },
    /// The connection is closed as soon as it is made. Has no method, entity type or caller.
    RefuseConnection,
    /// The connection is reset without an answer.
    Reset,
    /// The answer's head promises the whole body, and the connection ends after this many bytes of it.
    Truncate {
        /// How much of the body is sent; half if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
    },
    /// A page of HTML with status 200, as from a proxy's login page.
    Html,
    /// Status 200 and `application/json`, but no JSON.
    Malformed,
    /// The right answer with another `Content-Type`.
    ContentType {
        /// What is sent, such as `text/plain`.
        content_type: String,
    },
    /// The right answer, this much later.
    Slow {
        /// How much later.
        millis: u64,
    },
    /// The right answer, at the pace of a slow network.
    Trickle {
        /// At least 1.
        bytes_per_second: u64,
    },
    /// No answer, ever; the connection stays open.
    Hang,
    /// API error 102, as for a key that was changed.
    RefuseKey,
    /// Well-formed JSON whose `results` are not what the method promises.
    WrongShape {
        /// What is sent as `results`.
        results: Value,
    },
    /// The request is executed twice, as when a proxy repeats it; the answer is the second one's.
    Duplicate,
    /// The right answer; but what the request leaves in the event log shows this much later, in the site's time.
    LateEvents {
        /// How much later.
        millis: u64,
    },
}

/// On which side of the execution a fault strikes. For a write this decides whether it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// The request is not executed (a slow one is, afterwards).
    Before,
    /// The request is executed and its answer is lost, spoilt or late.
    After,
}

/// Why a rule was not taken.
#[derive(Debug, Clone, thiserror::Error, PartialEq)]
pub enum RuleError {
    /// A value is not what its key allows.
    #[error("`{key}` is {value}; it must be {rule}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        rule: String,
    },
    /// A key does not go with this kind of fault.
    #[error("`{key}` does not go with the fault `{kind}`, {reason}")]
    Key {
        /// The key.
        key: &'static str,
        /// The kind of fault.
        kind: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// There is no room for more.
    #[error("there are {max} rules already, and no more are kept; `clear` makes room", max = super::RULES_MAX)]
    TooMany,
}

fn every_method() -> String {
    "*".to_owned()
}

fn always() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl Rule {
    /// A rule that strikes every request to `method` (`*` for all), without end.
    #[must_use]
    pub fn new(method: &str, fault: Fault) -> Self {
        Self {
            name: None,
            method: method.to_owned(),
            entity_type: None,
            caller: None,
            after_ms: 0,
            for_ms: None,
            skip: 0,
            count: None,
            probability: always(),
            seed: None,
            when: None,
            fault,
        }
    }

    /// Only requests about `entity_type`.
    #[must_use]
    pub fn about(mut self, entity_type: &str) -> Self {
        self.entity_type = Some(entity_type.to_owned());
        self
    }

    /// Only requests of this script or login.
    #[must_use]
    pub fn of(mut self, caller: &str) -> Self {
        self.caller = Some(caller.to_owned());
        self
    }

    /// At most `count` times.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// On this side of the execution.
    #[must_use]
    pub fn when(mut self, moment: Moment) -> Self {
        self.when = Some(moment);
        self
    }

    /// With this probability.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// Whether the rule can be followed.
    ///
    /// # Errors
    /// If one of its values is not what its key allows.
    pub fn check(&self) -> Result<(), RuleError> {
        let value = |key, value: String, rule: &str| {
            Err(RuleError::Value { key, value, rule: rule.to_owned() })
        };
        if !(0.0..=1.0).contains(&self.probability) {
            return value("probability", self.probability.to_string(), "from 0 to 1");
        }
        match &self.fault {
            Fault::Status { status, .. } if !(300..=599).contains(status) => {
                value("status", status.to_string(), "from 300 to 599")
            }
            Fault::RateLimit { requests_per_second, .. }
                if !REQUESTS_PER_SECOND.contains(requests_per_second) =>
            {
                let rule = "from 1/60 to 1000000";
                value("requests_per_second", requests_per_second.to_string(), rule)
            }
            Fault::RateLimit { burst: Some(0), .. } => value("burst", "0".into(), "at least 1"),
            Fault::Trickle { bytes_per_second: 0 } => {
                value("bytes_per_second", "0".into(), "at least 1")
            }
            Fault::ContentType { content_type } if !is_header_text(content_type) => {
                let rule = "1 to 200 visible ASCII characters or spaces";
                value("content_type", format!("{content_type:?}"), rule)
            }
            Fault::RefuseConnection => self.check_connection(),
            _ => Ok(()),
        }
    }

    /// Nothing is known of a connection but that it is there.
    fn check_connection(&self) -> Result<(), RuleError> {
        let wrong = [
            ("method", self.method != "*"),
            ("entity_type", self.entity_type.is_some()),
            ("caller", self.caller.is_some()),
            ("when", self.when.is_some()),
        ];
        match wrong.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(RuleError::Key {
                key,
                kind: "refuse-connection",
                reason: "which strikes before there is a request",
            }),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// A status without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after_seconds: None }
    }

    /// Only an answer that is cut, or comes slowly, is needed first.
    pub(super) fn natural_moment(&self) -> Moment {
        match self {
            Self::Truncate { .. } | Self::Trickle { .. } | Self::ContentType { .. } => {
                Moment::After
            }
            _ => Moment::Before,
        }
    }
}

fn is_header_text(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
