//! How records are put into groups, as a call words it.

use serde_json::Value as Json;

use super::{readable_path, unsupported};
use crate::model::Model;
use crate::model::Now;
use crate::model::params::Params;
use crate::model::path::Path;
use crate::model::schema::DataType;
use crate::model::time::{self, Unit};
use crate::model::value::TypeId;
use crate::wire::ApiError;

/// Days by where they are from today, in the order of time.
pub const CLUSTERS: [&str; 13] = [
    "Earlier",
    "Last Month",
    "Earlier This Month",
    "Last Week",
    "Earlier This Week",
    "Yesterday",
    "Today",
    "Tomorrow",
    "Later This Week",
    "Next Week",
    "Later This Month",
    "Next Month",
    "Later",
];

/// How records are put into groups.
pub struct Grouping {
    pub path: Path,
    pub kind: Kind,
    pub descending: bool,
    /// The site's day, by UTC.
    pub today: i32,
}

/// What records of a group have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Exact,
    /// The same multiple of this.
    Multiple(i64),
    Calendar(Unit),
    /// The same run of so many days, counted from 1970-01-01.
    Days(i32),
    Quarter,
    ClusteredDate,
    EntityType,
    FirstLetter,
}

impl Grouping {
    /// Reads one item of the parameter `grouping`.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        root: TypeId,
        grouping: &Json,
        now: Now,
    ) -> Result<Self, ApiError> {
        let text = |key: &str| grouping.get(key).and_then(Json::as_str);
        let field = text("field").ok_or_else(|| params.missing("string 'field' in 'grouping'"))?;
        let path = readable_path(model, params, root, field)?;
        let name = text("type").unwrap_or("exact");
        let kind = Kind::parse(name)
            .ok_or_else(|| params.missing(&format!("'type' in 'grouping' (got '{name}')")))?;
        if !kind.fits(path.data_type(model)) {
            return Err(unsupported(model, params, &path, &format!("grouping by '{name}'")));
        }
        let descending = match text("direction") {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(params.missing("'direction' ('asc' or 'desc') in 'grouping'")),
        };
        Ok(Self { path, kind, descending, today: time::day_of(now.seconds()) })
    }
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "exact" => Self::Exact,
            "tens" => Self::Multiple(10),
            "hundreds" => Self::Multiple(100),
            "thousands" => Self::Multiple(1000),
            "tensofthousands" => Self::Multiple(10_000),
            "hundredsofthousands" => Self::Multiple(100_000),
            "millions" => Self::Multiple(1_000_000),
            "day" | "oneday" => Self::Calendar(Unit::Day),
            "fivedays" => Self::Days(5),
            "week" => Self::Calendar(Unit::Week),
            "month" => Self::Calendar(Unit::Month),
            "quarter" => Self::Quarter,
            "year" => Self::Calendar(Unit::Year),
            "clustered_date" => Self::ClusteredDate,
            "entitytype" => Self::EntityType,
            "firstletter" => Self::FirstLetter,
            _ => return None,
        })
    }

    /// Whether values of a data type, or ids, can be put into such groups.
    fn fits(self, data_type: Option<DataType>) -> bool {
        let is_date = matches!(data_type, Some(DataType::Date | DataType::DateTime));
        match self {
            Self::Exact => true,
            Self::Multiple(_) => super::is_number(data_type),
            Self::Calendar(_) | Self::Days(_) | Self::Quarter | Self::ClusteredDate => is_date,
            Self::EntityType => data_type.is_some_and(DataType::is_link),
            Self::FirstLetter => matches!(
                data_type,
                Some(
                    DataType::Text
                        | DataType::List
                        | DataType::StatusList
                        | DataType::Entity
                        | DataType::MultiEntity
                        | DataType::EntityType
                )
            ),
        }
    }
}
