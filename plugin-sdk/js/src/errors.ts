/** Why a call to the host failed. A callback that lets one through has failed at its event. */
export class CueboxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/**
 * The operator has not granted this, or the call was made outside of `register` and the callbacks, or it writes inside `register`.
 * The text names what is missing.
 */
export class Denied extends CueboxError {}

/** The site refused. The text is the site's own. */
export class Fault extends CueboxError {
  /** 102 sign-in, 103 request, 104 rule or permission. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The site could not be reached, or did not answer in time. A write may or may not have been made. */
export class Unavailable extends CueboxError {}

/** Another host could not be reached, or did not answer as it should. What was asked may or may not have been done. */
export class Unreachable extends CueboxError {}

/** A limit of the host: which one, and its value. */
export class Limit extends CueboxError {}

/** The call makes no sense: a value that the site cannot take, an unknown option. */
export class Invalid extends CueboxError {}

/** A setting of the plugin is missing or cannot be used. */
export class SettingError extends CueboxError {}

/** A key-value or a setting could not be read or written. */
export class HostError extends CueboxError {}

type WireError = { tag: string; val?: unknown };

/** What a function of the host threw, as the contract has it; nothing if it is of another kind. */
export function wireError(thrown: unknown): WireError | undefined {
  // One engine throws what the contract answers, the other an error that holds it.
  const held = (thrown as { payload?: unknown } | null)?.payload ?? thrown;
  if (typeof held === "string") return { tag: held };
  const isOne = typeof held === "object" && held !== null && typeof (held as WireError).tag === "string";
  return isOne ? (held as WireError) : undefined;
}

/** Calls a function of the connection, and throws what it answers in place of a result. */
export function ask<Answer>(call: () => Answer): Answer {
  try {
    return call();
  } catch (thrown) {
    const error = wireError(thrown);
    if (error === undefined) throw thrown;
    throw translated(error);
  }
}

function translated({ tag, val }: WireError): CueboxError {
  switch (tag) {
    case "denied":
      return new Denied(String(val));
    case "fault": {
      const [code, message] = val as [number, string];
      return new Fault(code, message);
    }
    case "unavailable":
      return new Unavailable(String(val));
    case "limit":
      return new Limit(String(val));
    default:
      return new Invalid(String(val));
  }
}
