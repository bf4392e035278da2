// How the site misbehaves: the rules, how often each struck, and new ones.

import { get, h, post, setText, sync } from "./dom.js";
import { number } from "./format.js";
import { listen, live, state } from "./live.js";

const PATH = "/cuebox/faults";

/** Kinds of faults with their parameters: name, what it is, whether it is needed. Others are written as JSON. */
const KINDS = {
  "status": ["An HTTP status", [["status", "number", "503"], ["retry_after_seconds", "number", ""]]],
  "maintenance": ["The page of a site in maintenance", [["retry_after_seconds", "number", ""]]],
  "rate-limit": ["429 for who asks too often", [["requests_per_second", "number", "5"], ["burst", "number", ""]]],
  "refuse-connection": ["Connections are closed at once", []],
  "reset": ["The connection is reset", []],
  "truncate": ["The answer ends too early", [["bytes", "number", ""]]],
  "html": ["A page of HTML with status 200", []],
  "malformed": ["Not JSON, with status 200", []],
  "content-type": ["The right answer with another type", [["content_type", "text", "text/plain"]]],
  "slow": ["The right answer, later", [["millis", "number", "1000"]]],
  "trickle": ["The right answer, slowly", [["bytes_per_second", "number", "1000"]]],
  "hang": ["No answer, ever", []],
  "refuse-key": ["Error 102, as for a changed key", []],
  "wrong-shape": ["JSON of another shape", [["results", "json", "null"]]],
  "duplicate": ["Executed twice", []],
  "late-events": ["Its events show later", [["millis", "number", "5000"]]],
};
const METHODS = ["*", "read", "create", "update", "delete", "revive", "batch", "summarize", "info", "schema_read", "schema_field_read", "schema_entity_read", "get_session_token"];

/** Keys of a rule that are not its conditions. */
const OWN_KEYS = ["fault", "struck", "met", "number", "added_ms"];

export function faults(main) {
  listen(null);
  const problem = h("p", { class: "problem", role: "alert" });
  const table = ruleTable((order) => send(order));
  const send = async (order) => {
    try {
      const answer = await post(PATH, order);
      setText(problem, "");
      table.show(answer.rules);
      return true;
    } catch (error) {
      setText(problem, error.message);
      return false;
    }
  };
  const clear = h("button", { type: "button", class: "danger", onclick: () => send({ clear: true }) }, "Clear all");
  main.append(h("h1", {}, "Faults"), h("p", { class: "none" }, "The first rule that applies to a request decides what becomes of it."),
    h("section", { class: "panel" }, h("div", { class: "panel-head" }, h("h2", {}, "Rules"), clear), table.element),
    problem, ruleForm(send));
  const load = async () => {
    try {
      table.show((await get(PATH)).rules);
    } catch (error) {
      setText(problem, error.message);
    }
  };
  live.addEventListener("status", load);
  load();
  return () => live.removeEventListener("status", load);
}

/** `read → status 503`. */
export function ruleSummary(rule) {
  const { kind, ...parameters } = rule.fault;
  const values = Object.values(parameters).map((value) => (typeof value === "object" ? JSON.stringify(value) : value));
  return `${rule.method ?? "*"}${rule.entity_type ? ` ${rule.entity_type}` : ""} → ${[kind, ...values].join(" ")}`;
}

function ruleTable(send) {
  const body = h("tbody");
  const rows = new Map();
  const element = h("div", { class: "wide" }, h("table", { class: "rules" }, h("caption", { class: "unseen" }, "Fault rules"),
    h("thead", {}, h("tr", {}, ["Struck", "Method", "About", "Fault", "When", "State"].map((name, index) => h("th", { scope: "col", class: index === 0 ? "number" : null }, name)), h("th", { scope: "col" }, h("span", { class: "unseen" }, "Remove")))),
    body));
  const nothing = h("tr", {}, h("td", { colspan: 7, class: "none" }, "None: the site behaves."));
  const show = (rules) => {
    const wanted = rules.map((rule) => {
      const key = rule.number;
      if (!rows.has(key)) rows.set(key, ruleRow(rule, () => send({ remove: [rule.number] })));
      const row = rows.get(key);
      row.show(rule);
      return row.element;
    });
    sync(body, wanted.length > 0 ? wanted : [nothing]);
    const kept = new Set(wanted);
    for (const [key, row] of rows) if (!kept.has(row.element)) rows.delete(key);
  };
  return { element, show };
}

function ruleRow(rule, remove) {
  const struck = h("td", { class: "number struck" });
  const stateCell = h("td", {});
  const { kind, ...parameters } = rule.fault;
  const element = h("tr", {}, struck,
    h("td", {}, h("code", {}, rule.method ?? "*")),
    h("td", {}, [rule.name, rule.entity_type, rule.caller].filter(Boolean).join(", ") || h("span", { class: "none" }, "any")),
    h("td", {}, h("b", {}, kind), " ", pairs(parameters)),
    h("td", { class: "conditions" }, pairs(conditions(rule))),
    stateCell,
    h("td", {}, h("button", { type: "button", "aria-label": `Remove the rule ${ruleSummary(rule)}`, onclick: remove }, "Remove")));
  const show = (now) => {
    setText(struck, number(now.struck));
    const standing = standingOf(now, state()?.uptime_ms ?? now.added_ms);
    setText(stateCell, standing);
    element.classList.toggle("spent", standing !== "in force");
    element.classList.toggle("strikes", now.struck > 0 && standing === "in force");
  };
  return { element, show };
}

