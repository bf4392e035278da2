// What the two engines do differently, hidden: see `contract.d.ts`.

import * as configModule from "wasi:config/store@0.2.0-rc.1";
import * as atomicsModule from "wasi:keyvalue/atomics@0.2.0-draft";
import * as keyvalueModule from "wasi:keyvalue/store@0.2.0-draft";
import * as loggingModule from "wasi:logging/logging@0.1.0-draft";
import * as shotgunModule from "cuebox:plugin/shotgun@0.1.0";
import type { Wide } from "cuebox:plugin/types@0.1.0";

/** One engine has the functions of an interface as exports of a module, the other in its default export. */
export function functions<Module extends object>(module: Module): Module {
  return (module as { default?: Module }).default ?? module;
}

export const shotgun = functions(shotgunModule);
export const logging = functions(loggingModule);
export const config = functions(configModule);
export const keyvalue = functions(keyvalueModule);
export const atomics = functions(atomicsModule);

/**
 * A 64-bit number of the host, which one engine hands over as a `bigint`; both take a `number`. Numbers of the site's records are far
 * below the largest that is exact.
 */
export function narrow(wide: Wide): number {
  return Number(wide);
}
