#!/usr/bin/env node
// Makes a component of a plugin: `cuebox-plugin-build plugin.ts plugin.wasm --wit FOLDER`, in the folder of the plugin. FOLDER is the
// contract, `wit/v1`. Needs esbuild and componentize-qjs, installed beside this package or by it.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

// What a plugin that asks other hosts imports besides its world. componentize-qjs runs the plugin once while it makes the component, and
// offers `wasi:io` of its own meanwhile, whose streams are not those of `wasi:http`: it refuses to go on. Under names that it does not know it
// offers nothing, and nothing is called at that time. The component gets the right names, which are as long; the engine imports `wasi:io` and
// `wasi:clocks` itself, and a name is imported once, so that these are of the version before.
const meanwhile = (text) =>
  text.replaceAll("wasi:http", "wasx:http").replace(/wasi:(io|clocks)([a-z/-]*)@0\.2\.12/g, "wasx:$1$2@0.2.11");

const [input, output, option, wit] = process.argv.slice(2);
if (input === undefined || output === undefined || option !== "--wit" || wit === undefined) {
  console.error("usage: cuebox-plugin-build PLUGIN.ts OUT.wasm --wit FOLDER");
  process.exit(2);
}
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cuebox-plugin-"));
try {
  build(path.join(scratch, "plugin.js"), path.join(scratch, "plugin.wasm"));
} catch (error) {
  // The tools have said it themselves.
  if (error.status === undefined) console.error(error.message);
  process.exitCode = 1;
} finally {
  fs.rmSync(scratch, { recursive: true });
}

function build(bundle, component) {
  const external = ["--external:cuebox:*", "--external:wasi:*"];
  run("esbuild", [input, "--bundle", "--format=esm", "--target=es2022", "--log-level=error", ...external, `--outfile=${bundle}`]);
  const text = fs.readFileSync(bundle, "utf8");
  const asksOthers = text.includes('"wasi:http/');
  let [folder, world] = [wit, "plugin"];
  if (asksOthers) {
    [folder, world] = [path.join(scratch, "wit"), "plugin-http"];
    fs.cpSync(wit, folder, { recursive: true });
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const file = path.join(folder, name);
      if (name.endsWith(".wit")) fs.writeFileSync(file, meanwhile(fs.readFileSync(file, "utf8")));
    }
    fs.writeFileSync(bundle, meanwhile(text));
  }
  run("componentize-qjs", ["--sync", "--world", world, "--wit", folder, "--js", bundle, "--output", component]);
  const made = fs.readFileSync(component, "latin1");
  fs.writeFileSync(output, asksOthers ? made.replaceAll("wasx:", "wasi:") : made, "latin1");
}

/** Runs a tool of the plugin's folder, or of this package; what it says is shown if it fails. */
function run(tool, options) {
  const folders = [process.cwd(), path.join(path.dirname(fileURLToPath(import.meta.url)), "..")];
  const places = folders.map((folder) => path.join(folder, "node_modules/.bin", tool));
  const place = places.find((place) => fs.existsSync(place));
  if (place === undefined) throw new Error(`${tool} is not installed: npm install ${tool}`);
  try {
    execFileSync(place, options, { stdio: "pipe" });
  } catch (error) {
    console.error(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    throw error;
  }
}
