// Starts a Shot when one of its Tasks starts.

import { config, type Event, log, type Outcome, plugin, type Shotgun, skipped } from "cuebox-plugin";

/** The function is called once when the plugin is loaded: it checks the settings, and says which events the plugin wants. */
export const callbacks = plugin((reg) => {
  config.require("started");
  reg.callback("start-shot", startShot).on("Shotgun_Task_Change", ["sg_status_list"]);
});

/** Called for each event, one at a time. Nothing needs to be awaited. */
function startShot(sg: Shotgun, event: Event): Outcome | void {
  const started = config.get("started");
  if (event.newStatus !== started) return skipped("the Task does not start");
  const fields = ["entity", "entity.Shot.sg_status_list"];
  const task = sg.findOne("Task", [["id", "is", event.requiredEntity().id]], { fields });
  const status = task?.["entity.Shot.sg_status_list"];
  if (!status) return skipped("the Task is not of a Shot");
  if (status === started) return skipped("the Shot has started already");
  const shot = task?.["entity"];
  sg.update("Shot", shot.id, { sg_status_list: started });
  log.info(`Shot ${shot.name} has started`);
}
