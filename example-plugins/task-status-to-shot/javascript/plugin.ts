// Finishes a Shot when the last of its Tasks is finished.

import { config, type Entity, type Event, log, type Outcome, plugin, SettingError, type Shotgun, skipped } from "cuebox-plugin";

const STATUS = "sg_status_list";
const SHOT_STATUS = "entity.Shot.sg_status_list";

/** Short codes of statuses, from the settings. */
const statuses = { finished: ["fin"], ignored: ["omt", "na"], shot: "fin" };

/** Reads the settings and checks that the site has these statuses. */
export const callbacks = plugin((reg) => {
  if (config.get("finished") !== null) statuses.finished = config.list("finished");
  if (config.get("ignored") !== null) statuses.ignored = config.list("ignored");
  statuses.shot = config.get("shot_status") ?? statuses.shot;
  check(reg.shotgun, "Task", [...statuses.finished, ...statuses.ignored]);
  check(reg.shotgun, "Shot", [statuses.shot]);
  reg.callback("roll-up", rollUp).on("Shotgun_Task_Change", [STATUS]);
});

function check(sg: Shotgun, entityType: string, codes: string[]): void {
  const valid: string[] = sg.schemaRead(entityType, STATUS)[STATUS].properties.valid_values.value;
  const unknown = codes.find((code) => !valid.includes(code));
  if (unknown !== undefined) throw new SettingError(`\`${unknown}\` is not a status of ${entityType} (${valid.join(", ")})`);
}

function rollUp(sg: Shotgun, event: Event): Outcome | void {
  if (!statuses.finished.includes(event.newStatus ?? "")) return skipped("the Task is not finished");
  const task = sg.findOne("Task", [["id", "is", event.requiredEntity().id]], { fields: ["entity", SHOT_STATUS] });
  const shot = task?.["entity"] as Entity | null | undefined;
  if (task === null || shot?.type !== "Shot") return skipped("the Task is not of a Shot");
  if (task[SHOT_STATUS] === statuses.shot) return skipped("the Shot has the status already");
  const open = sg.findOne("Task", [["entity", "is", shot], [STATUS, "not_in", [...statuses.finished, ...statuses.ignored]]]);
  if (open !== null) return skipped("the Shot has Tasks that are not finished");
  sg.update("Shot", shot.id, { [STATUS]: statuses.shot });
  log.info(`Shot ${shot.id} is ${statuses.shot}: all of its Tasks are finished`);
}
