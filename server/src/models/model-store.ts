// A workspace's models as they stand in Postgres. Changes are made one after another in a workspace, each with the version before it kept.
import type { ClientBase } from "pg";
import type { ModelDefinition } from "@tributary/schema/model.ts";
import { AppError } from "../core/errors.ts";
import { freeSlug } from "../core/free-slug.ts";
import { isSame } from "../core/is-same.ts";
import { recordAudit } from "../governance/governance.ts";
import { cronProblem } from "./due.ts";
import { modelLimits } from "./model-limits.ts";
import type { Asker } from "./run-store.ts";

/** Any number of ours: the advisory lock under which a workspace's models are changed. */
const CHANGE_LOCK = 71_028;
/** Words that stand at the place of a slug for something else, in addresses of the API or of the console. */
const addressWords: ReadonlySet<string> = new Set(["check", "export", "new", "preview", "runs"]);

export interface StoredModel {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly definition: ModelDefinition;
  readonly version: number;
  readonly enabled: boolean;
  readonly status: "active" | "archived";
  readonly lastSeq: number;
  readonly rows: number;
  readonly dueAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  /** How far its rows have become events; null: none has. */
  readonly fed: { readonly seq: number; readonly events: number; readonly passed_over: number; readonly problem: string | null } | null;
}

const COLUMNS = `m.id, m.slug, m.name, m.definition, m.version, m.enabled, m.status, m.last_seq::float8 as "lastSeq", m.rows::float8 as rows, m.due_at as "dueAt", m.created_at as "createdAt",
  m.created_by as "createdBy", m.updated_at as "updatedAt", m.updated_by as "updatedBy",
  (select json_build_object('seq', f.seq, 'events', f.events, 'passed_over', f.passed_over, 'problem', f.problem) from model_fed f where f.model_id = m.id) as fed`;

/** By name. */
export async function readModels(db: ClientBase, workspaceId: number): Promise<StoredModel[]> {
  return (await db.query<StoredModel>(`select ${COLUMNS} from model m where m.workspace_id = $1 order by lower(m.name), m.id`, [workspaceId])).rows;
}

/** Throws `not_found`. */
export async function presentModel(db: ClientBase, workspaceId: number, slug: string): Promise<StoredModel> {
  const { rows } = await db.query<StoredModel>(`select ${COLUMNS} from model m where m.workspace_id = $1 and m.slug = $2`, [workspaceId, slug]);
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `There is no model \`${slug}\`.`, hint: "Look at the slugs of GET /models." });
  return rows[0];
}

/** Throws `conflict` for an archived one, too. */
export async function modelInUse(db: ClientBase, workspaceId: number, slug: string): Promise<StoredModel> {
  const found = await presentModel(db, workspaceId, slug);
  if (found.status === "archived") throw new AppError("conflict", { detail: `The model \`${slug}\` is archived.`, hint: "Make another one." });
  return found;
}

export interface ModelVersion {
  readonly version: number;
  readonly definition: ModelDefinition;
  readonly at: Date;
  readonly author: string;
}

/** The newest first. */
export async function readModelVersions(db: ClientBase, workspaceId: number, modelId: number, limit: number): Promise<ModelVersion[]> {
  return (await db.query<ModelVersion>("select version, definition, at, author from model_version where workspace_id = $1 and model_id = $2 order by version desc limit $3", [workspaceId, modelId, limit])).rows;
}

// ── Changes, within the caller's transaction ──────────────────────────────────────────────────────────────────────

async function lockModels(db: ClientBase, workspaceId: number): Promise<void> {
  await db.query("select pg_advisory_xact_lock($1, $2)", [CHANGE_LOCK, workspaceId]);
}

export async function createModel(db: ClientBase, by: Asker, wish: { readonly slug?: string | undefined; readonly name: string; readonly definition: ModelDefinition; readonly enabled: boolean }): Promise<StoredModel> {
  await lockModels(db, by.workspaceId);
  const all = await readModels(db, by.workspaceId);
  refuseTooMany(all);
  await refuseDefinition(db, by.workspaceId, wish.definition);
  const slug = freeSlug(wish, new Set(all.map((one) => one.slug)), { what: "a model", fallback: "model", words: addressWords });
  const { rows } = await db.query<{ id: number }>(
    `insert into model (workspace_id, slug, name, definition, enabled, created_at, created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $6, $7) returning id`,
    [by.workspaceId, slug, wish.name, JSON.stringify(wish.definition), wish.enabled, new Date(by.nowMs), by.actor],
  );
  await writeVersion(db, by, { id: rows[0]?.id ?? 0, version: 1, definition: wish.definition });
  await recordAudit(db, { ...by, action: "model.create", target: `model:${slug}`, detail: { name: wish.name, warehouse: wish.definition.warehouse, enabled: wish.enabled } }, by.nowMs);
  return presentModel(db, by.workspaceId, slug);
}

function refuseTooMany(all: readonly StoredModel[]): void {
  const countOf = (status: StoredModel["status"]): number => all.filter((one) => one.status === status).length;
  if (countOf("active") >= modelLimits.modelsMax) throw new AppError("limit_reached", { detail: `A workspace has at most ${modelLimits.modelsMax} models.`, hint: "Archive one that is not needed any more." });
  if (countOf("archived") >= modelLimits.archivedMax) throw new AppError("limit_reached", { detail: `A workspace keeps at most ${modelLimits.archivedMax} archived models.`, hint: "Change one that is there instead of making another." });
}

