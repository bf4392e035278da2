import { CueboxError } from "./errors.js";
import type { Event } from "./event.js";
import type { Outcome } from "./outcome.js";
import { Shotgun } from "./shotgun.js";

/** What happens when a callback fails, after the attempts that the operator allows. */
export type OnError = "deactivate" | "continue" | "dead-letter";

export type Handler = (sg: Shotgun, event: Event) => Outcome | void;

interface Filter {
  eventType: string;
  attributes: string[];
}

/** One callback: its name, the events it wants, and what it does with them. */
export class Callback {
  readonly name: string;
  readonly handler: Handler;
  private readonly filters: Filter[] = [];
  private failureChoice: OnError | null = null;
  private windowMs: number | null = null;

  constructor(name: string, handler: Handler) {
    this.name = name;
    this.handler = handler;
  }

  /**
   * Wants events of this type (`*`: of every type) that changed one of these fields (none: any field, or no field). May be called
   * again; an event that matches one of them is handed over.
   */
  on(eventType: string, attributes: readonly string[] = []): this {
    this.filters.push({ eventType, attributes: [...attributes] });
    return this;
  }

  /** What happens when this callback fails, where the operator's configuration does not say. */
  onError(onError: OnError): this {
    this.failureChoice = onError;
    return this;
  }

  /**
   * Gathers the events of one entity that arrive within so many milliseconds, and hands them over in one call: the newest, with the
   * earlier ones (`Event.all`).
   */
  coalesce(milliseconds: number): this {
    this.windowMs = Math.ceil(milliseconds);
    return this;
  }

  /** As the host takes it. */
  toWire(): { name: string; filters: Filter[]; onError: OnError | null; coalesce: number | null } {
    return { name: this.name, filters: this.filters, onError: this.failureChoice, coalesce: this.windowMs };
  }
}

/**
 * Collects the callbacks of a plugin while it registers. The host makes an instance of the plugin, registers it once, and then hands
 * events to it until it is replaced: what is in a variable of the module stays between events.
 */
export class Registrar {
  /** The connection. In `register` it reads, for instance to check settings against the site's schema. */
  readonly shotgun = new Shotgun();
  readonly callbacks = new Map<string, Callback>();

  /** Adds a callback. Unless `Callback.on` narrows it, it is handed every event. The name is unique within the plugin. */
  callback(name: string, handler: Handler): Callback {
    if (typeof handler !== "function") throw new CueboxError(`callback \`${name}\` is no function`);
    if (this.callbacks.has(name)) throw new CueboxError(`two callbacks are named \`${name}\``);
    const callback = new Callback(name, handler);
    this.callbacks.set(name, callback);
    return callback;
  }
}
