// The settings that the operator wrote for this plugin, `[plugin.NAME.settings]`. Read them in `register`: an error there is shown when
// the plugin is loaded, not at the first event.

import { HostError, SettingError, wireError } from "./errors.js";
import { config as store } from "./wire.js";

/** The setting; null where the operator did not write it. */
export function get(key: string): string | null {
  return ask(key, () => store.get(key)) ?? null;
}

/** The setting; an error that names it where the operator did not write it, or left it empty. */
export function require(key: string): string {
  const value = get(key);
  if (value === null) throw new SettingError(`setting \`${key}\` is required and missing`);
  if (value.trim() === "") throw new SettingError(`setting \`${key}\` is empty`);
  return value;
}

/** The setting as a number, or `absent` where the operator did not write it. */
export function number(key: string, absent: number | null = null): number | null {
  const value = get(key);
  if (value === null) return absent;
  const read = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isNaN(read)) throw new SettingError(`setting \`${key}\` cannot be read as a number: ${JSON.stringify(value)}`);
  return read;
}

/** The setting as a list: its parts between commas, without the space around them, without empty ones. */
export function list(key: string): string[] {
  return (get(key) ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** All settings. */
export function all(): Record<string, string> {
  return Object.fromEntries(ask("*", () => store.getAll()));
}

function ask<Answer>(key: string, call: () => Answer): Answer {
  try {
    return call();
  } catch (thrown) {
    const error = wireError(thrown);
    throw error === undefined ? thrown : new HostError(`setting \`${key}\` cannot be read: ${String(error.val)}`);
  }
}
