// Does what `tests/it/conformance.rs` asks for, in TypeScript.

import {
  config,
  CueboxError,
  Denied,
  type Entity,
  type Event,
  Fault,
  Invalid,
  keyvalue,
  log,
  type Outcome,
  plugin,
  rejected,
  retryAfter,
  type Row,
  SettingError,
  type Shotgun,
  skipped,
} from "cuebox-plugin";
import * as http from "cuebox-plugin/http";

type Scenario = (sg: Shotgun, event: Event) => unknown;

export const callbacks = plugin((reg) => {
  const marker = config.require("marker");
  const missing = caught(() => config.require("nope"), SettingError)?.message;
  log.info(`register: ${marker} ${config.list("list").join("/")} ${missing}`);
  const field = reg.shotgun.schemaRead("Shot", "sg_client_approved_at")["sg_client_approved_at"];
  const denied = caught(() => reg.shotgun.create("Note", { subject: "x" }), Denied) !== null;
  log.info(`register: ${field.data_type.value} ${denied}`);
  reg.callback("scenario", scenario).on("Shotgun_Task_Change", ["sg_description"]).onError("continue");
  reg
    .callback("filtered", (_sg, event) => console.log("filtered:", event.eventType))
    .on("Shotgun_Task_New")
    .on("Shotgun_Task_Change", ["content"]);
  reg.callback("gathered", gathered).on("Shotgun_Shot_Change", ["description"]).coalesce(1500);
});

declare const console: { log(...parts: unknown[]): void };

function gathered(_sg: Shotgun, event: Event): void {
  log.info(`gathered: ${event.all().map((one) => one.newValue).join(" ")}`);
}

function scenario(sg: Shotgun, event: Event): Outcome | void {
  const name = event.newValue as string;
  if (name === "skip") return skipped("nothing to do here");
  if (name === "retry" && event.attempt === 1) return retryAfter(0.9);
  if (name === "reject") return rejected("never again");
  log.info(`${name}: ${scenarios[name]!(sg, event)}`);
}

