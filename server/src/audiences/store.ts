// What the evaluator knows of the audiences of one log partition: read whole, kept until somebody says that it changed.
import type { ClientBase, Pool } from "pg";
import type { Words } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { inForceOf, loadTraits, TRAIT_ROWS, type LoadedTrait, type TraitRow } from "./computed/loaded-traits.ts";
import { meaningOf, namesRoles, type Meaning, type Surroundings } from "./meaning.ts";
import { storedDefinition } from "./stored-definition.ts";
import { loadVocabulary } from "./vocabulary.ts";
import { readZones } from "./workspace-zone.ts";

export interface LoadedAudience extends Meaning {
  readonly id: number;
  readonly workspaceId: number;
  readonly slug: string;
  readonly version: number;
  readonly definition: Definition;
  readonly status: "filling" | "active" | "failed";
  /** Whether it was ever filled. */
  readonly wasFilled: boolean;
  /** Whether its members are those that it means today: then it is kept current. */
  readonly isLive: boolean;
  readonly boundaryMs: number | null;
}

export interface LoadedWorkspace {
  readonly workspaceId: number;
  readonly around: Surroundings;
  readonly audiences: readonly LoadedAudience[];
  /** Those that are kept current. */
  readonly live: readonly LoadedAudience[];
  readonly traits: readonly LoadedTrait[];
  readonly liveTraits: readonly LoadedTrait[];
}

export interface BrokenAudience {
  readonly id: number;
  readonly version: number;
  readonly problem: string;
}

export interface LoadedPartition {
  readonly workspaces: ReadonlyMap<number, LoadedWorkspace>;
  /** Archived ones that may still have members. */
  readonly archived: readonly { readonly id: number; readonly workspaceId: number; readonly version: number }[];
  readonly archivedTraits: readonly { readonly id: number; readonly workspaceId: number; readonly slug: string; readonly version: number }[];
  /** Those that can't be read. */
  readonly broken: readonly BrokenAudience[];
  /** Whether nobody needs to be followed: no audience, no computed trait, and no list whose members might be merged. */
  readonly isEmpty: boolean;
  readonly hasLists: boolean;
}

interface AudienceRow {
  readonly id: number;
  readonly workspace_id: number;
  readonly slug: string;
  readonly version: number;
  readonly definition: string;
  readonly status: "filling" | "active" | "failed" | "archived";
  readonly filled: boolean;
  readonly filled_key: string | null;
  readonly boundary_at: string | null;
}

const noWords: Words = { roles: {}, money: { base: null, rates: [] } };

export async function loadPartition(pool: Pool, partition: number): Promise<LoadedPartition> {
  const { rows } = await pool.query<AudienceRow>(
    `select a.id, a.workspace_id, a.slug, a.version, a.definition::text as definition, a.status, a.filled_at is not null as filled, a.filled_key, a.boundary_at
     from audience a join workspace w on w.id = a.workspace_id
     where w.log_partition = $1 and (a.status <> 'archived' or a.filled_key is not null or a.size > 0) order by a.id`, [partition],
  );
  const lists = await pool.query<{ id: number; workspace_id: number; slug: string }>(
    "select l.id, l.workspace_id, l.slug from audience_list l join workspace w on w.id = l.workspace_id where w.log_partition = $1", [partition],
  );
  const zones = await readZones(pool, partition);
  const broken: BrokenAudience[] = [];
  const workspaces = new Map<number, LoadedWorkspace>();
  const traits = (await pool.query<TraitRow>(TRAIT_ROWS, [partition])).rows;
  const used = rows.filter(({ status }) => status !== "archived");
  for (const workspaceId of new Set([...used, ...traits.filter(({ status }) => status !== "archived")].map((row) => row.workspace_id))) {
    const all = used.filter((row) => row.workspace_id === workspaceId);
    const numbers = new Map(lists.rows.filter((row) => row.workspace_id === workspaceId).map(({ slug, id }) => [slug, id]));
    workspaces.set(workspaceId, await loadWorkspace(pool, { workspaceId, zone: zones.get(workspaceId) ?? "UTC", all, lists: numbers, traits: traits.filter((row) => row.workspace_id === workspaceId) }, broken));
  }
  return {
    workspaces, broken,
    archived: rows.filter(({ status }) => status === "archived").map(({ id, workspace_id, version }) => ({ id, workspaceId: workspace_id, version })),
    archivedTraits: traits.filter(({ status }) => status === "archived").map(({ id, workspace_id, slug, version }) => ({ id, workspaceId: workspace_id, slug, version })),
    isEmpty: rows.length === 0 && traits.length === 0 && lists.rows.length === 0,
    hasLists: lists.rows.length > 0,
  };
}

