// Putting a bundled module into a component, with an engine that runs it.

import fs from "node:fs";
import path from "node:path";

import { run } from "./tool.js";

/** The engines, each with what makes a component of a module for a world. */
export const ENGINES = { quickjs, starlingmonkey };

/** Makes a component. A plugin that imports `wasi:http` is made for the world that has it, unless `world` says another. */
export function componentize({ engine, bundle, wit, world, output, scratch }) {
  const asksOthers = fs.readFileSync(bundle, "utf8").includes('"wasi:http/');
  ENGINES[engine]({ bundle, wit, world: world ?? (asksOthers ? "plugin-http" : "plugin"), output, scratch, asksOthers });
}

// componentize-js uses the other package without asking for it.
const COMPONENTIZE_JS = "@bytecodealliance/componentize-js@0.23.0 @bytecodealliance/preview2-shim@0.25.0";

/** StarlingMonkey: without its own `fetch` and server, which would import `wasi:http` in every plugin. */
function starlingmonkey({ bundle, wit, world, output }) {
  const options = ["--disable", "http", "--disable", "fetch-event", "--wit", wit, "--world-name", world];
  run("componentize-js", [bundle, ...options, "--out", output], COMPONENTIZE_JS);
}

function quickjs({ bundle, wit, world, output, scratch, asksOthers }) {
  const component = path.join(scratch, "plugin.wasm");
  let folder = wit;
  if (asksOthers) {
    folder = path.join(scratch, "wit");
    fs.cpSync(wit, folder, { recursive: true });
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const file = path.join(folder, name);
      if (name.endsWith(".wit")) fs.writeFileSync(file, meanwhile(fs.readFileSync(file, "utf8")));
    }
    fs.writeFileSync(bundle, meanwhile(fs.readFileSync(bundle, "utf8")));
  }
  const options = ["--sync", "--world", world, "--wit", folder, "--js", bundle, "--output", component];
  run("componentize-qjs", options, "componentize-qjs@0.4.5");
  const made = fs.readFileSync(component, "latin1");
  fs.writeFileSync(output, asksOthers ? made.replaceAll("wasx:", "wasi:") : made, "latin1");
}

// What a plugin that asks other hosts imports besides its world. componentize-qjs runs the plugin once while it makes the component, and
// offers `wasi:io` of its own meanwhile, whose streams are not those of `wasi:http`: it refuses to go on. Under names that it does not know it
// offers nothing, and nothing is called at that time. The component gets the right names, which are as long; the engine imports `wasi:io` and
// `wasi:clocks` itself, and a name is imported once, so that these are of the version before.
function meanwhile(text) {
  return text.replaceAll("wasi:http", "wasx:http").replace(/wasi:(io|clocks)([a-z/-]*)@0\.2\.12/g, "wasx:$1$2@0.2.11");
}
