// The names that arrive and how often, without all else that is known of them: for what is recognised by its name.
import type { ClientBase } from "pg";
import { observedLimits } from "./observed-limits.ts";

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

export interface SeenNames {
  /** Of calls of any type; those without a name have their type's. */
  readonly events: ReadonlySet<string>;
  /** Event → paths of its properties. Events of which as many are kept as may be are left out: more may have come. */
  readonly properties: ReadonlyMap<string, readonly string[]>;
  readonly traits: readonly string[];
}

/** Which of these names have ever arrived. */
export async function readSeenNames(db: ClientBase, workspaceId: number, wish: { readonly events: readonly string[]; readonly traits: boolean }): Promise<SeenNames> {
  const events = await db.query<{ event: string }>("select distinct event from observed_event where workspace_id = $1 and event = any($2::text[])", [workspaceId, wish.events]);
  const paths = await readPathCounts(db, workspaceId, wish.events);
  const traits = wish.traits ? (await db.query<{ path: string }>("select path from observed_field where workspace_id = $1 and place = 'trait'", [workspaceId])).rows : [];
  const byEvent = [...Map.groupBy(paths, ({ event }) => event)].filter(([, all]) => all.length < observedLimits.fieldsPerEventMax);
  return {
    events: new Set(events.rows.map(({ event }) => event)),
    properties: new Map(byEvent.map(([event, all]) => [event, all.map(({ path }) => path)])),
    traits: traits.map(({ path }) => path),
  };
}
