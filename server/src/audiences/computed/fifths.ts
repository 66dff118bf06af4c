// When the fifths of a workspace's buyers are worked out anew: for a new score, once a day, when the words or the definition mean
// something else, and as soon as there are a tenth more or fewer buyers. Whoever shares a window shares the fifths.
import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import type { RfmState } from "@tributary/schema/audience/computed/rfm.ts";
import { problemOf } from "../ask.ts";
import type { LoadedPartition, LoadedWorkspace } from "../store.ts";
import type { LoadedTrait } from "./loaded-traits.ts";
import { workOutFifths, type ReadRows } from "./rfm-state.ts";
import type { ValueFillDeps } from "./value-fill.ts";

const HOUR = 3_600_000;
/** The order of the fifths is looked at so often; it is kept as it is for a day unless the buyers are many more or fewer. */
const LOOKED_EVERY_MS = HOUR;
const KEPT_FOR_MS = 24 * HOUR;
const LARGE_CHANGE = 0.1;

interface Wish {
  readonly workspace: LoadedWorkspace;
  readonly traits: readonly LoadedTrait[];
  readonly key: string;
}

interface WorkedOut {
  readonly traits: readonly LoadedTrait[];
  readonly key: string;
  readonly state: RfmState;
}

export interface Fifths {
  /** Begins what is due; gives what is done, once. */
  next(loaded: LoadedPartition, nowMs: number): WorkedOut | undefined;
  isRunning(): boolean;
  wakeAtMs(): number;
}

export function createFifths(deps: Pick<ValueFillDeps, "everybody">, onProblem: (problem: string) => void): Fifths {
  /** By workspace and key: when it was looked at last. */
  const lookedAt = new Map<string, number>();
  let isRunning = false;
  let done: WorkedOut | undefined;
  let wakeAtMs = Infinity;

  function wishes({ workspaces }: LoadedPartition): Wish[] {
    return [...workspaces.values()].flatMap((workspace) =>
      [...Map.groupBy(workspace.traits.filter(({ inForce }) => inForce.definition.value.kind === "rfm"), (trait) => keyOf(workspace, trait))].map(([key, traits]) => ({ workspace, traits, key })));
  }

  function dueAt({ workspace, traits, key }: Wish): number {
    const isNew = traits.some(({ stateKey, inForce }) => stateKey !== key || inForce.state === null);
    const looked = lookedAt.get(`${workspace.workspaceId} ${key}`) ?? Math.min(...traits.map(({ stateAtMs }) => stateAtMs ?? 0));
    return isNew && !lookedAt.has(`${workspace.workspaceId} ${key}`) ? 0 : looked + LOOKED_EVERY_MS;
  }

  async function run({ workspace, traits, key }: Wish, nowMs: number): Promise<void> {
    const read: ReadRows = async (query, params) => (await deps.everybody.query({ query, query_params: { ...params, workspace: workspace.workspaceId }, format: "JSONEachRow" })).json();
    const [first] = traits;
    const state = first && await workOutFifths(first.inForce.definition, { ...workspace.around, nowMs, hasOverrides: true }, read);
    const isAged = traits.some(({ stateKey, stateAtMs }) => stateKey !== key || stateAtMs === null || nowMs - stateAtMs >= KEPT_FOR_MS);
    if (state && (isAged || traits.some(({ inForce }) => isFarFrom(buyersOf(inForce.state), state.buyers)))) done = { traits, key, state };
  }

  return {
    next(loaded, nowMs) {
      const found = done;
      done = undefined;
      if (found !== undefined || isRunning) return found;
      const all = wishes(loaded);
      wakeAtMs = Math.min(Infinity, ...all.map(dueAt));
      const wish = all.find((one) => dueAt(one) <= nowMs);
      if (wish === undefined) return undefined;
      lookedAt.set(`${wish.workspace.workspaceId} ${wish.key}`, nowMs);
      isRunning = true;
      run(wish, nowMs).catch((error: unknown) => onProblem(problemOf(error))).finally(() => {
        isRunning = false;
      });
      return undefined;
    },
    isRunning: () => isRunning || done !== undefined,
    wakeAtMs: () => wakeAtMs,
  };
}

/** Within a transaction; whoever listens hears that the scores mean something else. */
export async function keepFifths(tx: ClientBase, { traits, key, state }: WorkedOut): Promise<void> {
  for (const { id, version } of traits) {
    await tx.query("update computed_trait set state = $3, state_at = $4, state_key = $5 where id = $1 and version = $2", [id, version, JSON.stringify(state), state.at, key]);
  }
}

function keyOf({ around }: LoadedWorkspace, { inForce: { definition: { value, include } } }: LoadedTrait): string {
  const within = value.kind === "rfm" ? value.within : undefined;
  return createHash("sha256").update(JSON.stringify([within, include, around.words])).digest("base64url");
}

function buyersOf(state: unknown): number {
  return typeof state === "object" && state !== null && "buyers" in state && typeof state.buyers === "number" ? state.buyers : 0;
}

function isFarFrom(before: number, now: number): boolean {
  return Math.abs(now - before) > before * LARGE_CHANGE;
}
