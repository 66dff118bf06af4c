// People whose instant has come, and people whose place on a list has changed: both are asked about without any event.
import { ask } from "./ask.ts";
import { joined, judgedAlike, type BatchDeps, type Outcome } from "./evaluate-batch.ts";
import { valuesOfListed } from "./computed/evaluate-values.ts";
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

/** Ids of those whose instant has come, by workspace, the first to have come first. */
export async function readDue({ pool }: Pick<BatchDeps, "pool">, { workspaces }: LoadedPartition, nowMs: number, peopleMax: number): Promise<Map<number, string[]>> {
  if (workspaces.size === 0) return new Map();
  const { rows } = await pool.query<{ profile_id: string; workspace_id: number }>({
    name: "audience-due",
    text: "select profile_id, workspace_id from audience_person where due_at <= $1 and workspace_id = any($2::integer[]) order by due_at limit $3",
    values: [nowMs, [...workspaces.keys()], peopleMax],
  });
  return new Map([...Map.groupBy(rows, (row) => row.workspace_id)].map(([id, people]) => [id, people.map((row) => row.profile_id)]));
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
