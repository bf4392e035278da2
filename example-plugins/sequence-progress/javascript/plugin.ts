// Writes how many Shots of a Sequence are finished into its description.

import { config, type Entity, type Event, log, type Outcome, plugin, type Shotgun, skipped } from "cuebox-plugin";

const DESCRIPTION = "sg_sequence.Sequence.description";

export const callbacks = plugin((reg) => {
  reg.callback("summarize", summarize).on("Shotgun_Shot_Change", ["sg_status_list"]);
});

/** Has the site count, which is one question, however many Shots there are. */
function summarize(sg: Shotgun, event: Event): Outcome | void {
  const shot = sg.findOne("Shot", [["id", "is", event.requiredEntity().id]], { fields: ["sg_sequence", DESCRIPTION] });
  const sequence = shot?.["sg_sequence"] as Entity | null | undefined;
  if (shot === null || sequence == null) return skipped("the Shot is in no Sequence");
  const shots = sg.summarize(
    "Shot",
    [["sg_sequence", "is", sequence]],
    [{ field: "id", type: "count" }],
    [{ field: "sg_status_list", type: "exact", direction: "asc" }],
  );
  const finished = config.get("finished") ?? "fin";
  const done = shots.groups.find((group) => group.group_value === finished)?.summaries["id"] ?? 0;
  const description = `${done} of ${shots.summaries["id"]} Shots are finished`;
  if (shot[DESCRIPTION] === description) return skipped("it says so already");
  sg.update("Sequence", sequence.id, { description });
  log.info(`Sequence ${sequence.id}: ${description}`);
}
