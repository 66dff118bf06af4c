// A query with its bound values written in, to be read by people and run by hand. What runs here is always bound.

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\b": "\\b", "\f": "\\f" };

/** Placeholders look like `{p0:Array(String)}`; types hold no brace. Throws an Error for a type that it does not know. */
export function writtenSql(sql: string, params: Readonly<Record<string, unknown>>): string {
  return sql.replace(/\{(\w+):([^{}]+)\}/g, (_, name: string, type: string) => literal(type, params[name]));
}

function literal(type: string, value: unknown): string {
  if (type === "String") return textLiteral(String(value));
  if (type === "UUID") return `toUUID(${textLiteral(String(value))})`;
  const inner = /^Array\((.+)\)$/.exec(type)?.[1];
  // An empty list has no type of its own.
  if (inner !== undefined) return Array.isArray(value) && value.length > 0 ? `[${value.map((one: unknown) => literal(inner, one)).join(", ")}]` : `CAST([], ${textLiteral(type)})`;
  const text = String(value);
  const decimal = /^Decimal\(38, (\d+)\)$/.exec(type)?.[1];
  if (decimal !== undefined && /^-?\d+(\.\d+)?$/.test(text)) return `toDecimal128('${text}', ${decimal})`;
  if (/^U?Int\d+$/.test(type) && /^-?\d+$/.test(text)) return `to${type}(${text})`;
  throw new Error(`A value of type ${type} can't be written.`);
}

function textLiteral(text: string): string {
  return `'${text.replace(/[\\'\n\r\t\0\b\f]/g, (letter) => escapes[letter] ?? letter)}'`;
}
