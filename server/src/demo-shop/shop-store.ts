// Demo shops as Postgres has them: one row each, which says all that is needed to make the same shop again and to go on
// where it was.
import type { ClientBase, Pool } from "pg";
import { demoSources, type DemoSource } from "../demo/demo.ts";

type Queries = Pick<ClientBase | Pool, "query">;

export interface StoredShop {
  readonly workspaceId: number;
  readonly homeWorkspaceId: number;
  readonly slug: string;
  readonly name: string;
  readonly partition: number;
  readonly seed: string;
  readonly people: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly total: number | null;
  readonly appended: number;
  readonly pace: number;
  readonly paused: boolean;
  /** Where the shop stands in its own time; null while its history is played. */
  readonly liveMs: number | null;
  readonly liveCalls: number;
  readonly failure: string | null;
  readonly madeAt: Date;
}

export type NewShop = Pick<StoredShop, "workspaceId" | "homeWorkspaceId" | "seed" | "people" | "fromMs" | "untilMs" | "pace">;

const SELECT = `select d.workspace_id as "workspaceId", d.home_workspace_id as "homeWorkspaceId", w.slug, w.name, w.log_partition as partition, d.seed, d.people,
    d.from_ms::float8 as "fromMs", d.until_ms::float8 as "untilMs", d.total::float8 as total, d.appended::float8 as appended, d.pace, d.paused,
    d.live_ms::float8 as "liveMs", d.live_calls::float8 as "liveCalls", d.failure, d.made_at as "madeAt"
  from demo_shop d join workspace w on w.id = d.workspace_id`;

export async function listShops(db: Queries): Promise<StoredShop[]> {
  return (await db.query<StoredShop>(`${SELECT} order by d.workspace_id`)).rows;
}

/** The one that this workspace is, or the one that was asked for from it. */
export async function findShop(db: Queries, workspaceId: number): Promise<StoredShop | undefined> {
  return (await db.query<StoredShop>(`${SELECT} where d.workspace_id = $1 or d.home_workspace_id = $1 order by d.workspace_id = $1 desc limit 1`, [workspaceId])).rows[0];
}

export async function insertShop(db: Queries, shop: NewShop): Promise<void> {
  await db.query(
    `insert into demo_shop (workspace_id, home_workspace_id, seed, people, from_ms, until_ms, pace) values ($1, $2, $3, $4, $5, $6, $7)`,
    [shop.workspaceId, shop.homeWorkspaceId, shop.seed, shop.people, shop.fromMs, shop.untilMs, shop.pace],
  );
}

/** What is left out stays. */
export async function changeShop(db: Queries, workspaceId: number, change: { readonly pace?: number | undefined; readonly paused?: boolean | undefined }): Promise<void> {
  await db.query("update demo_shop set pace = coalesce($2, pace), paused = coalesce($3, paused) where workspace_id = $1", [workspaceId, change.pace ?? null, change.paused ?? null]);
}

type Progress = Partial<Pick<StoredShop, "total" | "appended" | "liveMs" | "liveCalls" | "failure">>;

/** False when the shop is no longer there. */
export async function noteProgress(db: Queries, workspaceId: number, progress: Progress): Promise<boolean> {
  const columns = { total: "total", appended: "appended", liveMs: "live_ms", liveCalls: "live_calls", failure: "failure" } as const;
  const names = (Object.keys(columns) as (keyof typeof columns)[]).filter((name) => progress[name] !== undefined); // Of this very object.
  const sets = names.map((name, index) => `${columns[name]} = $${index + 2}`);
  const { rowCount } = await db.query(`update demo_shop set ${sets.join(", ")} where workspace_id = $1`, [workspaceId, ...names.map((name) => progress[name])]);
  return rowCount === 1;
}

/** `point of sale` → `point-of-sale`: as the shop's sources are called in addresses. */
export function slugOfSource(source: DemoSource): string {
  return source.replaceAll(" ", "-");
}

export async function sourceIds(db: Queries, workspaceId: number): Promise<ReadonlyMap<DemoSource, number>> {
  const { rows } = await db.query<{ id: number; slug: string }>("select id, slug from source where workspace_id = $1", [workspaceId]);
  return new Map(demoSources.flatMap((source) => rows.filter(({ slug }) => slug === slugOfSource(source)).map(({ id }) => [source, id] as const)));
}

/**
 * How much of the history stands in the log. The ledger counts it in the very statement that makes it durable, by the minute
 * of receipt; before `untilMs` nobody but the shop's past has any.
 */
export async function historyReceived(db: Queries, workspaceId: number, untilMs: number): Promise<number> {
  const { rows } = await db.query<{ count: string | null }>(
    `select sum(count) as count from ledger where workspace_id = $1 and hop = 'received' and source_id <> 0 and minute < to_timestamp($2 / 1000.0)`,
    [workspaceId, untilMs],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Of all events of the workspace: received, decided, and in the event table. */
export async function countHops(db: Queries, workspaceId: number): Promise<{ readonly decided: number; readonly landed: number }> {
  const { rows } = await db.query<{ hop: string; count: string }>(
    `select hop, sum(count) as count from ledger where workspace_id = $1 and source_id <> 0 and hop in ('decided', 'landed') group by hop`, [workspaceId],
  );
  const of = (hop: string): number => Number(rows.find((row) => row.hop === hop)?.count ?? 0);
  return { decided: of("decided"), landed: of("landed") };
}
