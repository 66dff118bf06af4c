// Keeps the values of computed traits current, as a part of the evaluator's turn: what it decides is written in the evaluator's own
// transactions, so nothing of one person is decided twice at once.
import type { ClientBase } from "pg";
import { isOfTheQuestion, problemOf } from "../ask.ts";
import type { LoadedPartition } from "../store.ts";
import { boundaryOfTrait, type BrokenTrait } from "./ask-values.ts";
import { nextDueValue, noValues, valuesOfDue, type ValueOutcome } from "./evaluate-values.ts";
import { createFifths, keepFifths } from "./fifths.ts";
import type { LoadedTrait } from "./loaded-traits.ts";
import { startValueFill, type ValueFill, type ValueFillDeps, type ValueFillWish } from "./value-fill.ts";
import type { ValueJudged } from "./values-write.ts";

interface KeeperDeps extends ValueFillDeps {
  readonly onProblem: (problem: string) => void;
}

/** Something to write, and what else belongs into its transaction. */
interface KeeperWork {
  readonly judged: readonly ValueJudged[];
  readonly failed: readonly BrokenTrait[];
  readonly also?: (tx: ClientBase) => Promise<void>;
  /** What computed traits mean is to be read anew after it. */
  readonly changesMeaning: boolean;
}

interface ValueKeeper {
  /** Beside landed blocks: people whose instant has come, fills, archived ones, the fifths. Undefined: there is nothing to write now. */
  next(loaded: LoadedPartition, nowMs: number): Promise<KeeperWork | undefined>;
  /** Whom something happened to: a fill that began before asks about them once more. */
  touch(touched: ReadonlyMap<number, readonly string[]>): void;
  /** Whom it concerns is not known. */
  askEverybody(traitIds: readonly number[]): void;
  failed(failed: readonly BrokenTrait[], nowMs: number): void;
  /** After what computed traits mean was read anew. */
  reloaded(loaded: LoadedPartition): void;
  isFilling(): boolean;
  wakeAtMs(): number;
  abort(): void;
}

/** Computed traits that are filled by one query. */
const TOGETHER_MAX = 20;

