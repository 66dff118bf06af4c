// Subscriptions as they stand in Postgres. Every change of a definition is a new version with its author. Those of audiences hold on to
// the audience: its row is locked while one is written, so that it can't be archived meanwhile (`subscriptionsOfAudience`).
import type { ClientBase } from "pg";
import type { Action, DestinationDefinition, Field } from "@tributary/schema/destination/definition.ts";
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import { checkMapping } from "@tributary/schema/destination/check-mapping.ts";
import { optsIn } from "@tributary/schema/destination/opt-in.ts";
import { subscriptionDefinition, type SubscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import { AppError } from "../core/errors.ts";
import { isSame } from "../core/is-same.ts";
import { recordAudit } from "../governance/governance.ts";
import { lockDestinations, type Changing, type StoredDestination } from "./destination-store.ts";
import { problemsText, type FieldProblem } from "../core/kept-settings.ts";

/** Subscriptions of a workspace in use, and archived ones besides. */
export const subscriptionLimits = { inUseMax: 1_000, archivedMax: 20_000 } as const;

export interface StoredSubscription {
  readonly id: number;
  readonly destinationId: number;
  readonly name: string;
  readonly definition: SubscriptionDefinition;
  readonly version: number;
  readonly enabled: boolean;
  readonly externalId: string | null;
  readonly status: "active" | "archived";
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

const COLUMNS = `id, destination_id as "destinationId", name, definition, version, enabled, external_id as "externalId", status, created_at as "createdAt", created_by as "createdBy",
  updated_at as "updatedAt", updated_by as "updatedBy"`;

type Row = Omit<StoredSubscription, "definition"> & { readonly definition: unknown };

/** By name; archived ones left out. */
export async function readSubscriptions(db: ClientBase, workspaceId: number, destinationId: number): Promise<StoredSubscription[]> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from subscription where workspace_id = $1 and destination_id = $2 and status = 'active' order by lower(name), id`, [workspaceId, destinationId]);
  return rows.map(read);
}

function read(row: Row): StoredSubscription {
  return { ...row, definition: subscriptionDefinition.parse(row.definition) };
}

/** Throws `not_found`, too for one of another destination. */
export async function presentSubscription(db: ClientBase, workspaceId: number, destinationId: number, id: number): Promise<StoredSubscription> {
  const { rows } = await db.query<Row>(`select ${COLUMNS} from subscription where workspace_id = $1 and destination_id = $2 and id = $3`, [workspaceId, destinationId, id]);
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `The destination has no subscription ${id}.`, hint: "Look at its subscriptions." });
  return read(rows[0]);
}

interface Version {
  readonly version: number;
  readonly at: Date;
  readonly author: string;
}

/** The newest first. */
export async function readSubscriptionVersions(db: ClientBase, workspaceId: number, id: number): Promise<Version[]> {
  return (await db.query<Version>("select version, at, author from subscription_version where workspace_id = $1 and subscription_id = $2 order by version desc", [workspaceId, id])).rows;
}

/** Throws `not_found`. */
export async function presentSubscriptionVersion(db: ClientBase, workspaceId: number, id: number, version: number): Promise<Version & { readonly definition: SubscriptionDefinition }> {
  const { rows } = await db.query<Version & { readonly definition: unknown }>(
    "select version, at, author, definition from subscription_version where workspace_id = $1 and subscription_id = $2 and version = $3", [workspaceId, id, version],
  );
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `There is no version ${version}.` });
  return { ...rows[0], definition: subscriptionDefinition.parse(rows[0].definition) };
}

// ── Audiences that they stand on ──────────────────────────────────────────────────────────────────────────────────

export interface AudienceInUse {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly size: number;
}

/** Of the workspace, archived ones too, for what is stored. */
export async function readAudienceNames(db: ClientBase, workspaceId: number, ids: readonly number[]): Promise<ReadonlyMap<number, AudienceInUse>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<AudienceInUse>("select id, slug, name, size::float8 as size from audience where workspace_id = $1 and id = any($2::integer[])", [workspaceId, ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** The audiences that these subscriptions send, or sent in an earlier version. */
export async function readAudiencesSent(db: ClientBase, workspaceId: number, subscriptionIds: readonly number[]): Promise<number[]> {
  if (subscriptionIds.length === 0) return [];
  const { rows } = await db.query<{ id: number }>(
    `select distinct (definition #>> '{trigger,audienceId}')::integer as id
      from (select id, workspace_id, definition::jsonb from subscription union all select subscription_id, workspace_id, definition::jsonb from subscription_version) as s
      where workspace_id = $1 and id = any($2::integer[]) and definition #>> '{trigger,kind}' = 'audience'`, [workspaceId, subscriptionIds],
  );
  return rows.map(({ id }) => id);
}

export interface ModelInUse {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
}

/** What subscriptions speak of. */
export interface References {
  readonly audiences: ReadonlyMap<number, AudienceInUse>;
  readonly models: ReadonlyMap<number, ModelInUse>;
}

/** The audiences and models that these name. */
export async function readReferences(db: ClientBase, workspaceId: number, all: readonly { readonly definition: Pick<SubscriptionDefinition, "trigger"> }[]): Promise<References> {
  const triggers = all.map(({ definition }) => definition.trigger);
  const audiences = await readAudienceNames(db, workspaceId, [...new Set(triggers.flatMap((one) => (one.kind === "audience" ? [one.audienceId] : [])))]);
  const modelIds = [...new Set(triggers.flatMap((one) => (one.kind === "model" ? [one.modelId] : [])))];
  if (modelIds.length === 0) return { audiences, models: new Map() };
  const { rows } = await db.query<ModelInUse>("select id, slug, name from model where workspace_id = $1 and id = any($2::integer[])", [workspaceId, modelIds]);
  return { audiences, models: new Map(rows.map((row) => [row.id, row])) };
}

/** The model of this slug, which stays until the transaction ends. Undefined: the workspace has none in use. */
export async function holdModel(db: ClientBase, workspaceId: number, slug: string): Promise<ModelInUse | undefined> {
  const { rows } = await db.query<ModelInUse>("select id, slug, name from model where workspace_id = $1 and slug = $2 and status <> 'archived' for share", [workspaceId, slug]);
  return rows[0];
}

/** Subscriptions in use that send a model's rows somewhere; the slug is the destination's. */
export async function readSubscriptionsOfModel(db: ClientBase, workspaceId: number, modelId: number): Promise<{ readonly kind: "subscription"; readonly slug: string; readonly name: string }[]> {
  return readSubscriptionsWhere(db, workspaceId, "modelId", modelId);
}

/** The audience of this slug, which stays as it is until the transaction ends. Undefined: the workspace has none in use. */
export async function holdAudience(db: ClientBase, workspaceId: number, slug: string): Promise<AudienceInUse | undefined> {
  const { rows } = await db.query<AudienceInUse>("select id, slug, name, size::float8 as size from audience where workspace_id = $1 and slug = $2 and status <> 'archived' for share", [workspaceId, slug]);
  return rows[0];
}

/** Subscriptions in use that send an audience somewhere. Nobody makes another one until the transaction ends. */
export async function subscriptionsOfAudience(db: ClientBase, workspaceId: number, slug: string): Promise<{ readonly kind: "subscription"; readonly slug: string; readonly name: string }[]> {
  const { rows: [audience] } = await db.query<{ id: number }>("select id from audience where workspace_id = $1 and slug = $2 for update", [workspaceId, slug]);
  if (audience === undefined) return [];
  return readSubscriptionsOf(db, workspaceId, audience.id);
}

/** The same, for looking: the slug is the destination's. */
export async function readSubscriptionsOf(db: ClientBase, workspaceId: number, audienceId: number): Promise<{ readonly kind: "subscription"; readonly slug: string; readonly name: string }[]> {
  return readSubscriptionsWhere(db, workspaceId, "audienceId", audienceId);
}

async function readSubscriptionsWhere(db: ClientBase, workspaceId: number, key: "audienceId" | "modelId", id: number): Promise<{ readonly kind: "subscription"; readonly slug: string; readonly name: string }[]> {
  const { rows } = await db.query<{ slug: string; name: string }>(
    `select d.slug, d.name || ': ' || s.name as name from subscription s join destination d on d.id = s.destination_id and d.workspace_id = s.workspace_id
      where s.workspace_id = $1 and s.status = 'active' and s.definition->'trigger'->>$3 = $2 order by lower(d.name), lower(s.name), s.id`,
    [workspaceId, String(id), key],
  );
  return rows.map((row) => ({ kind: "subscription", ...row }));
}

// ── What is wrong with a definition ───────────────────────────────────────────────────────────────────────────────

export function actionOf(definition: DestinationDefinition, key: string): Action | undefined {
  return definition.actions.find((one) => one.key === key);
}

/** Whatever events come. References to audiences are held by whoever writes it. */
export function subscriptionProblems(definition: DestinationDefinition, one: SubscriptionDefinition): FieldProblem[] {
  const action = actionOf(definition, one.action);
  if (action === undefined) return [{ field: "action", problem: `${definition.name} has no action \`${one.action}\`.` }];
  return [...syncModeProblems(action, one), ...batchProblems(action, one), ...consentProblems(action, one), ...audienceProblems(definition, one), ...checkMapping(one.mapping, action, one.syncMode).map(({ field, problem }) => ({ field: field === "" ? "mapping" : `mapping.${field}`, problem }))];
}

function syncModeProblems({ name, syncModes }: Action, { syncMode }: SubscriptionDefinition): FieldProblem[] {
  if (syncModes === undefined) return syncMode === undefined ? [] : [{ field: "syncMode", problem: `${name} has no modes.` }];
  if (syncMode === undefined || !syncModes.choices.includes(syncMode)) return [{ field: "syncMode", problem: `Choose one of ${syncModes.choices.join(", ")}.` }];
  return [];
}

function batchProblems({ name, batch }: Action, one: SubscriptionDefinition): FieldProblem[] {
  const { size, lingerMs = 0 } = one.batch ?? {};
  if (batch === undefined && lingerMs > 0) return [{ field: "batch.lingerMs", problem: `${name} takes one event with each request, and waits for no others.` }];
  if (size === undefined || size === 1) return [];
  if (batch === undefined) return [{ field: "batch.size", problem: `${name} takes one event with each request.` }];
  return size > batch.sizeMax ? [{ field: "batch.size", problem: `${name} takes at most ${batch.sizeMax} events with one request.` }] : [];
}

/** Nobody is opted in at a vendor who has not consented here. */
function consentProblems(action: Action, { mapping, consent }: SubscriptionDefinition): FieldProblem[] {
  if (consent.length > 0 || !optsIn(action, mapping)) return [];
  return [{ field: "consent", problem: `This opts people in at the vendor: say which consent they must have given here (${action.name}).` }];
}

function audienceProblems({ audience, name }: DestinationDefinition, { trigger }: SubscriptionDefinition): FieldProblem[] {
  if (trigger.kind !== "audience") return [];
  const fields: readonly Field[] = audience?.settings ?? [];
  const known = new Set(fields.map(({ key }) => key));
  const unknown = Object.keys(trigger.settings).filter((key) => !known.has(key));
  return [
    ...unknown.map((key) => ({ field: `trigger.settings.${key}`, problem: `${name} has no such setting of a list.` })),
    ...checkFields(fields, trigger.settings).map(({ field, problem }) => ({ field: `trigger.settings.${field}`, problem })),
  ];
}

/** Throws `invalid_definition`. */
function refuseProblems(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw new AppError("invalid_definition", { detail: problemsText(problems), hint: "Correct what the detail names; a preview tells everything that is wrong with one." });
}

// ── Changes, within the caller's transaction ──────────────────────────────────────────────────────────────────────

export interface NewSubscription {
  readonly name: string;
  readonly definition: SubscriptionDefinition;
  readonly enabled: boolean;
}

export async function createSubscription(db: ClientBase, by: Changing, to: StoredDestination, kind: DestinationDefinition, wish: NewSubscription): Promise<StoredSubscription> {
  await lockDestinations(db, by.workspaceId);
  refuseProblems(subscriptionProblems(kind, wish.definition));
  const { rows: counts } = await db.query<{ status: string; count: number }>("select status, count(*)::integer as count from subscription where workspace_id = $1 group by status", [by.workspaceId]);
  const countOf = (status: string): number => counts.find((row) => row.status === status)?.count ?? 0;
  if (countOf("active") >= subscriptionLimits.inUseMax) throw new AppError("limit_reached", { detail: `A workspace has at most ${subscriptionLimits.inUseMax} subscriptions.`, hint: "Archive one that is not needed any more, or let one send what several do." });
  if (countOf("archived") >= subscriptionLimits.archivedMax) throw new AppError("limit_reached", { detail: `A workspace keeps at most ${subscriptionLimits.archivedMax} archived subscriptions.`, hint: "Change one that is there instead of making another." });
  const { rows } = await db.query<{ id: number }>(
    `insert into subscription (workspace_id, destination_id, name, definition, enabled, created_at, created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $6, $7) returning id`,
    [by.workspaceId, to.id, wish.name, JSON.stringify(wish.definition), wish.enabled, new Date(by.nowMs), by.actor],
  );
  const id = Number(rows[0]?.id);
  await addVersion(db, by, { id, version: 1, definition: wish.definition });
  await recordAudit(db, { ...by, action: "subscription.create", target: targetOf(to, id), detail: { name: wish.name, action: wish.definition.action, enabled: wish.enabled } }, by.nowMs);
  return presentSubscription(db, by.workspaceId, to.id, id);
}

/** What is left out stays. */
export interface SubscriptionChange {
  readonly name?: string | undefined;
  readonly definition?: SubscriptionDefinition | undefined;
  readonly enabled?: boolean | undefined;
  readonly version?: number | undefined;
}

/** `kind`: undefined where the catalog has the destination no more; then it can be renamed and switched off. */
export async function changeSubscription(
  db: ClientBase, by: Changing, { to, kind, id }: { readonly to: StoredDestination; readonly kind: DestinationDefinition | undefined; readonly id: number }, change: SubscriptionChange,
): Promise<{ readonly before: StoredSubscription; readonly after: StoredSubscription; readonly changed: readonly string[] }> {
  await lockDestinations(db, by.workspaceId);
  const before = await presentSubscription(db, by.workspaceId, to.id, id);
  if (before.status === "archived") throw new AppError("conflict", { detail: `The subscription “${before.name}” is archived.`, hint: "Make another one." });
  if (change.version !== undefined && change.version !== before.version) {
    throw new AppError("conflict", { detail: `${before.updatedBy} has changed this subscription meanwhile: version ${before.version} is in force, and you changed ${change.version}.`, hint: "Read it again, make your change in what stands there now, and send its `version`." });
  }
  const next = change.definition !== undefined && !isSame(change.definition, before.definition) ? change.definition : undefined;
  const changed = [
    ...(change.name !== undefined && change.name !== before.name ? ["name"] : []), ...(change.enabled !== undefined && change.enabled !== before.enabled ? ["enabled"] : []), ...(next === undefined ? [] : ["definition"]),
  ];
  if (next !== undefined || (change.enabled === true && !before.enabled)) {
    refuseProblems(kind === undefined ? [{ field: "", problem: `The catalog has no \`${to.definition}\` any more.` }] : subscriptionProblems(kind, next ?? before.definition));
  }
  if (changed.length === 0) return { before, after: before, changed };
  const version = before.version + (next === undefined ? 0 : 1);
  await db.query(
    `update subscription set name = $3, definition = $4, version = $5, enabled = $6, external_id = $7, updated_at = $8, updated_by = $9 where workspace_id = $1 and id = $2`,
    [
      by.workspaceId, id, change.name ?? before.name, JSON.stringify(next ?? before.definition), version, change.enabled ?? before.enabled,
      next !== undefined && !isSameList(next, before.definition) ? null : before.externalId, new Date(by.nowMs), by.actor,
    ],
  );
  if (next !== undefined) await addVersion(db, by, { id, version, definition: next });
  await recordAudit(db, { ...by, action: "subscription.change", target: targetOf(to, id), detail: { changed, version, ...(changed.includes("enabled") ? { enabled: change.enabled } : {}) } }, by.nowMs);
  return { before, after: await presentSubscription(db, by.workspaceId, to.id, id), changed };
}

/** Of another audience, or set up otherwise at the vendor, it is another list there. */
function isSameList(a: SubscriptionDefinition, b: SubscriptionDefinition): boolean {
  return a.trigger.kind === "audience" && b.trigger.kind === "audience" && a.trigger.audienceId === b.trigger.audienceId && isSame(a.trigger.settings, b.trigger.settings);
}

export async function archiveSubscription(db: ClientBase, by: Changing, to: StoredDestination, id: number): Promise<StoredSubscription> {
  await lockDestinations(db, by.workspaceId);
  const before = await presentSubscription(db, by.workspaceId, to.id, id);
  if (before.status === "archived") return before;
  await db.query("update subscription set status = 'archived', enabled = false, updated_at = $3, updated_by = $4 where workspace_id = $1 and id = $2", [by.workspaceId, id, new Date(by.nowMs), by.actor]);
  await recordAudit(db, { ...by, action: "subscription.archive", target: targetOf(to, id), detail: { name: before.name } }, by.nowMs);
  return presentSubscription(db, by.workspaceId, to.id, id);
}

export const targetOf = ({ slug }: Pick<StoredDestination, "slug">, id: number): string => `destination:${slug}/subscription:${id}`;

async function addVersion(db: ClientBase, by: Changing, { id, version, definition }: { readonly id: number; readonly version: number; readonly definition: SubscriptionDefinition }): Promise<void> {
  await db.query("insert into subscription_version (workspace_id, subscription_id, version, definition, at, author) values ($1, $2, $3, $4, $5, $6)", [
    by.workspaceId, id, version, JSON.stringify(definition), new Date(by.nowMs), by.actor,
  ]);
}
