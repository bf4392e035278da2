// Writes a Version's frame range as text, and how many frames it has.

import { type Event, log, type Outcome, plugin, rejected, type Shotgun, skipped } from "cuebox-plugin";

const FIELDS = ["sg_first_frame", "sg_last_frame", "frame_range", "frame_count"];

export const callbacks = plugin((reg) => {
  reg.callback("convert", convert).on("Shotgun_Version_Change", ["sg_first_frame", "sg_last_frame"]);
});

/** Converts what the Version holds now, which may be newer than the event. */
function convert(sg: Shotgun, event: Event): Outcome | void {
  const { id } = event.requiredEntity();
  const version = sg.findOne("Version", [["id", "is", id]], { fields: FIELDS });
  if (version === null) return skipped("the Version is gone");
  const { sg_first_frame: first, sg_last_frame: last } = version as { sg_first_frame?: number; sg_last_frame?: number };
  if (first == null || last == null) return skipped("only one end of the range is known");
  if (last < first) return rejected(`Version ${id} ends at ${last}, before its first frame ${first}`);
  const [range, count] = [`${first}-${last}`, last - first + 1];
  if (version["frame_range"] === range && version["frame_count"] === count) return skipped("the range is there already");
  sg.update("Version", id, { frame_range: range, frame_count: count });
  log.info(`Version ${id} has ${count} frames, ${range}`);
}
