// The first start: workspace `default`, source `website`, a write key, an API token with all scopes, and an owner. Repeating it
// changes nothing that is there, and two starts at once make one of each.
import type { ClientBase, Pool } from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import { AppError, assert } from "../core/errors.ts";
import type { EventLog } from "../log/log.ts";
import { recordAudit } from "./audit.ts";
import { ensureOwner, type MadeOwner } from "./owner.ts";
import { createSource, readSource, type Source } from "./sources.ts";
import { createWriteKey } from "./write-keys.ts";
import { createToken, hashSecret } from "./tokens.ts";
import { asOwner, createWorkspace, findWorkspace, firstControls, firstSource, firstWorkspace, lockMaking, workspaceScopes, type Workspace } from "./workspaces.ts";

/** The workspace's own, and to act for the installation. */
const everyScope = [...workspaceScopes, "installation"] as const;

export interface BootstrapOptions {
  /** Connections as the owner of the tables. */
  readonly pool: Pool;
  /** How many partitions the log has (`EventLog.partitions`). */
  readonly partitions: number;
  readonly nowMs: number;
  /** Fixed by the operator; made when absent, on the first start only. */
  readonly writeKey?: string;
  readonly apiToken?: string;
  readonly adminEmail?: string;
  readonly adminPassword?: string;
}

export interface Bootstrapped {
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly partition: number;
  /** True when this call made the workspace. */
  readonly isFirstStart: boolean;
  /** Secrets that this call made, to be printed once and never again; absent when they were there or the operator gave them. */
  readonly print: { readonly writeKey?: string; readonly apiToken?: string; readonly owner?: MadeOwner };
  /** Control records that still have to be appended to the log; see `appendBootstrapControls`. */
  readonly controls: readonly ControlAction[];
}

export async function bootstrap(options: BootstrapOptions): Promise<Bootstrapped> {
  return asOwner(options.pool, async (db) => {
    await lockMaking(db);
    const workspace = await findWorkspace(db, firstWorkspace.slug);
    const made = await (workspace === undefined ? firstStart(db, options) : laterStart(db, options, workspace));
    const owner = await ensureOwner(db, {
      workspaceId: made.workspaceId,
      nowMs: options.nowMs,
      ...(options.adminEmail === undefined ? {} : { email: options.adminEmail }),
      ...(options.adminPassword === undefined ? {} : { password: options.adminPassword }),
    });
    // Who chose the password knows the address, too.
    return owner?.password === undefined ? made : { ...made, print: { ...made.print, owner } };
  });
}

async function firstStart(db: ClientBase, { writeKey, apiToken, partitions, nowMs }: BootstrapOptions): Promise<Bootstrapped> {
  const made = await createWorkspace(db, {
    ...firstWorkspace,
    partitions,
    token: apiToken === undefined ? { name: "First start", scopes: everyScope } : givenToken(apiToken),
    ...(writeKey === undefined ? {} : { writeKey }),
  });
  const { id, partition } = made.workspace;
  await recordAudit(db, { workspaceId: id, actor: "system", action: "workspace.create", target: `workspace:${id}` }, nowMs);
  return {
    workspaceId: id,
    sourceId: made.source.id,
    partition,
    isFirstStart: true,
    print: {
      ...(writeKey === undefined ? { writeKey: made.key.secret } : {}),
      ...(apiToken === undefined ? { apiToken: made.tokenSecret } : {}),
    },
    controls: firstControls(made.source),
  };
}

async function laterStart(db: ClientBase, { writeKey, apiToken }: BootstrapOptions, workspace: Workspace): Promise<Bootstrapped> {
  const workspaceId = workspace.id;
  const source = await sourceOf(db, workspaceId);
  if (writeKey !== undefined) await ensureWriteKey(db, { workspaceId, sourceId: source.id, given: writeKey });
  if (apiToken !== undefined) await ensureToken(db, { workspaceId, given: apiToken });
  const { rowCount: configured } = await db.query("select from pipeline_config where workspace_id = $1", [workspaceId]);
  return {
    workspaceId,
    sourceId: source.id,
    partition: workspace.partition,
    isFirstStart: false,
    print: {},
    controls: configured ? [] : firstControls(source),
  };
}

async function sourceOf(db: ClientBase, workspaceId: number): Promise<Source> {
  const { rows } = await db.query<{ id: number }>("select id from source where workspace_id = $1 order by slug <> $2, id limit 1", [
    workspaceId,
    firstSource.slug,
  ]);
  const id = rows[0]?.id;
  if (id === undefined) return createSource(db, { workspaceId, ...firstSource });
  const source = await readSource(db, workspaceId, id);
  assert(source !== undefined, "a source whose id was just read is there");
  return source;
}

interface Wish {
  readonly workspaceId: number;
  readonly given: string;
}

function givenToken(secret: string) {
  return { name: "Environment", scopes: everyScope, secret };
}

async function ensureWriteKey(db: ClientBase, wish: Wish & { readonly sourceId: number }): Promise<void> {
  const { rows } = await db.query<{ workspace_id: number; revoked_at: Date | null }>(
    "select workspace_id, revoked_at from write_key where key_hash = $1",
    [hashSecret(wish.given)],
  );
  refuseForeign(rows[0], wish.workspaceId, "TRIBUTARY_WRITE_KEY");
  if (rows[0] === undefined) await createWriteKey(db, wish.workspaceId, wish.sourceId, { given: wish.given });
}

async function ensureToken(db: ClientBase, { workspaceId, given }: Wish): Promise<void> {
  const { rows } = await db.query<{ workspace_id: number; revoked_at: Date | null }>(
    "select workspace_id, revoked_at from api_token where token_hash = $1",
    [hashSecret(given)],
  );
  refuseForeign(rows[0], workspaceId, "TRIBUTARY_API_TOKEN");
  if (rows[0] === undefined) await createToken(db, { workspaceId, ...givenToken(given) });
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
