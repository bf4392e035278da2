//! Conditions on fields, written as the site's Python API writes them: `["code", "is", "sh010"]`.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{Error, Result};

/// A field, or a path through links (`entity.Shot.code`), to be compared with something.
#[derive(Debug, Clone)]
pub struct Field(String);

/// A condition that an entity meets or does not.
///
/// Comparisons of text ignore case. The negative ones (`is_not`, `not_in`, `not_contains`) let rows through in which the
/// field is unset; `greater_than`, `less_than` and `between` do not.
#[derive(Debug, Clone)]
pub struct Filter(std::result::Result<Value, String>);

/// A length of time in [`Field::in_last`] and [`Field::in_next`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// Starts a condition: `field("sg_status_list").is("fin")`, `field("entity.Shot.code").starts_with("sh")`.
pub fn field(path: impl Into<String>) -> Field {
    Field(path.into())
}

/// All of these conditions hold.
pub fn all(filters: impl IntoIterator<Item = Filter>) -> Filter {
    group("all", filters)
}

/// At least one of these conditions holds.
pub fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
    group("any", filters)
}

fn group(operator: &str, filters: impl IntoIterator<Item = Filter>) -> Filter {
    let filters: std::result::Result<Vec<Value>, String> =
        filters.into_iter().map(|filter| filter.0).collect();
    Filter(filters.map(|filters| json!({ "filter_operator": operator, "filters": filters })))
}

impl Field {
    /// Equal. A multi-entity field: holds it.
    pub fn is(self, value: impl Serialize) -> Filter {
        self.relation("is", value)
    }

    /// Not equal, or unset. A multi-entity field: does not hold it.
    pub fn is_not(self, value: impl Serialize) -> Filter {
        self.relation("is_not", value)
    }

    /// Has no value; a multi-entity field: is empty.
    pub fn is_unset(self) -> Filter {
        self.relation("is", Value::Null)
    }

    /// Has a value.
    pub fn is_set(self) -> Filter {
        self.relation("is_not", Value::Null)
    }

    /// Equal to one of them. A multi-entity field: holds at least one of them.
    pub fn in_<T: Serialize>(self, values: impl IntoIterator<Item = T>) -> Filter {
        self.relation("in", values.into_iter().collect::<Vec<T>>())
    }

    /// Equal to none of them, or unset.
    pub fn not_in<T: Serialize>(self, values: impl IntoIterator<Item = T>) -> Filter {
        self.relation("not_in", values.into_iter().collect::<Vec<T>>())
    }

    /// Greater or later than, and not equal: the site has no "or equal".
    pub fn greater_than(self, value: impl Serialize) -> Filter {
        self.relation("greater_than", value)
    }

    /// Less or earlier than, and not equal.
    pub fn less_than(self, value: impl Serialize) -> Filter {
        self.relation("less_than", value)
    }

    /// From the one to the other, both included.
    pub fn between<T: Serialize>(self, low: T, high: T) -> Filter {
        self.relation("between", [low, high])
    }

    /// Text holds this text.
    pub fn contains(self, text: impl Serialize) -> Filter {
        self.relation("contains", text)
    }

    /// Text does not hold this text.
    pub fn not_contains(self, text: impl Serialize) -> Filter {
        self.relation("not_contains", text)
    }

    /// Text begins with this text.
    pub fn starts_with(self, text: impl Serialize) -> Filter {
        self.relation("starts_with", text)
    }

    /// Text ends with this text.
    pub fn ends_with(self, text: impl Serialize) -> Filter {
        self.relation("ends_with", text)
    }

    /// A link to an entity of this type.
    pub fn type_is(self, entity_type: &str) -> Filter {
        self.relation("type_is", entity_type)
    }

    /// A link to an entity of this display name.
    pub fn name_is(self, name: &str) -> Filter {
        self.relation("name_is", name)
    }

    /// A link to an entity whose display name holds this text.
    pub fn name_contains(self, text: &str) -> Filter {
        self.relation("name_contains", text)
    }

    /// A date or date_time within the last so many units.
    pub fn in_last(self, count: u32, unit: Unit) -> Filter {
        self.relation("in_last", json!([count, unit.wire_name()]))
    }

    /// A date or date_time within the next so many units.
    pub fn in_next(self, count: u32, unit: Unit) -> Filter {
        self.relation("in_next", json!([count, unit.wire_name()]))
    }

    /// A date or date_time on a day: 0 today, -1 yesterday, in UTC.
    pub fn in_calendar_day(self, offset: i32) -> Filter {
        self.relation("in_calendar_day", offset)
    }

    /// Any other relation that the site knows for the field's type, by its wire name. More than one value is a list.
    pub fn relation(self, relation: &str, value: impl Serialize) -> Filter {
        let Self(path) = self;
        Filter(match serde_json::to_value(value) {
            Ok(value) => Ok(json!([path, relation, value])),
            Err(error) => {
                Err(format!("the value compared with `{path}` cannot be written as JSON: {error}"))
            }
        })
    }
}

impl Filter {
    /// The condition in the form of the wire.
    pub(crate) fn into_json(self) -> Result<Value> {
        self.0.map_err(Error::Invalid)
    }
}

impl Unit {
    fn wire_name(self) -> &'static str {
        match self {
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Year => "YEAR",
        }
    }
}

#[cfg(test)]
mod tests;
