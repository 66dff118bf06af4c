// A line of JSON as a row of columns, for mappings of NDJSON files: a column's name is a dotted path into the object.
// Numbers keep the digits of the file; objects and arrays are their JSON.

/** The values at these paths, or null when the line is not one JSON object. */
export function jsonColumns(text: string, paths: readonly string[]): string[] | null {
  try {
    const value: unknown = JSON.parse(text, (_key: string, parsed: unknown, context?: { source?: string }) =>
      typeof parsed === "number" ? new Digits(context?.source ?? String(parsed)) : parsed);
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Digits) return null;
    return paths.map((path) => columnText(valueAt(value, path)));
  } catch {
    // Not JSON, or nested so deeply that walking it exhausts the stack.
    return null;
  }
}

/** A number as its digits in the file. */
class Digits {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null || at instanceof Digits || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}

function columnText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Digits) return value.source;
  return jsonText(value);
}

function jsonText(value: unknown): string {
  if (value instanceof Digits) return value.source;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${jsonText(each)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
