// Rows of models into sources of the workspace, through the log like everything that comes in. The place is written down behind what is
// durable in the log; what a kill sends twice has the same message id, and is taken once.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";
import type { ClickHouseClient } from "@clickhouse/client";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { EventLog } from "../log/log.ts";
import type { ModelLimits } from "./model-limits.ts";
import { readModelChanges, type ModelChange } from "./read-changes.ts";
import { eventOfRow } from "./row-events.ts";

export interface FeedParts {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly log: Pick<EventLog, "append">;
  /** Resolves once the pipeline has decided what stands there, so that rows don't run away from it and others wait behind all of them. */
  readonly decided?: (partition: number, offset: number, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly limits: ModelLimits;
}

export interface Feeding {
  readonly workspaceId: number;
  readonly modelId: number;
  readonly partition: number;
  readonly definition: ModelDefinition;
  readonly lastSeq: number;
  /** Changes until there are done. */
  readonly seq: number;
}

/** Models whose rows are events and that have some that are none yet. */
export async function readFeedings(pool: Pool): Promise<Feeding[]> {
  const { rows } = await pool.query<Feeding>(
    `select m.workspace_id as "workspaceId", m.id as "modelId", w.log_partition as partition, m.definition, m.last_seq::float8 as "lastSeq", coalesce(f.seq, 0)::float8 as seq
     from model m join workspace w on w.id = m.workspace_id left join model_fed f on f.model_id = m.id
     where m.status = 'active' and m.enabled and (m.definition->'feeds') is not null and m.last_seq > coalesce(f.seq, 0) order by m.id`,
  );
  return rows;
}

/** Until its last change, or until it is to stop. Throws what may pass; what lasts is noted as the feed's problem, and tried again later. */
export async function feedRows(feeding: Feeding, parts: FeedParts, signal: AbortSignal): Promise<void> {
  const { pool, clickhouse, limits } = parts;
  const { workspaceId, modelId, definition, lastSeq } = feeding;
  const { feeds } = definition;
  if (feeds === undefined) return;
  const { rows: [source] } = await pool.query<{ id: number; enabled: boolean }>("select id, enabled from source where workspace_id = $1 and slug = $2", [workspaceId, feeds.source]);
  if (source === undefined || !source.enabled) return noteProblem(pool, feeding, `The source ${feeds.source} ${source === undefined ? "is not there" : "is disabled"}.`);
  let before: number | undefined;
  for (let { seq } = feeding; seq < lastSeq && !signal.aborted;) {
    const changes = await readModelChanges({ clickhouse, workspaceId, modelId }, { afterSeq: seq, untilSeq: lastSeq, limit: limits.feedRows });
    const first = feeds.call === "track" ? await firstSeqs(clickhouse, feeding, changes) : undefined;
    const events: Buffer[] = [];
    let passedOver = 0;
    for (const change of changes) {
      const made = eventOfRow(change, first === undefined || first.get(change.keyText) === change.seq, { modelId, feeds }, limits.feedEventBytesMax);
      if (typeof made !== "string") events.push(made);
      else if (made !== "removed") passedOver++;
    }
    const offset = await appendAll(events, { ...feeding, sourceId: source.id, historical: feeds.historical }, parts, signal);
    if (before !== undefined) await parts.decided?.(feeding.partition, before, signal);
    before = offset;
    seq = changes.length < limits.feedRows ? lastSeq : (changes.at(-1)?.seq ?? lastSeq);
    await pool.query(
      `insert into model_fed (model_id, workspace_id, seq, events, passed_over, updated_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (model_id) do update set seq = excluded.seq, events = model_fed.events + excluded.events, passed_over = model_fed.passed_over + excluded.passed_over, problem = null, updated_at = excluded.updated_at`,
      [modelId, workspaceId, seq, events.length, passedOver, new Date(parts.clock.nowMs())],
    );
  }
}

/** When each of these keys was first there, ever. */
async function firstSeqs(clickhouse: ClickHouseClient, { workspaceId, modelId, lastSeq }: Feeding, changes: readonly ModelChange[]): Promise<ReadonlyMap<string, number>> {
  const keys = changes.filter(({ change }) => change === "added").map(({ keyText }) => keyText);
  if (keys.length === 0) return new Map();
  const result = await clickhouse.query({
    query: `select key, min(seq) as first from model_change where workspace_id = {workspace:UInt32} and model_id = {model:UInt32} and seq <= {until:UInt64}
      and key_hash in (select cityHash64(arrayJoin({keys:Array(String)}))) and key in {keys:Array(String)} group by key`,
    query_params: { workspace: workspaceId, model: modelId, until: lastSeq, keys }, format: "JSONEachRow", clickhouse_settings: { max_threads: 1 },
  });
  return new Map((await result.json<{ key: string; first: number }>()).map(({ key, first }) => [key, first]));
}

/** Gives the offset of the last; undefined where there were none. */
async function appendAll(
  events: readonly Buffer[], to: Feeding & { readonly sourceId: number; readonly historical: boolean }, { log, clock, limits }: FeedParts, signal: AbortSignal,
): Promise<number | undefined> {
  let last: number | undefined;
  for (let from = 0; from < events.length;) {
    let [until, bytes] = [from, 0];
    while (until < events.length && (until === from || bytes + (events[until]?.length ?? 0) <= limits.feedRecordBytes)) bytes += events[until++]?.length ?? 0;
    const record = {
      header: { kind: "events" as const, workspaceId: to.workspaceId, sourceId: to.sourceId, receivedAtMs: clock.nowMs(), ...(to.historical ? { historical: true } : {}) }, events: events.slice(from, until),
    };
    try {
      signal.throwIfAborted();
      last = (await log.append(to.partition, record)).offset;
      from = until;
    } catch (error) {
      // The log takes nothing in for the moment; rows wait, for as long as it takes.
      if (!(error instanceof AppError) || error.code !== "overloaded") throw error;
      await sleep(Math.min(5, Math.max(0.2, error.retryAfterSeconds ?? 1)) * 1_000, undefined, { signal });
    }
  }
  return last;
}

async function noteProblem(pool: Pool, { modelId, workspaceId }: Feeding, problem: string): Promise<void> {
  await pool.query(
    `insert into model_fed (model_id, workspace_id, problem) values ($1, $2, $3) on conflict (model_id) do update set problem = excluded.problem, updated_at = now()
     where model_fed.problem is distinct from excluded.problem`, [modelId, workspaceId, problem],
  );
}
