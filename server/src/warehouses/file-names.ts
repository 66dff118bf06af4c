// Names of files by a pattern: * is anything but /, ** anything, ? one character, {a,b} a choice. Made into an expression without nesting, so
// that no name takes long to be told.
import { posix } from "node:path";
import type { FileFormat } from "@tributary/schema/warehouse/query.ts";

/** What stands before the first sign of a pattern, as far as a folder goes: so much of a store needs to be looked at. */
export const prefixOf = (pattern: string): string => pattern.replace(/[*?{].*$/s, "").replace(/[^/]*$/, "");

export const isName = (pattern: string, name: string): boolean => posix.matchesGlob(name, pattern);

/** Undefined: the ending says nothing. */
export function formatOf(name: string): { readonly format: FileFormat; readonly isPacked: boolean; readonly delimiter?: string } | undefined {
  const [, ending = "", packed] = /\.(csv|tsv|ndjson|jsonl|parquet)(\.gz)?$/i.exec(name) ?? [];
  const isPacked = packed !== undefined;
  switch (ending.toLowerCase()) {
    case "csv": return { format: "csv", isPacked };
    case "tsv": return { format: "csv", isPacked, delimiter: "\t" };
    case "ndjson": case "jsonl": return { format: "ndjson", isPacked };
    case "parquet": return isPacked ? undefined : { format: "parquet", isPacked };
    default: return undefined;
  }
}
