//! What the site says of itself.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::error::CallError;
use crate::retry::Kind;

/// What the site says of itself.
#[derive(Debug, Clone)]
pub struct Info {
    /// Its version, most significant number first: `[8, 50, 0]`.
    pub version: Vec<u64>,
    /// How many rows it puts on a page.
    pub page_rows_max: u32,
    /// All that it said, as JSON.
    pub json: Box<RawValue>,
    direct_uploads: bool,
    direct_upload_fields: Map<String, Value>,
}

#[derive(Deserialize)]
struct WireInfo {
    version: Vec<Value>,
    #[serde(default)]
    api_max_entities_per_page: Option<u32>,
    #[serde(default)]
    s3_direct_uploads_enabled: Option<bool>,
    #[serde(default)]
    s3_enabled_upload_types: Option<Map<String, Value>>,
}

impl Client {
    /// Asks the site what it is. Needs no caller. Later questions keep to the page size that it names.
    pub async fn info(&self) -> Result<Info, CallError> {
        let expected = "an object with the site's version";
        let default = self.page_rows_max();
        let info = self
            .rpc::<(), _, _>(Kind::Read, "info", None, None, |asked, body| {
                let json = asked.results(body)?;
                Info::parse(json, default).ok_or_else(|| asked.wrong_shape(expected))
            })
            .await?;
        self.set_page_rows_max(info.page_rows_max);
        Ok(info)
    }
}

impl Info {
    fn parse(json: &RawValue, page_rows_default: u32) -> Option<Self> {
        let object = Some(json.get()).filter(|json| json.starts_with('{'))?;
        let wire: WireInfo = serde_json::from_str(object).ok()?;
        // A development site has the word `Dev` in the fourth place.
        let version: Vec<u64> = wire.version.iter().map_while(Value::as_u64).collect();
        if version.is_empty() {
            return None;
        }
        Some(Self {
            version,
            page_rows_max: wire
                .api_max_entities_per_page
                .filter(|rows| *rows > 0)
                .unwrap_or(page_rows_default),
            json: json.to_owned(),
            direct_uploads: wire.s3_direct_uploads_enabled.unwrap_or(false),
            direct_upload_fields: wire.s3_enabled_upload_types.unwrap_or_default(),
        })
    }

    /// Whether a file for this field goes to the storage directly, and not through the site.
    pub(crate) fn uploads_directly(&self, entity_type: &str, field: Option<&str>) -> bool {
        let holds = |entity_type: &str| match self.direct_upload_fields.get(entity_type) {
            Some(Value::String(all)) => all == "*",
            Some(Value::Array(fields)) => fields
                .iter()
                .any(|listed| listed == "*" || field.is_some_and(|field| listed == field)),
            _ => false,
        };
        let always = entity_type == "Version" && field == Some("sg_uploaded_movie");
        self.direct_uploads && (always || holds(entity_type) || holds("*"))
    }
}

#[cfg(test)]
mod tests;
