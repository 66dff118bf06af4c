// A workspace's destinations as they stand in Postgres. Changes are made one after another in a workspace. Settings are sealed as a
// whole, and their secrets leave this folder for whoever speaks to the vendor alone; an archived destination has none any more.
import type { ClientBase, Pool } from "pg";
import { AppError } from "../core/errors.ts";
import { freeSlug } from "../core/free-slug.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { Seal } from "../core/sealed-text.ts";
import { recordAudit } from "../governance/governance.ts";
import type { Connection, Destination } from "./destination.ts";
import { losesTokens, mergedSettings, refuseSettings, settingsProblems, type Settings } from "../core/kept-settings.ts";
import { connectionApp } from "./oauth/app-settings.ts";
import { tokensOf } from "./oauth/kept-tokens.ts";

/** Destinations of a workspace in use, and archived ones besides. */
export const destinationLimits = { inUseMax: 500, archivedMax: 5_000 } as const;
/** Any number of ours: the advisory lock under which a workspace's destinations and subscriptions are changed. */
const CHANGE_LOCK = 71_020;
/** Words that stand at the place of a slug for something else, in addresses of the API or of the console. */
const addressWords: ReadonlySet<string> = new Set(["apply", "catalog", "export", "new", "syncs"]);

export interface Changing {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

export interface StoredDestination {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  /** Slug in the catalog. */
  readonly definition: string;
  readonly settingsSealed: string;
  readonly tokensSealed: string | null;
  readonly features: Readonly<Record<string, boolean>>;
  readonly version: number;
  readonly enabled: boolean;
  readonly testPeople: readonly string[] | null;
  readonly perSecond: number | null;
  /** At the vendor, as somebody named it; null: it is told by the settings. */
  readonly account: string | null;
  readonly status: "active" | "archived";
  readonly subscriptions: number;
  readonly subscriptionsEnabled: number;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

const COLUMNS = `d.id, d.slug, d.name, d.definition, d.settings_sealed as "settingsSealed", d.tokens_sealed as "tokensSealed", d.features, d.version, d.enabled, d.test_people as "testPeople",
  d.per_second as "perSecond", d.account, d.status, d.created_at as "createdAt", d.created_by as "createdBy", d.updated_at as "updatedAt", d.updated_by as "updatedBy",
  (select count(*)::integer from subscription s where s.destination_id = d.id and s.status = 'active') as subscriptions,
  (select count(*)::integer from subscription s where s.destination_id = d.id and s.status = 'active' and s.enabled) as "subscriptionsEnabled"`;

/** By name. */
export async function readDestinations(db: ClientBase, workspaceId: number): Promise<StoredDestination[]> {
  return (await db.query<StoredDestination>(`select ${COLUMNS} from destination d where d.workspace_id = $1 order by lower(d.name), d.id`, [workspaceId])).rows;
}

/** Throws `not_found`. */
export async function presentDestination(db: ClientBase, workspaceId: number, slug: string): Promise<StoredDestination> {
  const { rows } = await db.query<StoredDestination>(`select ${COLUMNS} from destination d where d.workspace_id = $1 and d.slug = $2`, [workspaceId, slug]);
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `There is no destination \`${slug}\`.`, hint: "Look at the slugs of GET /destinations." });
  return rows[0];
}

/** Throws `conflict` for an archived one, too. */
export async function destinationInUse(db: ClientBase, workspaceId: number, slug: string): Promise<StoredDestination> {
  const found = await presentDestination(db, workspaceId, slug);
  if (found.status === "archived") throw new AppError("conflict", { detail: `The destination \`${slug}\` is archived.`, hint: "Make another one." });
  return found;
}

// ── What is sealed ────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws `conflict` where nobody can open them any more. */
export function openSettings(seal: Seal, workspaceId: number, { slug, settingsSealed }: Pick<StoredDestination, "slug" | "settingsSealed">): Settings {
  return opened(seal, workspaceId, settingsSealed, `The settings of \`${slug}\` were sealed by another installation's secret, and can't be opened.`);
}

function opened(seal: Seal, workspaceId: number, sealed: string, detail: string): Settings {
  try {
    const read: unknown = JSON.parse(seal.open(sealed, workspaceId));
    if (isRecord(read)) return read;
  } catch {
    // What can't be opened is no JSON.
  }
  throw new AppError("conflict", { detail, hint: "Set them again, all of them." });
}

/** What of a stored destination a connection is made of. */
export type SealedDestination = Pick<StoredDestination, "id" | "slug" | "definition" | "version" | "settingsSealed" | "tokensSealed" | "features">;