export function createValueKeeper(deps: KeeperDeps): ValueKeeper {
  const fifths = createFifths(deps, deps.onProblem);
  const repairs = new Set<number>();
  /** Those that failed with others: they are filled by themselves. */
  const alone = new Set<number>();
  const failures = new Map<number, { readonly key: string; readonly times: number; readonly retryAtMs: number }>();
  let fill: ValueFill | undefined;
  let wakeAtMs = Infinity;

  function failed(all: readonly BrokenTrait[], nowMs: number): void {
    for (const { id, key } of all) {
      const times = (failures.get(id)?.times ?? 0) + 1;
      failures.set(id, { key, times, retryAtMs: nowMs + Math.min(deps.limits.failedRetryMaxMs, deps.limits.failedRetryMs * 2 ** (times - 1)) });
    }
  }

  function isWanted(trait: LoadedTrait, nowMs: number): boolean {
    if (trait.isLive) return false;
    const failure = failures.get(trait.id);
    return failure === undefined || trait.status === "filling" || failure.key !== trait.key || failure.retryAtMs <= nowMs;
  }

  function nextWish({ workspaces }: LoadedPartition, nowMs: number): ValueFillWish | undefined {
    for (const workspace of workspaces.values()) {
      const wish = (traits: readonly LoadedTrait[], kind: ValueFillWish["kind"]): ValueFillWish | undefined => {
        const [first] = traits;
        if (first === undefined) return undefined;
        return { workspace, kind, nowMs, traits: alone.has(first.id) ? [first] : traits.filter(({ id }) => !alone.has(id)).slice(0, TOGETHER_MAX) };
      };
      const found = wish(workspace.liveTraits.filter(({ boundaryMs }) => boundaryMs !== null && boundaryMs <= nowMs), "boundary")
        ?? wish(workspace.traits.filter((trait) => isWanted(trait, nowMs)), "fill")
        ?? wish(workspace.liveTraits.filter(({ id }) => repairs.has(id)), "repair");
      if (found) return found;
    }
    return undefined;
  }

  async function goOnFilling(loaded: LoadedPartition, nowMs: number): Promise<KeeperWork | undefined> {
    if (fill === undefined) {
      const wish = nextWish(loaded, nowMs);
      if (wish) fill = startValueFill(deps, wish);
      return undefined;
    }
    if (!fill.isReady()) return undefined;
    const current = fill;
    try {
      const { judged, failed: broken, isLast } = await current.next(nowMs);
      if (!isLast) return { judged, failed: broken, changesMeaning: false };
      fill = undefined;
      const done = current.traits.filter(({ id }) => !broken.some((one) => one.id === id));
      for (const { id } of done) for (const known of [alone, repairs]) known.delete(id);
      if (current.kind === "fill") for (const { id } of done) failures.delete(id);
      return { judged, failed: broken, changesMeaning: true, also: (tx) => markFilled(tx, current, done, nowMs) };
    } catch (error) {
      fill = undefined;
      if (!isOfTheQuestion(error)) throw error;
      const { traits } = current;
      if (traits.length === 1) return { ...noValues, failed: traits.map(({ id, version, key }) => ({ id, version, key, problem: problemOf(error) })), changesMeaning: true };
      for (const { id } of traits) alone.add(id);
      return { ...noValues, changesMeaning: false };
    }
  }

  async function markFilled(tx: ClientBase, { workspace, kind, nowMs: askedMs }: ValueFill, traits: readonly LoadedTrait[], nowMs: number): Promise<void> {
    for (const trait of traits) {
      const boundary = boundaryOfTrait(workspace.around, trait, askedMs);
      if (kind !== "fill") await tx.query("update computed_trait set boundary_at = $3 where id = $1 and version = $2", [trait.id, trait.version, boundary]);
      else {
        await tx.query(
          `update computed_trait set status = 'active', problem = null, filled_at = to_timestamp($3 / 1000.0), filled_key = $4, boundary_at = $5, rest = $6
           where id = $1 and version = $2 and status <> 'archived'`, [trait.id, trait.version, nowMs, trait.key, boundary, trait.rest === "null" ? null : trait.rest],
        );
      }
    }
  }

  async function wakePeople(loaded: LoadedPartition, nowMs: number): Promise<ValueOutcome | undefined> {
    const dueMs = (await nextDueValue(deps, [...loaded.workspaces.keys()])) ?? Infinity;
    const boundaries = [...loaded.workspaces.values()].flatMap(({ liveTraits }) => liveTraits.map(({ boundaryMs }) => boundaryMs ?? Infinity));
    wakeAtMs = Math.min(dueMs, fifths.wakeAtMs(), ...boundaries, ...[...failures.values()].map(({ retryAtMs }) => retryAtMs));
    return dueMs > nowMs ? undefined : valuesOfDue(deps, loaded, nowMs);
  }

  /** The values of an archived one go, a chunk at a time. */
  async function clearArchived({ archivedTraits }: LoadedPartition): Promise<KeeperWork | undefined> {
    const [archived] = archivedTraits;
    if (archived === undefined) return undefined;
    const { id, workspaceId, slug, version } = archived;
    const { rows } = await deps.pool.query<{ profile_id: string }>("select profile_id from computed_person where workspace_id = $1 and doc -> $2 is not null limit $3", [workspaceId, slug, deps.limits.fillChunk]);
    if (rows.length === 0) {
      return { ...noValues, changesMeaning: true, also: async (tx) => void (await tx.query("update computed_trait set filled_key = null, boundary_at = null, filled_at = null, rest = null, people = 0 where id = $1 and status = 'archived'", [id])) };
    }
    const trait = { id, slug, version, rest: "null" };
    const judged = rows.map((row): ValueJudged => ({ workspaceId, profileId: row.profile_id, dueMs: Infinity, isWhole: false, values: [{ trait, json: "null", cause: { reason: "definition", row: 0 } }] }));
    return { judged, failed: [], changesMeaning: false };
  }

  return {
    async next(loaded, nowMs) {
      const due = await wakePeople(loaded, nowMs);
      if (due) return { ...due, changesMeaning: false };
      const archived = await clearArchived(loaded);
      if (archived) return archived;
      const worked = fifths.next(loaded, nowMs);
      if (worked) return { ...noValues, changesMeaning: true, also: (tx) => keepFifths(tx, worked) };
      return goOnFilling(loaded, nowMs);
    },
    touch(touched) {
      const ids = fill && touched.get(fill.workspace.workspaceId);
      if (ids) fill?.touch(ids);
    },
    askEverybody: (ids) => ids.forEach((id) => repairs.add(id)),
    failed,
    reloaded({ workspaces }) {
      const current = fill;
      if (current === undefined) return;
      const now = workspaces.get(current.workspace.workspaceId)?.traits ?? [];
      if (current.traits.every((one) => now.some(({ id, version, key, isLive }) => id === one.id && version === one.version && key === one.key && (isLive || current.kind === "fill")))) return;
      current.abort();
      fill = undefined;
    },
    isFilling: () => fill !== undefined || fifths.isRunning(),
    wakeAtMs: () => wakeAtMs,
    abort() {
      fill?.abort();
      fill = undefined;
    },
  };
}

/** Says of computed traits that they can't be worked out, unless they were changed meanwhile. Their values stay as they are until they can. */
export async function markTraitsFailed(tx: ClientBase, failed: readonly BrokenTrait[]): Promise<void> {
  for (const { id, version, problem } of failed) {
    await tx.query("update computed_trait set status = 'failed', problem = $3, filled_key = null, boundary_at = null where id = $1 and version = $2 and status <> 'archived'", [id, version, problem]);
  }
}
