// Tables as CSV (RFC 4180) that is safe to open in a spreadsheet: a text that a spreadsheet would take for a formula is
// prefixed, so that nothing a stranger sent is ever run. Numbers are left alone: `-1` as a number is a number.

export type CsvValue = string | number | boolean | Date | null | undefined;

/** A spreadsheet takes the file for UTF-8 by this, and shows every name as it is. */
export const BYTE_ORDER_MARK = "\ufeff";
/** What makes a spreadsheet read a cell as a formula; tab and return are skipped by it and what follows is looked at. */
const formulaStart = /^[=+\-@\t\r＝＋－＠]/;

/** The whole file, with its mark; lines end as the RFC says. */
export function csvText(header: readonly string[], rows: Iterable<readonly CsvValue[]>): string {
  let text = BYTE_ORDER_MARK + csvLine(header);
  for (const row of rows) text += csvLine(row);
  return text;
}

/** One line with its end. */
export function csvLine(values: readonly CsvValue[]): string {
  return `${values.map(csvField).join(",")}\r\n`;
}

/** Of any kind: texts as they are; lists and objects as JSON. */
export function csvCell(value: unknown): CsvValue {
  return value === null || value === undefined || typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : JSON.stringify(value);
}

export function csvField(value: CsvValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  if (typeof value === "boolean") return String(value);
  const text = value instanceof Date ? value.toISOString() : value;
  const safe = formulaStart.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
