/// <reference path="./source.d.ts" />

// Runs a plugin file as it is: a module that imports `cuebox-plugin` and exports `callbacks`, like a plugin that is made into a component.
//
// The host hands over the file's text. `register` runs it, and then lets it register.

import * as sourceModule from "cuebox:script/source@0.1.0";

import * as http from "../../js/src/http.js";
import * as sdk from "../../js/src/index.js";
import { functions } from "../../js/src/wire.js";
import { type Modules, Script } from "./script.js";
import { showPlacesIn } from "./stack.js";

const source = functions(sourceModule);

/** What `plugin` makes of the file's function. */
class Plugin {
  readonly register: (registrar: sdk.Registrar) => void;

  constructor(register: (registrar: sdk.Registrar) => void) {
    this.register = register;
  }
}

/** What a file can import. */
const MODULES: Modules = {
  "cuebox-plugin": { ...sdk, plugin: (register: (registrar: sdk.Registrar) => void) => new Plugin(register) },
  "cuebox-plugin/http": { ...http },
};

export const callbacks = sdk.plugin((registrar) => {
  const name = `${source.name()}.js`;
  showPlacesIn(name, 0);
  const script = Script.parse(name, source.text(), MODULES);
  showPlacesIn(name, script.shift);
  const exported = script.run();
  if (!(exported instanceof Plugin)) {
    throw new sdk.CueboxError(`\`callbacks\` of ${name} is not what \`plugin((reg) => { ... })\` of \`cuebox-plugin\` answers`);
  }
  exported.register(registrar);
});
