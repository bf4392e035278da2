// The site's page, as a person uses it. `host/site/tests/browser.rs` starts the sites and runs this.

import assert from "node:assert/strict";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { control, create, done, flood, LARGE_SITE, line, open, PATIENCE_MS, PICTURES, PROJECT, rpc, SITE, startBrowser, stranger, update } from "./support.mjs";

const HOSTILE = `<script>window.hit=1</script><img src=x onerror="window.hit=2">'"&amp;`;

let browser;

before(async () => { browser = await startBrowser(); });
after(() => browser?.close());

const view = (name, run) => test(name, { timeout: 90_000 }, (closing) => run(browser.context, closing));
const rows = (page) => page.locator("table.events tbody tr.event");
const text = (page, selector) => page.locator(selector).innerText();

/** Waits until `found` is what is wanted, and says what it was if it never is. */
async function until(found, wanted) {
  const end = Date.now() + PATIENCE_MS;
  let seen;
  do {
    seen = await found();
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  } while (Date.now() < end);
  assert.fail(`it never came to that: ${JSON.stringify(seen)}`);
}

view("the overview says what the site is doing", async (context) => {
  const page = await open(context);
  await page.locator(".projects a", { hasText: "Lantern Harbour" }).waitFor();
  await until(() => rows(page).count(), (count) => count === 25);
  await until(() => text(page, ".side .facts"), (facts) => facts.includes("real time") && /[\d,]+ rows, newest \d+/.test(facts));
  await until(() => text(page, "ul.counts"), (counts) => /Task\s+\d+/.test(counts));
  await rpc("info", {});
  await until(() => text(page, "table.counters"), (requests) => /info\s+[\d.]+\s+\d+/.test(requests));
  assert.equal(await text(page, "#connection"), "live");
  assert.match(await text(page, "#site-clock"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await done(page);
});

view("an event is seen a moment after its write", async (context) => {
  const page = await open(context, "#/events?what=shot_new");
  await rows(page).first().waitFor();
  const begin = Date.now();
  const shot = await create("Shot", { project: PROJECT, code: "SEEN_AT_ONCE" });
  await page.locator("tr.event", { hasText: "SEEN_AT_ONCE" }).waitFor();
  const took = Date.now() - begin;
  console.log(`figure: an event shows ${took} ms after its write began`);
  assert.ok(took < 3_000, `after ${took} ms`);
  await page.locator("tr.event", { hasText: "SEEN_AT_ONCE" }).locator("td.c-record a").click();
  await page.waitForURL(`**/#/entities/Shot/${shot.id}`);
  await done(page);
});

view("a hundred thousand records are paged, searched and sorted", async (context) => {
  const page = await open(context, "#/entities/Shot", LARGE_SITE);
  const status = () => text(page, ".pager p");
  await until(status, (shown) => shown === "1–100 of 100,000");
  const timed = async (what, act, wanted) => {
    const begin = Date.now();
    await act();
    await until(status, wanted);
    const took = Date.now() - begin;
    console.log(`figure: of 100,000 records, ${what} takes ${took} ms`);
    assert.ok(took < 5_000, `${what} took ${took} ms`);
  };
  await timed("the next page", () => page.getByRole("button", { name: "Next page" }).click(), (shown) => shown.startsWith("101–200"));
  await timed("the last page", () => page.getByRole("button", { name: "Last page" }).click(), (shown) => shown.startsWith("99,901–100,000"));
  await timed("a page by number", async () => {
    await page.getByLabel("Page", { exact: true }).fill("500");
    await page.keyboard.press("Enter");
  }, (shown) => shown.startsWith("49,901–50,000"));
  await timed("a search", () => page.getByLabel("Search").fill("bulk_0777"), (shown) => shown === "1–100 of 100");
  assert.match(await text(page, ".record-table tbody tr:first-child th"), /^BULK_077700/);
  await timed("a sort", async () => {
    await page.getByLabel("Search").fill("");
    await until(status, (shown) => shown.endsWith("of 100,000"));
    await page.getByRole("button", { name: "Shot Code" }).or(page.getByRole("button", { name: "Name" })).first().click();
    await page.locator('th[aria-sort="ascending"] button', { hasText: "Name" }).waitFor();
  }, (shown) => shown.endsWith("of 100,000"));
  assert.equal(await page.locator(".record-table tbody tr").count(), 100);
  await done(page);
});

view("a table finds records by name, number, project and in the trash", async (context) => {
  const gone = await create("Shot", { project: PROJECT, code: "FIND_GONE" });
  const kept = await create("Shot", { project: PROJECT, code: "FIND_KEPT" });
  await rpc("delete", { type: "Shot", id: gone.id });
  const page = await open(context, "#/entities/Shot");
  const names = () => page.locator(".record-table tbody th").allInnerTexts();
  await page.getByLabel("Search").fill("find_");
  await until(names, (seen) => seen.join() === "FIND_KEPT");
  await page.getByLabel("retired too").check();
  await until(names, (seen) => seen.length === 2 && seen[0].startsWith("FIND_GONE"));
  assert.match((await names())[0], /retired/);
  await page.getByLabel("Search").fill(String(kept.id));
  await until(names, (seen) => seen.includes("FIND_KEPT"));
  await page.getByLabel("Search").fill("");
  await page.locator("select[name=project]").selectOption({ label: "Salt Roads" });
  await until(names, (seen) => seen.join() === "DUNE_0010,DUNE_0020");
  await page.getByRole("button", { name: "Name" }).click();
  await page.getByRole("button", { name: "Name" }).click();
  await until(names, (seen) => seen.join() === "DUNE_0020,DUNE_0010");
  assert.equal(await page.locator('th[aria-sort="descending"]').count(), 1);
  assert.match(page.url(), /project=2&sort=name&descending=true|sort=name&descending=true&project=2/);
  await done(page);
});

view("a record shows its fields and its own events, and follows what happens to it", async (context) => {
  const shot = await create("Shot", { project: PROJECT, code: "FOLLOWED", description: "before" });
  const page = await open(context, `#/entities/Shot/${shot.id}`);
  await page.getByRole("heading", { name: "FOLLOWED" }).waitFor();
  const description = page.locator('tr[data-field="description"]');
  assert.deepEqual((await description.locator("td, th").allInnerTexts()).slice(1, 3), ["description", "text"]);
  await rows(page).first().waitFor();
  await update("Shot", shot.id, { description: "afterwards" });
  await until(() => description.locator(".value").innerText(), (value) => value === "afterwards");
  await page.locator("tr.event", { hasText: "before → afterwards" }).waitFor();
  const about = await rows(page).locator("td.c-record").allInnerTexts();
  assert.deepEqual([...new Set(about)], ["FOLLOWED"], "only its own events");
  await page.locator('tr[data-field="project"] a').click();
  await page.getByRole("heading", { name: "Lantern Harbour" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "FOLLOWED" }).waitFor();
  await page.getByLabel("empty ones too").uncheck();
  assert.equal(await page.locator('tr[data-field="sg_shot_type"]').isVisible(), false);
  await page.getByLabel("empty ones too").check();
  await done(page);
});

view("keys are stars", async (context) => {
  const page = await open(context, "#/entities/ApiUser/1");
  await until(() => page.locator('tr[data-field="salted_password"] .value').innerText(), (value) => value === "*******");
  assert.ok(!(await page.content()).includes(process.env.CUEBOX_KEY));
  await done(page);
});

view("the log is filtered by field, type, project and person", async (context) => {
  await update("Project", 2, { sg_description: "for the filter" });
  const page = await open(context, "#/events");
  await rows(page).first().waitFor();
  const all = (cell) => rows(page).locator(`td.${cell}`).allInnerTexts();
  await page.getByLabel("Event or field").fill("SG_STATUS");
  await until(() => all("c-field"), (seen) => seen.length > 0 && seen.every((name) => name.startsWith("sg_status")));
  await page.getByLabel("Event or field").fill("");
  await page.locator("select[name=entity_type]").selectOption("Version");
  await until(() => all("c-what"), (seen) => seen.length > 0 && seen.every((name) => name.startsWith("Version_")));
  await page.locator("select[name=entity_type]").selectOption("");
  await page.getByLabel("By").fill("wrenfield");
  await until(() => all("c-user"), (seen) => seen.length > 0 && seen.every((name) => name === "Bo Wrenfield"));
  await page.getByLabel("By").fill("");
  await page.locator("select[name=project]").selectOption({ label: "Salt Roads" });
  await until(() => all("c-field"), (seen) => seen[0] === "sg_description");
  assert.match(page.url(), /#\/events\?project=2$/);
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await done(page);
});

view("a pause holds the list still, and nothing is lost", async (context) => {
  const shot = await create("Shot", { project: PROJECT, code: "PAUSED" });
  const page = await open(context, `#/events?entity_type=Shot&entity_id=${shot.id}`);
  await rows(page).first().waitFor();
  const count = await rows(page).count();
  await page.keyboard.press("p");
  await page.getByRole("button", { name: "Go on" }).waitFor();
  for (const description of ["one", "two", "three"]) await update("Shot", shot.id, { description });
  await page.getByRole("button", { name: "Held · 3 new" }).waitFor();
  assert.equal(await rows(page).count(), count);
  await page.getByRole("button", { name: "Held · 3 new" }).click();
  await until(() => rows(page).count(), (now) => now === count + 3);
  await done(page);
});

view("older events are loaded, and a click shows the whole document", async (context) => {
  const page = await open(context, "#/events?what=version");
  await rows(page).first().waitFor();
  const before = await rows(page).count();
  await page.locator(".scroller").evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.getByRole("button", { name: "Load older events" }).click();
  await until(() => rows(page).count(), (now) => now > before);
  await page.locator("tr.event", { hasText: "Version_New" }).last().locator("button.id").click();
  const detail = page.locator("aside.detail");
  await detail.getByText('"new_entity"').waitFor();
  assert.match(await detail.locator("pre").innerText(), /^\{\n {2}"entity_id": \d+,\n {2}"entity_type": "Version",/);
  await detail.locator("pre a").click();
  await page.waitForURL("**/#/entities/Version/*");
  await done(page);
});

view("ids that are held or missing are marked, and late events say so", async (context) => {
  const page = await open(context, "#/events");
  await rows(page).first().waitFor();
  await control("commits", "hold");
  await create("Shot", { project: PROJECT, code: "HELD_BACK" });
  // While commits are held: what the crew writes now is held, too, and cannot come between the two kinds of missing ids.
  await control("commits", { skip: 4 });
  await control("commits", "pass");
  await create("Shot", { project: PROJECT, code: "NOT_HELD" });
  const gap = page.locator("tr.gap.held");
  await until(() => gap.allInnerTexts(), (seen) => seen.some((line) => /^\d+–\d+ · \d+ held back, 4 missing$/.test(line)));
  assert.equal(await page.locator("#held-tally").isVisible(), true);
  await control("commits", "release");
  await page.locator("tr.event", { hasText: "HELD_BACK" }).first().waitFor();
  await until(() => page.locator("tr.event .late").count(), (count) => count > 0);
  await until(() => page.locator("tr.gap:not(.held)").allInnerTexts(), (seen) => seen.some((line) => line.endsWith("· 4 missing")));
  await done(page);
});

view("commits are held, released and lost with buttons", async (context) => {
  const page = await open(context, "#/commits");
  await page.getByRole("button", { name: "Hold" }).click();
  await page.getByText("Holding: the events of new writes stay hidden.").waitFor();
  await create("Shot", { project: PROJECT, code: "BY_BUTTON" });
  await until(() => text(page, ".held-ids"), (seen) => /^\d+ events are held back: \d+–\d+/.test(seen));
  await page.getByRole("button", { name: "Drop" }).click();
  await page.getByRole("button", { name: "Lose them for ever?" }).click();
  await page.getByRole("button", { name: "Pass" }).click();
  await page.getByRole("button", { name: "Release" }).click();
  await until(() => text(page, ".held-ids"), (seen) => seen === "No event is held back.");
  await page.getByText("Passing: the events of new writes show at once.").waitFor();
  await done(page);
});

view("a fault is added with the form, strikes, is counted and is removed", async (context) => {
  await control("faults", { clear: true });
  const page = await open(context, "#/faults");
  await page.getByText("None: the site behaves.").waitFor();
  const form = page.getByRole("form", { name: "A new rule" });
  const add = async (fields) => {
    for (const [label, value] of Object.entries(fields)) {
      if (label === "Kind") await form.locator("select[name=kind]").selectOption(value);
      else await form.getByLabel(label, { exact: true }).fill(value);
    }
    await form.getByRole("button", { name: "Add rule" }).click();
  };
  await add({ Method: "summarize", Kind: "status", Status: "502", "Times at most": "2" });
  const first = page.locator("table.rules tbody tr").first();
  await first.getByText("502").waitFor();
  const statuses = [];
  for (let times = 0; times < 3; times += 1) {
    const answer = await fetch(`${SITE}/api3/json`, { method: "POST", body: JSON.stringify({ method_name: "summarize", params: [] }) });
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [502, 502, 200]);
  await until(() => first.locator(".struck").innerText(), (struck) => struck === "2");
  await first.getByText("spent").waitFor();
  await add({ Method: "read", Kind: "slow", Millis: "x" });
  await page.getByText('millis is "x", which is no number').waitFor();
  await add({ Method: "read", Kind: "status", Status: "99" });
  await until(() => page.locator(".problem").allInnerTexts(), (seen) => seen.some((line) => line.includes("99") && line.includes("300")));
  await form.locator("select[name=kind]").selectOption("json");
  await form.locator("textarea").fill('{"method": "nothing", "fault": {"kind": "hang"}}');
  await form.getByRole("button", { name: "Add rule" }).click();
  await page.locator("table.rules tr", { hasText: "hang" }).waitFor();
  await page.locator("table.rules tr", { hasText: "502" }).getByRole("button", { name: /^Remove/ }).click();
  await until(() => page.locator("table.rules tbody tr").allInnerTexts(), (seen) => seen.length === 1 && seen[0].includes("hang"));
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByText("None: the site behaves.").waitFor();
  page.complaints = page.complaints.filter((line) => !line.includes("400 (Bad Request)"));
  await done(page);
});

view("requests are counted by method", async (context) => {
  const page = await open(context, "#/counters");
  const count = async () => Number((await page.locator("table.counters tr", { hasText: "followers" }).locator("td").nth(1).innerText()).replaceAll(",", ""));
  await rpc("followers", { entity: PROJECT });
  await page.locator("table.counters tr", { hasText: "followers" }).waitFor();
  const before = await count();
  await rpc("followers", { entity: PROJECT });
  await until(count, (now) => now === before + 1);
  await done(page);
});

view("names that are meant to do something are only text", async (context) => {
  const shot = await create("Shot", { project: PROJECT, code: HOSTILE, description: HOSTILE });
  const version = await create("Version", { project: PROJECT, code: "hostile link", entity: { type: "Shot", id: shot.id },
    sg_uploaded_movie: { url: "javascript:window.hit=3", name: HOSTILE } }).catch(() => null);
  await create("EventLogEntry", { project: PROJECT, event_type: `Studio_${HOSTILE}`, description: HOSTILE }).catch(() => null);
  await control("faults", { clear: true, rules: [{ method: HOSTILE, entity_type: HOSTILE, fault: { kind: "wrong-shape", results: HOSTILE } }] });
  const views = ["#/", `#/entities/Shot/${shot.id}`, `#/entities/Shot?search=${encodeURIComponent(HOSTILE)}`, "#/events?what=shot_new", "#/faults", "#/counters", `#/entities/${encodeURIComponent(HOSTILE)}`];
  if (version) views.push(`#/entities/Version/${version.id}`);
  for (const hash of views) {
    const page = await open(context, hash);
    const isThere = hash.includes(encodeURIComponent(HOSTILE).slice(0, 9)) || ["#/", "#/counters"].includes(hash) || hash.includes("Version") ? async () => true
      : async () => (await page.locator("main").innerText()).includes("<script>window.hit=1</script>");
    await until(isThere, Boolean);
    assert.equal(await page.evaluate(() => window.hit), undefined, hash);
    assert.equal(await page.locator("main script, main img[onerror], main a[href^=javascript]").count(), 0, hash);
    page.complaints = page.complaints.filter((line) => !line.includes("404 (Not Found)"));
    await done(page);
  }
  await control("faults", { clear: true });
});

view("everything is reached with the keyboard", async (context) => {
  const page = await open(context, "#/events?what=change");
  await rows(page).first().waitFor();
  await page.locator("body").focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  for (let steps = 0; steps < 20 && !(await page.evaluate(() => document.activeElement.classList.contains("id"))); steps += 1) await page.keyboard.press("Tab");
  const chosen = () => page.evaluate(() => Number(document.activeElement.textContent));
  const first = await chosen();
  assert.ok(first > 0, "the list is reached with Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const third = await chosen();
  assert.ok(third < first);
  await page.getByRole("heading", { name: `Event ${third}` }).waitFor();
  await page.keyboard.press("End");
  assert.ok(await chosen() < third);
  await page.keyboard.press("Home");
  assert.equal(await chosen(), first, "the list stands still while somebody walks in it");
  await done(page);
});

view("a flood of 20,000 events leaves the page quick and small", async (context) => {
  const shot = await create("Shot", { project: PROJECT, code: "FLOODED" });
  const page = await open(context, "#/events");
  await rows(page).first().waitFor();
  await page.evaluate(() => {
    window.longest = 0;
    let last = performance.now();
    const frame = (now) => {
      window.longest = Math.max(window.longest, now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const begin = Date.now();
  let most = 0;
  const flooded = flood("Shot", shot.id, 20_000);
  let isOver = false;
  flooded.finally(() => { isOver = true; });
  while (!isOver) most = Math.max(most, await rows(page).count());
  await flooded;
  const took = (Date.now() - begin) / 1000;
  await page.locator("tr.event", { hasText: "flood 19999" }).waitFor();
  const longest = await page.evaluate(() => window.longest);
  console.log(`figure: ${(20_000 / took).toFixed(0)} events/s for ${took.toFixed(1)} s; longest frame ${longest.toFixed(0)} ms; ${most} rows at most`);
  assert.ok(most <= 300, `${most} rows`);
  assert.ok(await page.evaluate(() => document.querySelectorAll("*").length) < 6_000);
  const clicked = Date.now();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.locator(".projects a").first().waitFor();
  assert.ok(Date.now() - clicked < 3_000);
  await done(page);
});

view("a lost line is told, and taken up again where it was", async (context, closing) => {
  const shot = await create("Shot", { project: PROJECT, code: "LINE" });
  const between = await line();
  closing.after(() => between.close());
  const page = await open(context, `#/events?entity_type=Shot&entity_id=${shot.id}`, between.url);
  await rows(page).first().waitFor();
  const count = await rows(page).count();
  between.cut();
  await page.locator('#connection[data-state="lost"]').waitFor();
  assert.equal(await text(page, "#connection"), "lost, trying again");
  await update("Shot", shot.id, { description: "while the line was cut" });
  between.mend();
  await page.locator('#connection[data-state="live"]').waitFor();
  await until(() => rows(page).count(), (now) => now === count + 1);
  page.complaints = page.complaints.filter((line) => !line.includes("ERR_"));
  await done(page);
});

view("another site's page can change nothing and read nothing", async (context, closing) => {
  await control("faults", { clear: true });
  const other = await stranger();
  closing.after(() => other.close());
  const page = await context.newPage();
  await page.goto(other.url);
  const tried = await page.evaluate(async (site) => {
    const rule = JSON.stringify({ rules: [{ fault: { kind: "hang" } }] });
    const results = [];
    for (const mode of ["no-cors", "cors"]) results.push(await fetch(`${site}/cuebox/faults`, { method: "POST", mode, body: rule }).then((answer) => answer.type, () => "failed"));
    results.push(await fetch(`${site}/cuebox/entities/ApiUser`).then(() => "read", () => "failed"));
    const form = Object.assign(document.createElement("form"), { method: "post", enctype: "text/plain", action: `${site}/cuebox/faults` });
    form.append(Object.assign(document.createElement("input"), { name: rule.slice(0, -1) + ',"x":"', value: '"}' }));
    document.body.append(form);
    setTimeout(() => form.submit());
    return results;
  }, SITE);
  assert.deepEqual(tried, ["opaque", "failed", "failed"], "what is sent blindly has no answer, and what is asked for is not given");
  await page.waitForURL(`${SITE}/cuebox/faults`);
  assert.match(await page.locator("body").innerText(), /only the site's own page may control it/);
  const { rules } = await (await fetch(`${SITE}/cuebox/faults`)).json();
  assert.deepEqual(rules, []);
  await page.close();
});

view("every view fits a wide and a narrow window, in light and in dark", async (context) => {
  await control("faults", { clear: true, rules: [{ method: "summarize", probability: 0.1, count: 40, fault: { kind: "status", status: 503, retry_after_seconds: 2 } }, { method: "no_such_method", fault: { kind: "hang" } }] });
  for (let times = 0; times < 30; times += 1) await fetch(`${SITE}/api3/json`, { method: "POST", body: JSON.stringify({ method_name: "summarize", params: [] }) });
  const views = { overview: "#/", entities: "#/entities/Task?sort=updated_at&descending=true", record: "#/entities/Shot/3", events: "#/events", faults: "#/faults", commits: "#/commits", counters: "#/counters" };
  for (const [name, hash] of Object.entries(views)) {
    const page = await open(context, hash);
    await page.locator("main table, main form").first().waitFor();
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 420]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: width > 1000 ? 800 : 900 });
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wider, 0, `${name} at ${width} does not scroll sideways`);
        if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`) });
      }
    }
    await done(page);
  }
  await control("faults", { clear: true });
});
