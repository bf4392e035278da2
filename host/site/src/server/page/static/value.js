// Values of fields and documents as elements.

import { h } from "./dom.js";
import { moment } from "./format.js";

/** Links in a cell of a table; the record itself shows them all. */
const LINKS_MAX = 3;

const WIRE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export const entityPath = (type, id) => `#/entities/${encodeURIComponent(type)}/${id}`;

/** A record by its name. */
export function entityLink(link, withType = true) {
  if (!link) return h("span", { class: "none" }, "–");
  const label = link.name || `${link.type} ${link.id}`;
  return h("a", { href: entityPath(link.type, link.id), class: link.retired ? "entity retired" : "entity", title: title(link) },
    withType ? h("span", { class: "type" }, `${link.type} `) : null, label);
}

const title = (link) => `${link.type} ${link.id}${link.retired ? ", retired" : ""}${link.name ? `: ${link.name}` : ""}`;

const none = () => h("span", { class: "none" }, "–");

/** A field's value. `all` shows lists and texts whole. */
export function fieldValue(dataType, value, all = false) {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return none();
  switch (dataType) {
    case "entity":
      return entityLink(value);
    case "multi_entity":
    case "addressing":
      return links(value, all);
    case "checkbox":
      return h("span", { class: value ? "yes" : "no" }, value ? "yes" : "no");
    case "status_list":
      return h("span", { class: "status" }, String(value));
    case "date_time":
      return h("time", { datetime: value, class: "number" }, WIRE_TIME.test(value) ? moment(Date.parse(value)) : String(value));
    case "number":
    case "float":
    case "currency":
    case "percent":
    case "duration":
    case "timecode":
      return h("span", { class: "number" }, String(value));
    case "color":
      return color(String(value));
    case "image":
      return all ? picture(String(value)) : h("span", {}, String(value));
    case "url":
      return file(value);
    case "tag_list":
      return h("span", {}, Array.isArray(value) ? value.join(", ") : String(value));
    default:
      return typeof value === "object" ? documentOf(value) : h("span", { class: all ? "text" : "" }, String(value));
  }
}

function links(list, all) {
  const shown = all ? list : list.slice(0, LINKS_MAX);
  const parts = shown.map((link, index) => [index > 0 ? ", " : null, entityLink(link, all)]);
  const rest = list.length - shown.length;
  return h("span", { class: "links" }, parts, rest > 0 ? h("span", { class: "none" }, ` +${rest}`) : null);
}

function color(text) {
  const swatch = h("span", { class: "swatch" });
  if (/^\d{1,3},\d{1,3},\d{1,3}$/.test(text)) swatch.style.backgroundColor = `rgb(${text})`;
  return h("span", {}, swatch, text);
}

/** Where an address of the web leads, if it is one: a name may be written to do anything. */
export function safeAddress(text) {
  try {
    const url = new URL(text, location.href);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

/** A picture of the site itself; another's address is shown as text. */
export function picture(text, alternative = "") {
  const url = safeAddress(text);
  if (url?.host !== location.host && !isLoopback(url?.hostname)) return h("span", {}, text);
  return h("img", { src: url.pathname + url.search, alt: alternative, loading: "lazy" });
}

const isLoopback = (name) => name === "localhost" || name === "127.0.0.1" || name === "[::1]";

function file(value) {
  if (typeof value !== "object") return h("span", {}, String(value));
  const label = value.name || value.url || value.local_path || "file";
  const url = value.url ? safeAddress(value.url) : null;
  const kind = h("span", { class: "type" }, ` ${value.link_type ?? ""} ${value.content_type ?? ""}`.trimEnd());
  if (!url) return h("span", {}, label, kind);
  return h("span", {}, h("a", { href: url.href, rel: "noreferrer noopener", target: "_blank" }, label), kind);
}

/** A JSON document over several lines, with links where it names records. */
export function documentOf(value) {
  return h("pre", { class: "document" }, tokens(value, ""));
}

function tokens(value, indent) {
  if (value === null) return h("span", { class: "t-null" }, "null");
  if (typeof value === "string") return h("span", { class: "t-string" }, JSON.stringify(value));
  if (typeof value !== "object") return h("span", { class: "t-number" }, String(value));
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const entries = Array.isArray(value) ? value.map((item) => [null, item]) : Object.entries(value);
  if (entries.length === 0) return open + close;
  const inner = `${indent}  `;
  const lines = entries.map(([name, item], index) => [
    `\n${inner}`,
    name === null ? null : [h("span", { class: "t-name" }, JSON.stringify(name)), ": "],
    isReference(value, name, item) ? reference(value, name, item) : tokens(item, inner),
    index < entries.length - 1 ? "," : null,
  ]);
  return [open, lines, `\n${indent}`, close];
}

const typeBeside = (value, name) => (name === "entity_id" ? value.entity_type : name === "id" ? value.type : null);

const isReference = (value, name, item) => Number.isInteger(item) && /^[A-Z]\w*$/.test(typeBeside(value, name) ?? "");

function reference(value, name, id) {
  return h("a", { href: entityPath(typeBeside(value, name), id), class: "t-number" }, String(id));
}
