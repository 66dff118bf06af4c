// The names that arrive and how often, without all else that is known of them: for what is recognised by its name.
import type { ClientBase } from "pg";

export interface NameCount {
  readonly event: string;
  readonly count: number;
}

export interface PathCount extends NameCount {
  readonly path: string;
}

/** Of track calls, the most frequent first. */
export async function readTrackNames(db: ClientBase, workspaceId: number): Promise<NameCount[]> {
  const { rows } = await db.query<NameCount>({
    name: "observed-track-names",
    text: `select event, count::float8 as count from observed_event where workspace_id = $1 and type = 'track' order by count desc, event`,
    values: [workspaceId],
  });
  return rows;
}

/** The properties of these events; those of the items of a list have its path: `products.price`. */
export async function readPathCounts(db: ClientBase, workspaceId: number, events: readonly string[]): Promise<PathCount[]> {
  const { rows } = await db.query<PathCount>({
    name: "observed-path-counts",
    text: `select event, path, count::float8 as count from observed_field
      where workspace_id = $1 and place = 'property' and event = any($2::text[]) order by count desc, event, path`,
    values: [workspaceId, events],
  });
  return rows;
}
