// Writes merges into the rows of the event table, so that `profile_override` does not grow for ever. Two steps, each by a
// control record of its own: rows that stand under a merged id are put under the survivor; overrides under which no row
// stands any more are removed. So whatever is broken off, refused or repeated, an override is there for as long as a row
// needs it.
//
// It is a control record because of unmerges: they compare owners with the rows as they are, and must never meet rows that
// are being rewritten. In log order the two can't overlap: each waits until all before it has landed, and what it changes
// goes through the outbox like everything else. The statements name only rows before the record, so that repeating one
// later touches nobody who got the id back meanwhile; what an unmerge in between had rewritten is repeated behind it.
import { assert } from "../../core/errors.ts";
import type { ControlWork } from "./handle-control.ts";

/** Overrides that one record works on; what is more waits for the next. */
export const FOLD_IDS_MAX = 20_000;
/** Three ids for each override; ClickHouse reads a statement of 256 KiB at most. */
const IDS_PER_STATEMENT = 2_000;

export async function foldOverrides(work: ControlWork): Promise<void> {
  await work.sender.drained();
  // Rows may stand under other ids than was decided, and an override that seems needless may be needed yet: it is asked again.
  if (!(await work.sender.isInOrder())) return;
  const overrides = await readOverrides(work);
  const inUse = await idsOfRows(work, [...overrides.keys()]);
  const survivors = await survivorsOf(work, overrides);
  const isNeeded = (id: string): boolean => inUse.has(id) && survivors.get(id) !== id;
  rewriteRows(work, [...survivors].filter(([id]) => isNeeded(id)));
  removeOverrides(work, [...overrides.keys()].filter((id) => !isNeeded(id)));
}

/** Profile id → whom its newest override names; the oldest of them first. */
async function readOverrides(work: ControlWork): Promise<Map<string, string>> {
  const result = await work.clickhouse.query({
    query: `select toString(profile_id) as id, toString(survivor_id) as survivor from profile_override final
      where workspace_id = {workspace:UInt32} and row_id < {before:UInt64} order by row_id, profile_id limit {limit:UInt32}`,
    query_params: { workspace: work.header.workspaceId, before: work.rowId, limit: FOLD_IDS_MAX },
    format: "JSONEachRow",
  });
  const rows = await result.json<{ id: string; survivor: string }>();
  return new Map(rows.map(({ id, survivor }) => [id, survivor]));
}

/** Of these ids, those under which rows stand. */
async function idsOfRows(work: ControlWork, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const result = await work.clickhouse.query({
    query: `select distinct toString(profile_id) as id from events where workspace_id = {workspace:UInt32} and profile_id in {ids:Array(UUID)}`,
    query_params: { workspace: work.header.workspaceId, ids },
    format: "JSONEachRow",
  });
  return new Set((await result.json<{ id: string }>()).map(({ id }) => id));
}

/** Who answers for each id now: as Postgres has it, where it still knows the id. */
async function survivorsOf(work: ControlWork, overrides: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const { rows } = await work.db.query<{ id: string; survivor: string }>(
    `select id, coalesce(merged_into, id) as survivor from profile where workspace_id = $1 and id = any($2::uuid[])`,
    [work.header.workspaceId, [...overrides.keys()]],
  );
  return new Map([...overrides, ...rows.map(({ id, survivor }): [string, string] => [id, survivor])]);
}

function rewriteRows(work: ControlWork, moves: readonly (readonly [from: string, to: string])[]): void {
  for (let i = 0; i < moves.length; i += IDS_PER_STATEMENT) {
    const part = moves.slice(i, i + IDS_PER_STATEMENT);
    const from = listOf(part.map(([id]) => id));
    const to = listOf(part.map(([, survivor]) => survivor));
    work.builder.addStatement(
      "events",
      `ALTER TABLE events UPDATE profile_id = toUUID(transform(toString(profile_id), [${from}], [${to}], toString(profile_id)))
        WHERE workspace_id = ${work.header.workspaceId} AND row_id < ${work.rowId} AND profile_id IN (${from})`,
    );
  }
}

function removeOverrides(work: ControlWork, ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i += IDS_PER_STATEMENT) {
    work.builder.addStatement(
      "profile_override",
      `ALTER TABLE profile_override DELETE
        WHERE workspace_id = ${work.header.workspaceId} AND row_id < ${work.rowId} AND profile_id IN (${listOf(ids.slice(i, i + IDS_PER_STATEMENT))})`,
    );
  }
}

function listOf(ids: readonly string[]): string {
  for (const id of ids) assert(/^[0-9a-f-]{36}$/.test(id), "an id in a statement is a UUID");
  return ids.map((id) => `'${id}'`).join(",");
}
