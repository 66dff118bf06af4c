// Why the pipeline passed over a change that was asked for.
import type { ApiServices } from "./api-services.ts";

/** A control record that could not be acted on is passed over, and stands in the quarantine with the reason. */
export async function refusalOf(services: ApiServices, workspaceId: number, row: number): Promise<string | undefined> {
  const { rows } = await services.deps.workspaceDb.run(workspaceId, (db) =>
    db.query<{ detail: string }>("select detail from quarantine where workspace_id = $1 and row_id = $2", [workspaceId, row]),
  );
  return rows[0]?.detail;
}
