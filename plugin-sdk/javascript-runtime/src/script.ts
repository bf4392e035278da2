// From the text of a module to a function that can be called: the engine runs modules only that it was made with.

import { getLineInfo, type Node, parse, type Program } from "acorn";

/** What can be imported, by name. */
export type Modules = Record<string, Record<string, unknown>>;

/** The name under which a plugin exports itself. */
const EXPORTED = "callbacks";

/** What the text is put between. The imports go where `IMPORTS` is; the text keeps its lines. */
const BEFORE = '(function () { "use strict"; ';
const IMPORTS = "arguments[0]";

const LINE_END = /[\n\r\u2028\u2029]/;

/** A file that can be run. */
export class Script {
  private constructor(
    /** How far to the right the first line has moved. */
    readonly shift: number,
    private readonly code: string,
    private readonly modules: Modules,
  ) {}

  /** Reads a file; throws a `SyntaxError` with the place of what is wrong. */
  static parse(name: string, text: string, modules: Modules): Script {
    const reader = new Reader(name, text, modules);
    const body = reader.read();
    const before = BEFORE + reader.imports.join("");
    // A comment may stand on the last line.
    return new Script(before.length, `${before}${body}\nreturn ${reader.exported()}; })`, modules);
  }

  /** Runs the file; answers what it exports. */
  run(): unknown {
    // Called by another name, it sees nothing of what is around it here.
    const compile = eval;
    return (compile(this.code) as (modules: Modules) => unknown)(this.modules);
  }
}

/** Takes the words of a module out of a text, which keeps its length and its lines. */
class Reader {
  /** The imports, as declarations. */
  readonly imports: string[] = [];
  private local: string | undefined;
  private text: string;

  constructor(
    private readonly name: string,
    private readonly original: string,
    private readonly modules: Modules,
  ) {
    this.text = original;
  }

  read(): string {
    const program = this.program();
    if (this.text.startsWith("#!")) this.blank(0, this.text.split(LINE_END, 1)[0]!.length);
    for (const statement of program.body) {
      switch (statement.type) {
        case "ImportDeclaration":
          this.import(statement);
          this.blank(statement.start, statement.end);
          break;
        case "ExportNamedDeclaration":
          this.export(statement);
          break;
        case "ExportDefaultDeclaration":
        case "ExportAllDeclaration":
          throw this.wrong(statement, `a plugin exports \`${EXPORTED}\`, and nothing else counts`);
      }
    }
    return this.text;
  }

  /** The file's own name of what it exports. */
  exported(): string {
    if (this.local !== undefined) return this.local;
    throw new SyntaxError(
      `${this.name} exports no \`${EXPORTED}\`; a plugin has \`export const ${EXPORTED} = plugin((reg) => { ... })\``,
    );
  }

  private program(): Program {
    try {
      return parse(this.text, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: false });
    } catch (error) {
      const { pos, message } = error as { pos?: number; message: string };
      if (pos === undefined) throw error;
      // It ends with the place, counted in another way.
      throw this.wrongAt(pos, message.replace(/ \(\d+:\d+\)$/, ""));
    }
  }

  private import({ source, specifiers }: Program["body"][number] & { type: "ImportDeclaration" }): void {
    const from = String(source.value);
    if (!Object.hasOwn(this.modules, from)) {
      const known = Object.keys(this.modules).map((name) => `\`${name}\``);
      throw this.wrong(
        source,
        `a plugin that is a plain file imports ${known.join(" and ")}, and not \`${from}\`; \`cuebox build\` makes a component of one that imports more`,
      );
    }
    const module = `${IMPORTS}[${JSON.stringify(from)}]`;
    for (const specifier of specifiers) {
      const local = specifier.local.name;
      if (specifier.type === "ImportNamespaceSpecifier") {
        this.imports.push(`const ${local} = ${module}; `);
        continue;
      }
      const imported = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
      if (!Object.hasOwn(this.modules[from]!, imported)) throw this.wrong(specifier, `\`${from}\` has no \`${imported}\``);
      this.imports.push(`const ${local} = ${module}[${JSON.stringify(imported)}]; `);
    }
  }

  private export(statement: Program["body"][number] & { type: "ExportNamedDeclaration" }): void {
    const { declaration, source, specifiers } = statement;
    if (source) throw this.wrong(source, `what a plugin exports is its own, and not of \`${String(source.value)}\``);
    if (declaration) {
      this.blank(statement.start, declaration.start);
      const declared = declaration.type === "VariableDeclaration" ? declaration.declarations.map(({ id }) => id) : [declaration.id];
      if (declared.some((id) => id.type === "Identifier" && id.name === EXPORTED)) this.local = EXPORTED;
    } else {
      this.blank(statement.start, statement.end);
      const own = specifiers.find(({ exported }) => nameOf(exported) === EXPORTED);
      if (own) this.local = nameOf(own.local);
    }
  }

  private blank(start: number, end: number): void {
    const blanked = this.text.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " ");
    this.text = this.text.slice(0, start) + blanked + this.text.slice(end);
  }

  private wrong(node: Node, what: string): SyntaxError {
    return this.wrongAt(node.start, what);
  }

  /** The error of a place, with its line. */
  private wrongAt(position: number, what: string): SyntaxError {
    const { line, column } = getLineInfo(this.original, position);
    const [shown] = this.original.slice(position - column).split(LINE_END, 1);
    return new SyntaxError(`${this.name}:${line}:${column + 1}: ${what}\n    ${shown!.trim()}`);
  }
}

function nameOf(node: { type: string; name?: string; value?: unknown }): string {
  return node.type === "Identifier" ? String(node.name) : String(node.value);
}
