// Sends again what somebody asks for: it is parked as if it had failed just now, so that it shares the rate with what comes in and keeps
// its place among what waits for the same person. Each page is one commit; a kill goes on with the next.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { z } from "zod";
import type { ReadLog } from "../audiences/audiences.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { conditionsOn, type Conditions } from "./conditions.ts";

/** What is sent again. All that is given must hold. */
export const replayWish = z.strictObject({
  /** By default the dead letters. */
  outcomes: z.array(z.enum(["refused", "expired", "delivered"])).min(1).default(["refused", "expired"]),
  subscription: z.int().min(1).optional(),
  code: z.string().max(200).optional(),
  event: z.string().max(512).optional(),
  profile: z.guid().optional(),
  messageId: z.string().max(512).optional(),
  fromMs: z.int().optional(),
  beforeMs: z.int().optional(),
});
export type ReplayWish = z.infer<typeof replayWish>;

/** What says how somebody is, and not what they did: an older one must not overwrite a newer. */
const STATES = ["identify", "group", "Audience Entered", "Audience Exited"];
const PAGE = 2_000;

interface Found {
  readonly subscriptionId: number;
  readonly stream: string;
  readonly position: number;
  readonly profileId: string;
  /** 1: something newer of the same kind has reached the destination for the person since. */
  readonly isOld: number;
}

interface OfDestination {
  readonly workspaceId: number;
  readonly destinationId: number;
}

/** Conditions on the last outcome of each delivery, with their parameters. */
function conditionsOf(wish: ReplayWish): Conditions {
  return conditionsOn("1", [
    ["outcome in {outcomes:Array(String)}", "outcomes", wish.outcomes],
    ["subscription_id = {subscription:UInt32}", "subscription", wish.subscription],
    ["code = {code:String}", "code", wish.code],
    ["event = {event:String}", "event", wish.event],
    ["profile_id = {profile:UUID}", "profile", wish.profile],
    ["message_id = {message:String}", "message", wish.messageId],
    ["finished_at >= fromUnixTimestamp64Milli({from:Int64})", "from", wish.fromMs],
    ["finished_at < fromUnixTimestamp64Milli({before:Int64})", "before", wish.beforeMs],
  ]);
}

/** The last outcome of each delivery of a destination. */
const LAST_OUTCOMES = `(select subscription_id, stream, position, newest.1 as profile_id, newest.2 as event, newest.3 as outcome, newest.4 as code, newest.5 as message_id, newest.6 as finished_at
  from (select subscription_id, stream, position, argMax(tuple(profile_id, event, outcome, code, message_id, finished_at), finished_at) as newest
    from deliveries where workspace_id = {workspace:UInt32} and destination_id = {destination:UInt32} group by subscription_id, stream, position))`;

/** How many deliveries would be sent again. */
export async function countReplay(read: ReadLog, destinationId: number, wish: ReplayWish): Promise<number> {
  const { sql, params } = conditionsOf(wish);
  const [row] = await read<{ count: number }>(`select count() as count from ${LAST_OUTCOMES} where ${sql}`, { destination: destinationId, ...params });
  return Number(row?.count ?? 0);
}

async function readPage(clickhouse: ClickHouseClient, of: OfDestination, wish: ReplayWish, after: readonly [number, string, number] | null): Promise<readonly Found[]> {
  const { sql, params } = conditionsOf(wish);
  const result = await clickhouse.query({
    query: `with newest as (select subscription_id, profile_id, event, max(position) as position from deliveries
        where workspace_id = {workspace:UInt32} and destination_id = {destination:UInt32} and outcome = 'delivered' and event in {states:Array(String)} group by 1, 2, 3)
      select l.subscription_id as subscriptionId, l.stream as stream, l.position as position, toString(l.profile_id) as profileId, n.position > l.position as isOld
      from ${LAST_OUTCOMES} l left join newest n on n.subscription_id = l.subscription_id and n.profile_id = l.profile_id and n.event = l.event
      where ${sql.replaceAll(/\b(outcome|subscription_id|code|event|profile_id|message_id|finished_at)\b(?= )/g, "l.$1")}
        and (l.subscription_id, l.stream, l.position) > ({s:UInt32}, {t:String}, {p:UInt64})
      order by l.subscription_id, l.stream, l.position limit ${PAGE}`,
    query_params: { workspace: of.workspaceId, destination: of.destinationId, states: STATES, s: after?.[0] ?? 0, t: after?.[1] ?? "", p: after?.[2] ?? 0, ...params },
    format: "JSONEachRow", clickhouse_settings: { max_threads: 1 },
  });
  return result.json<Found>();
}

/** One page of each replay that runs. The destinations of which something was parked. */
export async function advanceReplays({ pool, clickhouse }: { readonly pool: Pool; readonly clickhouse: ClickHouseClient }): Promise<readonly number[]> {
  const { rows } = await pool.query<{ id: number; workspaceId: number; destinationId: number; wish: unknown; after: [number, string, number] | null }>(
    `select id, workspace_id as "workspaceId", destination_id as "destinationId", wish, after from delivery_replay where status = 'running' order by id`,
  );
  for (const row of rows) {
    const page = await readPage(clickhouse, row, replayWish.parse(row.wish), row.after);
    const again = page.filter(({ isOld }) => isOld === 0);
    const last = page.at(-1);
    await inTransaction(pool, async (tx) => {
      await tx.query(
        `insert into delivery_parked (destination_id, workspace_id, stream, subscription_id, position, profile_id, next_at)
         select $1, $2, t.stream, t.subscription_id, t.position, t.profile_id, to_timestamp(0) from unnest($3::text[], $4::integer[], $5::bigint[], $6::uuid[]) as t (stream, subscription_id, position, profile_id)
         where exists (select from subscription s where s.id = t.subscription_id) on conflict do nothing`,
        [row.destinationId, row.workspaceId, again.map((one) => one.stream), again.map((one) => one.subscriptionId), again.map((one) => one.position), again.map((one) => one.profileId)],
      );
      await tx.query(
        `update delivery_replay set after = coalesce($2, after), found = found + $3, passed_over = passed_over + $4,
           status = case when $5 then 'done' else status end, done_at = case when $5 then now() end where id = $1 and status = 'running'`,
        [row.id, last && JSON.stringify([last.subscriptionId, last.stream, last.position]), again.length, page.length - again.length, page.length < PAGE],
      );
    });
  }
  return rows.map(({ destinationId }) => destinationId);
}
