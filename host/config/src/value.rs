//! Values that TOML has no type for: times, sizes and log filters, read from text.
//!
//! An `Err` is the rule that the text breaks, in words; the caller adds the place and the value.

use std::net::IpAddr;
use std::time::Duration;

use shotgun::{SiteUrl, UrlError};
use tracing_subscriber::EnvFilter;

#[cfg(test)]
mod tests;

const MILLISECOND: u64 = 1;
const SECOND: u64 = 1000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Units of time, the longest first, in milliseconds.
const TIME_UNITS: [(&str, u64); 5] =
    [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLISECOND)];

/// Units of size in bytes; those that are shown come first, the largest of them first.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Reads `250ms`, `5m`, `1h30m`. Whole numbers only.
pub fn duration(text: &str) -> Result<Duration, String> {
    const RULE: &str =
        "is not a time; write a number and a unit (ms, s, m, h, d), such as \"250ms\" or \"1h30m\"";
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(RULE.to_owned());
    }
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let (number, unit, after) = number_and_unit(rest).ok_or(RULE)?;
        let (_, factor) = TIME_UNITS.iter().find(|(name, _)| *name == unit).ok_or(RULE)?;
        millis = number
            .checked_mul(*factor)
            .and_then(|part| millis.checked_add(part))
            .ok_or("is too long a time for this program")?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(millis))
}

/// Reads `64MiB`. Upper and lower case are the same.
pub(super) fn size(text: &str) -> Result<u64, String> {
    const RULE: &str =
        "is not a size; write a number and a unit (B, KiB, MiB, GiB), such as \"64MiB\"";
    let (number, unit, after) = number_and_unit(text.trim()).ok_or(RULE)?;
    let found = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let (_, factor) = found.filter(|_| after.is_empty()).ok_or(RULE)?;
    number.checked_mul(*factor).ok_or_else(|| "is too large for this program".to_owned())
}

/// Splits `30 m...` into 30, `m` and what follows.
fn number_and_unit(text: &str) -> Option<(u64, &str, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let rest = rest.trim_start();
    let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(unit_end);
    Some((digits.parse().ok()?, unit, after))
}

/// The shortest exact form in one unit: `90s`, not `1m30s`.
pub fn show_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    show(millis, "ms", &TIME_UNITS)
}

/// The shortest exact form in one unit, by powers of 1024.
pub(super) fn show_size(bytes: u64) -> String {
    show(bytes, "B", &SIZE_UNITS[..4])
}

fn show(amount: u64, smallest: &str, units: &[(&str, u64)]) -> String {
    let exact = units.iter().find(|(_, factor)| amount > 0 && amount.is_multiple_of(*factor));
    exact.map_or(format!("{amount}{smallest}"), |(name, factor)| {
        format!("{}{name}", amount / factor)
    })
}

/// The rule that the address of a site or a proxy breaks. Leaves out what the library quotes: it may be secret.
pub(super) fn address_rule(error: &UrlError) -> String {
    match error {
        UrlError::Malformed(reason) => {
            format!("is not an address: {reason}; write it as https://host")
        }
        UrlError::Scheme(_) => "must begin with https:// or http://".to_owned(),
        UrlError::Host => "has no host; write it as https://host".to_owned(),
        UrlError::UserInfo => {
            "must not hold a user or a password; the script user signs in".to_owned()
        }
        UrlError::Path(_) | UrlError::Query => {
            "must end with the host; leave out what comes after it".to_owned()
        }
    }
}

/// Whether the site is on this machine, so that what is sent to it stays here.
pub(super) fn is_loopback(site: &SiteUrl) -> bool {
    let origin = site.to_string();
    let host_and_port = origin.split_once("://").map_or("", |(_, after)| after);
    // The address of version 6 stands in brackets, and has colons of its own.
    let host = match host_and_port.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host_and_port.split(':').next(),
    };
    host.is_some_and(|host| {
        host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

/// Checks what is to be logged. Stricter than the library: there, a misspelt level is the name of a place, and nothing
/// else is logged from then on.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let directives: Vec<_> = text.split(',').map(str::trim).collect();
    for &directive in &directives {
        let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
        if !LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)) {
            return Err("has a part without a level; write error, warn, info, debug, trace or off, or a place and one of \
                        them, such as \"info,plugin=debug\""
                .to_owned());
        }
    }
    let filter = directives.join(",");
    EnvFilter::builder()
        .parse(&filter)
        .map_err(|_| "is not a filter; write it as \"info,plugin=debug\"".to_owned())?;
    Ok(filter)
}
