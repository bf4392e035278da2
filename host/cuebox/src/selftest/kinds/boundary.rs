//! Kinds that break the rules of the boundary between guest and host: texts, addresses, handles.

use super::Ending::{Breaks, NoStart};
use super::{Kind, crafted};

pub fn kinds() -> Vec<Kind> {
    vec![
        crafted("invalid-text", "hands over text that is no UTF-8", Breaks("invalid utf-8")),
        crafted(
            "pointer-outside",
            "hands over an address outside of its memory",
            Breaks("out of bounds of memory"),
        ),
        crafted("length-outside", "hands over a text of 4 GiB", Breaks("out of bounds of memory")),
        crafted(
            "no-such-level",
            "hands over a value that the contract does not have",
            Breaks("unexpected discriminant: 99"),
        ),
        crafted(
            "invented-handle",
            "uses a handle that it was never given",
            Breaks("unknown handle index 7777"),
        ),
        crafted(
            "handle-dropped-twice",
            "gives a handle back twice",
            Breaks("unknown handle index"),
        ),
        crafted(
            "answer-outside",
            "answers with an address outside of its memory",
            Breaks("out of bounds of memory"),
        ),
        crafted(
            "answer-of-no-kind",
            "answers with an outcome that the contract does not have",
            Breaks("unexpected discriminant: 200"),
        ),
        crafted(
            "realloc-outside",
            "wants the event written outside of its memory",
            Breaks("beyond end of memory"),
        ),
        crafted(
            "call-while-copying",
            "calls the site while the event is copied",
            Breaks("cannot leave component instance"),
        ),
        crafted(
            "list-of-millions",
            "registers 67 million callbacks that are not there",
            NoStart("list pointer/length out of bounds"),
        ),
        crafted(
            "aliased-list",
            "hands over the same 64 KiB a thousand times at once",
            Breaks("fuel allocated for hostcalls"),
        ),
    ]
}
