// The stream from the site: its state each second, and the events a view asked for. There is one at a time, and none while
// nobody can see the page.

import { query } from "./dom.js";

/** The site tells its state each second; after this much silence it is taken for lost. */
const SILENCE_MS_MAX = 5000;
const RETRY_MS = 1000;
/** States to reckon rates from, and those of the last minutes for the small charts. */
const WINDOW = 5;
const HISTORY_MAX = 120;

/** Tells `status` (the state), `events` (a batch) and `connection` (`live`, `lost` or `connecting`). */
export const live = new EventTarget();

let source = null;
let wanted = { quiet: true };
let heard = 0;
let retry = 0;
let lastId = null;
let history = [];

export let connection = "connecting";

/** Opens the stream with the events of `filter`, or with none if it is null. `after` is the highest id that is known. */
export function listen(filter) {
  wanted = filter === null ? { quiet: true } : { ...filter };
  lastId = null;
  open();
}

function open() {
  close();
  if (document.hidden) return;
  heard = performance.now();
  source = new EventSource(query("/cuebox/events", { ...wanted, after: lastId }));
  source.addEventListener("status", (message) => {
    alive();
    const status = JSON.parse(message.data);
    remember(status);
    tell("status", status);
  });
  source.addEventListener("events", (message) => {
    alive();
    const batch = JSON.parse(message.data);
    lastId = batch.newest;
    tell("events", batch);
  });
  source.addEventListener("error", () => {
    become("lost");
    // A broken connection the browser takes up by itself; a refused one it does not.
    if (source?.readyState === EventSource.CLOSED) again();
  });
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function again() {
  close();
  retry = setTimeout(open, RETRY_MS);
}

function alive() {
  heard = performance.now();
  become("live");
}

function become(state) {
  if (state === connection) return;
  connection = state;
  tell("connection", state);
}

function tell(name, detail) {
  live.dispatchEvent(new CustomEvent(name, { detail }));
}

setInterval(() => {
  if (source && performance.now() - heard > SILENCE_MS_MAX) {
    become("lost");
    open();
  }
}, RETRY_MS);

document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else open();
});

function remember(status) {
  // A site that was started anew counts from nothing.
  if (history.length > 0 && status.uptime_ms < history.at(-1).uptime_ms) history = [];
  history.push(status);
  if (history.length > HISTORY_MAX) history.shift();
}

/** The newest state, or null. */
export const state = () => history.at(-1) ?? null;

/** How much `measure` grows per second, over the last seconds; null until that is known. */
export function growth(measure) {
  const recent = history.slice(-WINDOW - 1);
  return recent.length < 2 ? null : between(measure, recent[0], recent.at(-1));
}

/** The same from state to state, oldest first. */
export function growths(measure) {
  return history.slice(1).map((status, index) => between(measure, history[index], status) ?? 0);
}

function between(measure, before, after) {
  const seconds = (after.uptime_ms - before.uptime_ms) / 1000;
  return seconds > 0 ? (measure(after) - measure(before)) / seconds : null;
}

export const eventCount = (status) => status.events.newest;
export const requestCount = (status) => Object.values(status.requests).reduce((sum, count) => sum + count, 0);
export const siteSeconds = (status) => status.now / 1000;
