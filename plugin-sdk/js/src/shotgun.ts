import { ask } from "./errors.js";
import { type Entity, parse, type Row, stringify } from "./values.js";
import { narrow, shotgun } from "./wire.js";

/** A list of conditions, all of which must hold, or a group: `{ filter_operator: "any", filters: [...] }`. */
export type Filters = readonly unknown[] | { filter_operator: "all" | "any"; filters: readonly unknown[] };

export interface FindOptions {
  /** Names or paths: `entity.Shot.code`. `type` and `id` are always there. */
  fields?: readonly string[];
  /** Empty: by id, ascending. */
  order?: readonly { field: string; descending?: boolean }[];
  /** How many rows at the most; without it all of them. */
  limit?: number;
  /** With `limit`, which page of that size, counted from 1. */
  page?: number;
  /** Only what is in the trash. */
  retiredOnly?: boolean;
  /** True unless said otherwise. */
  includeArchivedProjects?: boolean;
}

/** From multi-entity field to what is done with the entities that are given for it. */
export type UpdateModes = Record<string, "set" | "add" | "remove">;

/** One write of a batch, as the site's own client has it. */
export type BatchRequest =
  | { request_type: "create"; entity_type: string; data: Record<string, unknown>; return_fields?: readonly string[] }
  | {
      request_type: "update";
      entity_type: string;
      entity_id: number;
      data: Record<string, unknown>;
      multi_entity_update_modes?: UpdateModes;
    }
  | { request_type: "delete"; entity_type: string; entity_id: number };

export interface Summary {
  summaries: Record<string, any>;
  groups: { group_name: string; group_value: unknown; summaries: Record<string, any>; groups?: unknown }[];
}

/**
 * The connection to the site, signed in as the script user that the operator chose for this plugin.
 *
 * It works while the host is inside `register`, where it only reads, and inside a callback. Writes carry the event's session, so that
 * the page of the user behind the event refreshes. Nothing needs to be awaited: a call answers when the site has.
 */
export class Shotgun {
  /** Reads entities. */
  find(entityType: string, filters: Filters, options: FindOptions = {}): Row[] {
    const query = {
      entityType,
      filters: stringify(filters, "filters"),
      fields: [...(options.fields ?? [])],
      order: (options.order ?? []).map(({ field, descending }) => ({ field, descending: descending ?? false })),
      limit: options.limit ?? null,
      page: options.page ?? null,
      retiredOnly: options.retiredOnly ?? false,
      includeArchivedProjects: options.includeArchivedProjects ?? true,
    };
    return parse(ask(() => shotgun.find(query)));
  }

  /** Reads the first entity that `find` would, if there is one. */
  findOne(entityType: string, filters: Filters, options: FindOptions = {}): Row | null {
    return this.find(entityType, filters, { ...options, limit: 1 })[0] ?? null;
  }

  /** Counts and sums: `summaryFields` is `[{ field: "id", type: "count" }]`, `grouping` `[{ field, type, direction }]`. */
  summarize(
    entityType: string,
    filters: Filters,
    summaryFields: readonly { field: string; type: string }[],
    grouping?: readonly { field: string; type: string; direction?: "asc" | "desc" }[],
  ): Summary {
    const [asked, fields] = [stringify(filters, "filters"), stringify(summaryFields, "summary fields")];
    const groups = grouping === undefined ? null : stringify(grouping, "grouping");
    return parse(ask(() => shotgun.summarize(entityType, asked, fields, groups)));
  }

  /** Creates an entity; answers it with the fields that were set and `returnFields`. */
  create(entityType: string, data: Record<string, unknown>, returnFields: readonly string[] = []): Row {
    const json = stringify(data, "data");
    return parse(ask(() => shotgun.create(entityType, json, [...returnFields])));
  }

  /** Sets fields; answers the entity with the fields that were set. */
  update(entityType: string, id: number, data: Record<string, unknown>, modes?: UpdateModes): Row {
    const json = stringify(data, "data");
    const wireModes = modes === undefined ? null : stringify(modes, "modes");
    return parse(ask(() => shotgun.update(entityType, id, json, wireModes)));
  }

  /** Moves to the trash. False if it is there already. */
  delete(entityType: string, id: number): boolean {
    return ask(() => shotgun.delete(entityType, id));
  }

  /** Takes out of the trash. False if it was not there. */
  revive(entityType: string, id: number): boolean {
    return ask(() => shotgun.revive(entityType, id));
  }

  /** Makes several writes, all or none; their answers in the same order. An empty batch is not sent. */
  batch(requests: readonly BatchRequest[]): (Row | boolean)[] {
    if (requests.length === 0) return [];
    const json = stringify(requests, "requests");
    return parse(ask(() => shotgun.batch(json)));
  }

  /**
   * Reads the schema in the site's form, in which each property is `{ value, editable }`: of all types (the names only), of one type,
   * or of one field; as a project shows it, if one is given.
   */
  schemaRead(entityType: string | null = null, field: string | null = null, project: Entity | null = null): any {
    return parse(ask(() => shotgun.schemaRead(entityType, field, project && link(project))));
  }

  /** Uploads a file to a field (`image` for the thumbnail), or to the entity as a whole; the id of the Attachment. */
  upload(entity: Entity, fileName: string, content: Uint8Array, field: string | null = null): number {
    return narrow(ask(() => shotgun.upload(link(entity), field, fileName, content)));
  }

  /** Downloads the file behind the value of a url field, as `find` returned it. */
  download(attachment: unknown): Uint8Array {
    const json = stringify(attachment, "attachment");
    return Uint8Array.from(ask(() => shotgun.download(json)));
  }

  /**
   * Calls any other method of the site's API by its wire name: `followers`, `note_thread_contents`. Counts as a write, unless the host
   * knows that it reads.
   */
  call(method: string, params: unknown = null): any {
    const json = stringify(params, "params");
    return parse(ask(() => shotgun.call(method, json)));
  }
}

function link(entity: Entity): { entityType: string; id: number; name: null } {
  return { entityType: entity.type, id: entity.id, name: null };
}