export function connectionOf(seal: Seal, workspaceId: number, stored: SealedDestination): Connection {
  const settings = openSettings(seal, workspaceId, stored);
  const oauth = stored.tokensSealed === null ? undefined : tokensOf(seal.open(stored.tokensSealed, workspaceId));
  if (oauth === undefined && stored.tokensSealed !== null) throw new AppError("conflict", { detail: `The tokens of \`${stored.slug}\` can't be opened.`, hint: "Connect it again." });
  return {
    workspaceId, destinationId: stored.id, slug: stored.definition, version: stored.version, settings, features: stored.features, ...connectionApp(settings), ...(oauth === undefined ? {} : { oauth }),
  };
}

/** New tokens that a vendor gave, kept before anything else is sent. */
export async function keepTokens(db: Pick<ClientBase | Pool, "query">, seal: Seal, connection: Pick<Connection, "workspaceId" | "destinationId">, tokens: object): Promise<void> {
  await db.query("update destination set tokens_sealed = $3 where workspace_id = $1 and id = $2 and status = 'active'", [
    connection.workspaceId, connection.destinationId, seal.seal(JSON.stringify(tokens), connection.workspaceId),
  ]);
}

// ── Changes, within the caller's transaction ──────────────────────────────────────────────────────────────────────

/** Until the transaction ends nobody else changes destinations or subscriptions of the workspace. */
export async function lockDestinations(db: ClientBase, workspaceId: number): Promise<void> {
  await db.query("select pg_advisory_xact_lock($1, $2)", [CHANGE_LOCK, workspaceId]);
}

export interface NewDestination {
  readonly slug?: string | undefined;
  readonly name: string;
  readonly settings: Settings;
  readonly enabled: boolean;
  readonly testPeople: readonly string[] | null;
  readonly perSecond: number | null;
  readonly account: string | null;
  readonly features: Readonly<Record<string, boolean>>;
}

export async function createDestination(db: ClientBase, seal: Seal, by: Changing, kind: Destination, wish: NewDestination): Promise<StoredDestination> {
  const { definition } = kind;
  if (definition.availability.kind === "hidden") throw new AppError("conflict", { detail: `${definition.name} can't be used: ${definition.availability.reason}`, hint: "Choose another destination; a webhook reaches whatever takes HTTP." });
  await lockDestinations(db, by.workspaceId);
  await refuseTooMany(db, by.workspaceId);
  const { settings } = mergedSettings(definition, {}, wish.settings);
  refuseSettings(settingsProblems(kind, settings));
  const used = new Set((await readDestinations(db, by.workspaceId)).map(({ slug }) => slug));
  const slug = freeSlug(wish, used, { what: "a destination", fallback: "destination", words: addressWords });
  await db.query(
    `insert into destination (workspace_id, slug, name, definition, settings_sealed, enabled, test_people, per_second, features, created_at, created_by, updated_at, updated_by, account)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, $11, $12)`,
    [
      by.workspaceId, slug, wish.name, definition.slug, seal.seal(JSON.stringify(settings), by.workspaceId), wish.enabled, jsonOrNull(wish.testPeople), wish.perSecond, JSON.stringify(wish.features),
      new Date(by.nowMs), by.actor, wish.account,
    ],
  );
  await recordAudit(db, { ...by, action: "destination.create", target: `destination:${slug}`, detail: { name: wish.name, definition: definition.slug, enabled: wish.enabled } }, by.nowMs);
  return presentDestination(db, by.workspaceId, slug);
}

async function refuseTooMany(db: ClientBase, workspaceId: number): Promise<void> {
  const { rows } = await db.query<{ status: string; count: number }>("select status, count(*)::integer as count from destination where workspace_id = $1 group by status", [workspaceId]);
  const countOf = (status: string): number => rows.find((row) => row.status === status)?.count ?? 0;
  if (countOf("active") >= destinationLimits.inUseMax) throw new AppError("limit_reached", { detail: `A workspace has at most ${destinationLimits.inUseMax} destinations.`, hint: "Archive one that is not needed any more." });
  if (countOf("archived") >= destinationLimits.archivedMax) throw new AppError("limit_reached", { detail: `A workspace keeps at most ${destinationLimits.archivedMax} archived destinations.`, hint: "Change one that is there instead of making another." });
}

/** What is left out stays. */
export interface DestinationChange {
  readonly name?: string | undefined;
  readonly settings?: Settings | undefined;
  readonly enabled?: boolean | undefined;
  readonly testPeople?: readonly string[] | null | undefined;
  readonly perSecond?: number | null | undefined;
  readonly account?: string | null | undefined;
  readonly features?: Readonly<Record<string, boolean>> | undefined;
  /** The version that was changed. */
  readonly version?: number | undefined;
}

