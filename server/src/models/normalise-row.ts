// A row as one text that is the same for equal rows, wherever they were read and in whatever order their columns came: columns by name,
// numbers in one form, decimals without trailing zeros, instants in UTC to the millisecond or finer, what is missing as null.

/** As a warehouse tells them. */
export interface TypedColumn {
  readonly name: string;
  readonly type: string;
}

export type KeyProblem = "null" | "object" | "long";

/** Digits that a number keeps exactly. */
const EXACT_DIGITS = 15;

/** Writes rows of these columns. */
export function rowWriter(columns: readonly TypedColumn[]): (row: Readonly<Record<string, unknown>>) => string {
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ name, type }, i) => ({ name, type, prefix: `${i === 0 ? "{" : ","}${JSON.stringify(name.toWellFormed())}:` }));
  return (row) => {
    let json = sorted.length === 0 ? "{" : "";
    for (const { name, type, prefix } of sorted) json += prefix + valueText(Object.hasOwn(row, name) ? row[name] : null, type);
    return `${json}}`;
  };
}

/** JSON of one value. */
export function valueText(value: unknown, type: string): string {
  switch (typeof value) {
    case "string": return type === "decimal" ? decimalText(value) : JSON.stringify(type === "instant" ? instantText(value) : value.toWellFormed());
    case "number": return numberText(value);
    case "boolean": return value ? "true" : "false";
    case "bigint": return decimalText(String(value));
    case "object": return value === null ? "null" : objectText(value);
    default: return "null";
  }
}

/** Minus zero is zero; what is no number is nothing. */
function numberText(value: number): string {
  return Number.isFinite(value) ? JSON.stringify(value === 0 ? 0 : value) : "null";
}

/** A number where it is one exactly, its digits as text where it is longer. */
function decimalText(text: string): string {
  const match = /^\s*([+-]?)0*(\d*)(?:\.(\d*))?\s*$/.exec(text);
  if (match === null || (match[2] === "" && (match[3] ?? "") === "" && !/\d/.test(text))) return JSON.stringify(text.toWellFormed());
  const whole = match[2] ?? "";
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  const digits = (whole + fraction).replace(/^0+/, "").length;
  if (digits === 0) return "0";
  const plain = `${match[1] === "-" ? "-" : ""}${whole === "" ? "0" : whole}${fraction === "" ? "" : `.${fraction}`}`;
  return digits <= EXACT_DIGITS ? numberText(Number(plain)) : JSON.stringify(plain);
}

const INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)$/i;

function instantText(text: string): string {
  const match = INSTANT.exec(text.trim());
  if (match === null) return text.toWellFormed();
  const [, date = "", time = "", seconds = "00", given = "", zone = "Z"] = match;
  const fraction = given.replace(/0+$/, "").padEnd(3, "0");
  const offset = /^z$/i.test(zone) ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3).replace(":", "").padEnd(2, "0")}`;
  if (offset === "Z" || /^[+-]00:00$/.test(offset)) return `${date}T${time}:${seconds}.${fraction}Z`;
  const ms = Date.parse(`${date}T${time}:${seconds}${offset}`);
  return Number.isNaN(ms) ? text : `${new Date(ms).toISOString().slice(0, 19)}.${fraction}Z`;
}

/** Objects by the names of what is in them, at every depth. */
function objectText(value: object): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "null" : JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map((item: unknown) => valueText(item, "json")).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name.toWellFormed())}:${valueText(item, "json")}`).join(",")}}`;
}

/** The key of a row as one text, or why it has none. */
export function keyWriter(columns: readonly TypedColumn[], key: readonly string[], charactersMax: number): (row: Readonly<Record<string, unknown>>) => { readonly key: string } | { readonly problem: KeyProblem } {
  const parts = key.map((name) => ({ name, type: columns.find((column) => column.name === name)?.type ?? "text" }));
  return (row) => {
    const texts: string[] = [];
    for (const { name, type } of parts) {
      const value = Object.hasOwn(row, name) ? row[name] : null;
      const json = valueText(value, type);
      if (json === "null") return { problem: "null" };
      if (json.startsWith("{") || json.startsWith("[")) return { problem: "object" };
      texts.push(json.startsWith('"') ? String(JSON.parse(json)) : json);
    }
    const text = JSON.stringify(texts);
    return text.length > charactersMax ? { problem: "long" } : { key: text };
  };
}
