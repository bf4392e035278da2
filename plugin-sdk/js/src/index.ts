/// <reference path="./contract.d.ts" preserve="true" />

/**
 * Plugins for cuebox, the sandboxed event host for Flow Production Tracking, in JavaScript and TypeScript.
 *
 *     import { plugin } from "cuebox-plugin";
 *
 *     export const callbacks = plugin((reg) => {
 *       reg.callback("on_status", onStatus).on("Shotgun_Task_Change", ["sg_status_list"]);
 *     });
 */

export * as config from "./config.js";
export * as keyvalue from "./keyvalue.js";
export { CueboxError, Denied, Fault, HostError, Invalid, Limit, SettingError, Unavailable, Unreachable } from "./errors.js";
export { type AttributeChange, type Change, Event } from "./event.js";
export { log } from "./log.js";
export { done, type Outcome, rejected, retryAfter, skipped } from "./outcome.js";
export { plugin } from "./plugin.js";
export { Callback, type Handler, type OnError, Registrar } from "./registrar.js";
export { type BatchRequest, type Filters, type FindOptions, Shotgun, type Summary, type UpdateModes } from "./shotgun.js";
export type { Entity, Row } from "./values.js";
