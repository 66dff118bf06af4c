// The evaluator of one log partition: what it knows, and one turn of its loop.
import type { ClientBase } from "pg";
import { audienceLandedBefore, isBeingRebuilt } from "../pipeline/outbox/audience-outbox.ts";
import { isOfTheQuestion, problemOf } from "./ask.ts";
import { archivedMembers, forgetArchived } from "./archived.ts";
import { evaluateLists, nextDue, readDue } from "./due.ts";
import { evaluateBlocks, evaluateDue, joined, type Outcome } from "./evaluate-batch.ts";
import type { EvaluatorOptions } from "./evaluator.ts";
import type { EvaluatorLimits } from "./evaluator-limits.ts";
import { startFill, type Fill, type FillChunk } from "./fill.ts";
import { createValueKeeper, markTraitsFailed } from "./computed/keeper.ts";
import { writeValues } from "./computed/values-write.ts";
import { createFillQueue } from "./fill-queue.ts";
import { writeMemberships, type MembershipWrite } from "./membership-write.ts";
import { claimPlace, type Place } from "./place.ts";
import { loadPartition, markAsked, markFailed, markFilled, type LoadedPartition } from "./store.ts";
import { createTouchedReader } from "./touched.ts";

interface PartitionOptions extends Omit<EvaluatorOptions, "limits"> {
  readonly limits: EvaluatorLimits;
  readonly partition: number;
}

export interface PartitionEvaluator {
  /** Does one of each thing that waits; false when nothing did. */
  turn(): Promise<boolean>;
  /** What audiences mean may have changed. */
  reload(): void;
  /** After an error: whatever it holds in memory may be wrong. */
  forget(): void;
  /** Whether everybody is being asked about something. */
  isFilling(): boolean;
  hasAudiences(): boolean;
  /** When something is to be done even if nothing happens. */
  wakeAtMs(): number;
  abort(): void;
}

/** The smallest part of a full slice that is tried after failures. */
const SHARE_MIN = 1 / 1_024;
/** For so long after everything was asked about, what has landed since is not counted before it is read. */
const WHOLE_FOR_MS = 1_000;
/** How often it is written down how far was passed over. */
const SKIP_NOTED_MS = 30_000;

