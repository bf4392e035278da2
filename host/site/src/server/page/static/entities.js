// Records of one type in a table. The site searches, sorts and pages; only one page is ever here.

import { debounced, get, h, query, setText } from "./dom.js";
import { number, plural } from "./format.js";
import { fillProjects } from "./events.js";
import { listen, live, state } from "./live.js";
import { entityPath, entityLink, fieldValue, picture } from "./value.js";

const PER_PAGE = 100;
const TYPING_MS = 200;

export function entities(main, route) {
  listen(null);
  const types = typeList(route.parts[0] ?? null);
  const content = h("div", { class: "records" });
  main.append(h("h1", { class: "unseen" }, "Entities"), types.element, content);
  let table = null;
  const begin = () => {
    const type = route.parts[0] ?? types.first();
    if (!type) return content.replaceChildren(h("p", { class: "none" }, "There are no records yet."));
    types.choose(type);
    table = new RecordTable(content, type, route.query);
  };
  const show = () => {
    types.show();
    if (!table) begin();
  };
  live.addEventListener("status", show);
  if (route.parts[0] || state()) show();
  return () => {
    live.removeEventListener("status", show);
    table?.close();
  };
}

/** The types with their counts: a list beside the table, and a choice above it where there is no room. */
function typeList(chosen) {
  const select = h("select", { onchange: () => { location.hash = `#/entities/${select.value}`; } });
  const filled = h("ul", { class: "counts" });
  const empty = h("ul", { class: "counts" });
  const rest = h("details", { hidden: true }, h("summary", {}), empty);
  const lines = new Map();
  const element = h("nav", { class: "types", "aria-label": "Entity types" },
    h("label", { class: "types-choice" }, h("span", {}, "Type"), select), h("div", { class: "types-list" }, filled, rest));
  let current = chosen;
  const line = (type) => {
    const count = h("span", { class: "number" });
    const link = h("a", { href: `#/entities/${type}` }, type);
    const made = { count, link, row: h("li", {}, link, count), option: h("option", { value: type }, type) };
    lines.set(type, made);
    select.append(made.option);
    return made;
  };
  const show = () => {
    let empties = 0;
    for (const { type, count } of state()?.records ?? []) {
      const made = lines.get(type) ?? line(type);
      setText(made.count, number(count));
      setText(made.option, `${type} (${number(count)})`);
      const home = count > 0 || type === current ? filled : empty;
      if (made.row.parentNode !== home) home.append(made.row);
      if (home === empty) empties += 1;
    }
    rest.hidden = empties === 0;
    setText(rest.firstChild, plural(empties, "type without records", "types without records"));
    mark();
  };
  const mark = () => {
    for (const [type, made] of lines) {
      if (type === current) made.link.setAttribute("aria-current", "true");
      else made.link.removeAttribute("aria-current");
      made.option.selected = type === current;
    }
  };
  const choose = (type) => {
    current = type;
    show();
  };
  const first = () => {
    const known = (state()?.records ?? []).filter((line) => line.count > 0).map((line) => line.type);
    return known.includes("Shot") ? "Shot" : known[0];
  };
  return { element, show, choose, first };
}

class RecordTable {
  #type; #chosen; #place; #status; #pages; #request = new AbortController();

