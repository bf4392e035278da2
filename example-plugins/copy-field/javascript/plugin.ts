// Copies one field to another whenever it changes.

import { config, type Event, type Outcome, plugin, type Row, SettingError, type Shotgun, skipped } from "cuebox-plugin";

/** Types whose values cannot be written, or do not mean the same in a second field. */
const NOT_COPIED = ["calculated", "image", "pivot_column", "summary", "url"];

/** Reads the settings and checks both fields against the site's schema. */
export const callbacks = plugin((reg) => {
  const entityType = config.require("entity_type");
  const [source, target] = [config.require("source_field"), config.require("target_field")];
  if (source === target) throw new SettingError("setting `target_field` is the same as `source_field`");
  const schema = (field: string) => reg.shotgun.schemaRead(entityType, field)[field];
  const [from, to] = [schema(source), schema(target)];
  const [kind, other] = [from.data_type.value, to.data_type.value];
  if (NOT_COPIED.includes(kind)) throw new SettingError(`${entityType}.${source} is of type ${kind}, which cannot be copied`);
  if (kind !== other) throw new SettingError(`${entityType}.${source} is of type ${kind}, and ${entityType}.${target} of type ${other}`);
  if (!to.editable.value) throw new SettingError(`${entityType}.${target} cannot be written`);
  reg.callback("copy", (sg, event) => copy(sg, event, source, target)).on(`Shotgun_${entityType}_Change`, [source]);
});

/** Copies what the source holds now, which may be newer than the event, so that the target ends up right in any order. */
function copy(sg: Shotgun, event: Event, source: string, target: string): Outcome | void {
  const { type, id } = event.requiredEntity();
  const row: Row | null = sg.findOne(type, [["id", "is", id]], { fields: [source, target] });
  if (row === null) return skipped("the entity is gone");
  if (JSON.stringify(row[target]) === JSON.stringify(row[source])) return skipped("both fields are the same already");
  sg.update(type, id, { [target]: row[source] });
}
