// The event log: live, filtered, with what stands behind each row.

import { debounced, get, h, query } from "./dom.js";
import { live, state } from "./live.js";
import { EventDetail } from "./event-detail.js";
import { EventList } from "./event-list.js";

const TYPING_MS = 250;

export function events(main, route) {
  const detail = new EventDetail(() => list?.mark(null));
  const place = h("div", { class: "log-list" });
  let list = null;
  const begin = (filter) => {
    list?.close();
    list = new EventList({ filter, tall: true, select: (event) => detail.show(event) });
    bar.replaceChildren(list.bar);
    place.replaceChildren(list.element);
  };
  const bar = h("div");
  const form = filters(route.query, (filter) => {
    history.replaceState(null, "", query("#/events", filter));
    begin(filter);
  });
  main.append(h("h1", { class: "unseen" }, "Event log"), h("div", { class: "toolbar" }, form, bar), h("div", { class: "log" }, place, detail.element));
  const { event: chosen, ...filter } = Object.fromEntries(route.query);
  begin(filter);
  if (chosen) detail.find(chosen, list);
  const keys = (event) => {
    if (event.key !== "p" || event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    list.pause(!list.isPaused);
  };
  document.addEventListener("keydown", keys);
  return () => {
    list.close();
    document.removeEventListener("keydown", keys);
  };
}

/** The fields that choose events; tells the filter whenever it changed. */
function filters(chosen, changed) {
  const text = (name, label, hint) =>
    h("label", {}, h("span", {}, label), h("input", { type: "search", name, placeholder: hint, value: chosen.get(name), autocomplete: "off", spellcheck: "false" }));
  const type = h("select", { name: "entity_type" }, h("option", { value: "" }, "all"));
  const project = h("select", { name: "project" }, h("option", { value: "" }, "all"));
  const form = h("form", { class: "filters", "aria-label": "Which events", onsubmit: (event) => event.preventDefault() },
    text("what", "Event or field", "Task_Change, sg_status…"),
    h("label", {}, h("span", {}, "Record type"), type),
    h("label", {}, h("span", {}, "Project"), project),
    text("user", "By", "name"));
  fillTypes(type, chosen.get("entity_type"));
  if (!state()) live.addEventListener("status", () => fillTypes(type, chosen.get("entity_type")), { once: true });
  fillProjects(project, chosen.get("project"));
  const tell = () => changed(Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== "")));
  form.addEventListener("input", debounced(tell, TYPING_MS));
  return form;
}

function fillTypes(select, chosen) {
  const names = (state()?.records ?? []).filter((line) => line.count > 0).map((line) => line.type);
  if (chosen && !names.includes(chosen)) names.push(chosen);
  select.replaceChildren(select.options[0], ...names.sort().map((name) => h("option", { value: name, selected: name === chosen }, name)));
}

/** The projects of the site, for choosing one. */
export async function fillProjects(select, chosen) {
  try {
    const list = await get(query("/cuebox/entities/Project", { per_page: 500, sort: "name", retired: true }));
    select.append(...list.rows.map((row) => h("option", { value: row.id, selected: String(row.id) === chosen }, row.name || `Project ${row.id}`)));
  } catch {
    select.append(h("option", { disabled: true }, "the site does not answer"));
  }
}