/** What a call throws, if it is of this class. */
function caught<Thrown>(call: () => unknown, kind: new (...given: any[]) => Thrown): Thrown | null {
  try {
    call();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  return null;
}

const link = (entity: Entity | null): string => (entity === null ? "none" : `${entity.type}/${entity.id}`);

function shot(sg: Shotgun, code: string, fields: string[] = []): Row {
  return sg.findOne("Shot", [["code", "is", code]], { fields })!;
}

function note(event: Event, subject: string): Record<string, unknown> {
  return { project: event.requiredProject(), subject };
}

function explode(): never {
  throw new Error("it broke");
}

const scenarios: Record<string, Scenario> = {
  event: (_sg, event) => {
    const change = event.attribute!;
    return [
      event.id,
      event.eventType,
      event.attributeName,
      link(event.entity),
      event.requiredEntity().name,
      link(event.project),
      link(event.user),
      event.createdAt.getTime(),
      change.dataType,
      change.old === null,
      change.inCreate,
      event.attempt,
      event.meta.type,
    ].join(" ");
  },
  find: (sg) => {
    const starts = ["code", "starts_with", "conf_"];
    const sequence = "sg_sequence.Sequence.code";
    const order = [{ field: "code", descending: true }];
    const rows = sg.find("Shot", [starts], { fields: ["code", sequence], order, limit: 2 });
    const either = { filter_operator: "any", filters: [["code", "is", "conf_1"], ["code", "is", "conf_2"]] };
    const some = sg.find("Shot", [["code", "is_not", "conf_1"], either], { fields: ["code"] });
    const none = sg.findOne("Shot", [["code", "is", "conf_0"]]);
    return [...rows.map((row) => `${row["code"]}/${row[sequence]}`), some.length, none === null].join(" ");
  },
  write: (sg, event) => {
    const created = sg.create("Note", note(event, "made \u00e9"), ["subject"]);
    sg.update("Shot", shot(sg, "conf_1").id, { notes: [created], sg_cut_in: 1001 }, { notes: "add" });
    const row = shot(sg, "conf_1", ["notes", "sg_cut_in"]);
    return `${created["subject"]} ${row["notes"].length} ${row["sg_cut_in"]}`;
  },
  trash: (sg, event) => {
    const { id } = sg.create("Note", note(event, "for the trash"));
    return [sg.delete("Note", id), sg.delete("Note", id), sg.revive("Note", id), sg.revive("Note", id)].join(" ");
  },
  batch: (sg, event) => {
    const old = sg.create("Note", note(event, "old"));
    const [updated, created, deleted] = sg.batch([
      { request_type: "update", entity_type: "Shot", entity_id: shot(sg, "conf_2").id, data: { sg_cut_in: 7 } },
      { request_type: "create", entity_type: "Note", data: note(event, "new") },
      { request_type: "delete", entity_type: "Note", entity_id: old.id },
    ]);
    return `${(updated as Row).type} ${(created as Row).type} ${deleted}`;
  },
  summarize: (sg) =>
    sg.summarize("Shot", [["code", "starts_with", "conf_"]], [{ field: "id", type: "count" }]).summaries["id"],
  files: (sg) => {
    const content = Uint8Array.from([...[..."hello "].map((letter) => letter.charCodeAt(0)), 255]);
    sg.upload({ type: "Shot", id: shot(sg, "conf_1").id }, "hello.txt", content, "sg_reference");
    return sg.download(shot(sg, "conf_1", ["sg_reference"])["sg_reference"]).join(" ");
  },
  call: (sg, event) => sg.call("followers", { entity: event.entity }).length,
  dates: (sg) => {
    const row = shot(sg, "conf_1", ["sg_client_approved_at"]);
    const approved: Date = row["sg_client_approved_at"];
    sg.update("Shot", row.id, { sg_client_approved_at: new Date(approved.getTime() + 3_600_000) });
    return approved.getTime();
  },
  keys: () => {
    const parts: unknown[] = [keyvalue.get("a") === null];
    keyvalue.set("a", "v\u00e4lue");
    parts.push(keyvalue.getText("a"), keyvalue.increment("counter"), keyvalue.increment("counter", 2));
    parts.push(keyvalue.keys().sort().join("/"));
    keyvalue.remove("a");
    parts.push(!keyvalue.exists("a"));
    keyvalue.setJson("j", { x: [1, 2] });
    return [...parts, keyvalue.getJson("j").x[1]].join(" ");
  },
  kept: () => keyvalue.increment("counter"),
  http: () => {
    const web = config.require("web");
    const [echo, small, large] = [`${web}/echo`, "gr\u00f6\u00dfe", "x".repeat(100_000)];
    const answer = http.request(echo, { method: "POST", body: small, headers: { "x-conf": "1" } });
    const echoed = answer.text().includes("x-conf: 1") && answer.text().endsWith(small);
    const whole = http.request(echo, { method: "POST", body: large }).text().endsWith(large);
    const busy = http.request(`${web}/status/503`);
    const moved = http.request(`${web}/to/${echo}`);
    const isThere = moved.headers["location"] === echo;
    return [answer.status, answer.headers["x-served"], echoed, whole, busy.status, busy.ok, moved.status, isThere].join(" ");
  },
  "http-refused": () => {
    const urls = [`${config.require("web")}/denied`, config.require("gone"), "ftp://x/"];
    const ended = urls.map((url) => caught(() => http.request(url), CueboxError)?.name.toLowerCase());
    return ended.join(" ");
  },
  levels: () => {
    const levels = ["trace", "debug", "info", "warn", "error", "critical"] as const;
    for (const level of levels) log[level](`level ${level}`);
    return levels.length;
  },
  churn: (sg) => Array.from({ length: 300 }, () => sg.schemaRead("Shot")).length,
  chance: () => [Math.random(), Date.now(), Math.random()].join(" "),
  retry: (_sg, event) => event.attempt,
  fail: explode,
  fault: (sg) => {
    const fault = caught(() => sg.update("Shot", shot(sg, "conf_1").id, { sg_nope: 1 }), Fault);
    return fault && `${fault.code} ${fault.message}`;
  },
  invalid: (sg) => (caught(() => sg.call("no method", {}), Invalid) ? "invalid" : "not invalid"),
};
