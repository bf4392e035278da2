//! The contract of `wit/v1`, as the host sees it. Generated, nothing else.
#![allow(missing_docs, clippy::all)]

/// What an interpreter is offered besides: the file that it runs.
pub mod script {
    wasmtime::component::bindgen!({
        path: ["../../wit/v1", "../../wit/script"],
        world: "cuebox:script/offered",
        imports: { default: trappable },
    });
}

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "plugin",
    imports: {
        "cuebox:plugin/shotgun": async | trappable,
        "wasi:keyvalue/store": async | trappable,
        "wasi:keyvalue/atomics": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    // What is recorded of a call is made of these.
    additional_derives: [PartialEq, serde::Deserialize, serde::Serialize],
    with: {
        "wasi:keyvalue/store.bucket": crate::capability::keyvalue::Bucket,
    },
});
