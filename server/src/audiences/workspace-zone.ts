// In which time zone a workspace reckons, as it stands with the workspace.
import type { ClientBase, Pool } from "pg";
import { assert } from "../core/errors.ts";

export async function readZone(db: ClientBase, workspaceId: number): Promise<string> {
  const { rows } = await db.query<{ time_zone: string }>({ name: "workspace-zone", text: "select time_zone from workspace where id = $1", values: [workspaceId] });
  assert(rows[0] !== undefined, "a workspace that is asked about exists");
  return rows[0].time_zone;
}

/** Of all workspaces of a log partition, by id. */
export async function readZones(pool: Pool, partition: number): Promise<ReadonlyMap<number, string>> {
  const { rows } = await pool.query<{ id: number; time_zone: string }>("select id, time_zone from workspace where log_partition = $1", [partition]);
  return new Map(rows.map(({ id, time_zone }) => [id, time_zone]));
}
