import type * as contract from "cuebox:plugin/types@0.1.0";

import { CueboxError } from "./errors.js";
import { type Entity, parse, revived } from "./values.js";
import { narrow } from "./wire.js";

/** What happened to one field of one entity. */
export interface AttributeChange {
  kind: "attribute";
  /** The field's internal name: `sg_status_list`. */
  field: string;
  /** The site's name for the field's type: `status_list`, `multi_entity`. Null where the site leaves it out. */
  dataType: string | null;
  /** Before and after. Both are null for a multi-entity field, whose change is in `added` and `removed`. */
  old: unknown;
  new: unknown;
  added: Entity[];
  removed: Entity[];
  /** The change is part of the creation of the entity: the event of the creation itself came, or comes, too. */
  inCreate: boolean;
  /** A thumbnail's placeholder. A second event follows when the real picture is there. */
  isTransient: boolean;
  /** Set on the mirror image of a change: the id of the event on the other side of the link. */
  mirrorOf: number | null;
}

/** What kind of change an event tells of. `retired` is "deleted" in the site's pages; `other` is not the life of an entity. */
export type Change = AttributeChange | { kind: "created" | "retired" | "revived" | "other" };

/** One EventLogEntry of the site. */
export class Event {
  /** The site's number of the entry. Ids have gaps, and a lower id can appear after a higher one. */
  readonly id: number;
  /** `Application_EntityType_Action`: `Shotgun_Task_Change`. */
  readonly eventType: string;
  /** The field that changed; null for events that are not the change of a field. */
  readonly attributeName: string | null;
  /** The entity it happened to. Has no name once that entity is in the trash. */
  readonly entity: Entity | null;
  readonly project: Entity | null;
  /** Who did it, as the site shows it. */
  readonly user: Entity | null;
  /** The script user that acted in the name of `user`, where one did. */
  readonly sudoActualUser: Entity | null;
  /** The browser session behind the change. */
  readonly sessionUuid: string | null;
  /** When, by the site's clock. Not monotonic in `id`. */
  readonly createdAt: Date;
  readonly change: Change;
  /** The entry's `meta`, whole. */
  readonly meta: any;
  /** 1 for the first time this event is handed to this callback, then counting up. */
  readonly attempt: number;
  /** The id had been missing for so long that the host had given it up; events with higher ids came earlier. */
  readonly late: boolean;
  /** The earlier events of this entity that come with this one, in the order of their arrival, for a callback with `coalesce`. */
  readonly earlier: Event[];

  /** The host's event. What comes with a later event is of the same entity, and shares what `whole` says of it. */
  constructor(own: contract.EarlierEvent, whole: contract.Event) {
    this.id = narrow(own.id);
    this.eventType = own.eventType;
    this.attributeName = own.attributeName ?? null;
    this.entity = entity(whole.entity);
    this.project = entity(whole.project);
    this.user = entity(own.user);
    this.sudoActualUser = entity(own.sudoActualUser);
    this.sessionUuid = own.sessionUuid ?? null;
    this.createdAt = new Date(narrow(own.createdAt));
    this.change = change(own.change);
    this.meta = parse(own.meta);
    this.attempt = whole.attempt;
    this.late = own.late;
    this.earlier = own === whole ? whole.earlier.map((earlier) => new Event(earlier, whole)) : [];
  }

  /** All events of this call, in the order of their arrival: the earlier ones, then this one. */
  all(): Event[] {
    return [...this.earlier, this];
  }

  /** The change of a field, where the event is one. */
  get attribute(): AttributeChange | null {
    return this.change.kind === "attribute" ? this.change : null;
  }

  /** The field's value before; null as well where the event is not the change of a field. */
  get oldValue(): unknown {
    return this.attribute?.old ?? null;
  }

  /** The field's value after; null as well where the event is not the change of a field. */
  get newValue(): unknown {
    return this.attribute?.new ?? null;
  }

  /** The short code of the new status, where the event is the change of a status field to a status. */
  get newStatus(): string | null {
    const change = this.attribute;
    if (change === null) return null;
    const isStatus = change.dataType === null ? change.field === "sg_status_list" : change.dataType === "status_list";
    return isStatus && typeof change.new === "string" ? change.new : null;
  }

  /** The entity it happened to; an error that names the event where it has none. */
  requiredEntity(): Entity {
    return this.entity ?? this.lacks("entity");
  }

  /** The project of the entity; an error that names the event where it has none. */
  requiredProject(): Entity {
    return this.project ?? this.lacks("project");
  }

  private lacks(what: string): never {
    throw new CueboxError(`event ${this.id} (${this.eventType}) has no ${what}`);
  }
}

function entity(given: contract.EntityRef | null | undefined): Entity | null {
  return given == null ? null : link(given);
}

function link(given: contract.EntityRef): Entity {
  return { type: given.entityType, id: narrow(given.id), name: given.name ?? null };
}

function change(given: contract.Change): Change {
  if (given.tag !== "attribute") return { kind: given.tag };
  const change = given.val;
  return {
    kind: "attribute",
    field: change.field,
    dataType: change.dataType ?? null,
    old: value(change.old),
    new: value(change.new),
    added: change.added.map(link),
    removed: change.removed.map(link),
    inCreate: change.inCreate,
    isTransient: change.isTransient,
    mirrorOf: change.mirrorOf == null ? null : narrow(change.mirrorOf),
  };
}

function value(given: contract.Value): unknown {
  switch (given.tag) {
    case "null":
      return null;
    case "integer":
      return narrow(given.val);
    case "entity":
      return link(given.val);
    case "entities":
      return given.val.map(link);
    case "other":
      return parse(given.val);
    default:
      return revived(given.val);
  }
}
