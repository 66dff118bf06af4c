// One run: what earlier readings left is dropped, the query is read into ClickHouse, compared, and what it found is in force at once, asks,
// or is dropped. A kill at any point leaves a run that is begun anew.
import type { Pool } from "pg";
import type { ClickHouseClient } from "@clickhouse/client";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import { compareRows, type Compared } from "./compare-rows.ts";
import { removeForgotten } from "./forget-rows.ts";
import type { ModelLimits } from "./model-limits.ts";
import { neededColumns } from "./needed-columns.ts";
import { personText } from "./person-text.ts";
import type { ModelColumn, OpenReader } from "./reader.ts";
import { RunProblem, type ProblemTold } from "./run-problem.ts";
import { endRun, forgetOldRuns, forgetReading, giveUpRun, leftReadings, noteRun, numberReading, type TakenRun } from "./run-store.ts";
import { CHANGES_PER_READING_MAX, seqOf } from "./seq.ts";
import { suppressedValues } from "./suppressed-values.ts";
import { dropReading, refuseDoubleKeys, stageRows, type Reading } from "./stage-rows.ts";

export interface RunParts {
  readonly pool: Pool;
  readonly clickhouse: ClickHouseClient;
  readonly open: OpenReader;
  /** Resolves once what stood in the log when it was asked stands in the workspace's own tables, or after a while. */
  readonly settled?: (workspaceId: number, signal: AbortSignal) => Promise<void>;
  /** The installation's, that keys of identifiers are made with. */
  readonly secret: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: ModelLimits;
}

/** Somebody asked it to. */
class Cancelled extends Error {}

/** Throws what may pass: an engine that is away, a server that stops. */
export async function runModel(run: TakenRun, parts: RunParts, signal: AbortSignal): Promise<void> {
  await dropLeft(parts, run.modelId);
  const reading = await numberReading(parts.pool, run);
  try {
    await (run.cause === "forget" ? forget(run, reading, parts) : carryOut(run, reading, parts, signal));
  } catch (error) {
    signal.throwIfAborted();
    const end = endOf(error);
    if (end === undefined) throw error;
    await giveUpRun(parts.pool, run.id, end, parts.clock.nowMs());
    await dropLeft(parts, run.modelId);
  }
  await forgetOldRuns(parts.pool, run.modelId, parts.limits.runsKept);
}

/** Drops whatever readings that are not in force left in ClickHouse. */
export async function dropLeft({ pool, clickhouse }: Pick<RunParts, "pool" | "clickhouse">, modelId: number): Promise<void> {
  for (const { runId, ...reading } of await leftReadings(pool, modelId)) {
    await dropReading(clickhouse, reading, { fromSeq: seqOf(reading.nr, 0), toSeq: seqOf(reading.nr, CHANGES_PER_READING_MAX) });
    await forgetReading(pool, runId);
  }
}

/** Undefined: nothing about the model or what it reads. */
function endOf(error: unknown): { readonly status: "failed" | "stopped"; readonly problem: ProblemTold | undefined } | undefined {
  if (error instanceof Cancelled) return { status: "stopped", problem: undefined };
  if (error instanceof RunProblem) return { status: "failed", problem: error.told };
  return undefined;
}