/** What is left out stays. */
export interface ModelChangeWish {
  readonly name?: string | undefined;
  readonly definition?: ModelDefinition | undefined;
  readonly enabled?: boolean | undefined;
  /** The version that was changed. */
  readonly version?: number | undefined;
}

export async function changeModel(db: ClientBase, by: Asker, slug: string, change: ModelChangeWish): Promise<{ readonly after: StoredModel; readonly changed: readonly string[] }> {
  await lockModels(db, by.workspaceId);
  const before = await modelInUse(db, by.workspaceId, slug);
  if (change.version !== undefined && change.version !== before.version) {
    throw new AppError("conflict", { detail: `${before.updatedBy} has changed this model meanwhile: version ${before.version} is in force, and you changed ${change.version}.`, hint: "Read it again, and send its `version`." });
  }
  const changed = (["name", "definition", "enabled"] as const).filter((name) => change[name] !== undefined && !isSame(change[name], before[name]));
  if (changed.length === 0) return { after: before, changed };
  const definition = changed.includes("definition") ? change.definition : undefined;
  if (definition !== undefined) await refuseDefinition(db, by.workspaceId, definition);
  const version = before.version + (definition === undefined ? 0 : 1);
  // When it is due is worked out anew where it may be another time.
  const isOtherTime = (definition !== undefined && !isSame(definition.schedule ?? null, before.definition.schedule ?? null)) || (change.enabled === true && !before.enabled);
  await db.query(
    `update model set name = $3, definition = $4, enabled = $5, version = $6, updated_at = $7, updated_by = $8, due_at = case when $9 then null else due_at end,
       imports_seen = case when $9 then null else imports_seen end where workspace_id = $1 and id = $2`,
    [by.workspaceId, before.id, change.name ?? before.name, JSON.stringify(definition ?? before.definition), change.enabled ?? before.enabled, version, new Date(by.nowMs), by.actor, isOtherTime],
  );
  if (definition !== undefined) await writeVersion(db, by, { id: before.id, version, definition });
  await recordAudit(db, { ...by, action: "model.change", target: `model:${slug}`, detail: { changed, ...(changed.includes("enabled") ? { enabled: change.enabled } : {}) } }, by.nowMs);
  return { after: await presentModel(db, by.workspaceId, slug), changed };
}

async function writeVersion(db: ClientBase, by: Asker, { id, version, definition }: { readonly id: number; readonly version: number; readonly definition: ModelDefinition }): Promise<void> {
  await db.query("insert into model_version (workspace_id, model_id, version, definition, at, author) values ($1, $2, $3, $4, $5, $6)", [
    by.workspaceId, id, version, JSON.stringify(definition), new Date(by.nowMs), by.actor,
  ]);
}

/** It is read no more, and what goes on is stopped. Its changes stay to be looked at. */
export async function archiveModel(db: ClientBase, by: Asker, slug: string): Promise<StoredModel> {
  await lockModels(db, by.workspaceId);
  const before = await presentModel(db, by.workspaceId, slug);
  if (before.status === "archived") return before;
  const at = new Date(by.nowMs);
  await db.query("update model set status = 'archived', enabled = false, due_at = null, updated_at = $3, updated_by = $4 where workspace_id = $1 and id = $2", [by.workspaceId, before.id, at, by.actor]);
  await db.query(
    `update model_run set cancel = true, status = case when status in ('waiting', 'asking') then 'stopped' else status end, finished_at = case when status in ('waiting', 'asking') then $3 else finished_at end
     where workspace_id = $1 and model_id = $2 and status in ('waiting', 'reading', 'comparing', 'asking')`, [by.workspaceId, before.id, at],
  );
  await recordAudit(db, { ...by, action: "model.archive", target: `model:${slug}`, detail: { name: before.name } }, by.nowMs);
  return presentModel(db, by.workspaceId, slug);
}

/** What is wrong with it that needs no look at the warehouse. */
export async function definitionProblems(db: ClientBase, workspaceId: number, definition: ModelDefinition): Promise<string[]> {
  const problems: string[] = [];
  const { schedule, feeds } = definition;
  if (schedule !== undefined && "cron" in schedule) {
    const problem = cronProblem(schedule.cron);
    if (problem !== undefined) problems.push(`The schedule \`${schedule.cron}\` can't be read. ${problem}`);
  }
  const sources = [schedule !== undefined && "afterImport" in schedule ? schedule.afterImport : undefined, feeds?.source].filter((slug) => slug !== undefined);
  if (sources.length > 0) {
    const { rows } = await db.query<{ slug: string }>("select slug from source where workspace_id = $1 and slug = any($2)", [workspaceId, sources]);
    for (const slug of sources) if (!rows.some((row) => row.slug === slug)) problems.push(`There is no source \`${slug}\`.`);
  }
  if (feeds !== undefined && feeds.userId === undefined && feeds.anonymousId === undefined) problems.push("Calls need a person: name the column of `userId` or of `anonymousId`.");
  return problems;
}

async function refuseDefinition(db: ClientBase, workspaceId: number, definition: ModelDefinition): Promise<void> {
  const problems = await definitionProblems(db, workspaceId, definition);
  if (problems.length > 0) throw new AppError("invalid_definition", { detail: problems.join(" "), hint: "Correct what the detail names; POST /models/check tells everything that is wrong with one." });
}
