/// <reference path="./contract.d.ts" preserve="true" />

/**
 * Requests to other hosts, as far as the operator granted them (`http` under `[plugin.NAME.grant]`): inside callbacks, and GET and HEAD
 * inside `register`.
 *
 *     import * as http from "cuebox-plugin/http";
 *
 *     const answer = http.request("https://hooks.example.com/services/x", { method: "POST", json: { text: "sh010 is approved" } });
 *     if (!answer.ok) throw new Error(`the chat answered ${answer.status}`);
 *
 * A plugin that imports this module is made for the world `plugin-http`. A redirect is an answer like any other: who follows it makes a
 * new request, which is decided anew. Headers that the operator's line sets take the place of the plugin's. There is no timeout but the
 * call's own deadline.
 */

import * as handlerModule from "wasi:http/outgoing-handler@0.2.12";
import * as typesModule from "wasi:http/types@0.2.12";
import type { FutureIncomingResponse, IncomingResponse, Method, OutgoingRequest } from "wasi:http/types@0.2.12";

import { Denied, Invalid, Limit, Unreachable, wireError } from "./errors.js";
import { decodeText, encodeText } from "./text.js";
import { functions } from "./wire.js";

const handler = functions(handlerModule);
const types = functions(typesModule);

/** What a stream takes at once. */
const CHUNK_BYTES = 4096;

/** What is asked for at once of an answer; a host gives what there is. */
const READ_BYTES = 65536;

/** Scheme, authority, and path with query. */
const ADDRESS = /^(https?):\/\/([^/?#]+)([^#]*)/;

const METHODS = ["get", "head", "post", "put", "delete", "options", "patch"];
const DENIED = ["HTTP-request-denied", "destination-IP-prohibited"];
const LIMITS = ["connection-limit-reached", "HTTP-request-body-size", "HTTP-response-body-size"];

export interface RequestOptions {
  /** GET unless said otherwise. */
  method?: string;
  headers?: Record<string, string>;
  /** What is sent; a text in UTF-8. */
  body?: Uint8Array | string;
  /** What is sent, in JSON, with its `content-type`. */
  json?: unknown;
}

/** What another host answered, whole. */
export class Response {
  /** 200, 404, ... */
  readonly status: number;
  /** By their names in lower case; the values of one name joined with commas. */
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;

  constructor(status: number, headers: Record<string, string>, body: Uint8Array) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as text. */
  text(): string {
    return decodeText(this.body);
  }

  /** The body, read from JSON. */
  json(): any {
    return JSON.parse(this.text());
  }
}

/**
 * Asks, and reads the whole answer, whatever its status. Throws `Denied` if it is not granted (the plugin's log has the line to write),
 * `Unreachable` if there is no answer, `Limit` if a limit of the host was reached.
 */
export function request(url: string, options: RequestOptions = {}): Response {
  const address = ADDRESS.exec(url);
  if (address === null) throw new Invalid("the address of a request begins with http:// or https:// and a host");
  const [, scheme, authority, path] = address as unknown as [string, string, string, string];
  const method = options.method ?? "GET";
  // What comes after the host can hold a secret.
  const about = `${method} ${scheme}://${authority}`;
  const headers = { ...options.headers };
  let body = options.body ?? "";
  if (options.json !== undefined) {
    body = JSON.stringify(options.json);
    headers["content-type"] ??= "application/json";
  }
  const outgoing = saying(`${about}: the method, the address or a header is malformed`, () => {
    const entries = Object.entries(headers).map(([name, value]): [string, Uint8Array] => [name, encodeText(value)]);
    const outgoing = new types.OutgoingRequest(types.Fields.fromList(entries));
    outgoing.setMethod(methodOf(method));
    outgoing.setScheme({ tag: scheme === "http" ? "HTTP" : "HTTPS" });
    outgoing.setAuthority(authority);
    outgoing.setPathWithQuery(path);
    return outgoing;
  });
  return responseOf(about, send(about, outgoing, typeof body === "string" ? encodeText(body) : body));
}

function methodOf(name: string): Method {
  const tag = name.toLowerCase();
  return METHODS.includes(tag) ? ({ tag } as Method) : { tag: "other", val: name };
}

function send(about: string, outgoing: OutgoingRequest, content: Uint8Array): IncomingResponse {
  const body = outgoing.body();
  let sent: FutureIncomingResponse;
  try {
    sent = handler.handle(outgoing, null);
  } catch (thrown) {
    throw failed(about, thrown);
  }
  const stream = body.write();
  try {
    for (let at = 0; at < content.length; at += CHUNK_BYTES) stream.blockingWriteAndFlush(content.slice(at, at + CHUNK_BYTES));
  } catch {
    // A host that has refused the request takes no body for it; what it says of the request tells why.
  }
  drop(stream);
  try {
    types.OutgoingBody.finish(body, null);
  } catch {
    // The same.
  }
  const ready = sent.subscribe();
  ready.block();
  drop(ready);
  const answer = opened(about, opened(about, sent.get()));
  drop(sent);
  return answer as IncomingResponse;
}

/** What a result that is a value holds, or its error. */
function opened(about: string, result: unknown): unknown {
  const { tag, val } = result as { tag: "ok" | "err"; val: unknown };
  if (tag === "err") throw failed(about, val);
  return val;
}

function responseOf(about: string, incoming: IncomingResponse): Response {
  const headers: Record<string, string> = {};
  const fields = incoming.headers();
  for (const [name, value] of fields.entries()) {
    const [key, text] = [name.toLowerCase(), decodeText(Uint8Array.from(value))];
    headers[key] = key in headers ? `${headers[key]}, ${text}` : text;
  }
  drop(fields);
  const body = incoming.consume();
  const stream = body.stream();
  const content: number[] = [];
  try {
    for (;;) for (const byte of stream.blockingRead(READ_BYTES)) content.push(byte);
  } catch (thrown) {
    const error = wireError(thrown);
    if (error === undefined) throw thrown;
    if (error.tag !== "closed") {
      throw new Unreachable(`${about}: ${(error.val as { toDebugString(): string }).toDebugString()}`);
    }
  }
  drop(stream);
  drop(body);
  const status = incoming.status();
  drop(incoming);
  return new Response(status, headers, Uint8Array.from(content));
}

function saying<Answer>(message: string, call: () => Answer): Answer {
  try {
    return call();
  } catch (thrown) {
    throw wireError(thrown) === undefined && thrown instanceof Error ? thrown : new Invalid(message);
  }
}

function failed(about: string, thrown: unknown): unknown {
  const error = wireError(thrown);
  if (error === undefined) return thrown;
  const said = `${about}: ${error.tag}`;
  if (DENIED.includes(error.tag)) return new Denied(`${said}; the plugin's log has the line to write`);
  return LIMITS.includes(error.tag) ? new Limit(said) : new Unreachable(said);
}

/** Gives a thing of the host back, where the engine can: the host wants children back before what they are of. */
function drop(resource: object): void {
  const dispose = (resource as Record<symbol, (() => void) | undefined>)[(Symbol as { dispose?: symbol }).dispose ?? Symbol.for("dispose")];
  dispose?.call(resource);
}
