import type * as contract from "cuebox:plugin/types@0.1.0";

import { CueboxError } from "./errors.js";
import { Event } from "./event.js";
import { described, installConsole } from "./log.js";
import { checked, type Outcome } from "./outcome.js";
import { type Callback, Registrar } from "./registrar.js";
import { Shotgun } from "./shotgun.js";

/** What a component exports: the interface `callbacks` of the contract. */
export interface Exports {
  register(): ReturnType<Callback["toWire"]>[];
  handle(callback: string, event: contract.Event): Outcome;
}

/** A plugin, as the component exports it: `export const callbacks = plugin((reg) => { ... })`. */
export function plugin(register: (registrar: Registrar) => void): Exports {
  installConsole();
  let callbacks = new Map<string, Callback>();
  return {
    register: () =>
      saying(() => {
        drawAnew();
        const registrar = new Registrar();
        register(registrar);
        callbacks = registrar.callbacks;
        return [...callbacks.values()].map((callback) => callback.toWire());
      }),
    handle: (name, given) =>
      saying(() => {
        const callback = callbacks.get(name);
        if (callback === undefined) throw new CueboxError(`the plugin has no callback \`${name}\``);
        return checked(callback.handler(new Shotgun(), new Event(given, given)));
      }),
  };
}

/** Turns whatever is thrown into the error of the contract, a text; anything else would break the instance. */
function saying<Answer>(call: () => Answer): Answer {
  try {
    return call();
  } catch (thrown) {
    throw described(thrown);
  }
}

/**
 * Makes `Math.random` of this instance another one than that of which the snapshot was taken. It is seeded by the clock, and good for
 * no secret.
 */
function drawAnew(): void {
  let state = (Date.now() ^ 0x9e3779b9) >>> 0;
  const next = (): number => {
    // mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  Math.random = () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}