/** Whether a rule can strike now. */
function standingOf(rule, uptime_ms) {
  const begin = rule.added_ms + (rule.after_ms ?? 0);
  if (rule.count !== undefined && rule.struck >= rule.count) return "spent";
  if (uptime_ms < begin && rule.after_ms > 0) return "not yet";
  return rule.for_ms !== undefined && uptime_ms >= begin + rule.for_ms ? "over" : "in force";
}

/** What narrows a rule down, whatever keys rules have. */
function conditions(rule) {
  const shown = Object.entries(rule).filter(([key, value]) => ![...OWN_KEYS, "method", "entity_type", "caller", "state"].includes(key)
    && value !== null && !(key === "after_ms" && value === 0) && !(key === "probability" && value === 1));
  return Object.fromEntries(shown);
}

function pairs(values) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return entries.map(([key, value]) => h("span", { class: "pair" }, h("span", { class: "none" }, `${key} `), typeof value === "object" ? JSON.stringify(value) : String(value)));
}

function ruleForm(send) {
  const kind = h("select", { name: "kind" }, Object.keys(KINDS).map((name) => h("option", { value: name }, name)), h("option", { value: "json" }, "other, as JSON"));
  const about = h("small", { class: "none" });
  const parameters = h("div", { class: "parameters" });
  const showKind = () => {
    const [text, wanted] = KINDS[kind.value] ?? ["The whole rule, as the control endpoint takes it", [["rule", "json", '{"method": "read", "fault": {"kind": "reset"}}']]];
    setText(about, text);
    parameters.replaceChildren(...wanted.map(([name, type, value]) => field(words(name), `p.${name}`, type, value)));
  };
  kind.addEventListener("change", showKind);
  showKind();
  const form = h("form", { class: "rule-form", "aria-label": "A new rule", onsubmit: async (event) => {
    event.preventDefault();
    const order = read(form, problem);
    if (order && await send({ rules: [order] })) form.elements.method.focus();
  } });
  const problem = h("p", { class: "problem", role: "alert" });
  const methods = h("datalist", { id: "methods" }, METHODS.map((name) => h("option", { value: name })));
  const types = h("datalist", { id: "types" }, (state()?.records ?? []).map((line) => h("option", { value: line.type })));
  const method = h("input", { name: "method", value: "*", list: "methods", required: true, autocomplete: "off" });
  const type = h("input", { name: "entity_type", list: "types", placeholder: "any", autocomplete: "off" });
  const when = h("select", { name: "when" }, h("option", { value: "" }, "as natural"), h("option", { value: "before" }, "before execution"), h("option", { value: "after" }, "after execution"));
  form.append(
    h("div", { class: "row" }, label("Method", method), label("Entity type", type), label("Kind", kind), parameters, about),
    h("div", { class: "row" }, field("Probability", "probability", "number", "1"), field("Times at most", "count", "number", "", "no end"), field("Begins after, ms", "after_ms", "number", "", "at once"),
      field("Lasts, ms", "for_ms", "number", "", "no end"), label("Strikes", when), h("button", { type: "submit", class: "primary" }, "Add rule")),
    problem, methods, types);
  return h("section", { class: "panel" }, h("h2", {}, "Add a rule"), form);
}

const label = (text, control) => h("label", {}, h("span", {}, text), control);

function field(text, name, type, value, hint = "") {
  const control = type === "json" ? h("textarea", { name, rows: 2, spellcheck: "false" }, value)
    : h("input", { name, value, placeholder: hint || "–", inputmode: type === "number" ? "decimal" : null, "data-type": type, autocomplete: "off" });
  return label(text, control);
}

/** `retry_after_seconds` as a label. */
const words = (name) => name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");

/** The rule that the form says, or null with the problem told. */
function read(form, problem) {
  setText(problem, "");
  const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""));
  try {
    if (values.kind === "json") return JSON.parse(values["p.rule"] ?? "");
    const rule = { method: values.method, fault: { kind: values.kind } };
    for (const name of ["entity_type", "when"]) if (values[name]) rule[name] = values[name];
    for (const name of ["probability", "count", "after_ms", "for_ms"]) if (values[name] !== undefined) rule[name] = numberOf(name, values[name]);
    for (const [name, type] of KINDS[values.kind][1]) {
      const value = values[`p.${name}`];
      if (value !== undefined) rule.fault[name] = type === "number" ? numberOf(name, value) : type === "json" ? JSON.parse(value) : value;
    }
    return rule;
  } catch (error) {
    setText(problem, error.message);
    return null;
  }
}

function numberOf(name, text) {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name} is "${text}", which is no number`);
  return value;
}
