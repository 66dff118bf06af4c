// The first start: workspace `default`, source `website`, a write key, and an API token with all scopes. Repeating it
// changes nothing that is there, and two starts at once make one of each.
import { hash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import { scope } from "@tributary/schema/api/answer-parts.ts";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { AppError, assert } from "../core/errors.ts";
import type { EventLog } from "../log/log.ts";
import { recordAudit } from "./audit.ts";
import { createSource, createWriteKey, readSource, type Source } from "./sources.ts";
import { createToken, hashSecret } from "./tokens.ts";

/** Any number of ours: the advisory lock that makes two starts take turns. */
const BOOTSTRAP_LOCK = 7_205_913_001;
const WORKSPACE = "default";
const SOURCE = { slug: "website", name: "Website", kind: "website" };

export interface BootstrapOptions {
  /** Connections as the owner of the tables. */
  readonly pool: Pool;
  /** How many partitions the log has (`EventLog.partitions`). */
  readonly partitions: number;
  readonly nowMs: number;
  /** Fixed by the operator; made when absent, on the first start only. */
  readonly writeKey?: string;
  readonly apiToken?: string;
}

export interface Bootstrapped {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly partition: number;
  /** True when this call made the workspace. */
  readonly isFirstStart: boolean;
  /** Secrets that this call made, to be printed once and never again; absent when they were there or the operator gave them. */
  readonly print: { readonly writeKey?: string; readonly apiToken?: string };
  /** Control records that still have to be appended to the log; see `appendBootstrapControls`. */
  readonly controls: readonly ControlAction[];
}

export async function bootstrap(options: BootstrapOptions): Promise<Bootstrapped> {
  const client = await options.pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock($1)", [BOOTSTRAP_LOCK]);
    const made = await bootstrapIn(client, options);
    await client.query("commit");
    return made;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function bootstrapIn(db: ClientBase, options: BootstrapOptions): Promise<Bootstrapped> {
  const workspace = await workspaceOf(db, options.partitions);
  const source = await sourceOf(db, workspace.id);
  const writeKey = await ensureWriteKey(db, {
    workspaceId: workspace.id,
    sourceId: source.id,
    given: options.writeKey,
    isFirstStart: workspace.isNew,
  });
  const apiToken = await ensureToken(db, { workspaceId: workspace.id, given: options.apiToken, isFirstStart: workspace.isNew });
  if (workspace.isNew) {
    await recordAudit(
      db,
      { workspaceId: workspace.id, actor: "system", action: "workspace.create", target: `workspace:${workspace.id}` },
      options.nowMs,
    );
  }
  const { rowCount: configured } = await db.query("select from pipeline_config where workspace_id = $1", [workspace.id]);
  return {
    workspaceId: workspace.id,
    sourceId: source.id,
    partition: workspace.partition,
    isFirstStart: workspace.isNew,
    print: { ...(writeKey === undefined ? {} : { writeKey }), ...(apiToken === undefined ? {} : { apiToken }) },
    controls: configured
      ? []
      : [
          { kind: "workspace.set", settings: defaultWorkspaceSettings },
          { kind: "source.set", sourceId: source.id, settings: source.settings },
        ],
  };
}

async function workspaceOf(db: ClientBase, partitions: number): Promise<{ id: number; partition: number; isNew: boolean }> {
  const partition = partitionFor(WORKSPACE, partitions);
  const inserted = await db.query<{ id: number }>(
    "insert into workspace (slug, name, log_partition) values ($1, $2, $3) on conflict (slug) do nothing returning id",
    [WORKSPACE, "Default", partition],
  );
  const { rows } = await db.query<{ id: number; log_partition: number }>("select id, log_partition from workspace where slug = $1", [
    WORKSPACE,
  ]);
  const row = rows[0];
  assert(row !== undefined, "the default workspace is there after it was inserted");
  return { id: row.id, partition: row.log_partition, isNew: inserted.rowCount === 1 };
}

/** Where a new workspace writes, for ever. */
export function partitionFor(slug: string, partitions: number): number {
  return hash("sha256", slug, "buffer").readUInt32BE(0) % partitions;
}

async function sourceOf(db: ClientBase, workspaceId: number): Promise<Source> {
  const { rows } = await db.query<{ id: number }>("select id from source where workspace_id = $1 order by slug <> $2, id limit 1", [
    workspaceId,
    SOURCE.slug,
  ]);
  const id = rows[0]?.id;
  if (id === undefined) return createSource(db, { workspaceId, ...SOURCE });
  const source = await readSource(db, workspaceId, id);
  assert(source !== undefined, "a source whose id was just read is there");
  return source;
}

interface Wish {
  readonly workspaceId: number;
  readonly given: string | undefined;
  readonly isFirstStart: boolean;
}

/** The key that was made, to print; undefined when none was, or the operator knows it already. */
async function ensureWriteKey(db: ClientBase, wish: Wish & { readonly sourceId: number }): Promise<string | undefined> {
  if (wish.given === undefined) {
    return wish.isFirstStart ? (await createWriteKey(db, wish.workspaceId, wish.sourceId)).secret : undefined;
  }
  const { rows } = await db.query<{ workspace_id: number; revoked_at: Date | null }>(
    "select workspace_id, revoked_at from write_key where key_hash = $1",
    [hashSecret(wish.given)],
  );
  refuseForeign(rows[0], wish.workspaceId, "TRIBUTARY_WRITE_KEY");
  if (rows[0] === undefined) await createWriteKey(db, wish.workspaceId, wish.sourceId, wish.given);
  return undefined;
}

async function ensureToken(db: ClientBase, wish: Wish): Promise<string | undefined> {
  const token = { workspaceId: wish.workspaceId, scopes: scope.options };
  if (wish.given === undefined) {
    return wish.isFirstStart ? (await createToken(db, { ...token, name: "First start" })).secret : undefined;
  }
  const { rows } = await db.query<{ workspace_id: number; revoked_at: Date | null }>(
    "select workspace_id, revoked_at from api_token where token_hash = $1",
    [hashSecret(wish.given)],
  );
  refuseForeign(rows[0], wish.workspaceId, "TRIBUTARY_API_TOKEN");
  if (rows[0] === undefined) await createToken(db, { ...token, name: "Environment", secret: wish.given });
  return undefined;
}

/** A secret that was revoked stays revoked, and one of another workspace is not taken over. */
function refuseForeign(row: { workspace_id: number; revoked_at: Date | null } | undefined, workspaceId: number, setting: string): void {
  if (row === undefined) return;
  if (row.workspace_id !== workspaceId)
    throw new AppError("invalid_config", { detail: `${setting} belongs to another workspace.`, hint: "Choose another value." });
  if (row.revoked_at !== null) throw new AppError("invalid_config", { detail: `${setting} was revoked.`, hint: "Choose another value." });
}

/**
 * Appends what `bootstrap` left to the log, before collection opens: the settings then stand in the log before the first
 * event, and a rebuild finds them there. A crash before the pipeline has read them makes the next start append them again,
 * which changes nothing.
 */
export async function appendBootstrapControls(log: EventLog, made: Bootstrapped, nowMs: number): Promise<void> {
  for (const action of made.controls) {
    await log.append(made.partition, {
      header: { kind: "control", workspaceId: made.workspaceId, receivedAtMs: nowMs, actor: "system", action },
      events: [],
    });
  }
}
