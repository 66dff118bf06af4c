// Which audiences everybody has to be asked about next.
import type { BatchDeps } from "./evaluate-batch.ts";
import { inQueries } from "./ask.ts";
import type { FillWish } from "./fill.ts";
import type { LoadedAudience, LoadedPartition, LoadedWorkspace } from "./store.ts";

interface FillQueue {
  /** Undefined when there is nothing to fill. */
  next(loaded: LoadedPartition, nowMs: number): FillWish | undefined;
  /** Whom it concerns is not known: everybody is asked about these. */
  askEverybody(audienceIds: readonly number[]): void;
  /** Together they failed: each is tried by itself. */
  failedTogether(audiences: readonly LoadedAudience[]): void;
  /** It can't be evaluated; it is tried again after a while, or as soon as it means something else. */
  failed(audience: Pick<LoadedAudience, "id"> & { readonly key?: string }, nowMs: number): void;
  done(wish: FillWish): void;
  /** When one that failed is tried again. */
  retryAtMs(): number;
}

interface Failure {
  readonly key: string | undefined;
  readonly times: number;
  readonly retryAtMs: number;
}

export function createFillQueue({ limits }: Pick<BatchDeps, "limits">): FillQueue {
  const most = { conditionsAtOnce: Math.min(limits.conditionsAtOnce, limits.fillConditions), audiencesAtOnce: Math.min(limits.audiencesAtOnce, limits.fillAudiences) };
  const alone = new Set<number>();
  const repairs = new Set<number>();
  const failures = new Map<number, Failure>();

  function isWanted(audience: LoadedAudience, nowMs: number): boolean {
    if (audience.isLive) return false;
    const failure = failures.get(audience.id);
    return failure === undefined || audience.status === "filling" || failure.key !== audience.key || failure.retryAtMs <= nowMs;
  }

  function wishFor(workspace: LoadedWorkspace, wanted: readonly LoadedAudience[], kind: FillWish["kind"], nowMs: number): FillWish | undefined {
    const [first] = wanted;
    if (first === undefined) return undefined;
    const together = alone.has(first.id) ? [first] : inQueries(wanted.filter(({ id }) => !alone.has(id)), most)[0];
    return together && { workspace, audiences: together, kind, nowMs };
  }

  return {
    next({ workspaces }, nowMs) {
      for (const workspace of workspaces.values()) {
        const wish = wishFor(workspace, workspace.live.filter(({ boundaryMs }) => boundaryMs === null || boundaryMs <= nowMs), "boundary", nowMs)
          ?? wishFor(workspace, workspace.audiences.filter((audience) => isWanted(audience, nowMs)), "fill", nowMs)
          ?? wishFor(workspace, workspace.live.filter(({ id }) => repairs.has(id)), "repair", nowMs);
        if (wish) return wish;
      }
      return undefined;
    },
    askEverybody: (ids) => ids.forEach((id) => repairs.add(id)),
    failedTogether: (audiences) => audiences.forEach(({ id }) => alone.add(id)),
    failed({ id, key }, nowMs) {
      const times = (failures.get(id)?.times ?? 0) + 1;
      const waitMs = Math.min(limits.failedRetryMaxMs, limits.failedRetryMs * 2 ** (times - 1));
      failures.set(id, { key: key ?? failures.get(id)?.key, times, retryAtMs: nowMs + waitMs });
    },
    done({ audiences, kind }) {
      for (const { id } of audiences) {
        alone.delete(id);
        if (kind === "fill") failures.delete(id);
        else repairs.delete(id);
      }
    },
    retryAtMs: () => Math.min(Infinity, ...[...failures.values()].map(({ retryAtMs }) => retryAtMs)),
  };
}
