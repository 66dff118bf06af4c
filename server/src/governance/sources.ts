// Sources as the control plane keeps them, each with its write keys. Collection reads the same tables; the pipeline learns of a
// source's settings by control records.
import type { ClientBase } from "pg";
import { defaultSourceSettings, sourceSettings, type SourceSettings } from "@tributary/schema/settings.ts";
import { AppError, assert } from "../core/errors.ts";
import { writeKeyOf, type WriteKey, type WriteKeyRow } from "./write-keys.ts";

export const SOURCES_MAX = 1_000;

export interface Source {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: string;
  readonly enabled: boolean;
  readonly allowedOrigins: readonly string[];
  readonly eventsPerSecond: number | null;
  readonly settings: SourceSettings;
  readonly createdAt: Date;
  readonly keys: readonly WriteKey[];
}

export interface NewSource {
  readonly workspaceId: number;
  readonly name: string;
  /** Made from the name when absent. */
  readonly slug?: string;
  readonly kind: string;
  readonly allowedOrigins?: readonly string[];
  readonly eventsPerSecond?: number | null;
  readonly settings?: Partial<SourceSettings>;
}

interface SourceRow {
  id: number;
  slug: string;
  name: string;
  kind: string;
  enabled: boolean;
  allowed_origins: string[];
  events_per_second: number | null;
  settings: unknown;
  created_at: Date;
  keys: WriteKeyRow[] | null;
}

const SELECT = `select s.id, s.slug, s.name, s.kind, s.enabled, s.allowed_origins, s.events_per_second, s.settings, s.created_at,
  (select json_agg(json_build_object('id', k.id, 'prefix', k.prefix, 'created_at', k.created_at, 'revoked_at', k.revoked_at, 'expires_at', k.expires_at, 'events_per_second', k.events_per_second) order by k.id)
     from write_key k where k.source_id = s.id) as keys from source s`;

function sourceOf(row: SourceRow): Source {
  const wished = typeof row.settings === "object" && row.settings !== null ? row.settings : {};
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    kind: row.kind,
    enabled: row.enabled,
    allowedOrigins: row.allowed_origins,
    eventsPerSecond: row.events_per_second,
    settings: sourceSettings.parse({ ...defaultSourceSettings, ...wished, name: row.name }),
    createdAt: row.created_at,
    keys: (row.keys ?? []).map(writeKeyOf),
  };
}

export async function readSource(db: ClientBase, workspaceId: number, id: number): Promise<Source | undefined> {
  const { rows } = await db.query<SourceRow>(`${SELECT} where s.workspace_id = $1 and s.id = $2`, [workspaceId, id]);
  return rows[0] && sourceOf(rows[0]);
}

/** Sources with an id above `afterId`, by id. */
export async function listSources(db: ClientBase, workspaceId: number, afterId: number, limit: number): Promise<Source[]> {
  const { rows } = await db.query<SourceRow>(`${SELECT} where s.workspace_id = $1 and s.id > $2 order by s.id limit $3`, [
    workspaceId,
    afterId,
    limit,
  ]);
  return rows.map(sourceOf);
}

/** Throws `limit_reached` when the workspace has as many sources as it may. */
export async function refuseTooManySources(db: ClientBase, workspaceId: number): Promise<void> {
  const { rows } = await db.query<{ count: string }>("select count(*) from source where workspace_id = $1", [workspaceId]);
  if (Number(rows[0]?.count) >= SOURCES_MAX)
    throw new AppError("limit_reached", { detail: `A workspace has at most ${SOURCES_MAX} sources.` });
}

/** Makes a source. Throws `conflict` when the wished slug is taken. */
export async function createSource(db: ClientBase, wish: NewSource): Promise<Source> {
  await refuseTooManySources(db, wish.workspaceId);
  const settings = sourceSettings.parse({ ...defaultSourceSettings, ...wish.settings, name: wish.name });
  const base = wish.slug ?? slugOf(wish.name);
  for (let attempt = 1; attempt <= SOURCES_MAX + 1; attempt++) {
    const slug = attempt === 1 ? base : `${base.slice(0, 57)}-${attempt}`;
    const { rows } = await db.query<{ id: number }>(
      `insert into source (workspace_id, slug, name, kind, allowed_origins, events_per_second, settings) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (workspace_id, slug) do nothing returning id`,
      [wish.workspaceId, slug, wish.name, wish.kind, wish.allowedOrigins ?? [], wish.eventsPerSecond ?? null, JSON.stringify(settings)],
    );
    const id = rows[0]?.id;
    if (id !== undefined) return mustRead(db, wish.workspaceId, id);
    if (wish.slug !== undefined) throw new AppError("conflict", { detail: `There is a source with the slug ${wish.slug} already.` });
  }
  throw new AppError("conflict", { detail: "No free slug was found.", hint: "Name a slug." });
}

async function mustRead(db: ClientBase, workspaceId: number, id: number): Promise<Source> {
  const source = await readSource(db, workspaceId, id);
  assert(source !== undefined, "a source that was just written is there");
  return source;
}

/** `Web shop (DE)` → `web-shop-de`; `fallback` when nothing of the name can stand in a slug. */
export function slugOf(name: string, fallback = "source"): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return slug === "" ? fallback : slug;
}

export interface SourceChange {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly eventsPerSecond?: number | null | undefined;
  /** The whole of them. */
  readonly settings?: SourceSettings | undefined;
}

export async function changeSource(db: ClientBase, workspaceId: number, source: Source, change: SourceChange): Promise<Source> {
  const name = change.name ?? source.name;
  const settings: SourceSettings = { ...(change.settings ?? source.settings), name };
  const rate = change.eventsPerSecond === undefined ? source.eventsPerSecond : change.eventsPerSecond;
  await db.query(
    "update source set name = $3, enabled = $4, allowed_origins = $5, events_per_second = $6, settings = $7 where workspace_id = $1 " +
      "and id = $2",
    [
      workspaceId,
      source.id,
      name,
      change.enabled ?? source.enabled,
      change.allowedOrigins ?? source.allowedOrigins,
      rate,
      JSON.stringify(settings),
    ],
  );
  return mustRead(db, workspaceId, source.id);
}
