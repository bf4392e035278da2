// Keys that are this plugin's alone and outlive the process. What a callback sets is kept if it ends in `done` or `skipped`, in the same
// step that marks the event as finished; after a failure the keys are as they were before. In `register` they can be read only.

import type { Bucket } from "wasi:keyvalue/store@0.2.0-draft";

import { Denied, HostError, wireError } from "./errors.js";
import { decodeText, encodeText } from "./text.js";
import { atomics, keyvalue as store, narrow } from "./wire.js";

/** The one bucket that a plugin has. */
const BUCKET = "default";

let opened: Bucket | undefined;

/** The value of a key; null if it is not set. */
export function get(key: string): Uint8Array | null {
  const value = ask(key, (bucket) => bucket.get(key));
  return value == null ? null : Uint8Array.from(value);
}

/** The value of a key as text. */
export function getText(key: string): string | null {
  const value = get(key);
  return value === null ? null : decodeText(value);
}

/** The value of a key that `setJson` wrote; null if it is not set. */
export function getJson(key: string): any {
  const text = getText(key);
  try {
    return text === null ? null : JSON.parse(text);
  } catch (error) {
    throw new HostError(`key-value \`${key}\`: it is not JSON: ${(error as Error).message}`);
  }
}

/** Sets a key; a text is kept in UTF-8. */
export function set(key: string, value: Uint8Array | string): void {
  const content = typeof value === "string" ? encodeText(value) : value;
  ask(key, (bucket) => bucket.set(key, content));
}

/** Sets a key to a value in JSON. */
export function setJson(key: string, value: unknown): void {
  set(key, JSON.stringify(value));
}

/** Unsets a key; does nothing if it is not set. */
export function remove(key: string): void {
  ask(key, (bucket) => bucket.delete(key));
}

/** Whether a key is set. */
export function exists(key: string): boolean {
  return ask(key, (bucket) => bucket.exists(key));
}

/** All keys that are set, in no particular order. */
export function keys(): string[] {
  const found: string[] = [];
  let cursor: number | bigint | null = null;
  do {
    const page: { keys: string[]; cursor?: number | bigint | null } = ask("", (bucket) => bucket.listKeys(cursor));
    found.push(...page.keys);
    cursor = page.cursor ?? null;
  } while (cursor !== null);
  return found;
}

/** Adds to a counter, which starts at 0, and returns its new value. */
export function increment(key: string, delta = 1): number {
  return narrow(ask(key, (bucket) => atomics.increment(bucket, key, delta)));
}

function ask<Answer>(key: string, call: (bucket: Bucket) => Answer): Answer {
  try {
    // Kept for the life of the instance.
    opened ??= store.open(BUCKET);
    return call(opened);
  } catch (thrown) {
    const error = wireError(thrown);
    if (error === undefined) throw thrown;
    if (error.tag === "access-denied") throw new Denied(`key-value \`${key}\``);
    const reason = error.tag === "no-such-store" ? "the host has no bucket `default`" : String(error.val);
    throw new HostError(key === "" ? `key-values: ${reason}` : `key-value \`${key}\`: ${reason}`);
  }
}
