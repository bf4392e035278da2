// How many requests came, by method.

import { get, h, post, setText, sync } from "./dom.js";
import { number, rate } from "./format.js";
import { growth, growths, listen, live, requestCount, state } from "./live.js";

const WIDTH = 120;
const HEIGHT = 18;

/** What is counted of a method beside its requests: key, heading. */
const FIGURES = [["errors", "Errors"], ["faults", "Faults"], ["p50_ms", "Median, ms"], ["p99_ms", "99 %, ms"], ["max_ms", "Longest, ms"]];

export function counters(main) {
  listen(null);
  const clear = h("button", { type: "button", onclick: () => post("/cuebox/counters", { clear: true }) }, "Count from nothing");
  main.append(h("div", { class: "panel-head" }, h("h1", {}, "Counters"), clear),
    h("p", { class: "none" }, "Requests to the API; rates over the last five seconds, charts over two minutes, times until the answer was ready."));
  return table(main, { whole: true });
}

/** The table of methods, kept up to date until the returned function is called. `whole` shows all that is counted. */
export function table(main, { whole }) {
  const rows = new Map();
  const body = h("tbody");
  const nothing = h("tr", {}, h("td", { colspan: 9, class: "none" }, "Nobody has asked for anything yet."));
  const total = line("all", whole);
  const heading = (name) => h("th", { scope: "col", class: "number" }, name);
  main.append(h("div", { class: "wide" }, h("table", { class: "counters" },
    h("caption", { class: "unseen" }, "Requests by method"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Method"), heading("Per second"), heading("Requests"),
      whole ? [FIGURES.map(([, name]) => heading(name)), h("th", { scope: "col", class: "c-chart" }, "Two minutes")] : null)),
    body, h("tfoot", {}, total.row))));
  const show = () => {
    const status = state();
    if (!status) return;
    const methods = Object.keys(status.requests).sort();
    for (const method of methods) {
      if (!rows.has(method)) rows.set(method, line(method, whole));
      rows.get(method).show((at) => at.requests[method] ?? 0);
    }
    total.show(requestCount);
    sync(body, methods.length > 0 ? methods.map((method) => rows.get(method).row) : [nothing]);
    if (whole) showFigures();
  };
  const showFigures = async () => {
    try {
      const { methods } = await get("/cuebox/counters");
      for (const [method, figures] of Object.entries(methods)) rows.get(method)?.figures(figures);
    } catch {
      // The bar above says that the site does not answer; the figures stay as they were.
    }
  };
  live.addEventListener("status", show);
  show();
  return () => live.removeEventListener("status", show);
}

function line(name, whole) {
  const cell = () => h("td", { class: "number" });
  const speed = cell();
  const count = cell();
  const others = whole ? FIGURES.map(([key]) => [key, cell()]) : [];
  const chart = whole ? sparkline() : null;
  const row = h("tr", {}, h("th", { scope: "row" }, h("code", {}, name)), speed, count, others.map(([, place]) => place),
    chart ? h("td", { class: "c-chart" }, chart.element) : null);
  const show = (measure) => {
    const now = growth(measure);
    setText(speed, rate(now));
    row.classList.toggle("idle", !(now > 0));
    setText(count, number(measure(state())));
    chart?.show(growths(measure));
  };
  const figures = (values) => {
    for (const [key, place] of others) {
      setText(place, key.endsWith("_ms") ? values[key].toFixed(values[key] < 10 ? 2 : 0) : number(values[key]));
      place.classList.toggle("some", !key.endsWith("_ms") && values[key] > 0);
    }
  };
  return { row, show, figures };
}

/** A small chart of values over time, the newest at the right. */
export function sparkline(points_max = 120) {
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const path = svg("polyline", { fill: "none", stroke: "currentColor", "stroke-width": 1.2, "stroke-linejoin": "round" });
  const element = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true", preserveAspectRatio: "none" });
  element.append(path);
  const show = (values) => {
    const top = Math.max(1, ...values);
    const step = WIDTH / (points_max - 1);
    const from = WIDTH - (values.length - 1) * step;
    path.setAttribute("points", values.map((value, index) =>
      `${(from + index * step).toFixed(1)},${(HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1)}`).join(" "));
  };
  return { element, show };
}
