// What the server says of a definition, at the rows that it is about.
import { texts } from "../../../texts/texts.ts";
import { nodeAt, type Written } from "../model/draft.ts";
import type { RowProblem } from "./context.ts";

interface Said {
  readonly problems: readonly { readonly path: string; readonly message: string; readonly hint: string | null }[];
  readonly warnings: readonly { readonly path: string; readonly message: string }[];
}

export function problemsByRow(said: Said | undefined, { places, definition }: Pick<Written, "places" | "definition">): ReadonlyMap<string, readonly RowProblem[]> {
  const found = new Map<string, RowProblem[]>();
  const add = (path: string, problem: RowProblem): void => {
    const id = nodeAt(path, places) ?? places.get("") ?? "";
    const known = found.get(id) ?? [];
    if (!known.some(({ message }) => message === problem.message)) found.set(id, [...known, problem]);
  };
  // What nobody has chosen yet is not wrong.
  for (const { path, message, hint } of said?.problems ?? []) add(path, isUnset(definition, path) ? { message: texts.audiences.builder.unfinished, hint: null, isWarning: true } : { message, hint, isWarning: false });
  for (const { path, message } of said?.warnings ?? []) add(path, { message, hint: null, isWarning: true });
  return found;
}

/** Whether a path leads to a place where something is still to be chosen. */
export function isUnset(definition: unknown, path: string): boolean {
  const parts = path.split("/").filter((part) => part !== "");
  if (!toChoose.has(parts.at(-1) ?? "")) return false;
  const value = parts.reduce<unknown>((within, part) => (typeof within === "object" && within !== null ? (within as Readonly<Record<string, unknown>>)[part] : undefined), definition); // Lists have their places for names.
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

const toChoose: ReadonlySet<string> = new Set(["value", "values", "from", "to", "event", "property", "audience", "audiences", "is", "list", "category", "trait", "namespace", "salt"]);
