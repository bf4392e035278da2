//! Whom a request of a timeline is from, as it is written: a name, or in a site's file a user.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{EntityLink, Who};

/// Whom a request is from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Asker {
    /// Whom its own credentials prove.
    #[default]
    Proven,
    /// The person with this login, or else the script of this name. It is taken on trust.
    Named(String),
    /// Somebody who proved it when the request came.
    Known(Who),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWho {
    user: RawLink,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acting_as: Option<RawLink>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_uuid: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLink {
    #[serde(rename = "type")]
    entity_type: String,
    id: u64,
}

impl Asker {
    pub(super) fn parse(written: Value) -> Result<Self, String> {
        match written {
            Value::String(name) => Ok(Self::Named(name)),
            Value::Object(_) => {
                let raw: RawWho =
                    serde_json::from_value(written).map_err(|error| format!("`as`: {error}"))?;
                Ok(Self::Known(Who {
                    user: raw.user.into(),
                    acting_as: raw.acting_as.map(EntityLink::from),
                    session_uuid: raw.session_uuid,
                }))
            }
            other => Err(format!("`as` is {other}; it must be a login or the name of a script")),
        }
    }

    /// Nothing, where the request says itself whom it is from.
    pub(super) fn written(self) -> Option<Value> {
        match self {
            Self::Proven => None,
            Self::Named(name) => Some(Value::String(name)),
            Self::Known(Who { user, acting_as, session_uuid }) => {
                let raw = RawWho {
                    user: user.into(),
                    acting_as: acting_as.map(RawLink::from),
                    session_uuid,
                };
                Some(serde_json::to_value(raw).expect("all keys are text"))
            }
        }
    }
}

impl From<RawLink> for EntityLink {
    fn from(raw: RawLink) -> Self {
        Self { entity_type: raw.entity_type, id: raw.id }
    }
}

impl From<EntityLink> for RawLink {
    fn from(link: EntityLink) -> Self {
        Self { entity_type: link.entity_type, id: link.id }
    }
}
