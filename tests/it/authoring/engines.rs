//! The engine that a plugin in JavaScript or TypeScript is built with is named in its `package.json`.

use super::*;
use crate::conformance;
use crate::support::languages::typescript_folder;

#[cfg(unix)]
#[test]
fn the_engine_of_package_json_is_built_in_once_it_is_installed() {
    use std::os::unix::fs::symlink;

    let desk = Desk::new();
    desk.good(&["new", "roll-up", "--lang", "ts"]);
    let engine = "\"cuebox\": { \"engine\": \"starlingmonkey\" },\n  \"main\"";
    desk.replace("roll-up/package.json", "\"main\"", engine);
    let failed = desk.bad(&["build", "roll-up"]);
    let missing = "componentize-js is not installed: npm install --save-dev @bytecodealliance/componentize-js@0.23.0";
    assert!(failed.contains(missing), "{failed}");

    // It takes 400 MB, and is installed for the conformance suite.
    conformance::on_starlingmonkey();
    let installed = typescript_folder("starlingmonkey", "conformance").join("node_modules");
    for name in ["@bytecodealliance", ".bin/componentize-js"] {
        let place = desk.path("roll-up/node_modules").join(name);
        symlink(installed.join(name), place).unwrap();
    }
    desk.good(&["build", "roll-up"]);
    let component = desk.path("roll-up/build/roll-up.wasm");
    assert!(fs::metadata(&component).unwrap().len() > 10_000_000, "the engine is a large one");
    let inspected = desk.good(&["inspect", "roll-up/build/roll-up.wasm"]);
    assert!(!inspected.contains("wasi:http"), "nothing asks other hosts: {inspected}");
    let component = component.to_str().unwrap();
    desk.good(&["test", "roll-up", "--component", component]);

    let mut build = Command::new("node");
    build.current_dir(desk.path("roll-up")).arg("node_modules/cuebox-plugin/bin/build.js");
    build.args(["plugin.ts", "out.wasm", "--wit", "third_party/cuebox/wit/v1", "--engine", "v8"]);
    let refused = all(&build.output().unwrap());
    assert_eq!(refused, "--engine is \"v8\": it must be one of quickjs, starlingmonkey\n");
}
