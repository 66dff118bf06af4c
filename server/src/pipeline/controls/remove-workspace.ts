// Removes a workspace: from this record on nothing of it is decided any more. What ClickHouse has of it goes by statements in
// the outbox, behind every block that may hold something of it; repeated, they find nothing. Its rows in Postgres are
// removed afterwards, a few at a time, by whoever asked for it (governance/removals.ts): nobody writes them any more.
import { removeAudienceRows } from "../outbox/audience-outbox.ts";
import type { ControlWork } from "./handle-control.ts";

export async function removeWorkspace(work: ControlWork): Promise<void> {
  const { workspaceId } = work.header;
  for (const table of await tablesOfWorkspaces(work)) {
    work.builder.addStatement(table, `ALTER TABLE ${table} DELETE WHERE workspace_id = ${workspaceId}`);
  }
  work.writes.push(async (tx) => {
    // A record for a workspace of which nobody said that it is to go removes nothing more than a rebuild would bring back.
    await tx.query(
      `insert into removed_workspace (workspace_id, slug, name, partition, row_id, blocks_below)
       select $1::integer, coalesce((select slug from workspace where id = $1), ''), coalesce((select name from workspace where id = $1), ''), $4, $2, $3
       on conflict (workspace_id) do update set row_id = excluded.row_id, blocks_below = excluded.blocks_below`,
      [workspaceId, work.rowId, work.builder.nextBlockId, work.builder.partition],
    );
    await removeAudienceRows(tx, work.builder.partition, workspaceId);
  });
}

/** Every table that says whose its rows are, whoever added it. */
async function tablesOfWorkspaces({ clickhouse }: ControlWork): Promise<string[]> {
  const result = await clickhouse.query({
    query: `select t.name as name from system.tables t
      where t.database = currentDatabase() and t.engine like '%MergeTree'
        and t.name in (select table from system.columns where database = currentDatabase() and name = 'workspace_id')
      order by t.name`,
    format: "JSONEachRow",
  });
  return (await result.json<{ name: string }>()).map(({ name }) => name);
}
