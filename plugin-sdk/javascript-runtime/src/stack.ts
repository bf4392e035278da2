// The places that an error came through: those of the plugin's file, by its name and its lines, and no others.

/** One of the places, as the engine has it. */
interface CallSite {
  getFileName(): string | null;
  getFunctionName(): string | null;
  getLineNumber(): number | null;
  getColumnNumber(): number | null;
}

/** What the engine calls a text that is run. */
const EVALUATED = "<input>";

/** From now on errors show their places in the file of this name, whose first line has moved so far to the right. */
export function showPlacesIn(name: string, shift: number): void {
  const shown = (site: CallSite): string => {
    const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
    const place = `${name}:${line}:${line === 1 ? column - shift : column}`;
    const calledIn = site.getFunctionName();
    return calledIn ? `    at ${calledIn} (${place})` : `    at ${place}`;
  };
  const prepare = (_error: unknown, sites: CallSite[]): string =>
    sites.filter((site) => site.getFileName() === EVALUATED).map(shown).join("\n");
  (Error as unknown as { prepareStackTrace: typeof prepare }).prepareStackTrace = prepare;
}
