// Who stood in what left: ids of people under the id of an export, in ClickHouse.
import type { ClickHouseClient } from "@clickhouse/client";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";

export interface ExportParts {
  readonly workspaceDb: WorkspaceDb;
  readonly clickhouse: ClickHouseClient;
  readonly nowMs: () => number;
}

/** Somebody who is written down twice stands there once. */
export async function writePeople({ clickhouse, nowMs }: ExportParts, workspaceId: number, exportId: string, profileIds: readonly string[]): Promise<void> {
  const at = new Date(nowMs()).toISOString().replace("Z", "");
  await clickhouse.insert({
    table: "exported_person", columns: ["workspace_id", "export_id", "profile_id", "at"], format: "JSONCompactEachRow", values: profileIds.map((profileId) => [workspaceId, exportId, profileId, at]),
  });
}

export async function countPeople({ clickhouse }: ExportParts, workspaceId: number, exportId: string): Promise<number> {
  const result = await clickhouse.query({
    query: "select uniqExact(profile_id) as people from exported_person where workspace_id = {workspace:UInt32} and export_id = {export:UUID}", query_params: { workspace: workspaceId, export: exportId }, format: "JSONEachRow",
  });
  return Number((await result.json<{ people: string }>())[0]?.people ?? 0);
}
