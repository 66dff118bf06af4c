// What ClickHouse refused for good: listed with why, and sent again once the cause is gone. A list beside the quarantine: there
// the pipeline held an event, here it was decided and is missing from the event table alone.
import { z } from "zod";
import {
  RETRIES_MAX,
  refusedWriteChange,
  refusedWriteList,
  refusedWriteParams,
  refusedWritesQuery,
  retryAllAnswer,
  retryAllBody,
} from "@tributary/schema/api/refused-writes.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import type { RefusedPlace, RefusedStatus } from "./api-deps.ts";
import { refusedWritesMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { cursorId, cursorRow, decodeCursor, encodeCursor, pageFrom } from "./cursor.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { REFUSED_COLUMNS, refusedId, shownRefused, type RefusedRow } from "./refused-rows.ts";

const TAG = "Events";
const place = z.tuple([cursorRow, cursorId]);

export function refusedWriteRoutes(services: ApiServices): Route[] {
  return [listRoute(services), retryAllRoute(services), retryRoute(services), discardRoute(services)];
}

function listRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/refused-writes",
    tag: TAG,
    scopes: ["read"],
    masks: refusedWritesMask,
    summary: "What ClickHouse refused for good",
    description:
      "The latest first: rows that are missing in ClickHouse (events among them count as `failed` in the ledger), and changes of " +
      "rows that were not made. Each says why, and what to do before it is sent again. One never holds another.",
    query: refusedWritesQuery,
    responses: { 200: refusedWriteList },
    handle: async ({ query, workspaceId, saw }) => {
      await saw({ action: "refused_write.list", target: "workspace" });
      const [block, row] = decodeCursor(place, query.cursor) ?? [null, null];
      const [eventKeys, payloadKeys] = await Promise.all([services.eventKeys(workspaceId), services.payloadKeys(workspaceId)]);
      const page = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        // Row-level security adds statements that concern every workspace.
        const { rows } = await db.query<RefusedRow>(
          `select ${REFUSED_COLUMNS} from ch_refused
            where ($1::bigint is null or (block_id, block_row) < ($1, $2::integer)) and ($3::text is null or status = $3)
              and ($4::text is null or kind = $4) and ($5::text is null or table_name = $5) and ($6::text is null or cause = $6)
              and ($7::integer is null or (source_id = $7 and kind = 'row')) and workspace_id in (0, $8)
            order by block_id desc, block_row desc limit $9`,
          [block, row, query.status ?? null, query.kind ?? null, query.table ?? null, query.reason ?? null, query.source ?? null, workspaceId, query.limit + 1],
        );
        const shown = await shownRefused(db, workspaceId, rows.slice(0, query.limit), { eventKeys, payloadKeys });
        return { ...pageFrom(rows, query.limit, refusedId, (one) => [Number(one.block_id), one.block_row]), data: shown };
      });
      return { status: 200, body: page };
    },
  });
}

function retryRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/refused-writes/{id}/retry",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Send a refused write again",
    description:
      "After its cause is gone. A row lands once, however often this is asked, and as it would stand by now: with whoever it belongs to " +
      "since. A statement is followed by all that came after it.",
    params: refusedWriteParams,
    responses: { 200: refusedWriteChange },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const status = await services.deps.refusedWrites.retry(placeOf(workspaceId, params.id));
      return { status: 200, body: await changed(services, { workspaceId, actor, nowMs }, params.id, "retry", status) };
    },
  });
}

function discardRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/refused-writes/{id}/discard",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Put a refused write aside",
    description:
      "It is not sent again. An event stays `failed` in the ledger. Of a statement, this says that the rows may stay as they are: unmerges and " +
      "withdrawals of imports are no longer kept back for it, and decide by those rows.",
    params: refusedWriteParams,
    responses: { 200: refusedWriteChange },
    handle: async ({ params, workspaceId, actor, nowMs }) => {
      const status = await services.deps.refusedWrites.discard(placeOf(workspaceId, params.id));
      if (status === "landed") throw new AppError("conflict", { detail: "It was sent again and has landed." });
      return { status: 200, body: await changed(services, { workspaceId, actor, nowMs }, params.id, "discard", status) };
    },
  });
}

function retryAllRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/refused-writes/retry",
    tag: TAG,
    scopes: ["write", "personal_data"],
    summary: "Send all refused writes again",
    description: `All that are open, the first refused first, at most ${RETRIES_MAX} by one request.`,
    body: retryAllBody,
    responses: { 200: retryAllAnswer },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      const [block, row] = decodeCursor(place, body.after) ?? [-1, 0];
      const rows = await services.deps.workspaceDb.run(workspaceId, async (db) => {
        const found = await db.query<Pick<RefusedRow, "block_id" | "block_row">>(
          `select block_id, block_row from ch_refused
            where status = 'open' and (block_id, block_row) > ($1::bigint, $2::integer) and ($3::text is null or kind = $3)
              and ($4::text is null or cause = $4) and workspace_id in (0, $5)
            order by block_id, block_row limit $6`,
          [block, row, body.kind ?? null, body.reason ?? null, workspaceId, RETRIES_MAX + 1],
        );
        return found.rows;
      });
      const sent = rows.slice(0, RETRIES_MAX);
      const last = sent.at(-1);
      const statuses = await services.deps.refusedWrites.retryMany(sent.map((one) => placeOf(workspaceId, refusedId(one))));
      const landed = statuses.filter((status) => status === "landed").length;
      const refused = statuses.filter((status) => status === "open").length;
      await audit(services, { workspaceId, actor, nowMs }, "all", "retry", { landed, refused });
      return { status: 200, body: { landed, refused, next: rows.length > sent.length && last ? encodeCursor([Number(last.block_id), last.block_row]) : null } };
    },
  });
}

function placeOf(workspaceId: number, id: string): RefusedPlace {
  const [blockId = NaN, blockRow = NaN] = id.split("-").map(Number);
  return { workspaceId, blockId, blockRow };
}

interface Caller {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

async function changed(services: ApiServices, caller: Caller, id: string, what: "retry" | "discard", status: RefusedStatus | undefined) {
  if (status === undefined) throw new AppError("not_found", { detail: "Nothing with this id was refused." });
  if (what === "retry" && status === "discarded") throw new AppError("conflict", { detail: "It was discarded, or others came after it that say otherwise." });
  await audit(services, caller, id, what, { status });
  return { id, status };
}

async function audit(services: ApiServices, { workspaceId, actor, nowMs }: Caller, id: string, what: string, detail: object): Promise<void> {
  const entry = { workspaceId, actor, action: `refused_write.${what}`, target: `refused_write:${id}`, detail: { ...detail } };
  await services.deps.workspaceDb.run(workspaceId, (db) => recordAudit(db, entry, nowMs));
}
