// Sends again what somebody asks for: it is parked as if it had failed just now, so that it shares the rate with what comes in and keeps
// its place among what waits for the same person. Each page is one commit; a kill goes on with the next.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase, Pool } from "pg";
import { z } from "zod";
import type { ReadLog } from "../audiences/audiences.ts";
import { NOBODY } from "../core/nobody.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { conditionsOf, type Conditions } from "./conditions.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import { newestDelivered, STATE_KIND, type OfDestination } from "./overtaken.ts";

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

const PAGE = 2_000;

interface Found {
  readonly subscriptionId: number;
  readonly stream: string;
  readonly position: number;
  readonly profileId: string;
  /** Of a model's row: whom it is about. */
  readonly personId: string | null;
  /** 1: something newer of the same kind has reached the destination for the person since. */
  readonly isOld: number;
}

/** The last outcome of each delivery of a destination. */
const LAST_OUTCOMES = `(select subscription_id, stream, position, newest.1 as profile_id, newest.2 as event, newest.3 as outcome, newest.4 as code, newest.5 as message_id, newest.6 as finished_at, newest.7 as person_id
  from (select subscription_id, stream, position, argMax(tuple(profile_id, event, outcome, code, message_id, finished_at, person_id), finished_at) as newest
    from deliveries where workspace_id = {workspace:UInt32} and destination_id = {destination:UInt32} group by subscription_id, stream, position))`;

/** Those of the last outcomes that are wished for, as `(select …)`. */
function wished({ outcomes, subscription: subscriptionId, code, event, profile, messageId, fromMs, beforeMs }: ReplayWish): Conditions {
  const { sql, params } = conditionsOf("1", { outcomes, subscriptionId, code, event, messageId, fromMs, beforeMs, people: profile === undefined ? undefined : [profile] });
  return { sql: `(select * from ${LAST_OUTCOMES} as deliveries where ${sql})`, params };
}

/** How many deliveries would be sent again. */
export async function countReplay(read: ReadLog, destinationId: number, wish: ReplayWish): Promise<number> {
  const { sql, params } = wished(wish);
  const [row] = await read<{ count: number }>(`select count() as count from ${sql}`, { destination: destinationId, ...params });
  return Number(row?.count ?? 0);
}

async function readPage(clickhouse: ClickHouseClient, of: OfDestination, wish: ReplayWish, after: readonly [number, string, number] | null): Promise<readonly Found[]> {
  const { sql, params } = wished(wish);
  const result = await clickhouse.query({
    query: `select l.subscription_id as subscriptionId, l.stream as stream, l.position as position, toString(l.profile_id) as profileId, nullIf(toString(l.person_id), '${NOBODY}') as personId, n.position > l.position as isOld
      from (select *, ${STATE_KIND} as kind from ${sql}) l left join ${newestDelivered()} n on n.subscription_id = l.subscription_id and n.profile_id = l.profile_id and n.kind = l.kind
      where (l.subscription_id, l.stream, l.position) > ({s:UInt32}, {t:String}, {p:UInt64})
      order by l.subscription_id, l.stream, l.position limit ${PAGE}`,
    query_params: { workspace: of.workspaceId, destination: of.destinationId, s: after?.[0] ?? 0, t: after?.[1] ?? "", p: after?.[2] ?? 0, ...params },
    format: "JSONEachRow", clickhouse_settings: { max_threads: 1 },
  });
  return result.json<Found>();
}

export interface ReplayOptions {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly log: Pick<DeliveryLog, "catchUp">;
  /** So much of one destination may wait; more of a replay is parked when there is room. */
  readonly waitingMax: number;
}

interface Running extends OfDestination {
  readonly id: number;
  readonly wish: unknown;
  readonly after: [number, string, number] | null;
}

/** One page of each replay that runs and has room. The destinations of which something was parked, and whether any waits for room. */
export async function advanceReplays({ pool, clickhouse, log, waitingMax }: ReplayOptions): Promise<{ readonly advanced: readonly number[]; readonly isWaiting: boolean }> {
  const { rows } = await pool.query<Running & { readonly hasRoom: boolean }>(
    `select id, workspace_id as "workspaceId", destination_id as "destinationId", wish, after,
       (select count(*) from (select from delivery_parked p where p.destination_id = r.destination_id limit $1) as waiting) < $1 as "hasRoom"
     from delivery_replay r where status = 'running' order by id`, [waitingMax],
  );
  const roomy = rows.filter(({ hasRoom }) => hasRoom);
  for (const row of roomy) {
    // What has been sent again already is a dead letter no longer.
    const known = await log.catchUp();
    const page = await readPage(clickhouse, row, replayWish.parse(row.wish), row.after);
    await inTransaction(pool, (tx) => parkPage(tx, row, page, known));
  }
  return { advanced: roomy.map(({ destinationId }) => destinationId), isWaiting: roomy.length < rows.length };
}

/** `known`: up to this number of `delivery_done`, what became of each delivery is in what was read. */
async function parkPage(tx: ClientBase, { id, workspaceId, destinationId }: Running, page: readonly Found[], known: number): Promise<void> {
  const { rowCount: isRunning } = await tx.query("select from delivery_replay where id = $1 and status = 'running' for update", [id]);
  if (isRunning === 0) return;
  const again = page.filter(({ isOld }) => isOld === 0);
  const last = page.at(-1);
  await tx.query(
    `insert into delivery_parked (destination_id, workspace_id, stream, subscription_id, position, profile_id, person_id, next_at)
     select $1, $2, t.stream, t.subscription_id, t.position, t.profile_id, t.person_id, to_timestamp(0)
     from unnest($3::text[], $4::integer[], $5::bigint[], $6::uuid[], $7::uuid[]) as t (stream, subscription_id, position, profile_id, person_id)
     where exists (select from subscription s where s.id = t.subscription_id) on conflict do nothing`,
    [destinationId, workspaceId, again.map((one) => one.stream), again.map((one) => one.subscriptionId), again.map((one) => one.position), again.map((one) => one.profileId), again.map((one) => one.personId)],
  );
  // What another replay of the same had under way, and has got through meanwhile, is none of it.
  const { rowCount: through } = await tx.query(
    `delete from delivery_parked p using delivery_done d, json_array_elements(d.entries) e
     where d.id > $2 and d.destination_id = $1 and e ->> 'outcome' <> 'parked' and p.destination_id = $1 and p.attempts = 0 and p.next_at = to_timestamp(0)
       and p.stream = d.stream and p.subscription_id = (e ->> 'subscriptionId')::integer and p.position = (e ->> 'position')::bigint`, [destinationId, known],
  );
  await tx.query(
    `update delivery_replay set after = coalesce($2, after), found = found + $3, passed_over = passed_over + $4,
       status = case when $5 then 'done' else status end, done_at = case when $5 then now() end where id = $1`,
    [id, last && JSON.stringify([last.subscriptionId, last.stream, last.position]), again.length - (through ?? 0), page.length - again.length, page.length < PAGE],
  );
}
