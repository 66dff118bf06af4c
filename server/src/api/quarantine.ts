// Events that were held back, each with why, and as it was received.
import { z } from "zod";
import { quarantineList, quarantineQuery } from "@tributary/schema/api/events.ts";
import { quarantineMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorRow, decodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { SUPPRESSED_DETAIL } from "./event-rows.ts";
import { quarantineChangeRoutes } from "./quarantine-changes.ts";
import { suppressedKeys } from "./profile-store.ts";

interface HeldRow {
  row_id: string;
  source_id: number;
  received_at: Date;
  message_id: string;
  event: string;
  reason: string;
  detail: string;
  status: "open" | "resent" | "discarded";
}

/** Payloads shown on one page, together. */
const RAW_BYTES_MAX = 8 * 1024 * 1024;

export function quarantineRoutes(services: ApiServices): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/quarantine",
      tag: "Events",
      scopes: ["read"],
      masks: quarantineMask,
      summary: "Events that were held back",
      description: "The latest first. One held event never holds another.",
      query: quarantineQuery,
      responses: { 200: quarantineList },
      handle: async ({ query, workspaceId, saw }) => {
        await saw({ action: "quarantine.list", target: "workspace" });
        const before = decodeCursor(z.tuple([cursorRow]), query.cursor)?.[0];
        const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
          db.query<HeldRow>(
            `select row_id, source_id, received_at, message_id, event, reason, detail, status from quarantine
          where workspace_id = $1 and ($2::bigint is null or row_id < $2) and ($3::integer is null or source_id = $3)
            and ($4::text is null or reason = $4) and ($5::text is null or status = $5)
            and ($7::bigint is null or row_id = $7)
          order by row_id desc limit $6`,
            [workspaceId, before ?? null, query.source ?? null, query.reason ?? null, query.status ?? null, query.limit + 1, query.row ?? null],
          ),
        );
        const raws = await readRaws(
          services,
          workspaceId,
          rows.slice(0, query.limit).map((row) => Number(row.row_id)),
        );
        const hidden = await ofSuppressed(services, workspaceId, rows, raws);
        const show = (row: HeldRow) => {
          const isHidden = hidden.has(row.row_id);
          const raw = raws.get(Number(row.row_id)) ?? null;
          const shown = { ...row, row_id: Number(row.row_id), received_at: row.received_at.toISOString() };
          return isHidden ? { ...shown, detail: SUPPRESSED_DETAIL, raw: "" } : { ...shown, raw };
        };
        return { status: 200, body: pageFrom(rows, query.limit, show, (row) => [Number(row.row_id)]) };
      },
    }),
    ...quarantineChangeRoutes(services),
  ];
}

/** The rows whose payload names somebody who is suppressed. */
async function ofSuppressed(
  services: ApiServices,
  workspaceId: number,
  rows: readonly HeldRow[],
  raws: ReadonlyMap<number, string>,
): Promise<Set<string>> {
  const keysIn = await services.payloadKeys(workspaceId);
  const keysByRow = rows.map((row) => ({ rowId: row.row_id, keys: keysIn(row.source_id, raws.get(Number(row.row_id)) ?? "") }));
  const suppressed = await services.deps.workspaceDb.run(workspaceId, (db) =>
    suppressedKeys(db, workspaceId, [...new Set(keysByRow.flatMap(({ keys }) => keys))]),
  );
  return new Set(keysByRow.filter(({ keys }) => keys.some((key) => suppressed.has(key))).map(({ rowId }) => rowId));
}

async function readRaws(services: ApiServices, workspaceId: number, rowIds: readonly number[]): Promise<Map<number, string>> {
  if (rowIds.length === 0) return new Map();
  const rows = await services.scan<{ row_id: number; raw: string }>(
    workspaceId,
    `select row_id, raw from (
       select row_id, raw, sum(length(raw)) over (order by row_id desc) as bytes from events
        where workspace_id = {workspace:UInt32} and row_id in {rows:Array(UInt64)})
      where bytes <= {bytes_max:UInt64}`,
    { rows: rowIds, bytes_max: RAW_BYTES_MAX },
  );
  return new Map(rows.map((row) => [row.row_id, row.raw]));
}
