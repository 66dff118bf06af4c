// Cursors for paging: opaque to the caller, a small JSON tuple inside. They carry no rights: every query that takes one
// still names its workspace.
import { z } from "zod";
import { AppError } from "../core/errors.ts";

// The numbers that stand in cursors, within what the columns they are compared with can hold: a cursor may be anybody's text.
/** A serial number or a step: Postgres `integer`. */
export const cursorId = z.int().min(0).max(2_147_483_647);
/** A position in the log. */
export const cursorRow = z.int().min(0);
/** Milliseconds since 1970, or before it. */
export const cursorMs = z.int();

export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values), "utf8").toString("base64url");
}

/** Throws `bad_request` when it is not one of ours. */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string | undefined): z.output<T> | undefined {
  if (cursor === undefined) return undefined;
  const result = schema.safeParse(readJson(Buffer.from(cursor, "base64url").toString("utf8")));
  if (!result.success)
    throw new AppError("bad_request", { detail: "The cursor is not one that this address gave.", hint: "Start again without it." });
  return result.data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Cuts a page out of `limit + 1` rows: asking for one more than is shown tells whether there is a next page.
 */
export function pageFrom<Row, Out>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Out,
  place: (row: Row) => readonly (string | number)[],
): { data: Out[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(show), next_cursor: rows.length > limit && last !== undefined ? encodeCursor(place(last)) : null };
}
