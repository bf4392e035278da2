// A button in the site's pages without a web server: approves the Versions that were selected when it was pressed, and reports back by a
// Note.

import { type BatchRequest, config, type Event, log, type Outcome, plugin, rejected, type Shotgun, skipped } from "cuebox-plugin";

export const callbacks = plugin((reg) => {
  config.require("button");
  reg.callback("pressed", pressed).on("Shotgun_ActionMenuItem_Triggered");
});

function pressed(sg: Shotgun, event: Event): Outcome | void {
  const item = event.requiredEntity();
  if (item.type !== "ActionMenuItem" || item.id !== config.number("button")) return skipped("another button");
  const { entity_type, selected_ids } = event.meta.ami_payload as { entity_type: string; selected_ids: string };
  if (entity_type !== "Version") return rejected(`the button is for Versions, not for ${entity_type}s`);
  const ids = selected_ids.split(",").filter((id) => id.trim() !== "").map(Number);
  if (ids.length === 0) return skipped("nothing was selected");
  const status = config.get("status") ?? "apr";
  const approved = ids.map((id): BatchRequest => (
    { request_type: "update", entity_type: "Version", entity_id: id, data: { sg_status_list: status } }
  ));
  const note = {
    project: event.requiredProject(),
    subject: `${ids.length} Versions are ${status}`,
    note_links: ids.map((id) => ({ type: "Version", id })),
  };
  sg.batch([...approved, { request_type: "create", entity_type: "Note", data: note }]);
  log.info(`${ids.length} Versions are ${status}`);
}
