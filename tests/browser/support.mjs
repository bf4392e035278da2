// A browser, pages that watch themselves, and a client of the API in a few lines.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const SITE = process.env.CUEBOX_SITE;
export const LARGE_SITE = process.env.CUEBOX_LARGE_SITE;
export const PICTURES = process.env.CUEBOX_PICTURES;

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** Nothing is waited for longer. */
export const PATIENCE_MS = 15_000;

/** Starts the browser with a profile of its own. `close` ends it and removes the profile. */
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "cuebox-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CUEBOX_BROWSER, args: ARGUMENTS, headless: true, viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** Opens a view and collects whatever the browser complains about. */
export async function open(context, hash = "#/", site = SITE) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("dialog", (dialog) => { page.complaints.push(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(`${site}/${hash}`);
  await page.waitForSelector('#connection[data-state="live"]');
  return page;
}

/** Closes a page that has nothing to complain about. */
export async function done(page) {
  const violations = await page.evaluate(() => window.violations);
  await page.close();
  assert.deepEqual(violations, [], "the content security policy is kept");
  assert.deepEqual(page.complaints, [], "the console is quiet");
}

/** A call of the API. Gives its results. */
export async function rpc(method, parameters, site = SITE) {
  const credentials = { script_name: process.env.CUEBOX_SCRIPT, script_key: process.env.CUEBOX_KEY };
  const response = await fetch(`${site}/api3/json`, { method: "POST", body: JSON.stringify({ method_name: method, params: [credentials, parameters] }) });
  const body = await response.json();
  assert.ok(!body.exception, `${method}: ${body.message}`);
  return body.results;
}

const listed = (fields) => Object.entries(fields).map(([field_name, value]) => ({ field_name, value }));

export const create = (type, fields) => rpc("create", { type, fields: listed(fields), return_fields: ["id"] });
export const update = (type, id, fields) => rpc("update", { type, id, fields: listed(fields) });

/** Changes one record again and again: `count` events, a few hundred to a request. */
export async function flood(type, id, count) {
  const step = 500;
  for (let made = 0; made < count; made += step) {
    await rpc("batch", Array.from({ length: step }, (_, index) => ({ request_type: "update", type, id, fields: listed({ description: `flood ${made + index}` }) })));
  }
}

/** An order to a control endpoint, as with curl. */
export async function control(path, order) {
  const response = await fetch(`${SITE}/cuebox/${path}`, { method: "POST", body: JSON.stringify(order) });
  assert.equal(response.status, 200, await response.text());
}

export const PROJECT = { type: "Project", id: 1 };

/** A line in front of the site that can be cut. */
export async function line() {
  const sockets = new Set();
  let isCut = false;
  const server = net.createServer((near) => {
    if (isCut) return near.destroy();
    const far = net.connect(Number(new URL(SITE).port), "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => { sockets.delete(socket); near.destroy(); far.destroy(); });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() { isCut = true; sockets.forEach((socket) => socket.destroy()); },
    mend() { isCut = false; },
    close() { sockets.forEach((socket) => socket.destroy()); server.close(); },
  };
}

/** A web page of somebody else, on a port of its own. */
export async function stranger() {
  const server = http.createServer((_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><title>stranger</title>"));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
