//! Kinds that reach for what they were not granted: the site, other hosts, files, keys, other plugins.

use super::Ending::{Deadline, Limit, NoStart, Outcome, Says};
use super::{Besides, Kind, Pace, Places, hostile};
use crate::selftest::files::File;
use crate::selftest::stage::SECRET_LINE;

/// Ways to write a request so that somebody takes it for another one. `PORT` is that of a host that may be asked below `/open/`, by GET
/// alone; `FORBIDDEN` that of one that may not be asked.
const TRICKS: &[&str] = &[
    "GET http://127.0.0.1:FORBIDDEN/",
    "GET http://127.0.0.1/",
    "GET http://127.0.0.1:PORT/",
    "GET http://127.0.0.1:PORT/open",
    "GET http://127.0.0.1:PORT/opened/x",
    "GET http://127.0.0.1:PORT/OPEN/x",
    "GET http://127.0.0.1:PORT//open/x",
    "GET http://127.0.0.1:PORT/open/../admin",
    "GET http://127.0.0.1:PORT/open/x/../../admin",
    "GET http://127.0.0.1:PORT/open/..",
    "GET http://127.0.0.1:PORT/open/%2e%2e/admin",
    "GET http://127.0.0.1:PORT/open/.%2E/admin",
    "GET http://127.0.0.1:PORT/open%2f..%2fadmin",
    "GET http://127.0.0.1:PORT/open/%2e%2e%2fadmin",
    "GET http://127.0.0.1:PORT/open/%252e%252e/admin",
    "GET http://127.0.0.1:PORT/open/%25252e%25252e/admin",
    "GET http://127.0.0.1:PORT/open/..\\\\admin",
    "GET http://127.0.0.1:PORT/open/..%5cadmin",
    "GET http://127.0.0.1:PORT/open/..;/admin",
    "GET http://127.0.0.1:PORT/open/..;x=y/admin",
    "POST http://127.0.0.1:PORT/open/x",
    "PUT http://127.0.0.1:PORT/open/x",
    "get http://127.0.0.1:PORT/open/x",
    "CONNECT http://127.0.0.1:PORT/open/x",
    "TRACE http://127.0.0.1:PORT/open/x",
    "GET https://127.0.0.1:PORT/open/x",
    "GET ftp://127.0.0.1:PORT/open/x",
    "GET file:///etc/passwd",
    "GET 127.0.0.1:PORT/open/x",
    "GET http://127.0.0.1:PORT@127.0.0.1:FORBIDDEN/open/x",
    "GET http://user:secret@127.0.0.1:PORT/open/x",
    "GET http://localhost:PORT/open/x",
    "GET http://127.1:PORT/open/x",
    "GET http://2130706433:PORT/open/x",
    "GET http://0177.0.0.1:PORT/open/x",
    "GET http://0x7f000001:PORT/open/x",
    "GET http://0x7f.0.0.1:PORT/open/x",
    "GET http://127.0.0.1.:PORT/open/x",
    "GET http://127.0.0.01:PORT/open/x",
    "GET http://0.0.0.0:PORT/open/x",
    "GET http://[::1]:PORT/open/x",
    "GET http://[::ffff:127.0.0.1]:PORT/open/x",
    "GET http://127.0.0.1:0PORT/open/x",
    "GET http://169.254.169.254/latest/meta-data/",
    "GET http://[fd00:ec2::254]/latest/meta-data/",
    "GET http://*:PORT/open/x",
];

/// Names that lead to addresses that are not for plugins, in some way: see the stage's resolver.
const REBINDING: &[&str] = &[
    "GET http://turns.example.com:PORT/",
    "GET http://turns.example.com:PORT/",
    "GET http://turns.example.com:PORT/",
    "GET http://metadata.example.com/",
    "GET http://loopback.example.com:FORBIDDEN/",
    "GET http://mapped.example.com:FORBIDDEN/",
    "GET http://translated.example.com:FORBIDDEN/",
    "GET http://mixed.example.com:FORBIDDEN/",
    "GET http://private.example.com/",
    "GET http://nowhere.example.com/",
];

pub fn kinds(places: &Places) -> Vec<Kind> {
    let mut kinds = of_site();
    kinds.extend(of_web(places));
    kinds.extend(of_surroundings(places));
    kinds
}

