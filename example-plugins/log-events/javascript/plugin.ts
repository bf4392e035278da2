// Logs every event in one readable line.

import { type Entity, type Event, log, plugin, type Shotgun } from "cuebox-plugin";

/** A line that cannot be written stops nothing. */
export const callbacks = plugin((reg) => {
  reg.callback("log", write).on("*").onError("continue");
});

function write(_sg: Shotgun, event: Event): void {
  const place = event.project?.name ? `, in ${event.project.name}` : "";
  log.info(`${event.id} ${event.user?.name ?? "somebody"} ${happened(event)}${place}`);
}

/** `changed sg_status_list of Task 5 Anim from wtg to ip`. */
function happened(event: Event): string {
  const [subject, change] = [shown(event.entity), event.change];
  if (change.kind === "other") return `caused ${event.eventType} on ${subject}`;
  if (change.kind !== "attribute") return `${change.kind} ${subject}`;
  const parts = [`changed ${change.field} of ${subject}`];
  if (change.added.length > 0) parts.push(`adding ${shown(change.added)}`);
  if (change.removed.length > 0) parts.push(`removing ${shown(change.removed)}`);
  if (parts.length > 1) return parts.join(", ");
  return `${parts[0]} from ${shown(change.old)} to ${shown(change.new)}`;
}

function shown(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  const { type, id, name } = value as Entity;
  return type === undefined ? String(value) : `${type} ${id} ${name ?? ""}`.trimEnd();
}
