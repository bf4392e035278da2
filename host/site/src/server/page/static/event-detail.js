// One event with its whole document.

import { get, h } from "./dom.js";
import { moment } from "./format.js";
import { documentOf, entityLink } from "./value.js";

/** The place beside a list where an event is shown. */
export class EventDetail {
  #shown = null;

  constructor(closed = () => {}) {
    this.closed = closed;
    this.element = h("aside", { class: "detail", "aria-label": "The chosen event", "aria-live": "polite" });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.#empty();
  }

  close() {
    this.#empty();
    this.closed();
  }

  #empty() {
    this.#shown = null;
    this.element.classList.remove("open");
    this.element.replaceChildren(h("p", { class: "none" }, "Choose an event to see its document."));
  }

  async show(event) {
    this.#shown = event.id;
    this.element.classList.add("open");
    this.#fill(event);
    if (event.meta !== null) return;
    try {
      const whole = await get(`/cuebox/log/${event.id}`);
      if (this.#shown === event.id) this.#fill(whole);
    } catch (error) {
      if (this.#shown === event.id) this.element.append(h("p", { class: "problem" }, error.message));
    }
  }

  /** Shows the event of an id, as a link names it. */
  async find(id, list) {
    list.mark(Number(id));
    try {
      await this.show(await get(`/cuebox/log/${encodeURIComponent(id)}`));
    } catch (error) {
      this.element.classList.add("open");
      this.element.replaceChildren(h("p", { class: "problem" }, error.message));
    }
  }

  #fill(event) {
    const line = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
    this.element.replaceChildren(
      h("div", { class: "detail-head" },
        h("h2", {}, `Event ${event.id}`),
        h("button", { type: "button", onclick: () => this.close() }, "Close")),
      h("dl", { class: "facts" },
        line("Type", h("code", {}, event.event_type)),
        event.attribute_name ? line("Field", h("code", {}, event.attribute_name)) : null,
        line("Time", h("span", { class: "number" }, `${moment(event.at * 1000)} UTC`)),
        line("Record", entityLink(event.entity)),
        line("Project", entityLink(event.project, false)),
        line("By", entityLink(event.user)),
        line("Session", event.session_uuid ? h("code", {}, event.session_uuid) : h("span", { class: "none" }, "–"))),
      h("h3", {}, "Document (meta)"),
      event.meta === null ? h("p", { class: "none" }, "Loading…") : documentOf(event.meta));
  }
}
