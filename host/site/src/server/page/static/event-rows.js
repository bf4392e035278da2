// Events as rows of a table, and the places where ids are missing.

import { h, setText } from "./dom.js";
import { bytes, ids, moment, number, timeOfDay } from "./format.js";
import { entityLink } from "./value.js";

/** Characters of one side of a change; the document has them all. */
const SIDE_MAX = 60;

export const COLUMNS = [
  ["id", "Id"], ["time", "Time (UTC)"], ["what", "Event"], ["field", "Field"], ["record", "Record"], ["change", "Change"], ["user", "By"],
];

/** The table of events: its head is as wide as its columns will stay. */
export function eventTable(caption) {
  const body = h("tbody");
  const head = h("tr", {}, COLUMNS.map(([name, label]) => h("th", { scope: "col", class: `c-${name}` }, label)));
  const columns = h("colgroup", {}, COLUMNS.map(([name]) => h("col", { class: `c-${name}` })));
  const table = h("table", { class: "events" }, h("caption", { class: "unseen" }, caption), columns, h("thead", {}, head), body);
  return { table, body };
}

/** A row for an event. `late` marks one whose id was passed over before. */
export function eventRow(event, late, select) {
  const meta = event.meta ?? {};
  const action = event.event_type.split("_").at(-1).toLowerCase();
  const known = ["new", "change", "retirement", "revival"].includes(action) ? action : "other";
  return h("tr", { class: `event ${known}${meta.in_create ? " minor" : ""}`, "data-id": event.id },
    h("td", { class: "c-id number" }, h("button", { type: "button", class: "id", tabindex: "-1", onclick: () => select(event) }, String(event.id))),
    h("td", { class: "c-time number", title: moment(event.at * 1000) }, timeOfDay(event.at * 1000)),
    h("td", { class: "c-what", title: event.event_type }, h("i", { class: "dot" }),
      late ? h("span", { class: "late", title: "Its id was passed over: it became visible after later ones" }, "late ") : null, shortType(event.event_type)),
    h("td", { class: "c-field", title: event.attribute_name }, event.attribute_name ?? ""),
    h("td", { class: "c-record" }, event.entity ? entityLink(event.entity, false) : null),
    h("td", { class: "c-change" }, event.meta === null ? `a document of ${bytes(event.meta_bytes)}` : change(meta)),
    h("td", { class: "c-user" }, event.user ? entityLink(event.user, false) : null));
}

/** The prefix that all events of the API have says nothing, and is dimmed. */
function shortType(type) {
  return type.startsWith("Shotgun_") ? [h("span", { class: "none prefix" }, "Shotgun_"), type.slice(8)] : type;
}

/** What happened, in a line: `wtg → ip`, `+ Anim − Comp`. */
export function change(meta) {
  if (Array.isArray(meta.added) || Array.isArray(meta.removed)) {
    const added = (meta.added ?? []).map((link) => h("span", { class: "after" }, `+ ${side(link)} `));
    const removed = (meta.removed ?? []).map((link) => h("span", { class: "before" }, `− ${side(link)} `));
    return [added, removed];
  }
  if ("old_value" in meta || "new_value" in meta) {
    return [h("span", { class: "before" }, side(meta.old_value)), " → ", h("span", { class: "after" }, side(meta.new_value))];
  }
  if (["new_entity", "entity_retirement", "entity_revival"].includes(meta.type)) return null;
  const text = JSON.stringify(meta);
  return text === "{}" ? null : h("span", { class: "none" }, short(text));
}

function side(value) {
  if (value === null || value === undefined) return "null";
  // A link's name is empty where the record had none yet: a Note whose subject is the next event.
  if (value.type && value.id) return short(value.name || `${value.type} ${value.id}`);
  if (typeof value === "object") return short(value.name ?? JSON.stringify(value));
  return short(String(value));
}

const short = (text) => (text.length > SIDE_MAX ? `${text.slice(0, SIDE_MAX - 1)}…` : text);

/** A row between two events for the ids `from` to `to` that are not there. */
export function gapRow(from, to) {
  const text = h("td", { colspan: COLUMNS.length });
  return Object.assign(h("tr", { class: "gap", "data-gap": `${from}-${to}` }, text), { from, to, text });
}

/** Says what is known of a gap: whether its ids are held back, or nothing was ever seen of them. */
export function tellGap(row, waiting) {
  const total = row.to - row.from + 1;
  const overlap = ([from, to]) => Math.max(0, Math.min(to, row.to) - Math.max(from, row.from) + 1);
  const held = waiting.reduce((sum, range) => sum + overlap(range), 0);
  const parts = [held > 0 ? `${number(held)} held back` : null, total > held ? `${number(total - held)} missing` : null];
  row.classList.toggle("held", held > 0);
  setText(row.text, `${ids(row.from, row.to)} · ${parts.filter(Boolean).join(", ")}`);
}

/** A row for events that came faster than the page takes them. */
export function skipRow(count) {
  return h("tr", { class: "gap skip" }, h("td", { colspan: COLUMNS.length }, `${number(count)} events passed over: they came faster than they can be shown`));
}