async function carryOut(run: TakenRun, reading: Reading, parts: RunParts, stopping: AbortSignal): Promise<void> {
  const { pool, clickhouse, limits } = parts;
  const { definition } = run;
  const cancel = new AbortController();
  const signal = AbortSignal.any([stopping, cancel.signal]);
  let columns: readonly ModelColumn[] = [];
  const at = { status: "reading" as "reading" | "comparing", rows: 0, bytes: 0, compared: 0 };
  const note = async (): Promise<void> => {
    if (await noteRun(pool, run.id, { ...at, ...(columns.length > 0 ? { columns: columns.map(({ name, type }) => ({ name, type })) } : {}) })) cancel.abort(new Cancelled("stopped by somebody"));
  };
  const beat = notedEvery(note, limits.noteMs);
  try {
    if (definition.warehouse === null) await parts.settled?.(run.workspaceId, signal);
    const reader = await parts.open(run.workspaceId, definition.warehouse);
    const batches = reader.read(definition.query, {
      signal, timeoutMs: limits.readMs, onColumns: (told) => {
        refuseMissing(told, neededColumns(definition));
        columns = told;
      },
    });
    const staged = await stageRows({
      clickhouse, reading, definition, batches, columns: () => columns, personText: await personText(pool, run.workspaceId, definition.person?.namespace), limits,
      isLeftOut: await suppressedValues(pool, parts.secret, run.workspaceId, definition.person?.namespace),
      onProgress: (rows, bytes) => {
        Object.assign(at, { rows, bytes });
        signal.throwIfAborted();
        return Promise.resolve();
      },
    });
    await refuseDoubleKeys(clickhouse, reading, limits);
    Object.assign(at, { status: "comparing", rows: staged.rows, bytes: staged.bytes });
    await note();
    const found = await compareRows({
      clickhouse, reading, runId: run.id, before: run.before, staged, atMs: parts.clock.nowMs(), limits,
      onProgress: (compared) => {
        at.compared = compared;
        signal.throwIfAborted();
        return Promise.resolve();
      },
    });
    await beat.stop();
    signal.throwIfAborted();
    if (!(await endRun(pool, run, { ...found, rows: staged.rows }, asksOf(run, found), parts.clock.nowMs()))) throw new Cancelled("stopped by somebody");
    await dropReading(clickhouse, reading, undefined);
  } catch (error) {
    if (cancel.signal.aborted && !stopping.aborted) throw cancel.signal.reason;
    throw error;
  } finally {
    await beat.stop();
  }
}

/** Nothing is read: rows about people who are to be forgotten are taken away. */
async function forget(run: TakenRun, reading: Reading, parts: RunParts): Promise<void> {
  const found = await removeForgotten(parts, run, reading);
  const rows = run.before.rows - found.removed;
  if (await noteRun(parts.pool, run.id, { status: "comparing", rows, bytes: 0, compared: 0 })) throw new Cancelled("stopped by somebody");
  const isInForce = await endRun(parts.pool, run, { ...found, rows }, undefined, parts.clock.nowMs(), async (tx) => {
    await tx.query("update forgetting_model set status = 'removed', first_seq = $3, last_seq = $4 where model_id = $1 and forgetting_id = any($2::integer[]) and status = 'waiting'", [
      run.modelId, found.forgettingIds, found.firstSeq, found.lastSeq,
    ]);
  });
  if (!isInForce) throw new Cancelled("stopped by somebody");
}

/** Its first run, and one that takes too much away, are looked at by somebody before anything is sent. */
function asksOf({ before, accept, definition }: TakenRun, { added, removed }: Compared): ProblemTold | undefined {
  if (accept) return undefined;
  if (before.lastSeq === 0) return added === 0 ? undefined : { code: "first_run", message: "The first run: look at what it found before anything of it is sent.", count: added };
  if (removed <= definition.stopShare * before.rows) return undefined;
  const share = Math.round((removed / before.rows) * 1_000) / 10;
  return { code: "many_removed", message: `${removed} of ${before.rows} rows (${share} %) are not in the result any more; more than ${definition.stopShare * 100} % stops and asks.`, count: removed };
}

function refuseMissing(columns: readonly ModelColumn[], needed: readonly { readonly column: string; readonly what: string }[]): void {
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const column of columns) if (column.problem !== undefined) throw new RunProblem({ code: "column_unreadable", message: `The column ${column.name} can't be read: ${column.problem}` });
  for (const { column, what } of needed) {
    if (!byName.has(column)) throw new RunProblem({ code: "column_missing", message: `The result has no column ${column}, which is ${what}. It has: ${columns.map(({ name }) => name).slice(0, 50).join(", ")}.` });
  }
}

/** Writes it down again and again until it is stopped; what fails is tried again. */
function notedEvery(note: () => Promise<void>, everyMs: number): { stop(): Promise<void> } {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= note().catch(() => undefined).finally(() => (running = undefined));
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
