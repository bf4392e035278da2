// The contract of wit/v1, as the two engines show it. They differ in two ways: what is absent is `null` in one and `undefined` in
// the other, and so is a 64-bit number that the host hands over a `number` in one and a `bigint` in the other. `wire.ts` hides both.

declare module "cuebox:plugin/types@0.1.0" {
  export type Wide = number | bigint;
  export type Absent = null | undefined;
  export interface EntityRef {
    entityType: string;
    id: Wide;
    name?: string | Absent;
  }
  export type Value =
    | { tag: "null" }
    | { tag: "boolean"; val: boolean }
    | { tag: "integer"; val: Wide }
    | { tag: "number"; val: number }
    | { tag: "text"; val: string }
    | { tag: "entity"; val: EntityRef }
    | { tag: "entities"; val: EntityRef[] }
    | { tag: "other"; val: string };
  export interface AttributeChange {
    field: string;
    dataType?: string | Absent;
    old: Value;
    new: Value;
    added: EntityRef[];
    removed: EntityRef[];
    inCreate: boolean;
    isTransient: boolean;
    mirrorOf?: Wide | Absent;
  }
  export type Change =
    | { tag: "attribute"; val: AttributeChange }
    | { tag: "created" | "retired" | "revived" | "other" };
  export interface EarlierEvent {
    id: Wide;
    eventType: string;
    attributeName?: string | Absent;
    user?: EntityRef | Absent;
    sudoActualUser?: EntityRef | Absent;
    sessionUuid?: string | Absent;
    createdAt: Wide;
    change: Change;
    meta: string;
    late: boolean;
  }
  export interface Event extends EarlierEvent {
    entity?: EntityRef | Absent;
    project?: EntityRef | Absent;
    attempt: number;
    earlier: EarlierEvent[];
  }
}

declare module "cuebox:plugin/shotgun@0.1.0" {
  import type { EntityRef, Wide } from "cuebox:plugin/types@0.1.0";
  export interface Query {
    entityType: string;
    filters: string;
    fields: string[];
    order: { field: string; descending: boolean }[];
    limit: number | null;
    page: number | null;
    retiredOnly: boolean;
    includeArchivedProjects: boolean;
  }
  export function find(query: Query): string;
  export function summarize(entityType: string, filters: string, fields: string, grouping: string | null): string;
  export function create(entityType: string, data: string, returnFields: string[]): string;
  export function update(entityType: string, id: Wide, data: string, modes: string | null): string;
  function remove(entityType: string, id: Wide): boolean;
  export { remove as delete };
  export function revive(entityType: string, id: Wide): boolean;
  export function batch(requests: string): string;
  export function schemaRead(entityType: string | null, field: string | null, project: EntityRef | null): string;
  export function upload(entity: EntityRef, field: string | null, fileName: string, content: Uint8Array): Wide;
  export function download(attachment: string): Uint8Array;
  export function call(method: string, params: string): string;
}

declare module "wasi:logging/logging@0.1.0-draft" {
  export type Level = "trace" | "debug" | "info" | "warn" | "error" | "critical";
  export function log(level: Level, context: string, message: string): void;
}

declare module "wasi:config/store@0.2.0-rc.1" {
  export function get(key: string): string | null | undefined;
  export function getAll(): [string, string][];
}

declare module "wasi:keyvalue/store@0.2.0-draft" {
  export class Bucket {
    get(key: string): Uint8Array | null | undefined;
    set(key: string, value: Uint8Array): void;
    delete(key: string): void;
    exists(key: string): boolean;
    listKeys(cursor: number | bigint | null): { keys: string[]; cursor?: number | bigint | null };
  }
  export function open(identifier: string): Bucket;
}

declare module "wasi:keyvalue/atomics@0.2.0-draft" {
  import type { Bucket } from "wasi:keyvalue/store@0.2.0-draft";
  export function increment(bucket: Bucket, key: string, delta: number | bigint): number | bigint;
}

declare module "wasi:io/streams@0.2.12" {
  export class InputStream {
    blockingRead(length: number | bigint): Uint8Array;
  }
  export class OutputStream {
    blockingWriteAndFlush(content: Uint8Array): void;
  }
}

declare module "wasi:http/types@0.2.12" {
  import type { InputStream, OutputStream } from "wasi:io/streams@0.2.12";
  export type Method = { tag: "get" | "head" | "post" | "put" | "delete" | "options" | "patch" } | { tag: "other"; val: string };
  export type Scheme = { tag: "HTTP" | "HTTPS" };
  export class Fields {
    static fromList(entries: [string, Uint8Array][]): Fields;
    entries(): [string, Uint8Array][];
  }
  export class OutgoingRequest {
    constructor(headers: Fields);
    body(): OutgoingBody;
    setMethod(method: Method): void;
    setScheme(scheme: Scheme): void;
    setAuthority(authority: string): void;
    setPathWithQuery(path: string): void;
  }
  export class OutgoingBody {
    write(): OutputStream;
    static finish(body: OutgoingBody, trailers: null): void;
  }
  export class FutureIncomingResponse {
    subscribe(): { block(): void };
    get(): unknown;
  }
  export class IncomingResponse {
    status(): number;
    headers(): Fields;
    consume(): IncomingBody;
  }
  export class IncomingBody {
    stream(): InputStream;
  }
}

declare module "wasi:http/outgoing-handler@0.2.12" {
  import type { FutureIncomingResponse, OutgoingRequest } from "wasi:http/types@0.2.12";
  export function handle(request: OutgoingRequest, options: null): FutureIncomingResponse;
}
