#!/usr/bin/env node
// Makes a component of a plugin, in the folder of the plugin: `cuebox-plugin-build plugin.ts plugin.wasm --wit FOLDER`. FOLDER is the
// contract, `wit/v1`.
//
// Which engine the component holds, `--engine` says, or else `package.json` in that folder: `"cuebox": { "engine": "starlingmonkey" }`.
// Without either it is QuickJS. `--world` is for what is made for another world than that of plugins. Needs esbuild and what
// `componentize.js` names, installed beside this package or by it.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { componentize, ENGINES } from "./componentize.js";
import { run } from "./tool.js";

const USAGE = `usage: cuebox-plugin-build PLUGIN.ts OUT.wasm --wit FOLDER [--engine ${Object.keys(ENGINES).join("|")}] [--world NAME]`;

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cuebox-plugin-"));
try {
  build(asked());
} catch (error) {
  // The tools have said it themselves.
  if (error.status === undefined) console.error(error.message);
  process.exitCode = error.exitCode ?? 1;
} finally {
  fs.rmSync(scratch, { recursive: true });
}

/** What the command line asks for. */
function asked() {
  const options = { wit: { type: "string" }, engine: { type: "string" }, world: { type: "string" } };
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    if (positionals.length === 2 && values.wit !== undefined) return { positionals, values };
  } catch (error) {
    // What it says names the option.
    throw Object.assign(new Error(`${error.message}\n${USAGE}`), { exitCode: 2 });
  }
  throw Object.assign(new Error(USAGE), { exitCode: 2 });
}

function build({ positionals: [input, output], values: { wit, engine, world } }) {
  const chosen = engine === undefined ? wished() : known(engine, "--engine");
  const bundle = path.join(scratch, "plugin.js");
  const external = ["--external:cuebox:*", "--external:wasi:*"];
  run("esbuild", [input, "--bundle", "--format=esm", "--target=es2022", "--log-level=error", ...external, `--outfile=${bundle}`], "esbuild@0.28.2");
  componentize({ engine: chosen, bundle, wit, world, output, scratch });
}

/** The engine that the plugin's `package.json` names. */
function wished() {
  const text = fs.existsSync("package.json") ? fs.readFileSync("package.json", "utf8") : "{}";
  let wish;
  try {
    wish = JSON.parse(text).cuebox?.engine;
  } catch (error) {
    throw new Error(`package.json cannot be read: ${error.message}`);
  }
  return wish === undefined ? "quickjs" : known(wish, "`engine` under `cuebox` in package.json");
}

function known(engine, where) {
  if (Object.hasOwn(ENGINES, engine)) return engine;
  throw new Error(`${where} is ${JSON.stringify(engine)}: it must be one of ${Object.keys(ENGINES).join(", ")}`);
}
