import type { Level } from "wasi:logging/logging@0.1.0-draft";

import { logging } from "./wire.js";

const CONTEXT = "plugin";

/** Writes one line of the plugin's log: its parts, with a space between them. */
function writer(level: Level): (...parts: unknown[]) => void {
  return (...parts) => logging.log(level, CONTEXT, parts.map(shown).join(" "));
}

/** Lines in the plugin's log. */
export const log = {
  trace: writer("trace"),
  debug: writer("debug"),
  info: writer("info"),
  warn: writer("warn"),
  error: writer("error"),
  critical: writer("critical"),
};

function shown(part: unknown): string {
  if (typeof part === "string") return part;
  if (part instanceof Error) return described(part);
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    return String(part);
  }
}

/** What was thrown, with the places that it came through. */
export function described(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `thrown: ${shown(thrown)}`;
  const text = `${thrown.name}: ${thrown.message}`;
  // One engine puts the message into the stack, the others do not.
  const stack = (thrown.stack ?? "").trimEnd();
  return stack.startsWith(text) ? stack : `${text}\n${stack.replace(FRAME, frame)}`.trimEnd();
}

/** A line of the stack, as one engine writes it: `name@place`. */
const FRAME = /^([^\s@]*)@(.+)$/gm;

/** The same as the other engine writes it. */
function frame(_whole: string, name: string, place: string): string {
  return name === "" ? `    at ${place}` : `    at ${name} (${place})`;
}

/** Makes `console` write into the plugin's log, in whatever engine. */
export function installConsole(): void {
  const { trace, debug, info, warn, error } = log;
  (globalThis as { console?: unknown }).console = { trace, debug, log: info, info, warn, error };
}
