// Finishes a Task when one of its Versions is approved.

import { config, type Entity, type Event, log, type Outcome, plugin, type Shotgun, skipped } from "cuebox-plugin";

const TASK_STATUS = "sg_task.Task.sg_status_list";

export const callbacks = plugin((reg) => {
  reg.callback("roll-up", rollUp).on("Shotgun_Version_Change", ["sg_status_list"]);
});

function rollUp(sg: Shotgun, event: Event): Outcome | void {
  if (event.newStatus !== (config.get("approved") ?? "apr")) return skipped("the Version is not approved");
  const version = sg.findOne("Version", [["id", "is", event.requiredEntity().id]], { fields: ["sg_task", TASK_STATUS] });
  const task = version?.["sg_task"] as Entity | null | undefined;
  if (version === null || task == null) return skipped("the Version is of no Task");
  const finished = config.get("task_status") ?? "fin";
  if (version[TASK_STATUS] === finished) return skipped("the Task has the status already");
  sg.update("Task", task.id, { sg_status_list: finished });
  log.info(`Task ${task.id} is ${finished}: a Version of it is approved`);
}
