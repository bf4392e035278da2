// Elements from values. Text is only ever text: nothing here reads markup, so that no name can become any.

/** An element. `on…` attributes are listeners; null, undefined and false ones are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Adds children: elements, texts, lists of both; nothing for null. */
export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** Sets the text of an element if it differs, so that what did not change is not laid out anew. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes `parent` hold exactly `wanted`, in order, moving nothing that is in its place. */
export function sync(parent, wanted) {
  let here = parent.firstChild;
  for (const element of wanted) {
    if (element === here) here = here.nextSibling;
    else parent.insertBefore(element, here);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

/** Calls `f` once things have been quiet for a while. */
export function debounced(f, quiet_ms) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...values), quiet_ms);
  };
}

/** The JSON at a path of the site. Fails with the site's own reason. */
export async function get(path, signal) {
  return read(await fetch(path, { signal, headers: { accept: "application/json" } }));
}

/** Sends an order to the site and gives its answer. */
export async function post(path, order) {
  return read(await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  }));
}

async function read(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    throw new Error(`the site answered ${response.status} without JSON`);
  }
  if (!response.ok) throw new Error(body.error ?? `the site answered ${response.status}`);
  return body;
}

/** A path with a query; what is empty is left out. */
export function query(path, parameters) {
  const wanted = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== "" && value !== false) wanted.set(name, value);
  }
  const text = wanted.toString();
  return text ? `${path}?${text}` : path;
}
