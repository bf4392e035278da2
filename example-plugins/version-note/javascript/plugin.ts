// Makes a Note of what is written into a Version's description, so that it is found, and answered, where notes are.

import { type Event, log, type Outcome, plugin, type Shotgun, skipped } from "cuebox-plugin";

export const callbacks = plugin((reg) => {
  reg.callback("note", note).on("Shotgun_Version_Change", ["description"]);
});

function note(sg: Shotgun, event: Event): Outcome | void {
  const content = typeof event.newValue === "string" ? event.newValue.trim() : "";
  if (content === "") return skipped("the description is empty");
  const version = event.requiredEntity();
  sg.create("Note", {
    project: event.requiredProject(),
    subject: `About ${version.name ?? "a Version"}`,
    content,
    note_links: [version],
  });
  log.info(`made a Note about ${version.name}`);
}
