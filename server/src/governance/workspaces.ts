// Workspaces as the control plane keeps them. One is made whole, in one transaction: its row, its first source with a write
// key, and its first token. Its partition of the log is chosen here, once: it never moves, so its row_ids never clash.
import { hash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import { scope, type Scope } from "@tributary/schema/api/answer-parts.ts";
import type { ControlAction } from "@tributary/schema/control.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { AppError, assert } from "../core/errors.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { createSource, slugOf, type Source } from "./sources.ts";
import { createWriteKey, type MadeWriteKey } from "./write-keys.ts";
import { createToken, type StoredToken } from "./tokens.ts";

/** The pipeline keeps the compiled rules of each in memory. */
export const WORKSPACES_MAX = 1_000;
/** Any number of ours: the advisory lock under which workspaces are made, by first starts and by the API. */
const MAKING_LOCK = 7_205_913_001;
const SLUG_LENGTH_MAX = 63;
const ID_MAX = 2_147_483_647;

/** Each start makes sure of it, its key, token and owner. */
export const firstWorkspace = { slug: "default", name: "Default" } as const;
export const firstSource = { slug: "website", name: "Website", kind: "website" } as const;

/** All that a token may do within its own workspace, `reveal` and `audit` being within two of them; `installation` reaches beyond it (decision 0011). */
export const workspaceScopes: readonly Scope[] = scope.options.filter((one) => one !== "installation" && one !== "reveal" && one !== "audit");

export interface Workspace {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** Where its days, weeks and months begin: a listed name of schema/src/time-zone.ts. */
  readonly timeZone: string;
  /** Where it writes in the log, for ever. */
  readonly partition: number;
  readonly createdAt: Date;
}

export interface NewWorkspace {
  readonly name: string;
  /** Made from the name when absent. */
  readonly slug?: string;
  /** UTC when absent. */
  readonly timeZone?: string;
  /** How many partitions the log has (`EventLog.partitions`). */
  readonly partitions: number;
  readonly token: { readonly name: string; readonly scopes: readonly Scope[]; readonly secret?: string };
  /** Given by the operator; made when absent. */
  readonly writeKey?: string;
}

export interface MadeWorkspace {
  readonly workspace: Workspace;
  readonly source: Source;
  readonly key: MadeWriteKey;
  readonly token: StoredToken;
  /** Of the token: shown once and kept nowhere. */
  readonly tokenSecret: string;
}

/** What a pool or a connection has in common. */
type Queries = Pick<ClientBase | Pool, "query">;

interface WorkspaceRow {
  id: number;
  slug: string;
  name: string;
  time_zone: string;
  log_partition: number;
  created_at: Date;
}

const COLUMNS = "id, slug, name, time_zone, log_partition, created_at";

function workspaceOf(row: WorkspaceRow): Workspace {
  return { id: row.id, slug: row.slug, name: row.name, timeZone: row.time_zone, partition: row.log_partition, createdAt: row.created_at };
}

/**
 * A transaction as the owner of the tables: a workspace that is being made has no session of its own yet, and the role of
 * such sessions may not write the table of workspaces.
 */
export function asOwner<T>(pool: Pool, work: (db: ClientBase) => Promise<T>): Promise<T> {
  return inTransaction(pool, work);
}

/** Until the transaction ends, nobody else makes a workspace: for those who look first whether there is one. */
export async function lockMaking(db: ClientBase): Promise<void> {
  await db.query("select pg_advisory_xact_lock($1)", [MAKING_LOCK]);
}

/**
 * Makes a workspace, within the caller's transaction, after all that are being made; the caller appends `firstControls` to
 * the log. Throws `conflict` when the wished slug is taken and `limit_reached` when there are as many as may be.
 */
export async function createWorkspace(db: ClientBase, wish: NewWorkspace): Promise<MadeWorkspace> {
  await lockMaking(db);
  const { rows: counted } = await db.query<{ count: number }>("select count(*)::integer as count from workspace");
  if ((counted[0]?.count ?? 0) >= WORKSPACES_MAX) {
    throw new AppError("limit_reached", { detail: `An installation has at most ${WORKSPACES_MAX} workspaces.` });
  }
  const slug = wish.slug ?? (await freeSlug(db, wish.name));
  const { rows } = await db.query<WorkspaceRow>(
    `insert into workspace (slug, name, log_partition, time_zone) values ($1, $2, $3, $4) on conflict (slug) do nothing returning ${COLUMNS}`,
    [slug, wish.name, await choosePartition(db, slug, wish.partitions), wish.timeZone ?? "UTC"],
  );
  const row = rows[0];
  if (row === undefined) throw new AppError("conflict", { detail: `There is a workspace with the slug ${slug} already.` });
  const workspaceId = row.id;
  const source = await createSource(db, { workspaceId, ...firstSource });
  const key = await createWriteKey(db, workspaceId, source.id, { given: wish.writeKey });
  const { token, secret } = await createToken(db, { workspaceId, ...wish.token });
  return { workspace: workspaceOf(row), source, key, token, tokenSecret: secret };
}

/** What must stand in a workspace's partition before its first event, so that a rebuild finds the settings there. */
export function firstControls(source: Source): readonly ControlAction[] {
  return [
    { kind: "workspace.set", settings: defaultWorkspaceSettings },
    { kind: "source.set", sourceId: source.id, settings: source.settings },
  ];
}

/**
 * One of the partitions with the fewest workspaces. Several of them are taken from the slug's own on, so that installations
 * do not all begin with the same one.
 */
async function choosePartition(db: ClientBase, slug: string, partitions: number): Promise<number> {
  const { rows } = await db.query<{ partition: number }>(
    `select partition from generate_series(0, $1::integer - 1) as partition
      order by (select count(*) from workspace w where w.log_partition = partition), (partition - $2::integer + $1) % $1 limit 1`,
    [partitions, partitionFor(slug, partitions)],
  );
  const chosen = rows[0]?.partition;
  assert(chosen !== undefined, "a log has partitions");
  return chosen;
}

/** The partition that a workspace takes when all have as many. */
export function partitionFor(slug: string, partitions: number): number {
  return hash("sha256", slug, "buffer").readUInt32BE(0) % partitions;
}

/** `Shop` → `shop`, or `shop-2` when that is taken. Never digits alone: an address may name the id instead. */
async function freeSlug(db: ClientBase, name: string): Promise<string> {
  const made = slugOf(name, "workspace");
  const base = /^\d+$/.test(made) ? `workspace-${made}`.slice(0, SLUG_LENGTH_MAX) : made;
  const wishes = [base, ...Array.from({ length: WORKSPACES_MAX }, (_, index) => `${base.slice(0, SLUG_LENGTH_MAX - 5)}-${index + 2}`)];
  const { rows } = await db.query<{ slug: string }>("select slug from workspace where slug = any($1)", [wishes]);
  const taken = new Set(rows.map((row) => row.slug));
  const free = wishes.find((slug) => !taken.has(slug));
  assert(free !== undefined, "there are more wishes than workspaces");
  return free;
}

/** By id (digits) or slug; undefined when `db` sees none such. */
export async function findWorkspace(db: Queries, ref: string): Promise<Workspace | undefined> {
  const isId = /^\d+$/.test(ref);
  if (isId && Number(ref) > ID_MAX) return undefined;
  const { rows } = await db.query<WorkspaceRow>(`select ${COLUMNS} from workspace where ${isId ? "id" : "slug"} = $1`, [ref]);
  return rows[0] && workspaceOf(rows[0]);
}

/** Those that `db` sees with an id above `afterId`, by id. */
export async function listWorkspaces(db: Queries, afterId: number, limit: number): Promise<Workspace[]> {
  const { rows } = await db.query<WorkspaceRow>(`select ${COLUMNS} from workspace where id > $1 order by id limit $2`, [afterId, limit]);
  return rows.map(workspaceOf);
}

export interface WorkspaceChange {
  /** What is undefined stays. */
  readonly name: string | undefined;
  readonly timeZone: string | undefined;
}

/** The slug stays, for programs and bookmarks name it. `db` works as the owner of the tables. */
export async function changeWorkspace(db: ClientBase, id: number, { name, timeZone }: WorkspaceChange): Promise<Workspace> {
  const { rows } = await db.query<WorkspaceRow>(
    `update workspace set name = coalesce($2, name), time_zone = coalesce($3, time_zone) where id = $1 returning ${COLUMNS}`, [id, name, timeZone],
  );
  const row = rows[0];
  assert(row !== undefined, "a workspace that was found is never taken away");
  return workspaceOf(row);
}
