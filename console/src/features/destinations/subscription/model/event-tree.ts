// An event as a tree whose values can be chosen: every value with the path that leads to it and what it is here. Pure.
import { isRecord } from "@tributary/schema/is-record.ts";
import { pathNames } from "@tributary/schema/destination/mapping-path.ts";

export interface TreeRow {
  /** Undefined: no path leads there, its name has a dot or a quote, or none at all. */
  readonly path: string | undefined;
  readonly key: string;
  readonly name: string;
  readonly depth: number;
  readonly value: unknown;
  readonly hasInner: boolean;
  /** What was looked for is in itself, and not only within. */
  readonly isFound: boolean;
}

/** Rows shown at once; more nobody looks through. */
const ROWS_MAX = 400;
const DEPTH_MAX = 20;

/** `$` and the names behind it; undefined where reading it back would give others. */
export function pathTo(names: readonly string[], isInList: readonly boolean[] = []): string | undefined {
  const path = `$${names.map((name, at) => (isInList[at] === true ? `[${name}]` : `.${name}`)).join("")}`;
  const read = pathNames(path);
  return read.length === names.length && read.every((name, at) => name === names[at]) ? path : undefined;
}

/** What is open, and of it what has the words in its path or its value. Searching opens everything. */
export function treeRows(event: unknown, { open, search }: { readonly open: ReadonlySet<string>; readonly search: string }): readonly TreeRow[] {
  const words = search.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
  const rows: TreeRow[] = [];
  const walk = (value: unknown, names: readonly string[], lists: readonly boolean[]): boolean => {
    if (typeof value !== "object" || value === null || names.length > DEPTH_MAX) return false;
    let hasFound = false;
    for (const [name, inner] of Object.entries(value)) {
      if (rows.length >= ROWS_MAX) break;
      const here = [...names, name];
      const inList = [...lists, Array.isArray(value)];
      const key = JSON.stringify(here);
      const isWanted = words.length > 0 && words.every((word) => `${here.join(".")} ${textOf(inner)}`.toLowerCase().includes(word));
      const at = rows.length;
      rows.push({ path: pathTo(here, inList), key, name, depth: names.length, value: inner, hasInner: hasInner(inner), isFound: isWanted });
      const isInside = (words.length > 0 || open.has(key)) && walk(inner, here, inList);
      if (words.length === 0 || isWanted || isInside) hasFound = true;
      else rows.length = at;
    }
    return hasFound;
  };
  walk(event, [], []);
  return rows;
}

const hasInner = (value: unknown): boolean => (isRecord(value) || Array.isArray(value)) && Object.keys(value).length > 0;
const textOf = (value: unknown): string => (typeof value === "object" ? "" : String(value));

/** What is open when one begins to look: what senders fill, and the person's traits. */
export const openAtFirst: ReadonlySet<string> = new Set(["properties", "traits", "context", "context.traits"].map((path) => JSON.stringify(path.split("."))));
