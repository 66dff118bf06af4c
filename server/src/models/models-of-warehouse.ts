// Which models read a warehouse, for whoever would put it away.
import type { ClientBase } from "pg";

/** Their slugs, in order; of those in use. */
export async function modelsOfWarehouse(db: ClientBase, workspaceId: number, warehouse: string): Promise<string[]> {
  const { rows } = await db.query<{ slug: string }>(
    "select slug from model where workspace_id = $1 and status = 'active' and definition->>'warehouse' = $2 order by slug", [workspaceId, warehouse]);
  return rows.map(({ slug }) => slug);
}