fn of_site() -> Vec<Kind> {
    let denied = || Outcome("failed");
    vec![
        hostile("write", "writes to the site without a grant", "write", Limit("failed", "grant")),
        hostile("write-as-reader", "writes to the site with a grant to read", "write", denied())
            .with("grant.shotgun = \"read\""),
        hostile("read", "reads records without a grant", "peek-at-projects", Says("denied")),
        hostile("method", "calls the site's methods by name", "call-method", Says("6 of 6 denied"))
            .with("grant.shotgun = \"read Project.name\""),
        hostile(
            "event",
            "looks for values in an event",
            "peek-at-event",
            Says("looked at the event"),
        ),
        hostile(
            "write-in-register",
            "writes to the site in `register`",
            "register-write",
            NoStart("inside `register` the connection only reads"),
        )
        .with("grant.shotgun = \"write\""),
        hostile(
            "keys-in-register",
            "stores keys in `register`",
            "register-key-value",
            NoStart("denied"),
        ),
    ]
}

fn of_web(places: &Places) -> Vec<Kind> {
    let Places { granted, forbidden, .. } = places;
    let open = format!("grant.http = [\"GET http://127.0.0.1:{granted}/\"]");
    let get = |path: &str| format!("{open}\nsettings.url = \"http://127.0.0.1:{granted}{path}\"");
    let authority = format!("settings.authority = \"127.0.0.1:{granted}\"");
    vec![
        hostile(
            "call-in-start",
            "calls site, keys and web while it is instantiated",
            "early",
            Says("site denied, keys denied, web denied"),
        )
        .with(&format!("{open}\ngrant.shotgun = \"write\"\n{authority}")),
        hostile("url-tricks", "makes requests that are not what they seem", "tricks", Says("0 of 46 were answered"))
            .with(&format!("grant.http = [\"GET http://127.0.0.1:{granted}/open/\"]"))
            .with(&requests(TRICKS, places)),
        hostile("dns-rebinding", "asks names whose addresses change", "tricks", Says("1 of 10 were answered"))
            .with(&format!(
                "grant.http = [\"GET http://turns.example.com:{granted}/ via 127.0.0.1\", \"GET http://*.example.com/\", \
                 \"GET http://*.example.com:{forbidden}/\"]"
            ))
            .with(&requests(REBINDING, places))
            .asking(1),
        hostile("redirect", "follows a redirect to where it may not go", "fetch", Says("HttpRequestDenied"))
            .with(&get(&format!("/to/http://127.0.0.1:{forbidden}/")))
            .asking(1),
        hostile("silent-server", "waits for a server that says nothing", "fetch", Deadline)
            .with(&get("/silent"))
            .at(Pace::Slow),
        hostile("deadlock", "waits for the answer to what it has not sent", "deadlock", Deadline)
            .with(&get("/echo"))
            .at(Pace::Slow),
        hostile("large-answer", "takes more from a server than it may", "fetch", Limit("skipped", "http_answer_bytes"))
            .with(&get("/large"))
            .asking(1),
        Kind {
            besides: Besides::Nothing,
            ..hostile("request-flood", "makes twenty requests at once", "flood-requests", Says("16 of 20 were refused"))
                .with(&format!("{open}\n{authority}"))
        },
        hostile("secret-echo", "lets a server repeat a secret", "fetch", Says("***"))
            .with(&format!("settings.url = \"http://127.0.0.1:{granted}/echo\"\n{}", SECRET_LINE.replace("PORT", &granted.to_string())))
            .asking(1),
    ]
}

fn of_surroundings(places: &Places) -> Vec<Kind> {
    let nothing = "variables 0, arguments 0, files none, network none, threads none";
    vec![
        hostile("environment", "looks for variables, files, sockets, threads", "probe", Says(nothing)),
        hostile("keys", "looks for keys by every channel, and in its memory", "peek-for-key", Says("memory holds 0 of"))
            .with("grant.shotgun = \"read\"\nlimits.fuel = 10_000_000_000\nlimits.answer_bytes = \"1MiB\"")
            .with("limits.log_bytes = \"64KiB\"\nlimits.log_line_bytes = \"16KiB\"\nlimits.memory_bytes = \"32MiB\"")
            .with(&format!("settings.needles = \"{}\"", places.needles)),
        hostile(
            "keys-of-others",
            "looks for the keys of other plugins",
            "peek-at-neighbour",
            Says("keys 0, buckets 0, values 0"),
        ),
        Kind {
            besides: Besides::Planted,
            file: File::Crafted("honest"),
            ..hostile(
                "poisoned-cache",
                "runs code that was put in the place of its compiled code",
                "",
                Outcome("done"),
            )
        }
        .at(Pace::Slow),
    ]
}

fn requests(tricks: &[&str], places: &Places) -> String {
    let tricks = tricks.iter().map(|trick| {
        let trick = trick.replace("FORBIDDEN", &places.forbidden.to_string());
        format!("\"{}\"", trick.replace("PORT", &places.granted.to_string()))
    });
    format!("settings.requests = [{}]", tricks.collect::<Vec<_>>().join(", "))
}
