// What the other side said, as it may be shown, and what it has, as it is listed.
import type { WarehouseTable } from "./warehouse.ts";

const LENGTH_MAX = 400;

/** On one line, short, and without addresses of people. Secrets were cut out before. */
export function said(text: string): string {
  const line = text.slice(0, LENGTH_MAX * 4).replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").replace(/[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g, "…@…").trim();
  return line.length <= LENGTH_MAX ? line : `${line.slice(0, LENGTH_MAX).toWellFormed()}…`;
}

/** Of rows of schema, table, column and type, in order. */
export function tablesOf(rows: readonly (readonly (string | null | undefined)[])[]): WarehouseTable[] {
  const tables = new Map<string, { readonly name: string; readonly columns: { readonly name: string; readonly nativeType: string }[] }>();
  for (const [schema, table, column, type] of rows) {
    const name = [schema, table].filter((part) => typeof part === "string" && part !== "").join(".");
    const found = tables.get(name) ?? { name, columns: [] };
    tables.set(name, found);
    if (typeof column === "string") found.columns.push({ name: column, nativeType: type ?? "" });
  }
  return [...tables.values()];
}
