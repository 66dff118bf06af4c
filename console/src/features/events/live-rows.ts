// What the live debugger shows, as a pure state: rows on the page, rows that wait while somebody looks, and how many were
// left out. Each row stands once; the latest first; both lists are bounded.
import type { EventRow } from "@tributary/schema/api/events.ts";

export const SHOWN_MAX = 5_000;
export const WAITING_MAX = 2_000;

export interface LiveRows {
  readonly shown: readonly EventRow[];
  readonly waiting: readonly EventRow[];
  /** Of those waiting, the oldest, which had to make room. */
  readonly lost: number;
  /** Not sent by the server: above a rate the stream is a sample. */
  readonly skipped: number;
}

export const noRows: LiveRows = { shown: [], waiting: [], lost: 0, skipped: 0 };

/** Rows that came by the stream. With `isHeld` nothing on the page moves: they wait. */
export function withFresh(rows: LiveRows, fresh: readonly EventRow[], isHeld: boolean): LiveRows {
  const waiting = merged(fresh.filter((row) => !rows.shown.some((other) => other.row_id === row.row_id)), rows.waiting);
  const lost = rows.lost + Math.max(0, waiting.length - WAITING_MAX);
  const next = { ...rows, waiting: waiting.slice(0, WAITING_MAX), lost };
  return isHeld ? next : released(next);
}

/** Puts what waited on the page. */
export function released(rows: LiveRows): LiveRows {
  if (rows.waiting.length === 0) return rows;
  return { ...rows, shown: merged(rows.waiting, rows.shown).slice(0, SHOWN_MAX), waiting: [], lost: 0 };
}

/** Rows of the list: what came before the stream began, or an older page. */
export function withListed(rows: LiveRows, listed: readonly EventRow[]): LiveRows {
  const ids = new Set(listed.map((row) => row.row_id));
  return { ...rows, shown: merged(listed, rows.shown).slice(0, SHOWN_MAX), waiting: rows.waiting.filter((row) => !ids.has(row.row_id)) };
}

function merged(some: readonly EventRow[], others: readonly EventRow[]): EventRow[] {
  const byId = new Map([...others, ...some].map((row) => [row.row_id, row]));
  return [...byId.values()].sort((a, b) => b.row_id - a.row_id);
}
