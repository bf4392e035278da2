use super::{Request, get, post};
use crate::Error;

#[track_caller]
fn check(url: &str, parts: (&str, &str, &str)) {
    assert_eq!(get(url).parts().unwrap(), parts);
}

#[test]
fn an_address_comes_apart() {
    check("https://a.example.com", ("https", "a.example.com", ""));
    check("http://127.0.0.1:80/x/y?z=/#here", ("http", "127.0.0.1:80", "/x/y?z=/"));
    check("http://[::1]:80?q", ("http", "[::1]:80", "?q"));
}

#[test]
fn another_scheme_is_refused_without_what_may_be_secret() {
    let refused = |url: &str| get(url).parts().unwrap_err().to_string();
    let rule = "the call is invalid: the address of a request begins with http:// or https://, not";
    assert_eq!(refused("ftp://host/secret"), format!("{rule} `ftp://host`"));
    assert_eq!(refused("host/secret"), format!("{rule} `host`"));
}

#[test]
fn errors_name_the_host_and_no_path() {
    let request: Request = post("https://hooks.example.com/T0KEN?key=x");
    let error = Error::Unreachable(request.because("ConnectionRefused")).to_string();
    assert_eq!(
        error,
        "the other host is unreachable: POST https://hooks.example.com: ConnectionRefused"
    );
}
