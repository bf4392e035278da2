// Running the tools that a component is made with.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Runs a tool of the plugin's folder, or of this package; what it says is shown if it fails. `wanted` is what npm installs it by. */
export function run(tool, options, wanted) {
  const folders = [process.cwd(), path.join(path.dirname(fileURLToPath(import.meta.url)), "..")];
  const places = folders.map((folder) => path.join(folder, "node_modules/.bin", tool));
  const place = places.find((place) => fs.existsSync(place));
  if (place === undefined) throw new Error(`${tool} is not installed: npm install --save-dev ${wanted}`);
  try {
    execFileSync(place, options, { stdio: "pipe" });
  } catch (error) {
    console.error(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    throw error;
  }
}
