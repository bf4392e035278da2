// What the site is doing, on one screen.

import { get, h, setText, sync } from "./dom.js";
import { moment, number, pace, plural, rate, span } from "./format.js";
import { eventCount, growth, growths, live, requestCount, siteSeconds, state } from "./live.js";
import { sparkline, table } from "./counters.js";
import { EventList } from "./event-list.js";
import { ruleSummary } from "./faults.js";
import { entityLink } from "./value.js";

const EVENTS_SHOWN = 25;
const FAULTS_SHOWN = 5;
const PROJECTS_SHOWN = 6;

export function overview(main) {
  const facts = factList();
  const records = recordCounts();
  const faults = faultLines();
  const requests = h("section", { class: "panel" }, h("h2", {}, h("a", { href: "#/counters" }, "Requests")));
  const list = new EventList({ keep: EVENTS_SHOWN, select: (event) => { location.hash = `#/events?event=${event.id}`; }, caption: "Newest events" });
  main.append(h("h1", { class: "unseen" }, "Overview"),
    h("div", { class: "grid" },
      h("div", { class: "side" }, panel("Site", facts.element), panel(h("a", { href: "#/entities" }, "Records"), records.element),
        panel(h("a", { href: "#/faults" }, "Faults"), faults.element), requests),
      h("section", { class: "panel newest" }, h("div", { class: "panel-head" }, h("h2", {}, h("a", { href: "#/events" }, "Newest events")), list.bar), list.element)));
  const stopTable = table(requests, { whole: false });
  const show = () => {
    const status = state();
    if (!status) return;
    facts.show(status);
    records.show(status);
    faults.show(status);
  };
  live.addEventListener("status", show);
  show();
  return () => {
    live.removeEventListener("status", show);
    stopTable();
    list.close();
  };
}

const panel = (title, ...content) => h("section", { class: "panel" }, h("h2", {}, title), ...content);

function factList() {
  const events = sparkline();
  const asked = sparkline();
  const value = (className = "number") => h("dd", { class: className });
  const places = { production: value("projects"), clock: value(), pace: value(), uptime: value(), log: value(), eventRate: value(), requestRate: value(), held: value() };
  const line = (name, place, chart) => h("div", {}, h("dt", {}, name), place, chart ? chart.element : null);
  fillProjects(places.production);
  const element = h("dl", { class: "facts" },
    line("Production", places.production), line("Clock (UTC)", places.clock), line("Time passes", places.pace), line("Running for", places.uptime),
    line("Event log", places.log), line("Held back", places.held), line("Events/s", places.eventRate, events), line("Requests/s", places.requestRate, asked));
  const show = (status) => {
    setText(places.clock, moment(status.now));
    setText(places.pace, pace(growth(siteSeconds)));
    setText(places.uptime, span(status.uptime_ms));
    setText(places.log, `${plural(status.events.count, "row")}, newest ${status.events.newest}`);
    setText(places.held, status.events.waiting > 0 || status.holding ? `${plural(status.events.waiting, "event")}${status.holding ? ", holding" : ""}` : "nothing");
    setText(places.eventRate, rate(growth(eventCount)));
    setText(places.requestRate, rate(growth(requestCount)));
    events.show(growths(eventCount));
    asked.show(growths(requestCount));
  };
  return { element, show };
}

async function fillProjects(place) {
  try {
    const list = await get(`/cuebox/entities/Project?per_page=${PROJECTS_SHOWN}`);
    const links = list.rows.map((row, index) => [index > 0 ? ", " : null, entityLink({ type: "Project", id: row.id, name: row.name }, false)]);
    const rest = list.total - list.rows.length;
    place.replaceChildren(...links.flat().filter(Boolean), rest > 0 ? ` and ${number(rest)} more` : "");
  } catch (error) {
    setText(place, error.message);
  }
}

function recordCounts() {
  const lines = new Map();
  const element = h("ul", { class: "counts" });
  const show = (status) => {
    const filled = status.records.filter((line) => line.count > 0);
    for (const { type, count } of filled) {
      if (!lines.has(type)) {
        const place = h("span", { class: "number" });
        lines.set(type, { place, row: h("li", {}, h("a", { href: `#/entities/${type}` }, type), place) });
      }
      setText(lines.get(type).place, number(count));
    }
    sync(element, filled.map(({ type }) => lines.get(type).row));
  };
  return { element, show };
}

function faultLines() {
  const element = h("div", { class: "fault-lines" }, h("p", { class: "none" }, "None."));
  let told = "";
  const show = async (status) => {
    const now = `${status.faults.rules} ${status.faults.struck}`;
    if (now === told) return;
    told = now;
    try {
      const { rules } = await get("/cuebox/faults");
      const shown = rules.slice(0, FAULTS_SHOWN).map((rule) =>
        h("li", {}, h("code", {}, ruleSummary(rule)), h("span", { class: "number" }, ` struck ${number(rule.struck)}`)));
      const rest = rules.length - shown.length;
      element.replaceChildren(rules.length === 0 ? h("p", { class: "none" }, "None.") : h("ul", {}, shown, rest > 0 ? h("li", { class: "none" }, `and ${plural(rest, "more", "more")}`) : null));
    } catch {
      told = "";
    }
  };
  return { element, show };
}
