// Rows of the event table as the API lists them, each with the person it belongs to now.
import type { ClientBase } from "pg";
import type { EventRow } from "@tributary/schema/api/events.ts";
import { NOBODY } from "../core/nobody.ts";
import { iso } from "./iso.ts";
import { currentPeople, suppressedKeys, suppressedKeys64 } from "./profile-store.ts";

/** What a listing selects of `events`; StoredEventRow is its shape. */
export const EVENT_COLUMNS = `row_id, message_id, type, event, source_id, outcome, reason, toUnixTimestamp64Milli(timestamp) as at_ms,
  toUnixTimestamp64Milli(received_at) as received_ms, toString(profile_id) as owner_id, user_id, anonymous_id, library, is_historical,
  arrayMap(one -> toString(one), identifiers) as keys64`;

export interface StoredEventRow {
  readonly row_id: number;
  readonly message_id: string;
  readonly type: string;
  readonly event: string;
  readonly source_id: number;
  readonly outcome: string;
  readonly reason: string;
  readonly at_ms: number;
  readonly received_ms: number;
  readonly owner_id: string;
  readonly user_id: string;
  readonly anonymous_id: string;
  readonly library: string;
  readonly is_historical: number;
  /** First 64 bits of the keys of the identifiers that it carried, as decimal text. */
  readonly keys64: readonly string[];
}

/** Shown in place of why, and of what was received. */
export const SUPPRESSED_DETAIL = "The person is suppressed: what was received is not shown.";

/** The salted keys of identifiers that a row names besides its `keys64`: its user id and anonymous id, at least. */
export type KeysOf<Row = StoredEventRow> = (row: Row) => readonly string[];

/** Where text was looked for in what was received, nothing of suppressed people is found. */
export function visibleEvents(rows: readonly ShownEvent<StoredEventRow>[], { text }: Readonly<Record<string, unknown>>): EventRow[] {
  return rows.filter(({ isSuppressed }) => text === undefined || !isSuppressed).map(({ event }) => event);
}

export interface ShownEvent<Row> {
  readonly event: EventRow;
  readonly row: Row;
  /** Its person is suppressed: what was received is not shown any more. */
  readonly isSuppressed: boolean;
}

/** Maps owners through merges; rows of suppressed people show nobody, and nothing that would name them. */
export async function eventsWithOwners<Row extends StoredEventRow>(
  db: ClientBase,
  workspaceId: number,
  rows: readonly Row[],
  keysOf: KeysOf<Row>,
): Promise<ShownEvent<Row>[]> {
  const ids = [...new Set(rows.map((row) => row.owner_id))].filter((id) => id !== NOBODY);
  const people = ids.length === 0 ? new Map<string, string | null>() : await currentPeople(db, workspaceId, ids);
  // Duplicates and held and dropped events have no owner; whose they are is told by what they carry.
  const ownerless = new Map(rows.filter((row) => row.owner_id === NOBODY).map((row) => [row, keysOf(row)]));
  const hidden = await suppressedKeys(db, workspaceId, [...new Set([...ownerless.values()].flat())]);
  const hidden64 = await suppressedKeys64(db, workspaceId, [...new Set([...ownerless.keys()].flatMap((row) => row.keys64))]);
  const namesSuppressed = (row: Row) =>
    (ownerless.get(row) ?? []).some((key) => hidden.has(key)) || (ownerless.has(row) && row.keys64.some((key) => hidden64.has(key)));
  return rows.map((row) => {
    const person = people.get(row.owner_id);
    const isSuppressed = person === null || namesSuppressed(row);
    const event = {
      row_id: row.row_id,
      message_id: row.message_id,
      type: row.type,
      event: row.event,
      source_id: row.source_id,
      outcome: row.outcome,
      reason: row.reason,
      at: iso(row.at_ms),
      received_at: iso(row.received_ms),
      profile_id: person ?? null,
      user_id: isSuppressed ? "" : row.user_id,
      anonymous_id: isSuppressed ? "" : row.anonymous_id,
      library: row.library,
      is_historical: row.is_historical === 1,
    };
    return { event, row, isSuppressed };
  });
}
