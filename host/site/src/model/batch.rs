//! `batch`: several writes as one transaction.

use serde_json::Value as Json;

use super::params::{Params, describe};
use super::rpc;
use super::transaction::Transaction;
use crate::wire::ApiError;

/// Performs the writes in order and returns their results as a JSON array. The first that fails fails all.
pub fn run(transaction: &mut Transaction<'_>, sent: Option<&Json>) -> Result<String, ApiError> {
    let Some(requests) = sent.and_then(Json::as_array) else {
        let got = describe(sent.unwrap_or(&Json::Null));
        return Err(ApiError::invalid(format!(
            "API batch() expected [Array] data type(s) but got {got}"
        )));
    };
    let mut results = String::from("[");
    for (index, request) in requests.iter().enumerate() {
        if index > 0 {
            results.push(',');
        }
        results.push_str(&item(transaction, request).map_err(|error| {
            let inner = error.message;
            ApiError::new(
                error.code,
                format!("API batch() request with index {index} failed.  All requests rolled back.\n{inner}"),
            )
        })?);
    }
    results.push(']');
    Ok(results)
}

fn item(transaction: &mut Transaction<'_>, request: &Json) -> Result<String, ApiError> {
    let Some(method) = request.get("request_type").and_then(Json::as_str) else {
        return Err(Params::new("batch", Some(request))?.missing("string 'request_type'"));
    };
    rpc::one(transaction, method, &Params::new(method, Some(request))?)
}
