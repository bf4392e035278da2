// Gives new Shots their handles: the frames before and after the cut that are worked on as well.

import { config, type Event, log, type Outcome, plugin, SettingError, type Shotgun, skipped } from "cuebox-plugin";

const FRAMES = 8;

/** From field to the frames that new Shots get in it. */
const handles = new Map<string, number>();

/** Reads the settings and checks that the site has both fields. */
export const callbacks = plugin((reg) => {
  for (const end of ["head", "tail"]) {
    const field = config.get(`${end}_field`) ?? `sg_${end}_duration`;
    const frames = config.number(`${end}_frames`, FRAMES) ?? FRAMES;
    if (frames < 0) throw new SettingError(`setting \`${end}_frames\` is less than 0`);
    const schema = reg.shotgun.schemaRead("Shot", field)[field];
    if (schema.data_type.value !== "number" || !schema.editable.value) {
      throw new SettingError(`Shot.${field} is not a number field that can be written`);
    }
    handles.set(field, frames);
  }
  reg.callback("set-handles", setHandles).on("Shotgun_Shot_New");
});

/** Sets the handles that the Shot was not created with. */
function setHandles(sg: Shotgun, event: Event): Outcome | void {
  const { id, name } = event.requiredEntity();
  const shot = sg.findOne("Shot", [["id", "is", id]], { fields: [...handles.keys()] });
  if (shot === null) return skipped("the Shot is gone again");
  const missing = Object.fromEntries([...handles].filter(([field]) => shot[field] === null));
  if (Object.keys(missing).length === 0) return skipped("the Shot was created with handles");
  sg.update("Shot", id, missing);
  log.info(`${name} got its handles`);
}
