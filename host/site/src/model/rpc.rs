//! Which method is which function.

use serde_json::json;

use super::{Ending, Hold, Model, Now};
use crate::wire::{Answer, ApiError, Request};

/// Answers a request.
pub fn answer(
    _model: &mut Model,
    request: &Request,
    _now: Now,
    _ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    match request.method_name.as_str() {
        "info" => Ok((info(), None)),
        unknown => Err(ApiError::invalid(format!("API unknown method_name '{unknown}'"))),
    }
}

fn info() -> Answer {
    let body = json!({
        "full_version": [8, 50, 0, 0],
        "version": [8, 50, 0],
        "user_authentication_method": "default",
        "s3_uploads_enabled": false,
        "s3_direct_uploads_enabled": false,
        "s3_enabled_upload_types": {},
        "api_max_entities_per_page": 500,
    });
    Answer::bare(body.to_string())
}
