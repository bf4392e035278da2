//! Kinds that are an attack as files, before anything of them runs: what they say of themselves, and what they are made of.

use super::Ending::{Limit, NoStart};
use super::{Besides, Kind, Pace, crafted, hostile};
use crate::selftest::files::File;

/// Needs nothing, and does something.
const UNDERSTATED: &str = "[plugin]\nname = \"modest\"\nversion = \"1.0.0\"\ndescription = \"Only looks.\"\nauthors = [\"A\"]\n\
                           [settings.mode]\ntype = \"text\"\ndescription = \"How.\"\n";

/// Needs everything.
const GREEDY: &str = "[plugin]\nname = \"greedy\"\nversion = \"2.0.0\"\ndescription = \"Does more.\"\nauthors = [\"A\"]\n\
                      [needs]\nshotgun = [{ grant = \"write\", why = \"To do more.\" }]\n\
                      [settings.mode]\ntype = \"text\"\ndescription = \"How.\"\n";

/// Would rewrite what a terminal shows.
const DISGUISED: &str = "[plugin]\nname = \"\\u001b[2Jnice\"\nversion = \"1.0.0\"\ndescription = \"\\u001b]0;x\\u0007\"\nauthors = [\"A\"]\n";

pub fn kinds() -> Vec<Kind> {
    let file = |name, tries, file, words| Kind {
        file,
        pace: Pace::Quick,
        config: "settings.mode = \"write\"\n".to_owned(),
        ..hostile(name, tries, "", NoStart(words))
    };
    vec![
        Kind {
            ends: Limit("failed", "grant"),
            ..file(
                "understated",
                "does what its plugin.toml does not ask for",
                File::Saying(UNDERSTATED),
                "",
            )
        }
        .with("grant.shotgun = \"write\""),
        Kind {
            besides: Besides::RanBefore,
            ..file(
                "asks-for-more",
                "asks for more than the version before it",
                File::Saying(GREEDY),
                "asks for more",
            )
        }
        .with("grant.shotgun = \"write\""),
        file(
            "disguised",
            "has a plugin.toml that a terminal would obey",
            File::Saying(DISGUISED),
            "plugin.toml is refused",
        ),
        file(
            "two-faced",
            "has two plugin.toml",
            File::SayingTwice(UNDERSTATED_SHORT),
            "there can be one plugin.toml",
        ),
        file(
            "text",
            "is no component, but text",
            File::Text("#!/bin/sh\nexec rm -rf ~\n"),
            "not a WebAssembly component",
        ),
        file(
            "core-module",
            "is no component, but a module",
            File::CoreModule,
            "it is a core module",
        ),
        file("half", "is half of a component", File::Half, "ends too early"),
        file("garbled", "is a component with wrong bytes all over", File::Garbled, "not a"),
        crafted(
            "nested-bomb",
            "is small, and unfolds into 10^14 instances",
            NoStart("compiling it takes more than"),
        )
        .at(Pace::Once),
        crafted(
            "loops-bomb",
            "is small, and takes gigabytes to compile",
            NoStart("compiling it takes more than"),
        )
        .at(Pace::Once),
    ]
}

const UNDERSTATED_SHORT: &str = "[plugin]\nname = \"modest\"\nversion = \"1.0.0\"\n";
