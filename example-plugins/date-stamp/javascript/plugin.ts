// Writes the day of a moment into a date field: the day that it was in the studio, not in UTC.

import { config, type Event, log, type Outcome, plugin, SettingError, type Shotgun, skipped } from "cuebox-plugin";
// The engine knows no zones; this brings their rules along.
import moment from "moment-timezone";

export const callbacks = plugin((reg) => {
  const [zone, from, day] = [config.require("zone"), config.require("moment_field"), config.require("day_field")];
  if (moment.tz.zone(zone) === null) throw new SettingError(`setting \`zone\` names no time zone: ${zone}`);
  reg.callback("stamp", (sg, event) => stamp(sg, event, zone, from, day)).on("Shotgun_Shot_Change", [from]);
});

function stamp(sg: Shotgun, event: Event, zone: string, from: string, day: string): Outcome | void {
  const { id, name } = event.requiredEntity();
  const shot = sg.findOne("Shot", [["id", "is", id]], { fields: [from, day] });
  if (shot === null) return skipped("the Shot is gone");
  const date = shot[from] === null ? null : moment.tz(shot[from] as Date, zone).format("YYYY-MM-DD");
  if (shot[day] === date) return skipped("the day is there already");
  sg.update("Shot", id, { [day]: date });
  log.info(`${day} of ${name} is ${date}`);
}
