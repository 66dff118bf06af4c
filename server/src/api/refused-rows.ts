// Rows of `ch_refused` as the API shows them. What was received of suppressed people is not shown, here as elsewhere.
import type { ClientBase } from "pg";
import type { z } from "zod";
import type { eventFate, logPosition } from "@tributary/schema/api/events.ts";
import type { RefusedWrite } from "@tributary/schema/api/refused-writes.ts";
import { NOBODY } from "../core/nobody.ts";
import { rowPosition } from "../core/position.ts";
import { eventsWithOwners, SUPPRESSED_DETAIL, type KeysOf, type StoredEventRow } from "./event-rows.ts";
import { currentPeople } from "./profile-store.ts";

export const REFUSED_COLUMNS = `block_id, block_row, workspace_id, kind, status, table_name, cause, detail, code, reason, at, resolved_at, partition,
  row_id, source_id, received_at, message_id, event, outcome, outcome_reason, profile_id, content`;

/** What stands in `content` of an event that is not in the table. */
interface EventContent {
  readonly type: string;
  readonly at_ms: number;
  readonly user_id: string;
  readonly anonymous_id: string;
  readonly library: string;
  readonly is_historical: number;
  readonly import_id: number;
  readonly time_note: string;
  readonly keys64: readonly string[];
  readonly raw: string;
}

export interface RefusedRow {
  readonly block_id: string;
  readonly block_row: number;
  readonly workspace_id: number;
  readonly kind: "row" | "statement";
  readonly status: "open" | "landed" | "discarded";
  readonly table_name: string;
  readonly cause: string;
  readonly detail: string;
  readonly code: number;
  /** What the engine said. */
  readonly reason: string;
  readonly at: Date;
  readonly resolved_at: Date | null;
  readonly partition: number;
  readonly row_id: string | null;
  readonly source_id: number;
  readonly received_at: Date | null;
  readonly message_id: string;
  readonly event: string;
  readonly outcome: string;
  readonly outcome_reason: string;
  readonly profile_id: string | null;
  readonly content: EventContent | null;
}

export function refusedId(row: Pick<RefusedRow, "block_id" | "block_row">): string {
  return `${row.block_id}-${row.block_row}`;
}

/** An event that is not in the table, as a row of it would be read; with where it stands in the list. */
interface MissingEvent extends StoredEventRow {
  readonly of: RefusedRow;
  readonly raw: string;
}

/** Identifiers that an event names: as columns, and in a payload that the pipeline could not process. */
export interface MissingEventKeys {
  readonly eventKeys: KeysOf;
  readonly payloadKeys: (sourceId: number, raw: string) => readonly string[];
}

function missingEvents(rows: readonly RefusedRow[]): MissingEvent[] {
  return rows.flatMap((row) =>
    row.content === null
      ? []
      : [
          {
            ...row.content,
            of: row,
            row_id: Number(row.row_id),
            message_id: row.message_id,
            event: row.event,
            source_id: row.source_id,
            outcome: row.outcome,
            reason: row.outcome_reason,
            received_ms: row.received_at?.getTime() ?? 0,
            owner_id: row.profile_id ?? NOBODY,
          },
        ],
  );
}

function shownMissing(db: ClientBase, workspaceId: number, rows: readonly RefusedRow[], keys: MissingEventKeys) {
  const keysOf = (row: MissingEvent) => [
    ...keys.eventKeys(row),
    ...(row.outcome === "quarantined" ? keys.payloadKeys(row.source_id, row.raw) : []),
  ];
  return eventsWithOwners(db, workspaceId, missingEvents(rows), keysOf);
}

/** Entries of the list, in the order of the rows. */
export async function shownRefused(
  db: ClientBase,
  workspaceId: number,
  rows: readonly RefusedRow[],
  keys: MissingEventKeys,
): Promise<RefusedWrite[]> {
  const events = new Map((await shownMissing(db, workspaceId, rows, keys)).map((shown) => [shown.row.of, shown]));
  const people = await currentPeople(db, workspaceId, [...new Set(rows.map((row) => row.profile_id).filter((id) => id !== null))]);
  return rows.map((row) => {
    const shown = events.get(row);
    const isSuppressed = shown?.isSuppressed ?? people.get(row.profile_id ?? "") === null;
    const isRow = row.kind === "row";
    return {
      id: refusedId(row),
      kind: row.kind,
      status: row.status,
      table: row.table_name,
      reason: row.cause,
      detail: isSuppressed ? SUPPRESSED_DETAIL : row.detail,
      engine: { code: row.code, message: isSuppressed ? "" : row.reason },
      at: row.at.toISOString(),
      resolved_at: row.resolved_at?.toISOString() ?? null,
      whole_installation: row.workspace_id !== workspaceId,
      row_id: row.row_id === null ? null : Number(row.row_id),
      source_id: isRow && row.table_name === "events" ? row.source_id : null,
      received_at: row.received_at?.toISOString() ?? null,
      message_id: isSuppressed ? "" : row.message_id,
      event: isSuppressed ? "" : row.event,
      outcome: row.outcome,
      profile_id: isSuppressed ? null : (people.get(row.profile_id ?? "") ?? null),
      raw: isSuppressed ? "" : row.status === "landed" ? null : (row.content?.raw ?? null),
    };
  });
}

export type EventFate = z.input<typeof eventFate>;

/** What became of events that ClickHouse refused, as `GET /events/{messageId}` tells it. */
export async function refusedFates(
  db: ClientBase,
  workspaceId: number,
  messageId: string,
  page: { readonly keys: MissingEventKeys; readonly limit: number },
): Promise<EventFate[]> {
  const { rows } = await db.query<RefusedRow>(
    `select ${REFUSED_COLUMNS} from ch_refused
      where workspace_id = $1 and message_id = $2 and kind = 'row' and table_name = 'events' and status <> 'landed' and outcome not in ('', 'control')
      order by row_id limit $3`,
    [workspaceId, messageId, page.limit],
  );
  return (await shownMissing(db, workspaceId, rows, page.keys)).map(({ event, row, isSuppressed }) => ({
    ...event,
    outcome: "failed",
    reason: row.of.cause,
    position: positionOf(row.of),
    detail: isSuppressed ? SUPPRESSED_DETAIL : row.of.detail,
    status: null,
    refused_write: refusedId(row.of),
    time_note: row.of.content?.time_note ?? "",
    import_id: row.of.content?.import_id || null,
    raw: isSuppressed ? "" : row.raw,
  }));
}

function positionOf(row: RefusedRow): z.input<typeof logPosition> {
  return { partition: row.partition, ...rowPosition(Number(row.row_id)) };
}
