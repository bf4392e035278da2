//! Kinds that take more than their share: of time, memory, stack, log, keys, calls.

use super::Ending::{Breaks, Deadline, Limit, NoStart, Outcome, Says};
use super::{Besides, Kind, Pace, crafted, hostile};

const FUEL: &str = "used up its fuel";
const MEMORY: &str = "ran out of memory";

pub fn kinds() -> Vec<Kind> {
    vec![
        hostile("loop", "spins without an end", "spin", Outcome("out-of-fuel")),
        hostile("loop-in-register", "spins in `register`", "register-spin", NoStart(FUEL)),
        hostile("loop-in-start", "spins while it is instantiated", "early-spin", NoStart(FUEL)),
        crafted("spinning-start", "spins in the start of a core module", NoStart(FUEL)),
        hostile("loop-for-ever", "spins with fuel for days", "spin", Deadline)
            .with("limits.fuel = 1_000_000_000_000_000")
            .at(Pace::Slow),
        Kind {
            besides: Besides::Crowd,
            ..hostile("loops-on-all-cores", "spins on every core at once", "spin", Deadline)
                .with("limits.fuel = 1_000_000_000_000_000")
                .at(Pace::Slow)
        },
        hostile("sleep", "sleeps for an hour", "sleep", Deadline).at(Pace::Slow),
        hostile("poll", "waits for what comes in hours", "poll", Deadline).at(Pace::Slow),
        hostile("hold-pollable", "looks at a pollable for ever", "hold-pollable", Deadline)
            .with("limits.host_calls = 1_000_000")
            .at(Pace::Slow),
        hostile("memory", "takes memory without an end", "eat-memory", Outcome("out-of-memory")),
        crafted("grown-memory", "grows its memory page by page", Outcome("out-of-memory")),
        hostile(
            "memory-in-start",
            "takes memory while it is instantiated",
            "early-eat-memory",
            NoStart(MEMORY),
        ),
        crafted("declared-memory", "begins with 4 GiB of memory", NoStart(MEMORY)),
        crafted("many-memories", "has twelve memories of a MiB each", NoStart(MEMORY)),
        crafted(
            "grown-table",
            "grows a table without an end",
            Limit("out-of-memory", "table_elements"),
        ),
        crafted("many-instances", "has 900 core instances", NoStart("instance")),
        hostile(
            "small-buffers",
            "makes the host keep a million pollables",
            "hoard-pollables",
            Outcome("out-of-memory"),
        )
        .with("limits.host_calls = 1_000_000"),
        hostile(
            "headers",
            "makes the host keep a million sets of headers",
            "hoard-headers",
            Outcome("out-of-memory"),
        )
        .with("limits.host_calls = 1_000_000"),
        hostile(
            "handles",
            "opens buckets and gives none back",
            "flood-buckets",
            Outcome("too-many-host-calls"),
        ),
        hostile("recursion", "calls itself without an end", "recurse", Outcome("stack-exhausted")),
        hostile("panic", "panics", "trap", Outcome("trapped")),
        hostile("exit", "ends the process", "exit", Outcome("trapped")),
        hostile("abort", "aborts the process", "abort", Outcome("trapped")),
        hostile(
            "log-flood",
            "logs without an end",
            "flood-log",
            Limit("too-many-host-calls", "host_calls"),
        ),
        hostile(
            "stdout-flood",
            "prints without an end",
            "flood-stdout",
            Limit("out-of-fuel", "log_bytes"),
        ),
        hostile(
            "stderr-flood",
            "complains without an end",
            "flood-stderr",
            Limit("out-of-fuel", "log_bytes"),
        ),
        hostile("long-line", "logs a line of 8 MiB", "long-log-line", Outcome("done"))
            .with("limits.memory_bytes = \"64MiB\""),
        hostile(
            "key-value-flood",
            "stores keys without an end",
            "flood-key-values",
            Limit("failed", "key_value_bytes"),
        ),
        hostile(
            "call-flood",
            "asks the site without an end",
            "flood-calls",
            Limit("failed", "site_calls_per_minute"),
        )
        .with("grant.shotgun = \"read\"\nlimits.site_calls_per_minute = 20"),
        hostile(
            "registration-flood",
            "registers 2,001 callbacks",
            "register-flood",
            NoStart("callbacks, and 1000 is the limit"),
        )
        .with("limits.fuel = 1_000_000_000"),
        hostile(
            "registration-name",
            "registers a name of a MiB",
            "register-long-name",
            NoStart("has a name that is empty, longer than"),
        ),
        hostile(
            "huge-argument",
            "asks with 64 MiB of text",
            "huge-argument",
            Outcome("out-of-memory"),
        ),
        hostile(
            "json-bomb",
            "asks with a text that grows when it is read",
            "flood-json",
            Says("memory_bytes"),
        ),
        hostile(
            "random-flood",
            "takes a GiB of random bytes",
            "flood-random",
            Breaks("random bytes are more than"),
        ),
    ]
}