interface Found {
  readonly workspaceId: number;
  readonly zone: string;
  readonly all: readonly AudienceRow[];
  readonly lists: ReadonlyMap<string, number>;
  readonly traits: readonly TraitRow[];
}

async function loadWorkspace(pool: Pool, { workspaceId, zone, all, lists, traits: traitRows }: Found, broken: BrokenAudience[]): Promise<LoadedWorkspace> {
  const parsed = new Map<string, Definition>();
  for (const row of all) {
    try {
      parsed.set(row.slug, storedDefinition(row.definition));
    } catch (error) {
      if (row.status !== "failed") broken.push({ id: row.id, version: row.version, problem: `The definition can't be read: ${String(error)}`.slice(0, 500) });
    }
  }
  const inForce = inForceOf(traitRows);
  const words = [...all.map((row) => row.definition), JSON.stringify(traitRows.map((row) => row.definition))].some(namesRoles) ? await wordsOf(pool, workspaceId) : noWords;
  const around: Surroundings = { zone, words, audience: (slug) => parsed.get(slug), list: (slug) => lists.get(slug), computed: (slug) => inForce.get(slug) };
  const audiences = all.flatMap((row): LoadedAudience[] => {
    const definition = parsed.get(row.slug);
    if (definition === undefined || row.status === "archived") return [];
    const meaning = meaningOf(definition, around);
    return [{
      id: row.id, workspaceId, slug: row.slug, version: row.version, definition, status: row.status, wasFilled: row.filled, ...meaning,
      isLive: row.status === "active" && row.filled_key === meaning.key, boundaryMs: row.boundary_at === null ? null : Number(row.boundary_at),
    }];
  });
  const traits = loadTraits(traitRows, around);
  return { workspaceId, around, audiences, live: audiences.filter(({ isLive }) => isLive), traits, liveTraits: traits.filter(({ isLive }) => isLive) };
}

async function wordsOf(pool: Pool, workspaceId: number): Promise<Words> {
  const client = await pool.connect();
  try {
    return (await loadVocabulary(client, workspaceId)).inForce;
  } finally {
    client.release();
  }
}

/** Says of an audience that it can't be evaluated, unless it was changed meanwhile. Its members stay as they are until it can. */
export async function markFailed(db: Pool | ClientBase, failed: readonly BrokenAudience[]): Promise<void> {
  for (const { id, version, problem } of failed) {
    await db.query(
      `update audience set status = 'failed', problem = $3, filled_key = null, boundary_at = null, fill_done = null, fill_total = null
       where id = $1 and version = $2 and status <> 'archived'`, [id, version, problem],
    );
  }
}

export interface Filled {
  readonly audience: LoadedAudience;
  readonly boundaryMs: number | null;
}

/** They are kept current from here on. Gives how many were still what was filled. */
export async function markFilled(tx: ClientBase, filled: readonly Filled[], nowMs: number): Promise<number> {
  let marked = 0;
  for (const { audience, boundaryMs } of filled) {
    const { rowCount } = await tx.query(
      `update audience set status = 'active', problem = null, filled_at = to_timestamp($3 / 1000.0), filled_key = $4, boundary_at = $5, fill_done = null, fill_total = null
       where id = $1 and version = $2 and status <> 'archived'`, [audience.id, audience.version, nowMs, audience.key, boundaryMs],
    );
    marked += rowCount ?? 0;
  }
  return marked;
}

/** When they have to be asked of everybody again; what else stands of them stays. */
export async function markAsked(tx: ClientBase, asked: readonly Filled[]): Promise<void> {
  for (const { audience, boundaryMs } of asked) {
    await tx.query("update audience set boundary_at = $3 where id = $1 and version = $2", [audience.id, audience.version, boundaryMs]);
  }
}
