// The list of events that a view shows: live at the top, still while somebody reads, bounded whatever comes.

import { get, h, query, setText, sync } from "./dom.js";
import { number } from "./format.js";
import { listen, live, state } from "./live.js";
import { eventRow, eventTable, gapRow, skipRow, tellGap } from "./event-rows.js";

/** Rows are put on the page this often at most. */
const FLUSH_MS = 200;
/** Rows that are kept when somebody goes on loading older ones. */
const LOADED_MAX = 2000;
const OLDER = 200;

export class EventList {
  #filter; #keep; #select; #body; #scroller; #count; #older; #notice; #pause;
  #events = new Map(); #rows = new Map(); #gaps = new Map(); #skips = new Map();
  #order = []; #late = new Set();
  #pending = []; #fresh = 0; #passed = 0; #high = null;
  #paused = false; #timer = 0; #scannedTo = null; #selected = null; #loaded = false; #stop = new AbortController();

  /** `keep` rows at most; `select` is told which event somebody wants to see. */
  constructor({ filter = {}, keep = 300, select = () => {}, caption = "Events, newest first", tall = false }) {
    this.#filter = filter;
    this.#keep = keep;
    this.#select = select;
    const { table, body } = eventTable(caption);
    this.#body = body;
    this.#count = h("span", { class: "none number", role: "status" });
    this.#pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.pause(!this.#paused) }, "Pause");
    this.#notice = h("button", { type: "button", class: "notice", disabled: true, onclick: () => this.#resume() }, "Live");
    this.#older = h("button", { type: "button", class: "older", hidden: true, onclick: () => this.#loadOlder() }, "Load older events");
    this.#scroller = h("div", { class: tall ? "scroller tall" : "scroller", onscroll: () => this.#schedule() }, table, this.#older);
    this.bar = h("div", { class: "list-bar" }, this.#pause, this.#notice, this.#count);
    this.element = this.#scroller;
    body.addEventListener("keydown", (event) => this.#step(event));
    body.addEventListener("focusout", () => this.#schedule());
    const signal = this.#stop.signal;
    live.addEventListener("events", (message) => this.#take(message.detail), { signal });
    live.addEventListener("status", () => this.#tellGaps(), { signal });
    listen(filter);
  }

  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  pause(paused) {
    this.#paused = paused;
    this.#pause.setAttribute("aria-pressed", String(paused));
    setText(this.#pause, paused ? "Go on" : "Pause");
    this.#schedule();
  }

  get isPaused() { return this.#paused; }

  /** Marks the row of an event, and no other. */
  mark(id) {
    this.#rows.get(this.#selected)?.removeAttribute("aria-selected");
    this.#selected = id;
    this.#rows.get(id)?.setAttribute("aria-selected", "true");
  }

  /** Whether somebody reads: then nothing moves. */
  get #isHeld() {
    return this.#paused || this.#scroller.scrollTop > 8 || this.#body.contains(document.activeElement);
  }

  #resume() {
    this.pause(false);
    if (this.#body.contains(document.activeElement)) document.activeElement.blur();
    this.#scroller.scrollTop = 0;
    this.#schedule();
  }

  #take(batch) {
    if (batch.first) {
      if (this.#high === null) this.#scannedTo = batch.scanned_to ?? null;
      // What is new is counted from what was known before a connection was lost.
      this.#older.hidden = this.#scannedTo === null;
    }
    for (const event of batch.rows) {
      if (this.#events.has(event.id)) continue;
      if (!batch.first && this.#high !== null && event.id < this.#high) this.#late.add(event.id);
      this.#pending.push(event);
      this.#fresh += 1;
    }
    if (batch.skipped > 0) {
      this.#passed += batch.skipped;
      const lowest = batch.rows.at(-1);
      if (lowest) this.#skips.set(lowest.id, skipRow(batch.skipped));
    }
    if (this.#high === null) this.#fresh = 0;
    this.#high = Math.max(this.#high ?? 0, batch.newest);
    this.#bound();
    this.#schedule();
  }

  /** While nothing is put on the page, only what would be shown is kept. */
  #bound() {
    if (this.#pending.length <= 2 * this.#keep) return;
    this.#pending.sort((one, other) => other.id - one.id);
    const dropped = this.#pending.splice(this.#keep);
    // What is shown below goes when these come, unless somebody loaded it.
    if (this.#loaded) this.#skips.set(this.#pending.at(-1).id, skipRow(dropped.length));
  }

  #schedule() {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#flush();
    }, this.#order.length === 0 ? 0 : FLUSH_MS);
  }

  #flush() {
    const held = this.#isHeld && this.#order.length > 0;
    if (!held && this.#pending.length > 0) {
      this.#pending.forEach((event) => this.#events.set(event.id, event));
      this.#pending = [];
      this.#fresh = 0;
      this.#show();
    } else if (!held) {
      this.#fresh = 0;
      if (this.#loaded) this.#show();
    }
    this.#tellCount(held);
  }

  #tellCount(held) {
    this.#notice.disabled = !held;
    this.#notice.classList.toggle("held", held);
    setText(this.#notice, !held ? "Live" : this.#fresh > 0 ? `Held · ${number(this.#fresh)} new` : "Held");
    setText(this.#count, `${number(this.#events.size)} shown` + (this.#passed > 0 ? `, ${number(this.#passed)} passed over` : ""));
  }

  /** Puts what is kept on the page, newest first, with the gaps between. */
  #show() {
    if (this.#loaded && !this.#isHeld) this.#loaded = false;
    const bound = this.#loaded ? LOADED_MAX : this.#keep;
    const order = [...this.#events.keys()].sort((one, other) => other - one);
    for (const id of order.splice(bound)) this.#forget(id);
    if (this.#events.size >= bound && order.length > 0 && !this.#loaded) this.#scannedTo = order.at(-1);
    this.#older.hidden = this.#scannedTo === null;
    const wanted = [];
    const gaps = new Map();
    order.forEach((id, index) => {
      wanted.push(this.#row(id));
      const next = order[index + 1];
      if (next === undefined) return;
      if (this.#skips.has(id)) wanted.push(this.#skips.get(id));
      else if (next < id - 1 && this.#isWhole) wanted.push(this.#gap(next + 1, id - 1, gaps));
    });
    this.#gaps = gaps;
    this.#order = order;
    sync(this.#body, wanted);
    this.#tellGaps();
    this.#rove();
  }

  /** With a filter the ids between are other events, and no gaps. */
  get #isWhole() { return Object.keys(this.#filter).length === 0; }

  #row(id) {
    let row = this.#rows.get(id);
    if (!row) {
      row = eventRow(this.#events.get(id), this.#late.has(id), (event) => this.#choose(event));
      this.#rows.set(id, row);
      if (id === this.#selected) row.setAttribute("aria-selected", "true");
    }
    return row;
  }

  #gap(from, to, gaps) {
    const name = `${from}-${to}`;
    const row = this.#gaps.get(name) ?? gapRow(from, to);
    gaps.set(name, row);
    return row;
  }

  #forget(id) {
    for (const known of [this.#events, this.#rows, this.#skips, this.#late]) known.delete(id);
  }

  #tellGaps() {
    const waiting = state()?.events.waiting_ids ?? [];
    for (const row of this.#gaps.values()) tellGap(row, waiting);
  }

  #choose(event) {
    this.mark(event.id);
    this.#rove(event.id);
    this.#select(event);
  }

  /** One row is reached with Tab; the arrows go on from there. */
  #rove(id = this.#order.includes(this.#selected) ? this.#selected : this.#order[0]) {
    for (const button of this.#body.querySelectorAll("button.id[tabindex='0']")) button.tabIndex = -1;
    const button = this.#rows.get(id)?.querySelector("button.id");
    if (button) button.tabIndex = 0;
  }

  #step(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    const row = event.target.closest("tr");
    if (step === undefined || !row || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const here = this.#order.indexOf(Number(row.dataset.id));
    const there = Math.min(this.#order.length - 1, Math.max(0, here + step));
    const next = this.#events.get(this.#order[there]);
    this.#choose(next);
    this.#rows.get(next.id).querySelector("button.id").focus();
  }

  async #loadOlder() {
    const before = this.#order.at(-1) === undefined ? this.#scannedTo : Math.min(this.#scannedTo ?? Infinity, this.#order.at(-1));
    this.#older.disabled = true;
    setText(this.#older, "Loading…");
    try {
      const older = await get(query("/cuebox/log", { ...this.#filter, before, limit: OLDER }), this.#stop.signal);
      this.#loaded = true;
      older.rows.forEach((event) => this.#events.set(event.id, event));
      this.#scannedTo = older.scanned_to;
      const reached = this.#scannedTo;
      this.#show();
      this.#scannedTo = reached;
      const found = older.rows.length > 0 || reached === null;
      setText(this.#older, found ? "Load older events" : `None down to ${reached}; look further back`);
      this.#older.hidden = reached === null || this.#order.length >= LOADED_MAX;
    } catch (error) {
      if (!this.#stop.signal.aborted) setText(this.#older, `${error.message}; try again`);
    }
    this.#older.disabled = false;
    this.#tellCount(this.#isHeld);
  }
}
