// Tells a chat when a Version is approved.

import { config, done, type Event, type Outcome, plugin, rejected, retryAfter, type Shotgun, skipped } from "cuebox-plugin";
import * as http from "cuebox-plugin/http";

/** When a chat that is away is asked again, in seconds. */
const LATER = 60;

export const callbacks = plugin((reg) => {
  config.require("url");
  reg.callback("announce", announce).on("Shotgun_Version_Change", ["sg_status_list"]);
});

function announce(_sg: Shotgun, event: Event): Outcome {
  if (event.newStatus !== (config.get("approved") ?? "apr")) return skipped("the Version is not approved");
  const version = event.requiredEntity().name ?? "A Version";
  const answer = http.request(config.require("url"), { method: "POST", json: { text: `${version} is approved` } });
  if (answer.ok) return done;
  // It is busy, or has a fault of its own.
  if (answer.status === 429 || answer.status >= 500) return retryAfter(LATER);
  return rejected(`the chat answered ${answer.status}`);
}
