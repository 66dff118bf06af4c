// What the views of a workspace are made from: its names of things, what has arrived, and whether anybody was merged or suppressed lately.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ClientBase } from "pg";
import type { FieldDecisions } from "../governance/governance.ts";
import type { HiddenRows } from "./hidden-rows.ts";
import { sqlLimits } from "./sql-limits.ts";

export interface Named {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
}

export interface SeenModel extends Named {
  /** Its changes until there are in force. */
  readonly lastSeq: number;
  /** Of the identifiers by which its rows name people; "": they name nobody. */
  readonly namespace: string;
  /** All that it ever had. */
  readonly namespaces: readonly string[];
}

export interface SeenField {
  readonly place: "trait" | "property";
  /** Of a property; a trait has none. */
  readonly event: string;
  readonly path: string;
  readonly as: "number" | "boolean" | "list" | "text";
}

export interface Facts {
  readonly workspaceId: number;
  readonly sources: readonly Named[];
  readonly audiences: readonly Named[];
  readonly computed: readonly Named[];
  readonly destinations: readonly Named[];
  /** Archived ones too. */
  readonly models: readonly SeenModel[];
  /** Which subscription sends which model's rows. */
  readonly modelSubscriptions: readonly { readonly id: number; readonly modelId: number }[];
  /** Names of track calls, the most frequent first. */
  readonly events: readonly string[];
  readonly fields: readonly SeenField[];
  readonly decisions: FieldDecisions;
  readonly hasSuppressed: boolean;
  /** People who are suppressed, by what rows of models name them (hidden-rows.ts); undefined: nobody has looked. */
  readonly hiddenRows?: HiddenRows | undefined;
  readonly hasOverrides: boolean;
  /** In which our tables stand. */
  readonly database: string;
}

interface FieldRow {
  readonly place: "trait" | "property";
  readonly event: string;
  readonly path: string;
  readonly number: string;
  readonly boolean: string;
  readonly list: string;
  readonly text: string;
}

/** `db` works inside the workspace. */
export async function readFacts(db: ClientBase, workspaceId: number): Promise<Omit<Facts, "decisions" | "hasOverrides" | "database"> & { readonly suppressed: number }> {
  const named = async (table: "source" | "audience" | "computed_trait" | "destination"): Promise<readonly Named[]> =>
    (await db.query<Named>(`select id, slug, name from ${table} where workspace_id = $1 order by id`, [workspaceId])).rows;
  const [sources, audiences, computed, destinations] = [await named("source"), await named("audience"), await named("computed_trait"), await named("destination")];
  const events = await db.query<{ event: string }>(
    `select event from observed_event where workspace_id = $1 and type = 'track' order by count desc, event limit $2`, [workspaceId, sqlLimits.eventViewsMax],
  );
  const fields = await db.query<FieldRow>(
    `select place, event, path, as_number as number, as_boolean as boolean, as_list + as_objects as list, as_text as text from observed_field
      where workspace_id = $1 and (place = 'trait' or (place = 'property' and event <> '')) and position('[]' in path) = 0 order by place, event, count desc, path`, [workspaceId],
  );
  const models = await db.query<SeenModel>(
    `select m.id, m.slug, m.name, m.last_seq::float8 as "lastSeq", coalesce(m.definition -> 'person' ->> 'namespace', '') as namespace,
       array(select distinct v.definition -> 'person' ->> 'namespace' from model_version v where v.workspace_id = m.workspace_id and v.model_id = m.id and v.definition -> 'person' is not null) as namespaces
     from model m where m.workspace_id = $1 order by m.id`, [workspaceId],
  );
  const modelSubscriptions = await db.query<{ id: number; modelId: number }>(
    `select id, (definition -> 'trigger' ->> 'modelId')::integer as "modelId" from subscription where workspace_id = $1 and definition -> 'trigger' ->> 'kind' = 'model' order by id`, [workspaceId],
  );
  const { rows: [suppressed] } = await db.query<{ count: number }>("select count(*)::float8 as count from profile where workspace_id = $1 and suppressed", [workspaceId]);
  return {
    workspaceId, sources, audiences, computed, destinations, models: models.rows, modelSubscriptions: modelSubscriptions.rows, suppressed: suppressed?.count ?? 0,
    events: events.rows.map(({ event }) => event), fields: fields.rows.map(seenField), hasSuppressed: (suppressed?.count ?? 0) > 0,
  };
}

/** A field has a type of its own where it always came so; else it is text. */
function seenField({ place, event, path, ...counts }: FieldRow): SeenField {
  const came = (["number", "boolean", "list", "text"] as const).filter((kind) => Number(counts[kind]) > 0);
  const only = came[0];
  return { place, event, path, as: came.length === 1 && only !== undefined ? only : came.includes("list") ? "list" : "text" };
}

export async function readEngineFacts(clickhouse: ClickHouseClient, workspaceId: number): Promise<Pick<Facts, "hasOverrides" | "database">> {
  const result = await clickhouse.query({
    query: `select currentDatabase() as database, (select count() from (select 1 from profile_override where workspace_id = {workspace:UInt32} limit 1)) as overrides`,
    query_params: { workspace: workspaceId }, format: "JSONEachRow",
  });
  const [row] = await result.json<{ database: string; overrides: number }>();
  return { database: row?.database ?? "default", hasOverrides: Number(row?.overrides) > 0 };
}
