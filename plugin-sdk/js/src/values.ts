import { Invalid } from "./errors.js";

/** A link to one entity of the site. */
export interface Entity {
  type: string;
  id: number;
  name?: string | null;
}

/** An entity as the site answers it, from field to value. */
export type Row = Entity & Record<string, any>;

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A value as the JSON that the host takes. A `Date` is written as the site writes a date_time. */
export function stringify(value: unknown, what: string): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, given) {
    // A `Date` has turned itself into a text with milliseconds by now.
    const own = this[key];
    return own instanceof Date ? dateTime(own) : given;
  });
  if (text === undefined) throw new Invalid(`${what}: a value is expected, and there is none`);
  return text;
}

/** The host's JSON, with each text in the site's form of a date_time as a `Date`. */
export function parse(text: string): any {
  return JSON.parse(text, (_key, value) => revived(value));
}

/** A text in the site's form of a date_time as a `Date`; any other value as it is. */
export function revived(value: unknown): unknown {
  if (typeof value !== "string" || !DATE_TIME.test(value)) return value;
  const moment = new Date(value);
  return Number.isNaN(moment.getTime()) ? value : moment;
}

function dateTime(moment: Date): string {
  if (Number.isNaN(moment.getTime())) throw new Invalid("a Date that is no time cannot be sent to the site");
  return moment.toISOString().replace(/\.\d+Z$/, "Z");
}
