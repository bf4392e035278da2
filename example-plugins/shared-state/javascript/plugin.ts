// Two callbacks that share what they know: in memory while the plugin runs, in key-values beyond that.

import { type Entity, type Event, keyvalue, log, type Outcome, plugin, type Shotgun, skipped } from "cuebox-plugin";

/** How many Versions were ever seen; outlives the process. */
const VERSIONS_SEEN = "versions-seen";

/** From a Shot's id to the name of its latest Version; gone when the plugin is swapped or the process ends. */
const latest = new Map<number, string>();

export const callbacks = plugin((reg) => {
  reg.callback("remember", remember).on("Shotgun_Version_New");
  reg.callback("tell", tell).on("Shotgun_Shot_Change", ["sg_status_list"]);
});

/** Remembers which Version of a Shot came last, and counts. */
function remember(sg: Shotgun, event: Event): Outcome | void {
  const version = sg.findOne("Version", [["id", "is", event.requiredEntity().id]], { fields: ["code", "entity"] });
  const shot = version?.["entity"] as Entity | null | undefined;
  if (version === null || shot?.type !== "Shot") return skipped("the Version is not of a Shot, or gone again");
  const count = keyvalue.increment(VERSIONS_SEEN);
  latest.set(shot.id, version["code"]);
  log.info(`${version["code"]} is the latest of its Shot; ${count} seen so far`);
}

/** Writes the latest Version into the description of a Shot whose status changed. */
function tell(sg: Shotgun, event: Event): Outcome | void {
  const { id } = event.requiredEntity();
  const code = latest.get(id);
  if (code === undefined) return skipped("no Version of this Shot was seen since the plugin started");
  const shot = sg.findOne("Shot", [["id", "is", id]], { fields: ["description"] });
  const description = `Latest Version: ${code}`;
  if (shot === null || shot["description"] === description) return skipped("it says so already, or is gone");
  sg.update("Shot", id, { description });
  log.info(`told Shot ${id} of ${code}, one of ${keyvalue.getText(VERSIONS_SEEN)} Versions seen so far`);
}
