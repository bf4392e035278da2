//! From the values of a condition to a [`Test`].

use serde_json::Value as Json;

use super::text::fold;
use super::{Test, TextMatch, relations};
use crate::model::coerce::round_to_millionths;
use crate::model::footage;
use crate::model::params::{describe, parse_link};
use crate::model::path::Path;
use crate::model::schema::DataType;
use crate::model::time::{self, DAY, Unit};
use crate::model::value::{TypeId, Value};
use crate::model::{Model, Now};
use crate::wire::ApiError;

/// One condition as sent.
struct Condition<'a> {
    model: &'a Model,
    method: &'a str,
    path: &'a Path,
    data_type: Option<DataType>,
    relation: &'a str,
    now: Now,
}

/// The test that `relation` with `values` makes of the field at the end of `path`.
pub fn test(
    model: &Model,
    method: &str,
    path: &Path,
    relation: &str,
    values: &Json,
    now: Now,
) -> Result<Test, ApiError> {
    let data_type = path.data_type(model);
    let condition = Condition { model, method, path, data_type, relation, now };
    condition.check_relation()?;
    let values = match values {
        Json::Array(values) => match &values[..] {
            [Json::Array(nested)] if condition.takes_many() => nested,
            values => values,
        },
        scalar => std::slice::from_ref(scalar),
    };
    condition.check_count(values)?;
    condition.test(values)
}