/** `kind`: undefined where the catalog has it no more; then it can be renamed and switched off. */
export async function changeDestination(
  db: ClientBase, seal: Seal, by: Changing, kind: Destination | undefined, slug: string, change: DestinationChange,
): Promise<{ readonly before: StoredDestination; readonly after: StoredDestination; readonly changed: readonly string[] }> {
  await lockDestinations(db, by.workspaceId);
  const before = await destinationInUse(db, by.workspaceId, slug);
  if (change.version !== undefined && change.version !== before.version) {
    throw new AppError("conflict", { detail: `${before.updatedBy} has changed this destination meanwhile: version ${before.version} is in force, and you changed ${change.version}.`, hint: "Read it again, and send its `version`." });
  }
  const settings = change.settings === undefined ? undefined : settingsAfter(seal, by, kind, before, change.settings);
  const changed = changedFields(before, change);
  if (settings?.isOther === true) changed.push("settings");
  if (change.enabled === true && !before.enabled) refuseSettings(kind === undefined ? [{ field: "", problem: goneText(before) }] : settingsProblems(kind, settings?.after ?? openSettings(seal, by.workspaceId, before)));
  if (changed.length === 0) return { before, after: before, changed };
  const sealed = settings?.isOther === true ? seal.seal(JSON.stringify(settings.after), by.workspaceId) : before.settingsSealed;
  await db.query(
    `update destination set name = $3, settings_sealed = $4, version = $5, enabled = $6, test_people = $7, per_second = $8, features = $9, updated_at = $10, updated_by = $11,
       tokens_sealed = case when $12 then null else tokens_sealed end, account = $13
     where workspace_id = $1 and id = $2`,
    [
      by.workspaceId, before.id, change.name ?? before.name, sealed, before.version + (changed.some((name) => name === "settings" || name === "features") ? 1 : 0), change.enabled ?? before.enabled,
      jsonOrNull(change.testPeople === undefined ? before.testPeople : change.testPeople), change.perSecond === undefined ? before.perSecond : change.perSecond,
      JSON.stringify(change.features ?? before.features), new Date(by.nowMs), by.actor, settings?.isElsewhere ?? false, change.account === undefined ? before.account : change.account,
    ],
  );
  const names = settings?.isOther === true ? { settings: settings.names } : {};
  await recordAudit(db, { ...by, action: "destination.change", target: `destination:${slug}`, detail: { changed, ...names, ...(changed.includes("enabled") ? { enabled: change.enabled } : {}) } }, by.nowMs);
  return { before, after: await presentDestination(db, by.workspaceId, slug), changed };
}

export const goneText = ({ definition }: Pick<StoredDestination, "definition">): string => `The catalog has no \`${definition}\` any more.`;

function changedFields(before: StoredDestination, change: DestinationChange): string[] {
  const isOther = (name: "name" | "enabled" | "testPeople" | "perSecond" | "account" | "features"): boolean => change[name] !== undefined && JSON.stringify(change[name]) !== JSON.stringify(before[name]);
  return (["name", "enabled", "testPeople", "perSecond", "account", "features"] as const).filter(isOther).map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function settingsAfter(
  seal: Seal, by: Changing, kind: Destination | undefined, before: StoredDestination, given: Settings,
): { readonly after: Settings; readonly isOther: boolean; readonly names: readonly string[]; readonly isElsewhere: boolean } {
  if (kind === undefined) throw new AppError("conflict", { detail: goneText(before), hint: "Archive it." });
  const old = readableSettings(seal, by.workspaceId, before);
  const { settings: after, problems } = mergedSettings(kind.definition, old, given);
  refuseSettings([...problems, ...settingsProblems(kind, after)]);
  const names = [...new Set([...Object.keys(old), ...Object.keys(after)])].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(after[name]));
  return { after, isOther: names.length > 0, names, isElsewhere: losesTokens(kind.definition, old, given) };
}

/** Nothing where they can't be opened any more: then all are set anew. */
export function readableSettings(seal: Seal, workspaceId: number, stored: Pick<StoredDestination, "slug" | "settingsSealed">): Settings {
  try {
    return openSettings(seal, workspaceId, stored);
  } catch (error) {
    if (error instanceof AppError) return {};
    throw error;
  }
}

/** It stops, its subscriptions with it, and its settings and tokens are deleted: an archived destination opens no door. */
export async function archiveDestination(db: ClientBase, seal: Seal, by: Changing, slug: string): Promise<StoredDestination> {
  await lockDestinations(db, by.workspaceId);
  const before = await presentDestination(db, by.workspaceId, slug);
  if (before.status === "archived") return before;
  const at = new Date(by.nowMs);
  await db.query(
    `update destination set status = 'archived', enabled = false, settings_sealed = $3, tokens_sealed = null, version = version + 1, updated_at = $4, updated_by = $5 where workspace_id = $1 and id = $2`,
    [by.workspaceId, before.id, seal.seal("{}", by.workspaceId), at, by.actor],
  );
  await db.query("update subscription set status = 'archived', enabled = false, updated_at = $3, updated_by = $4 where workspace_id = $1 and destination_id = $2 and status = 'active'", [by.workspaceId, before.id, at, by.actor]);
  await recordAudit(db, { ...by, action: "destination.archive", target: `destination:${slug}`, detail: { name: before.name, subscriptions: before.subscriptions } }, by.nowMs);
  return presentDestination(db, by.workspaceId, slug);
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
