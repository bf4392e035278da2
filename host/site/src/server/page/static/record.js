// One record: all its fields, and what happened to it.

import { debounced, get, h, setText } from "./dom.js";
import { EventDetail } from "./event-detail.js";
import { EventList } from "./event-list.js";
import { live } from "./live.js";
import { entityLink, fieldValue, picture } from "./value.js";

/** A record that changes all the time is read anew this often at most. */
const REFRESH_MS = 300;
const EMPTY_KEY = "cuebox.empty-fields";

export function record(main, route) {
  const [type, idText] = route.parts;
  const id = Number(idText);
  const stop = new AbortController();
  const head = h("div", { class: "record-head" });
  const fields = new FieldTable();
  const detail = new EventDetail(() => list?.mark(null));
  const list = new EventList({ filter: { entity_type: type, entity_id: id }, select: (event) => detail.show(event), caption: `Events of ${type} ${id}` });
  main.append(
    h("p", { class: "crumbs" }, h("a", { href: "#/entities" }, "Entities"), " / ", h("a", { href: `#/entities/${encodeURIComponent(type)}` }, type)),
    head,
    h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, "Fields"), fields.bar), fields.element),
    h("section", { class: "panel own-events" }, h("div", { class: "panel-head" }, h("h2", {}, "Its events"), list.bar), h("div", { class: "log" }, list.element, detail.element)));
  const load = async () => {
    try {
      const shown = await get(`/cuebox/entities/${encodeURIComponent(type)}/${id}`, stop.signal);
      showHead(head, shown);
      fields.show(shown.fields);
    } catch (error) {
      if (!stop.signal.aborted) head.replaceChildren(h("p", { class: "problem" }, error.message));
    }
  };
  const again = debounced(load, REFRESH_MS);
  live.addEventListener("events", (message) => { if (!message.detail.first) again(); }, { signal: stop.signal });
  load();
  return () => {
    stop.abort();
    list.close();
  };
}

function showHead(place, record) {
  const image = record.fields.find((field) => field.field === "image")?.value;
  const status = record.fields.find((field) => field.data_type === "status_list")?.value;
  place.replaceChildren(
    ...(image ? [h("div", { class: "poster" }, picture(image, `Thumbnail of ${record.name}`))] : []),
    h("div", {},
      h("h1", {}, record.name || `${record.type} ${record.id}`),
      h("p", { class: "about" }, h("code", {}, `${record.type} ${record.id}`), " ",
        status ? h("span", { class: "status" }, status) : null, " ",
        record.retired ? h("span", { class: "chip" }, "retired") : null, " ",
        record.project ? ["in ", entityLink(record.project, false)] : null)));
}

class FieldTable {
  #rows = new Map(); #body = h("tbody"); #known = new Map();

  constructor() {
    const box = h("input", { type: "checkbox", checked: localStorage.getItem(EMPTY_KEY) !== "hide", onchange: () => {
      localStorage.setItem(EMPTY_KEY, box.checked ? "show" : "hide");
      this.element.classList.toggle("filled-only", !box.checked);
    } });
    this.bar = h("label", { class: "check" }, box, " empty ones too");
    this.element = h("div", { class: "wide" }, h("table", { class: "fields" }, h("caption", { class: "unseen" }, "Fields and their values"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, "Name on the wire"), h("th", { scope: "col" }, "Type"), h("th", { scope: "col" }, "Value"))),
      this.#body));
    this.element.classList.toggle("filled-only", !box.checked);
  }

  /** Shows the values; one that changed since is marked for a moment. */
  show(fields) {
    for (const field of fields) {
      const text = JSON.stringify(field.value);
      const row = this.#rows.get(field.field) ?? this.#row(field);
      if (this.#known.get(field.field) === text) continue;
      const isNew = !this.#known.has(field.field);
      this.#known.set(field.field, text);
      row.value.replaceChildren(fieldValue(field.data_type, field.value, true));
      row.row.classList.toggle("empty", ["null", "[]", '""'].includes(text));
      if (!isNew) flash(row.value);
    }
  }

  #row(field) {
    const value = h("td", { class: "value" });
    const type = h("td", { class: "type" });
    setText(type, field.data_type);
    const row = h("tr", { "data-field": field.field }, h("th", { scope: "row" }, field.name), h("td", {}, h("code", {}, field.field)), type, value);
    this.#body.append(row);
    this.#rows.set(field.field, { row, value });
    return { row, value };
  }
}

function flash(element) {
  element.classList.remove("changed");
  requestAnimationFrame(() => element.classList.add("changed"));
}