export function createPartitionEvaluator(options: PartitionOptions): PartitionEvaluator {
  const { pool, clock, partition, limits, logger } = options;
  const deps = { pool, clickhouse: options.clickhouse, everybody: options.everybody, limits, reader: createTouchedReader({ pool, clickhouse: options.clickhouse }) };
  const queue = createFillQueue(deps);
  const keeper = createValueKeeper({ ...deps, onProblem: (problem) => logger.warn({ problem }, "the fifths of buyers could not be worked out") });
  let [place, loaded]: [Place?, LoadedPartition?] = [];
  let isStale = true;
  /** Begun only while the server stands still. */
  let isRebuilding = true;
  let fill: Fill | undefined;
  let wakeAtMs = Infinity;
  let [share, skippedAtMs, areDueAsked] = [1, -Infinity, false];
  /** When it last asked about all that had landed. */
  let wholeAtMs = -Infinity;

  const nowOf = ({ nowMs }: Place): number => Math.max(clock.nowMs(), nowMs);

  async function write(from: Place, outcome: Outcome, next: Partial<Place> = {}, more?: (tx: ClientBase) => Promise<void>): Promise<void> {
    const meant = loaded;
    const also: MembershipWrite["also"] = async (tx) => {
      await markFailed(tx, outcome.failed);
      await markTraitsFailed(tx, outcome.values.failed);
      await more?.(tx);
      const { lists = [] } = (await outcome.also?.(tx)) ?? {};
      return { lists, values: await writeValues(tx, { judged: outcome.values.judged, gone: outcome.gone, nowMs: next.nowMs ?? nowOf(from) }) };
    };
    const nowMs = nowOf(from);
    const written = await writeMemberships(pool, {
      place: from, next: { ...from, nowMs, ...next }, dueBeforeMs: nowMs + limits.dueHorizonMs, judged: outcome.judged, gone: outcome.gone, versionOf: (id) => (meant ? versionOf(meant, id) : 0), also,
    });
    place = written.place;
    if (written.rows > 0) options.onWritten?.();
    for (const { id, problem } of outcome.failed) {
      logger.warn({ audience: id, problem }, "an audience could not be evaluated");
      queue.failed(audienceOf(id) ?? { id }, clock.nowMs());
    }
    for (const { id, problem } of outcome.values.failed) logger.warn({ computedTrait: id, problem }, "a computed trait could not be worked out");
    keeper.failed(outcome.values.failed, clock.nowMs());
    if (outcome.failed.length > 0 || outcome.values.failed.length > 0) isStale = true;
    queue.askEverybody(outcome.askEverybody);
    keeper.askEverybody(outcome.values.askEverybody);
  }

  const audienceOf = (id: number): { readonly id: number; readonly key: string } | undefined =>
    [...(loaded?.workspaces.values() ?? [])].flatMap(({ audiences }) => audiences).find((audience) => audience.id === id);

  /** Those who were touched are asked about once more by a fill that began before. */
  function tellFill({ touched }: Outcome): void {
    const ids = fill && touched.get(fill.workspace.workspaceId);
    if (ids) fill?.touch(ids);
    keeper.touch(touched);
  }

  // ── Landed blocks ───────────────────────────────────────────────────────────────────────────────────────────────

  async function readBlocks(from: Place, known: LoadedPartition): Promise<boolean> {
    // Whole batches: a person's event is never seen without the snapshot that it made.
    const { wholeBefore: beforeBlock } = await options.landing(partition);
    if (beforeBlock <= from.blockId) return false;
    const all = { partition, fromBlock: from.blockId, beforeBlock };
    // In so short a time no more can have landed than one slice takes.
    const startMs = performance.now();
    const end = startMs - wholeAtMs < WHOLE_FOR_MS ? beforeBlock : (await deps.reader.end(all, share)) ?? beforeBlock;
    try {
      const nowMs = nowOf(from);
      const due = await readDue(deps, known, nowMs, limits.dueBeside);
      const outcome = await evaluateBlocks(deps, known, { range: { ...all, beforeBlock: end }, due, nowMs });
      tellFill(outcome);
      await write(from, outcome, { blockId: end });
      // Whose instant has come since is asked about in the next turn.
      areDueAsked = [...due.values()].reduce((sum, ids) => sum + ids.length, 0) < limits.dueBeside;
      share = Math.min(1, share * 2);
      wholeAtMs = share === 1 && end === beforeBlock ? startMs : -Infinity;
    } catch (error) {
      share = Math.max(SHARE_MIN, share / 2);
      wholeAtMs = -Infinity;
      throw error;
    }
    return true;
  }

  /** Nobody needs to be followed: what has landed by now, the first fill of the first audience sees. */
  async function skipBlocks(from: Place): Promise<boolean> {
    const { landedBefore } = await options.landing(partition);
    if (landedBefore <= from.blockId) return false;
    place = { ...from, blockId: landedBefore };
    if (clock.nowMs() - skippedAtMs < SKIP_NOTED_MS) return false;
    skippedAtMs = clock.nowMs();
    await write(place, joined([]));
    return false;
  }

  // ── Without events ──────────────────────────────────────────────────────────────────────────────────────────────

  async function readLists(from: Place, known: LoadedPartition): Promise<boolean> {
    if (!known.hasLists) return false;
    const beforeBlock = await audienceLandedBefore(pool, partition);
    if (beforeBlock <= from.listBlockId) return false;
    const outcome = await evaluateLists(deps, known, { partition, fromBlock: from.listBlockId, beforeBlock }, nowOf(from));
    tellFill(outcome);
    // Most of these blocks are of the log: that they were passed over is written with what comes next.
    place = { ...from, listBlockId: beforeBlock };
    if (outcome.judged.length === 0 && outcome.values.judged.length === 0) return false;
    await write(place, outcome);
    return true;
  }

  async function wakePeople(from: Place, known: LoadedPartition): Promise<boolean> {
    const dueMs = (await nextDue(deps, known)) ?? Infinity;
    const boundaries = [...known.workspaces.values()].flatMap(({ live }) => live.map(({ boundaryMs }) => boundaryMs ?? Infinity));
    wakeAtMs = Math.min(dueMs, queue.retryAtMs(), ...boundaries);
    if (dueMs > nowOf(from) || areDueAsked) return false;
    const nowMs = nowOf(from);
    const outcome = await evaluateDue(deps, known, await readDue(deps, known, nowMs, limits.dueAtOnce), nowMs);
    tellFill(outcome);
    await write(from, outcome);
    return true;
  }

  /** Computed traits: people whose instant has come, fills, the fifths of buyers. */
  async function keepValues(from: Place, known: LoadedPartition): Promise<boolean> {
    const work = await keeper.next(known, nowOf(from));
    wakeAtMs = Math.min(wakeAtMs, keeper.wakeAtMs());
    if (work === undefined) return false;
    await write(from, { ...joined([]), values: { judged: work.judged, failed: work.failed, askEverybody: [] } }, {}, work.also);
    if (work.changesMeaning) isStale = true;
    return true;
  }

  async function clearArchived(from: Place, known: LoadedPartition): Promise<boolean> {
    const [archived] = known.archived;
    if (archived === undefined) return false;
    const judged = await archivedMembers(pool, archived, limits.fillChunk);
    await write(from, { ...joined([]), judged }, {}, judged.length === 0 ? (tx) => forgetArchived(tx, archived) : undefined);
    if (judged.length === 0) isStale = true;
    return true;
  }

  // ── Everybody ───────────────────────────────────────────────────────────────────────────────────────────────────

  async function goOnFilling(from: Place, known: LoadedPartition): Promise<boolean> {
    if (fill === undefined) {
      const wish = queue.next(known, nowOf(from));
      if (wish) fill = startFill(deps, wish);
      return false;
    }
    const current = fill;
    if (!current.isReady()) return false;
    let chunk: FillChunk | undefined;
    try {
      chunk = await current.next(nowOf(from));
    } catch (error) {
      await onFillFailed(from, current, error);
      return true;
    }
    if (chunk) await writeFill(from, current, chunk);
    return true;
  }

  async function writeFill(from: Place, current: Fill, chunk: FillChunk): Promise<void> {
    const failed = new Set(chunk.failed.map(({ id }) => id));
    const filled = chunk.isLast ? current.filled().filter(({ audience }) => !failed.has(audience.id)) : [];
    await write(from, { ...joined([]), judged: chunk.judged, failed: chunk.failed }, {}, async (tx) => {
      if (!chunk.isLast) return noteProgress(tx, current, chunk);
      if (current.kind === "fill") await markFilled(tx, filled, nowOf(from));
      else await markAsked(tx, filled);
    });
    if (!chunk.isLast) return;
    fill = undefined;
    isStale = true;
    queue.done({ ...current, audiences: filled.map(({ audience }) => audience) });
  }

  async function onFillFailed(from: Place, { audiences }: Fill, error: unknown): Promise<void> {
    fill = undefined;
    if (!isOfTheQuestion(error)) throw error;
    if (audiences.length > 1) queue.failedTogether(audiences);
    else await write(from, { ...joined([]), failed: audiences.map(({ id, version }) => ({ id, version, problem: problemOf(error) })) });
  }

  // ── One turn ────────────────────────────────────────────────────────────────────────────────────────────────────

  async function known(): Promise<LoadedPartition> {
    if (loaded !== undefined && !isStale) return loaded;
    isStale = false;
    loaded = await loadPartition(pool, partition);
    await markFailed(pool, loaded.broken);
    if (fill !== undefined && !isStillMeant(fill, loaded)) {
      fill.abort();
      fill = undefined;
    }
    keeper.reloaded(loaded);
    return loaded;
  }

  /** One after the other; what a step changes of what audiences mean, the next turn reads. */
  async function turn(): Promise<boolean> {
    isRebuilding &&= await isBeingRebuilt(pool, partition);
    if (isRebuilding) return false;
    place ??= await claimPlace(pool, partition);
    const all = await known();
    const isFollowing = fill !== undefined || all.hasLists || all.archived.length > 0 || keeper.isFilling()
      || all.workspaces.values().some(({ live, liveTraits }) => live.length > 0 || liveTraits.length > 0);
    let hasWorked = false;
    areDueAsked = false;
    for (const step of [isFollowing ? readBlocks : skipBlocks, wakePeople, keepValues, readLists, clearArchived, goOnFilling]) {
      if (isStale) return true;
      hasWorked = (await step(place, all)) || hasWorked;
    }
    return hasWorked;
  }

  return {
    turn,
    reload() {
      isStale = true;
    },
    forget() {
      place = undefined;
      isStale = true;
      fill?.abort();
      fill = undefined;
      keeper.abort();
    },
    isFilling: () => fill !== undefined || keeper.isFilling(),
    hasAudiences: () => (loaded?.workspaces.size ?? 0) > 0,
    wakeAtMs: () => wakeAtMs,
    abort: () => [fill, keeper].forEach((one) => one?.abort()),
  };
}

function versionOf({ workspaces, archived }: LoadedPartition, id: number): number {
  for (const { audiences } of workspaces.values()) for (const audience of audiences) if (audience.id === id) return audience.version;
  return archived.find((audience) => audience.id === id)?.version ?? 0;
}

/** Whether its audiences are there, and mean what they meant when it began. */
function isStillMeant({ workspace, audiences, kind }: Fill, { workspaces }: LoadedPartition): boolean {
  const now = workspaces.get(workspace.workspaceId)?.audiences ?? [];
  return audiences.every((one) => now.some(({ id, version, key, isLive }) => id === one.id && version === one.version && key === one.key && (isLive || kind === "fill")));
}

async function noteProgress(tx: ClientBase, { kind, audiences }: Fill, { done, total }: FillChunk): Promise<void> {
  if (kind === "fill") await tx.query("update audience set fill_done = $2, fill_total = $3 where id = any($1::integer[])", [audiences.map(({ id }) => id), done, total]);
}
