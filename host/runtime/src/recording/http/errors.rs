//! The errors of `wasi:http`, as recordings name them.

use serde_json::{Value as Json, json};
use wasmtime_wasi_http::Error;

/// Those without anything in them.
macro_rules! plain {
    ($($name:ident),* $(,)?) => {
        fn plain_name(error: &Error) -> Option<&'static str> {
            match error {
                $(Error::$name => Some(stringify!($name)),)*
                _ => None,
            }
        }

        fn plain_error(name: &str) -> Option<Error> {
            match name {
                $(stringify!($name) => Some(Error::$name),)*
                _ => None,
            }
        }
    };
}

plain!(
    DnsTimeout,
    DestinationNotFound,
    DestinationUnavailable,
    DestinationIpProhibited,
    DestinationIpUnroutable,
    ConnectionRefused,
    ConnectionTerminated,
    ConnectionTimeout,
    ConnectionReadTimeout,
    ConnectionWriteTimeout,
    ConnectionLimitReached,
    TlsProtocolError,
    TlsCertificateError,
    HttpRequestDenied,
    HttpRequestLengthRequired,
    HttpRequestMethodInvalid,
    HttpRequestUriInvalid,
    HttpRequestUriTooLong,
    HttpResponseIncomplete,
    HttpResponseTimeout,
    HttpUpgradeFailed,
    HttpProtocolError,
    LoopDetected,
    ConfigurationError,
);

/// An error as it is written down.
pub(super) fn name(error: &Error) -> Json {
    if let Some(name) = plain_name(error) {
        return json!(name);
    }
    match error {
        Error::HttpRequestBodySize(size) => json!({"HttpRequestBodySize": size}),
        Error::HttpResponseBodySize(size) => json!({"HttpResponseBodySize": size}),
        Error::DnsError { rcode, info_code } => {
            json!({"DnsError": {"rcode": rcode, "info_code": info_code}})
        }
        Error::InternalError(text) => json!({"InternalError": text}),
        other => json!({"InternalError": other.to_string()}),
    }
}

/// The error that was written down.
pub(super) fn error(name: &Json) -> Error {
    if let Some(error) = name.as_str().and_then(plain_error) {
        return error;
    }
    let text = |value: &Json| value.as_str().map(str::to_owned);
    if let Some(size) = name.get("HttpRequestBodySize") {
        return Error::HttpRequestBodySize(size.as_u64());
    }
    if let Some(size) = name.get("HttpResponseBodySize") {
        return Error::HttpResponseBodySize(size.as_u64());
    }
    if let Some(dns) = name.get("DnsError") {
        let info_code = dns["info_code"].as_u64().and_then(|code| u16::try_from(code).ok());
        return Error::DnsError { rcode: text(&dns["rcode"]), info_code };
    }
    Error::InternalError(name.get("InternalError").and_then(text))
}
