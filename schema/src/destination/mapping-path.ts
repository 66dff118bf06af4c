// Where a value stands within an event: "$.properties.items[0].name". Names are divided by dots and by brackets around numbers and
// quoted names; any other bracket belongs to the name. Only what a value holds itself is found, never what its prototype does.

/** The names on the way; none: the whole event. */
export function pathNames(path: string): string[] {
  const rest = path === "$" ? "" : path.startsWith("$.") ? path.slice(2) : path;
  const names: string[] = [];
  let name = "";
  const close = (): void => {
    if (name !== "") names.push(name);
    name = "";
  };
  for (let at = 0; at < rest.length; at++) {
    const character = rest.charAt(at);
    if (character === "." || (character === "[" && opensIndex(rest.charAt(at + 1))) || (character === "]" && closesIndex(rest.charAt(at - 1), name))) close();
    else if (character !== "'" && character !== '"') name += character;
  }
  close();
  return names;
}

const opensIndex = (next: string): boolean => /^['"\d]$/.test(next);
const closesIndex = (before: string, name: string): boolean => /^['"\d]$/.test(before) || (before === "]" && name === "");

/** Undefined: there is nothing. */
export function valueAt(from: unknown, names: readonly string[]): unknown {
  let value = from;
  for (const name of names) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name]; // Asked for the line before; lists are read by number.
  }
  return value;
}
