//! The site's preferences: how pages show values, and how long a day of work is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Model;
use super::params::Params;
use crate::wire::{Answer, ApiError};

#[cfg(test)]
mod tests;

/// The preferences that clients may read, all of them, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Json>")]
pub struct Preferences(Map<String, Json>);

/// Why preferences were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreferenceError {
    /// There is none of that name.
    #[error("unknown preference `{name}`")]
    Unknown {
        /// What was named.
        name: String,
    },
    /// Its value is of another kind than the one it has at the start.
    #[error("preference `{name}` cannot be {value}")]
    OtherKind {
        /// What was named.
        name: String,
        /// What was sent.
        value: Json,
    },
    /// A day of work has no time in it, or more than a day has.
    #[error("a day of work has more than 0 and at most 24 hours, not {hours}")]
    Hours {
        /// What was sent.
        hours: Json,
    },
}

impl Default for Preferences {
    fn default() -> Self {
        let usual = json!({
            "creative_review_settings": {},
            "date_component_order": "month_day",
            "duration_units": "days",
            "enable_rv_integration": true,
            "enable_shotgun_review_for_rv": false,
            "format_currency_fields_decimal_options": "$1,000.99",
            "format_currency_fields_display_dollar_sign": false,
            "format_currency_fields_negative_options": "- $1,000",
            "format_date_fields": "08/04/22 OR 04/08/22 (depending on the Month order preference)",
            "format_float_fields": "9,999.99",
            "format_float_fields_rounding": "9.999999",
            "format_footage_fields": "10-05",
            "format_number_fields": "1,000",
            "format_time_hour_fields": "12 hour",
            "hours_per_day": 8.0,
            "support_local_storage": true,
            "view_master_settings": {},
        });
        let Json::Object(usual) = usual else { unreachable!("the preferences are an object") };
        Self(usual)
    }
}

/// The usual preferences but for those that are named.
impl TryFrom<Map<String, Json>> for Preferences {
    type Error = PreferenceError;

    fn try_from(named: Map<String, Json>) -> Result<Self, PreferenceError> {
        let mut preferences = Self::default();
        for (name, value) in named {
            let Some(known) = preferences.0.get_mut(&name) else {
                return Err(PreferenceError::Unknown { name });
            };
            if std::mem::discriminant(known) != std::mem::discriminant(&value) {
                return Err(PreferenceError::OtherKind { name, value });
            }
            *known = if name == "hours_per_day" { hours(&value)? } else { value };
        }
        Ok(preferences)
    }
}

/// A day's hours as a number with a decimal point.
fn hours(value: &Json) -> Result<Json, PreferenceError> {
    let hours = value.as_f64().filter(|hours| *hours * 60.0 >= 1.0 && *hours <= 24.0);
    hours.map(Json::from).ok_or_else(|| PreferenceError::Hours { hours: value.clone() })
}

impl Preferences {
    /// How many minutes a day of work has; at least one.
    pub(super) fn minutes_of_day(&self) -> i64 {
        self.0["hours_per_day"].as_f64().map_or(480, |hours| (hours * 60.0) as i64).max(1)
    }
}

/// Answers `preferences_read`: those that are named, as far as there are such; all if none is.
pub fn read(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let all = &model.settings.preferences.0;
    let mut names = Vec::new();
    for name in params.list("prefs")? {
        names.push(name.as_str().ok_or_else(|| params.missing("array of strings 'prefs'"))?);
    }
    let wanted = |name: &str| names.is_empty() || names.contains(&name);
    let found: Map<_, _> = all
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(Answer::from_results(&Json::Object(found).to_string()))
}
