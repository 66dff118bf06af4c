// People whose instant has come, and people whose place on a list has changed: both are asked about without any event.
import { ask } from "./ask.ts";
import { joined, judgedAlike, type BatchDeps, type Outcome } from "./evaluate-batch.ts";
import { noValues, valuesOfListed } from "./computed/evaluate-values.ts";
import type { LoadedPartition } from "./store.ts";

/** The earliest instant of anybody; undefined: nobody waits. */
export async function nextDue({ pool }: Pick<BatchDeps, "pool">, { workspaces }: LoadedPartition): Promise<number | undefined> {
  if (workspaces.size === 0) return undefined;
  const { rows } = await pool.query<{ due_at: string }>({
    name: "audience-next-due",
    text: "select due_at from audience_person where due_at is not null and workspace_id = any($1::integer[]) order by due_at limit 1",
    values: [[...workspaces.keys()]],
  });
  return rows[0] && Number(rows[0].due_at);
}

/** Undefined when nobody's instant has come. */
export async function evaluateDue(deps: BatchDeps, loaded: LoadedPartition, nowMs: number): Promise<Outcome | undefined> {
  const { rows } = await deps.pool.query<{ profile_id: string; workspace_id: number }>({
    name: "audience-due",
    text: `select profile_id, workspace_id from audience_person where due_at <= $1 and workspace_id = any($2::integer[]) order by due_at limit ${deps.limits.dueAtOnce}`,
    values: [nowMs, [...loaded.workspaces.keys()]],
  });
  if (rows.length === 0) return undefined;
  const parts: Outcome[] = [];
  for (const [workspaceId, people] of Map.groupBy(rows, (row) => row.workspace_id)) {
    const workspace = loaded.workspaces.get(workspaceId);
    const ids = people.map((row) => row.profile_id);
    if (!workspace) continue;
    const keys = await deps.reader.keysOf(workspaceId, ids);
    const answer = await ask(deps, { workspace, audiences: workspace.live, people: [...keys.values()], nowMs });
    const judged = judgedAlike(workspace, [...keys.values()], answer, { reason: "deadline", row: 0 });
    // Who was merged or suppressed meanwhile waits no more: their going lands in a moment, and says why.
    const waiting = ids.filter((id) => !keys.has(id)).map((profileId) => ({
      workspaceId, profileId, verdict: { memberOf: [], dueMs: Infinity }, asked: new Set<number>(), isWhole: true, causeOf: () => ({ reason: "deletion" as const, row: 0 }),
    }));
    // What failed is not live from now on, so what is left is all there is.
    parts.push({ judged: [...judged.map((one) => ({ ...one, isWhole: true })), ...waiting], gone: [], failed: answer.failed, touched: new Map([[workspaceId, ids]]), askEverybody: [], values: noValues });
  }
  return joined(parts);
}

interface ListRange {
  readonly partition: number;
  readonly fromBlock: number;
  readonly beforeBlock: number;
}

/** Those whose place on a list was written into these of audiences' own blocks, and which audiences read lists. */
export async function evaluateLists(deps: BatchDeps, loaded: LoadedPartition, range: ListRange, nowMs: number): Promise<Outcome> {
  const result = await deps.clickhouse.query({
    query: `select workspace_id, toString(profile_id) as id from list_member where block_id >= {from:UInt64} and block_id < {before:UInt64} group by workspace_id, profile_id`,
    query_params: { from: range.fromBlock, before: range.beforeBlock }, format: "JSONEachRow",
  });
  const rows = await result.json<{ workspace_id: number; id: string }>();
  const parts: Outcome[] = [];
  for (const [workspaceId, listed] of Map.groupBy(rows, (row) => row.workspace_id)) {
    const workspace = loaded.workspaces.get(workspaceId);
    const audiences = workspace?.live.filter(({ reads }) => reads.lists.length > 0) ?? [];
    if (!workspace || (audiences.length === 0 && !workspace.liveTraits.some(({ reads }) => reads.lists.length > 0))) continue;
    const people = [...(await deps.reader.keysOf(workspaceId, listed.map(({ id }) => id))).values()];
    const answer = await ask(deps, { workspace, audiences, people, nowMs });
    const judged = judgedAlike(workspace, people, answer, { reason: "list", row: 0 });
    parts.push({ judged, gone: [], failed: answer.failed, touched: new Map([[workspaceId, people.map(({ profileId }) => profileId)]]), askEverybody: [], values: await valuesOfListed(deps, workspace, people, nowMs) });
  }
  return joined(parts);
}
