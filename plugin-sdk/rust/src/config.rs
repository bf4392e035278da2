//! The settings that the operator wrote for this plugin, `[plugin.NAME.settings]`.
//!
//! Read them in `register`: an error there is shown when the plugin is loaded, not at the first event.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::host::{Current, Host};
use crate::{Error, Result};

/// The setting, if the operator wrote it.
pub fn get(key: &str) -> Result<Option<String>> {
    Current::setting(key)
}

/// The setting; an error that names it where the operator did not write it, or left it empty.
pub fn require(key: &str) -> Result<String> {
    match get(key)? {
        Some(value) if !value.trim().is_empty() => Ok(value),
        Some(_) => Err(Error::setting(key, "is empty")),
        None => Err(Error::setting(key, "is required and missing")),
    }
}

/// The setting, read as a number, a `bool`, or any other type with `FromStr`.
pub fn parse<T: FromStr<Err: fmt::Display>>(key: &str) -> Result<Option<T>> {
    let Some(value) = get(key)? else { return Ok(None) };
    match value.trim().parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(error) => {
            Err(Error::setting(key, format_args!("cannot be read as {}: {error}", kind::<T>())))
        }
    }
}

/// The setting, read as [`parse`] does, or `default` where the operator did not write it.
pub fn parse_or<T: FromStr<Err: fmt::Display>>(key: &str, default: T) -> Result<T> {
    Ok(parse(key)?.unwrap_or(default))
}

/// The setting as a list: the texts of a list, or the parts of a text between commas, without the space around them and without
/// empty ones.
pub fn list(key: &str) -> Result<Vec<String>> {
    let value = get(key)?.unwrap_or_default();
    if value.starts_with('[') {
        return serde_json::from_str(&value)
            .map_err(|error| Error::setting(key, format_args!("is not a list of texts: {error}")));
    }
    Ok(value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// All settings.
pub fn all() -> Result<BTreeMap<String, String>> {
    Ok(Current::settings()?.into_iter().collect())
}

/// `u32` for `u32`, `Policy` for `my_plugin::Policy`.
fn kind<T>() -> &'static str {
    let path = std::any::type_name::<T>();
    path.rsplit("::").next().unwrap_or(path)
}