impl Condition<'_> {
    fn fail(&self, what: &str) -> ApiError {
        ApiError::invalid(format!("API {}() {what}", self.method))
    }

    fn check_relation(&self) -> Result<(), ApiError> {
        let valid = relations(self.data_type);
        let (field, data_type) =
            (self.path.end_name(self.model), self.data_type.map_or("number", DataType::name));
        if valid.is_empty() {
            return Err(self
                .fail(&format!("{field}'s '{data_type}' data type cannot be used in a filter.")));
        }
        if valid.contains(&self.relation) {
            return Ok(());
        }
        let (relation, valid) = (self.relation, valid.join(", "));
        Err(self.fail(&format!(
            "{field}'s '{data_type}' data type doesn't support '{relation}' 'relation'. Valid relations: {valid}"
        )))
    }

    fn takes_many(&self) -> bool {
        matches!(self.relation, "in" | "not_in" | "type_is" | "type_is_not")
    }

    fn check_count(&self, values: &[Json]) -> Result<(), ApiError> {
        let expected = match self.relation {
            _ if self.takes_many() && values.is_empty() && self.data_type.is_none() => {
                return Ok(());
            }
            _ if self.takes_many() => "at least a 1-element array",
            "between" | "not_between" | "in_last" | "not_in_last" | "in_next" | "not_in_next" => {
                "a 2-element array"
            }
            _ => "a 1-element array",
        };
        let fits = match expected {
            "at least a 1-element array" => !values.is_empty(),
            "a 2-element array" => values.len() == 2,
            _ => values.len() == 1,
        };
        if fits {
            return Ok(());
        }
        let (relation, values) = (self.relation, Json::from(values.to_vec()));
        Err(self.fail(&format!("'{relation}' 'relation' expects {expected}: {values}")))
    }

    fn test(&self, values: &[Json]) -> Result<Test, ApiError> {
        let negated = self.relation.contains("not");
        match self.relation {
            _ if self.data_type == Some(DataType::Jsonb) => Ok(Test::Always),
            "is" | "is_not" | "in" | "not_in" if self.data_type.is_some_and(DataType::is_link) => {
                let links =
                    values.iter().map(|value| self.link(value)).collect::<Result<_, _>>()?;
                Ok(Test::LinkOneOf { links, negated })
            }
            "contains" | "not_contains" if self.data_type == Some(DataType::Addressing) => {
                let links =
                    values.iter().map(|value| self.link(value)).collect::<Result<_, _>>()?;
                Ok(Test::LinkOneOf { links, negated })
            }
            "is" | "is_not" if self.data_type == Some(DataType::TagList) => {
                Ok(match self.needle(&values[0])? {
                    None => Test::Untagged { negated },
                    Some(needle) => Test::Text { how: TextMatch::Is, needle, negated },
                })
            }
            "is" | "is_not" | "in" | "not_in" => {
                let values =
                    values.iter().map(|value| self.operand(value)).collect::<Result<_, _>>()?;
                let exact = matches!(self.data_type, Some(DataType::EntityType | DataType::Color));
                Ok(if exact {
                    Test::Exactly { values, negated }
                } else {
                    Test::OneOf { values, negated }
                })
            }
            "type_is" | "type_is_not" => {
                let types = values.iter().map(|value| self.type_name(value));
                // No record is of a type that there is not.
                let types = types.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                Ok(Test::TypeOneOf { types, negated })
            }
            "greater_than" | "less_than" => Ok(match self.operand(&values[0])? {
                Value::Null => Test::Never,
                bound if self.relation == "greater_than" => Test::Greater(bound),
                bound => Test::Less(bound),
            }),
            "between" | "not_between" => {
                Ok(match (self.operand(&values[0])?, self.operand(&values[1])?) {
                    (Value::Null, _) | (_, Value::Null) => Test::Never,
                    (from, to) => Test::Between { from, to, negated },
                })
            }
            "in_last" | "not_in_last" | "in_next" | "not_in_next" => self.near(values, negated),
            calendar if calendar.starts_with("in_calendar_") => self.calendar(&values[0]),
            text => self.text_test(text, &values[0], negated),
        }
    }

    fn text_test(&self, relation: &str, value: &Json, negated: bool) -> Result<Test, ApiError> {
        let how = match relation {
            "name_is" | "name_id" => TextMatch::Is,
            "starts_with" | "name_starts_with" => TextMatch::StartsWith,
            "ends_with" | "name_ends_with" => TextMatch::EndsWith,
            _ => TextMatch::Contains,
        };
        let on_links = self.data_type.is_some_and(DataType::is_link);
        Ok(match self.needle(value)? {
            // Nothing contains nothing.
            None if negated => Test::Between { from: Value::Null, to: Value::Null, negated },
            None => Test::Never,
            Some(needle) if on_links => Test::Name { how, needle, negated },
            Some(needle) => Test::Text { how, needle, negated },
        })
    }

    fn needle(&self, value: &Json) -> Result<Option<String>, ApiError> {
        match value {
            Json::Null => Ok(None),
            Json::String(text) => Ok(Some(fold(text))),
            other => Err(self.expected("String, NilClass", other)),
        }
    }

    fn expected(&self, classes: &str, got: &Json) -> ApiError {
        let (field, got) = (self.path.end_name(self.model), describe(got));
        self.fail(&format!("{field} expected [{classes}] data type(s) but got {got}"))
    }

    fn link(&self, value: &Json) -> Result<Option<crate::model::value::Ref>, ApiError> {
        match value {
            Json::Null => Ok(None),
            Json::Object(_) => match parse_link(self.model, value) {
                Ok(link) => Ok(Some(link)),
                Err(what) => Err(self.fail(&format!("invalid/missing {what}: {value}"))),
            },
            other => Err(self.expected("Hash, NilClass", other)),
        }
    }

    /// A type by name, the null that unset links have, or nothing for a type that there is not.
    fn type_name(&self, value: &Json) -> Result<Option<Option<TypeId>>, ApiError> {
        match value {
            Json::Null => Ok(Some(None)),
            Json::String(name) => Ok(self.model.schema.type_id(name).map(Some)),
            other => Err(self.expected("String, NilClass", other)),
        }
    }

    /// The value to compare with. Texts are lower case, since case does not matter.
    fn operand(&self, value: &Json) -> Result<Value, ApiError> {
        let data_type = self.data_type.unwrap_or(DataType::Number);
        if value.is_null() && data_type != DataType::Checkbox {
            return Ok(Value::Null);
        }
        match data_type {
            DataType::Number | DataType::Percent | DataType::Duration | DataType::Timecode => {
                self.integer(value)
            }
            DataType::Float | DataType::Currency => self.float(value),
            DataType::Footage => match value {
                Json::Number(number) if !number.is_f64() => {
                    Ok(Value::Int(number.as_i64().unwrap_or(i64::MAX)))
                }
                Json::String(text) => {
                    footage::parse(text).map(Value::Int).ok_or_else(|| self.unreadable())
                }
                other => Err(self.expected("String, Integer, NilClass", other)),
            },
            DataType::Checkbox => match value {
                Json::Bool(flag) => Ok(Value::Bool(*flag)),
                other => Err(self.expected("TrueClass, FalseClass", other)),
            },
            DataType::Date | DataType::DateTime => self.date(value),
            DataType::Image => Err(self.expected("NilClass", value)),
            DataType::EntityType | DataType::Color => match value {
                Json::String(text) => Ok(Value::text(text)),
                other => Err(self.expected("String, NilClass", other)),
            },
            _ => Ok(match self.needle(value)? {
                Some(text) if !text.is_empty() => Value::text(&text),
                _ => Value::Null,
            }),
        }
    }

    fn integer(&self, value: &Json) -> Result<Value, ApiError> {
        let number = match value {
            Json::Number(number) if !number.is_f64() => number.as_i64(),
            Json::Number(number) if self.data_type == Some(DataType::Duration) => {
                number.as_f64().map(|number| number.trunc() as i64)
            }
            Json::String(text) if self.data_type != Some(DataType::Timecode) => {
                Some(text.trim().parse().map_err(|_| self.unreadable())?)
            }
            other if self.data_type == Some(DataType::Timecode) => {
                return Err(self.expected("Integer, NilClass", other));
            }
            other => return Err(self.expected("String, Integer, NilClass", other)),
        };
        Ok(Value::Int(number.unwrap_or(i64::MAX)))
    }

    fn float(&self, value: &Json) -> Result<Value, ApiError> {
        let currency = self.data_type == Some(DataType::Currency);
        match value {
            Json::Number(number) if number.is_f64() || currency => {
                Ok(Value::Float(round_to_millionths(number.as_f64().unwrap_or(f64::MAX))))
            }
            Json::String(text) => {
                let number: f64 = text.trim().parse().map_err(|_| self.unreadable())?;
                Ok(Value::Float(round_to_millionths(number)))
            }
            other => Err(self.expected("String, BigDecimal, Float, NilClass", other)),
        }
    }

    fn date(&self, value: &Json) -> Result<Value, ApiError> {
        let Json::String(text) = value else {
            return Err(self.expected("String, NilClass", value));
        };
        let read = if self.data_type == Some(DataType::Date) {
            time::parse_date(text).map(Value::Date)
        } else {
            time::parse_moment(text).map(Value::Moment)
        };
        read.ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> ApiError {
        let data_type = self.data_type.map_or("number", DataType::name);
        self.fail(&format!(
            "{} Invalid data for '{data_type}' data type",
            self.path.end_name(self.model)
        ))
    }

    /// `in_last [2, "DAY"]`: from two days ago until now.
    fn near(&self, values: &[Json], negated: bool) -> Result<Test, ApiError> {
        let count = values[0].as_i64().ok_or_else(|| self.expected("Integer", &values[0]))?;
        let unit = values[1].as_str().ok_or_else(|| self.expected("String", &values[1]))?;
        let unit_known = Unit::parse(unit);
        let unit = unit_known.ok_or_else(|| {
            self.fail(&format!(
                "'{}' 'relation' doesn't support the '{unit}' time unit",
                self.relation
            ))
        })?;
        let now = self.now.seconds();
        let count = if self.relation.ends_with("last") { count.saturating_neg() } else { count };
        let other = time::shifted(now, count, unit);
        let (from, to) = (now.min(other), now.max(other));
        Ok(self.between(from, to, negated))
    }

    /// `in_calendar_month [-1]`: the month before this one, by UTC.
    fn calendar(&self, value: &Json) -> Result<Test, ApiError> {
        let offset = value.as_i64().ok_or_else(|| self.expected("Integer", value))?;
        let unit = match self.relation {
            "in_calendar_day" => Unit::Day,
            "in_calendar_week" => Unit::Week,
            "in_calendar_month" => Unit::Month,
            _ => Unit::Year,
        };
        let from = time::start_of(time::day_of(self.now.seconds()), offset, unit);
        let to = time::start_of(time::day_of(self.now.seconds()), offset.saturating_add(1), unit);
        Ok(self.between(i64::from(from) * DAY, i64::from(to) * DAY - 1, false))
    }

    fn between(&self, from: i64, to: i64, negated: bool) -> Test {
        if self.data_type == Some(DataType::Date) {
            let (from, to) = (Value::Date(time::day_of(from)), Value::Date(time::day_of(to)));
            return Test::Between { from, to, negated };
        }
        Test::Between { from: Value::Moment(from), to: Value::Moment(to), negated }
    }
}
