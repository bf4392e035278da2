// Which view is shown, and what stands above all of them.

import { h, setText } from "./dom.js";
import { moment, number, pace, plural, rate, span } from "./format.js";
import { connection, eventCount, growth, live, requestCount, siteSeconds } from "./live.js";
import { commits } from "./commits.js";
import { counters } from "./counters.js";
import { entities } from "./entities.js";
import { events } from "./events.js";
import { faults } from "./faults.js";
import { overview } from "./overview.js";
import { record } from "./record.js";

const main = document.getElementById("main");
const VIEWS = { overview, entities, events, faults, commits, counters };
const TITLES = { overview: "Overview", entities: "Entities", events: "Event log", faults: "Faults", commits: "Commits", counters: "Counters" };

let leave = () => {};

/** `#/entities/Shot/12?page=2` as its parts. */
function route() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view: parts[0] ?? "overview", parts: parts.slice(1), query: new URLSearchParams(search) };
}

function show() {
  // A link to a place within the page is no view.
  if (location.hash !== "" && !location.hash.startsWith("#/")) return;
  const here = route();
  const name = here.view in VIEWS ? here.view : "overview";
  const isRecord = name === "entities" && here.parts.length === 2;
  leave();
  main.replaceChildren();
  main.className = isRecord ? "record" : name;
  window.scrollTo(0, 0);
  leave = (isRecord ? record : VIEWS[name])(main, here) ?? (() => {});
  document.title = `${isRecord ? here.parts.join(" ") : TITLES[name]} · cuebox site`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

const vital = (id) => document.getElementById(id);
const WORDS = { live: "live", lost: "lost, trying again", connecting: "connecting" };

function showConnection(state) {
  const place = vital("connection");
  place.dataset.state = state;
  setText(place, WORDS[state]);
}

function showVitals(status) {
  setText(vital("event-rate"), rate(growth(eventCount)));
  setText(vital("request-rate"), rate(growth(requestCount)));
  const clock = vital("site-clock");
  setText(clock, moment(status.now));
  clock.title = `UTC; ${pace(growth(siteSeconds))}; running for ${span(status.uptime_ms)}`;
  tally("fault-tally", status.faults.rules, `${plural(status.faults.rules, "rule")} in force, struck ${number(status.faults.struck)} times`);
  tally("held-tally", status.events.waiting, `${plural(status.events.waiting, "event")} held back`);
}

function tally(id, count, title) {
  const place = vital(id);
  place.hidden = count === 0;
  place.title = title;
  setText(place, count > 0 ? number(count) : "");
}

live.addEventListener("connection", (message) => showConnection(message.detail));
live.addEventListener("status", (message) => showVitals(message.detail));
window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("error", (event) => {
  if (main.childElementCount === 0) main.append(h("p", { class: "problem" }, `The page failed: ${event.message}`));
});
showConnection(connection);
show();
