import { CueboxError } from "./errors.js";

/** What a callback says it did. One that returns nothing means `done`; one that throws has failed. */
export type Outcome =
  | { tag: "done" }
  | { tag: "skipped"; val: string }
  | { tag: "retry-after"; val: number }
  | { tag: "rejected"; val: string };

const SECONDS_MAX = 2 ** 32 - 1;

/** Finished with the event. */
export const done: Outcome = { tag: "done" };

/** There was nothing to do, and why; shown in the debug log. */
export function skipped(why: string): Outcome {
  return { tag: "skipped", val: String(why) };
}

/** Hand the event over again, to this callback, after so many seconds, rounded up to whole ones. The events after it wait. */
export function retryAfter(seconds: number): Outcome {
  return { tag: "retry-after", val: Math.min(Math.max(Math.ceil(seconds), 0), SECONDS_MAX) };
}

/** The event cannot be handled, now or later, and why. A failure that is not tried again. */
export function rejected(why: string): Outcome {
  return { tag: "rejected", val: String(why) };
}

/** What a callback returned, which must be an outcome or nothing. */
export function checked(answer: unknown): Outcome {
  if (answer === undefined || answer === null) return done;
  if (typeof (answer as { then?: unknown }).then === "function") {
    throw new CueboxError("a callback returned a promise; nothing of cuebox needs to be awaited, and nothing is");
  }
  if (["done", "skipped", "retry-after", "rejected"].includes((answer as Outcome).tag)) return answer as Outcome;
  throw new CueboxError(`a callback returns nothing or an outcome such as skipped("..."), not ${String(answer)}`);
}