  constructor(content, type, chosen) {
    this.#type = type;
    this.#chosen = Object.fromEntries(chosen);
    this.#status = h("p", { class: "none number", role: "status" }, "Loading…");
    this.#pages = h("div", { class: "pages" });
    this.#place = h("div", { class: "wide" });
    content.replaceChildren(h("div", { class: "toolbar" }, this.#filters(), h("div", { class: "pager" }, this.#status, this.#pages)), this.#place);
    this.#load();
  }

  close() {
    this.#request.abort();
  }

  #filters() {
    const search = h("input", { type: "search", name: "search", placeholder: "name or id", value: this.#chosen.search, autocomplete: "off", spellcheck: "false" });
    const project = h("select", { name: "project" }, h("option", { value: "" }, "all"));
    const retired = h("input", { type: "checkbox", name: "retired", value: "true", checked: this.#chosen.retired === "true" });
    fillProjects(project, this.#chosen.project);
    const form = h("form", { class: "filters", "aria-label": "Which records", onsubmit: (event) => event.preventDefault() },
      h("label", {}, h("span", {}, "Search"), search), h("label", { class: "c-project" }, h("span", {}, "Project"), project),
      h("label", { class: "check" }, retired, " retired too"));
    const tell = () => {
      const { sort, descending } = this.#chosen;
      this.#choose({ sort, descending, ...Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "")) });
    };
    form.addEventListener("input", debounced(tell, TYPING_MS));
    return form;
  }

  #choose(chosen) {
    this.#chosen = chosen;
    history.replaceState(null, "", query(`#/entities/${this.#type}`, chosen));
    this.#load();
  }

  async #load() {
    this.#request.abort();
    this.#request = new AbortController();
    const { signal } = this.#request;
    try {
      const list = await get(query(`/cuebox/entities/${encodeURIComponent(this.#type)}`, { per_page: PER_PAGE, ...this.#chosen }), signal);
      this.#show(list);
    } catch (error) {
      if (signal.aborted) return;
      setText(this.#status, "");
      this.#place.replaceChildren(h("p", { class: "problem" }, error.message));
    }
  }

  #show(list) {
    const from = (list.page - 1) * list.per_page;
    const shown = list.total === 0 ? "None" : `${number(from + 1)}–${number(from + list.rows.length)} of ${number(list.total)}`;
    setText(this.#status, shown);
    this.#showPages(list);
    const withImage = list.rows.some((row) => row.image);
    const head = (field, label, className = "") => h("th", { scope: "col", class: className, "aria-sort": this.#sorted(field) },
      h("button", { type: "button", class: "sort", onclick: () => this.#sort(field) }, label));
    const table = h("table", { class: "record-table" }, h("caption", { class: "unseen" }, list.name),
      h("thead", {}, h("tr", {}, head("id", "Id", "number"), withImage ? h("th", { scope: "col" }, "Thumbnail") : null, head("name", "Name"),
        list.has_project ? head("project", "Project", "c-project") : null, list.columns.map((column) => head(column.field, column.name)))),
      h("tbody", {}, list.rows.map((row) => this.#row(row, list, withImage))));
    this.#place.replaceChildren(list.total === 0 ? h("p", { class: "none" }, "No record passes.") : table);
    this.#place.scrollTop = 0;
  }

  #row(row, list, withImage) {
    const href = entityPath(list.type, row.id);
    const name = row.name || `${list.type} ${row.id}`;
    return h("tr", { class: row.retired ? "retired" : null },
      h("td", { class: "number" }, h("a", { href }, String(row.id))),
      withImage ? h("td", { class: "thumb" }, row.image ? picture(row.image) : null) : null,
      h("th", { scope: "row" }, h("a", { href }, name), row.retired ? h("span", { class: "chip" }, "retired") : null),
      list.has_project ? h("td", { class: "c-project" }, row.project ? entityLink(row.project, false) : null) : null,
      row.values.map((value, index) => h("td", {}, fieldValue(list.columns[index].data_type, value))));
  }

  #sorted(field) {
    if ((this.#chosen.sort ?? "id") !== field) return null;
    return this.#chosen.descending ? "descending" : "ascending";
  }

  #sort(field) {
    const again = this.#sorted(field) === "ascending";
    this.#choose({ ...this.#chosen, page: "", sort: field, descending: again ? "true" : "" });
    this.#refocus = field;
  }

  set #refocus(field) {
    // The head is made anew with the rows; whoever sorts with the keyboard stays where they were.
    const observer = new MutationObserver(() => {
      observer.disconnect();
      this.#place.querySelector("th[aria-sort] button")?.focus();
    });
    observer.observe(this.#place, { childList: true });
  }

  #showPages(list) {
    const last = Math.max(1, Math.ceil(list.total / list.per_page));
    const go = (page) => this.#choose({ ...this.#chosen, page: page > 1 ? String(page) : "" });
    const step = (label, name, page, disabled) => h("button", { type: "button", "aria-label": name, title: name, disabled, "data-page": name, onclick: () => go(page) }, label);
    const input = h("input", { type: "number", min: 1, max: last, value: list.page, "aria-label": "Page", onchange: () => go(Math.min(last, Math.max(1, Number(input.value) || 1))) });
    const focused = this.#pages.contains(document.activeElement) ? document.activeElement.dataset.page : null;
    this.#pages.replaceChildren(
      step("«", "First page", 1, list.page <= 1), step("‹", "Previous page", list.page - 1, list.page <= 1),
      input, h("span", { class: "none number" }, `of ${number(last)}`),
      step("›", "Next page", list.page + 1, list.page >= last), step("»", "Last page", last, list.page >= last));
    if (focused) this.#pages.querySelector(`[data-page="${focused}"]`)?.focus();
  }
}
