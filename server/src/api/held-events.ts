// Held events by the reason that holds them: how many and since when, whether a repair would do, and many sent again or put
// aside at once. What is done to one stands in quarantine-changes.ts.
import { HELD_AT_ONCE_MAX, eventCheck, heldGroups, heldGroupsQuery, heldManyAnswer, heldManyBody, type HeldGroup } from "@tributary/schema/api/event-path.ts";
import { quarantineParams, resendBody } from "@tributary/schema/api/events.ts";
import { eventsHeader } from "@tributary/schema/log-record.ts";
import { AppError } from "../core/errors.ts";
import { CONTROL_WAIT_MS } from "../governance/governance.ts";
import { heldGroupsMask } from "./answer-masks.ts";
import type { ApiServices } from "./api-services.ts";
import { defineRoute, type Route } from "./define-route.ts";
import { bytesOf, discard, headerOf, readLandedRows, repairOf, resend, type HeldCaller, type LandedRow } from "./quarantine-changes.ts";

const tag = "Events";
/** What collection found wrong stays true of the same bytes, and a control record is no event. */
const neverAsReceived: ReadonlySet<string> = new Set(["not_an_object", "event_too_large", "too_deep", "invalid_json", "control_failed"]);
const AT_ONCE = 8;

export function heldEventRoutes(services: ApiServices): Route[] {
  return [groupsRoute(services), checkRoute(services), manyRoute(services, "resend"), manyRoute(services, "discard")];
}

interface GroupRow {
  readonly reason: string;
  readonly source_id: number;
  readonly count: string;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly detail: string;
}

function groupsRoute(services: ApiServices): Route {
  return defineRoute({
    method: "GET",
    path: "/quarantine/groups",
    tag,
    scopes: ["read"],
    masks: heldGroupsMask,
    summary: "Held events, counted by reason",
    description: "The most frequent reason first. `detail` is the rule that holds them, in words.",
    query: heldGroupsQuery,
    responses: { 200: heldGroups },
    handle: async ({ query, workspaceId }) => {
      const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
        db.query<GroupRow>(
          `select reason, source_id, count(*) as count, min(received_at) as first_at, max(received_at) as last_at,
             (array_agg(detail order by row_id desc))[1] as detail
           from quarantine where workspace_id = $1 and status = $2 group by reason, source_id order by reason, source_id`,
          [workspaceId, query.status],
        ),
      );
      const data = [...Map.groupBy(rows, ({ reason }) => reason).values()].map(groupOf).sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
      return { status: 200, body: { data } };
    },
  });
}

function groupOf(rows: readonly GroupRow[]): HeldGroup {
  const latest = rows.toSorted((a, b) => b.last_at.getTime() - a.last_at.getTime())[0];
  const reason = latest?.reason ?? "";
  return {
    reason,
    count: rows.reduce((sum, row) => sum + Number(row.count), 0),
    first_at: new Date(Math.min(...rows.map((row) => row.first_at.getTime()))).toISOString(),
    last_at: (latest?.last_at ?? new Date(0)).toISOString(),
    detail: latest?.detail ?? "",
    sources: rows.map((row) => ({ source_id: row.source_id, count: Number(row.count) })).sort((a, b) => b.count - a.count),
    as_received: !neverAsReceived.has(reason),
  };
}

function checkRoute(services: ApiServices): Route {
  return defineRoute({
    method: "POST",
    path: "/quarantine/{row_id}/check",
    tag,
    scopes: ["write", "personal_data"],
    summary: "What would become of a held event if it were sent again",
    description: "As it was received, or repaired, under the rules of now. Nothing is sent.",
    params: quarantineParams,
    body: resendBody,
    responses: { 200: eventCheck },
    handle: async ({ params, body, workspaceId, nowMs }) => {
      const landed = (await readLandedRows(services, workspaceId, [params.row_id])).get(params.row_id);
      const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
        db.query<{ message_id: string }>("select message_id from quarantine where workspace_id = $1 and row_id = $2", [workspaceId, params.row_id]),
      );
      if (rows[0] === undefined) throw new AppError("not_found", { detail: "No event was held at this position." });
      const repair = repairOf(body);
      const header = repair === undefined ? headerAsReceived(landed, nowMs) : headerOf(landed, true);
      return { status: 200, body: await services.deps.eventPaths.check(header, bytesOf(landed, repair, rows[0].message_id)) };
    },
  });
}

/** With what collection found wrong, so that the answer says so. */
function headerAsReceived(landed: LandedRow | undefined, nowMs: number) {
  const header = landed === undefined ? undefined : eventsHeader.safeParse(JSON.parse(landed.envelope)).data;
  return header?.problems === undefined ? headerOf(landed, false) : { ...header, receivedAtMs: nowMs };
}

function manyRoute(services: ApiServices, what: "resend" | "discard"): Route {
  return defineRoute({
    method: "POST",
    path: `/quarantine/${what}`,
    tag,
    scopes: ["write", "personal_data"],
    summary: what === "resend" ? "Send all held events of one reason again" : "Put all held events of one reason aside",
    description:
      `The latest first, at most ${HELD_AT_ONCE_MAX} by one request; ask again with \`next\` for the others. ` +
      (what === "resend" ? "As they were received: for when the rule that held them was changed. What is still wrong is held anew." : "They are listed as discarded from then on."),
    body: heldManyBody,
    responses: { 200: heldManyAnswer },
    handle: async ({ body, workspaceId, actor, nowMs }) => {
      const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
        db.query<{ row_id: string }>(
          `select row_id from quarantine where workspace_id = $1 and status = 'open' and reason = $2 and ($3::integer is null or source_id = $3)
             and ($4::bigint is null or row_id < $4) order by row_id desc limit $5`,
          [workspaceId, body.reason, body.source ?? null, body.below ?? null, HELD_AT_ONCE_MAX + 1],
        ),
      );
      const ids = rows.slice(0, HELD_AT_ONCE_MAX).map((row) => Number(row.row_id));
      const caller = { workspaceId, actor, nowMs };
      const done = what === "resend" ? await resendMany(services, caller, ids) : await eachOf(ids, (row) => discard(services, caller, row));
      return { status: 200, body: { done, skipped: ids.length - done, next: rows.length > HELD_AT_ONCE_MAX ? (ids.at(-1) ?? null) : null } };
    },
  });
}

async function resendMany(services: ApiServices, caller: HeldCaller, ids: readonly number[]): Promise<number> {
  const landed = await readLandedRows(services, caller.workspaceId, ids);
  let last: { readonly partition: number; readonly offset: number } | undefined;
  const done = await eachOf(ids, async (row) => {
    const sent = await resend(services, caller, { row, landed: landed.get(row) });
    if (sent !== undefined && sent.offset > (last?.offset ?? -1)) last = sent;
  });
  if (last !== undefined) await services.deps.processed.waitFor(last.partition, last.offset, CONTROL_WAIT_MS);
  return done;
}

/** A few at a time; gives for how many it was done. What can't be done (any more) is left as it is. */
async function eachOf(ids: readonly number[], act: (row: number) => Promise<void>): Promise<number> {
  const waiting = [...ids];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      try {
        await act(row);
        done++;
      } catch (error) {
        if (!(error instanceof AppError && (error.code === "conflict" || error.code === "not_found"))) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return done;
}

