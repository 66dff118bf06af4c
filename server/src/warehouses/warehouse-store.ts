// A workspace's warehouses as they stand in Postgres. Changes are made one after another in a workspace. Settings are sealed as a whole, and
// leave this folder for whoever speaks to the warehouse alone; an archived one has none any more.
import type { ClientBase } from "pg";
import { isRecord } from "@tributary/schema/is-record.ts";
import { AppError } from "../core/errors.ts";
import { freeSlug } from "../core/free-slug.ts";
import { mergedSettings, refuseSettings, settingsProblems, type Settings } from "../core/kept-settings.ts";
import type { Seal } from "../core/sealed-text.ts";
import { recordAudit } from "../governance/governance.ts";
import type { Warehouse, WarehouseKind } from "./warehouse.ts";

/** Warehouses of a workspace in use, and archived ones besides. */
const storeLimits = { inUseMax: 100, archivedMax: 1_000 } as const;
/** Any number of ours: the advisory lock under which a workspace's warehouses are changed. */
const CHANGE_LOCK = 71_028;
const addressWords: ReadonlySet<string> = new Set(["new", "kinds"]);

export interface WarehouseChanging {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

export interface StoredWarehouse {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly kind: string;
  readonly settingsSealed: string;
  readonly version: number;
  readonly status: "active" | "archived";
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

const COLUMNS = `id, slug, name, kind, settings_sealed as "settingsSealed", version, status, created_at as "createdAt", created_by as "createdBy", updated_at as "updatedAt", updated_by as "updatedBy"`;

/** By name. */
export async function readWarehouses(db: ClientBase, workspaceId: number): Promise<StoredWarehouse[]> {
  return (await db.query<StoredWarehouse>(`select ${COLUMNS} from warehouse where workspace_id = $1 order by lower(name), id`, [workspaceId])).rows;
}

/** Throws `not_found`. */
export async function presentWarehouse(db: ClientBase, workspaceId: number, slug: string): Promise<StoredWarehouse> {
  const { rows } = await db.query<StoredWarehouse>(`select ${COLUMNS} from warehouse where workspace_id = $1 and slug = $2`, [workspaceId, slug]);
  if (rows[0] === undefined) throw new AppError("not_found", { detail: `There is no warehouse \`${slug}\`.`, hint: "Look at the slugs of GET /warehouses." });
  return rows[0];
}

/** Throws `conflict` for an archived one, too. Within a transaction it stays in use until that ends. */
export async function holdWarehouse(db: ClientBase, workspaceId: number, slug: string): Promise<StoredWarehouse> {
  await db.query("select 1 from warehouse where workspace_id = $1 and slug = $2 for share", [workspaceId, slug]);
  const found = await presentWarehouse(db, workspaceId, slug);
  if (found.status === "archived") throw new AppError("conflict", { detail: `The warehouse \`${slug}\` is archived.`, hint: "Make another one." });
  return found;
}

/** Throws `conflict` where nobody can open them any more. */
export function warehouseSettings(seal: Seal, workspaceId: number, { slug, settingsSealed }: Pick<StoredWarehouse, "slug" | "settingsSealed">): Settings {
  try {
    const read: unknown = JSON.parse(seal.open(settingsSealed, workspaceId));
    if (isRecord(read)) return read;
  } catch {
    // What can't be opened is no JSON.
  }
  throw new AppError("conflict", { detail: `The settings of \`${slug}\` were sealed by another installation's secret, and can't be opened.`, hint: "Set them again, all of them." });
}

export interface WarehouseOpening {
  readonly kinds: ReadonlyMap<string, WarehouseKind>;
  readonly seal: Seal;
}

/** The one by that name, to be read. Throws `not_found` or `conflict`. */
export async function openStoredWarehouse(db: ClientBase, { kinds, seal }: WarehouseOpening, workspaceId: number, slug: string): Promise<Warehouse> {
  const stored = await holdWarehouse(db, workspaceId, slug);
  return warehouseKind(kinds, stored).open({ workspaceId, settings: warehouseSettings(seal, workspaceId, stored) });
}

/** Throws `conflict`. */
export function warehouseKind(kinds: ReadonlyMap<string, WarehouseKind>, { kind, slug }: Pick<StoredWarehouse, "kind" | "slug">): WarehouseKind {
  const found = kinds.get(kind);
  if (found === undefined) throw new AppError("conflict", { detail: `\`${slug}\` is of a kind that there is no more, \`${kind}\`.`, hint: "Archive it." });
  return found;
}

// ── Changes, within the caller's transaction. Where settings lead is looked up before it. ─────────────────────────────

const lock = async (db: ClientBase, workspaceId: number): Promise<void> => void (await db.query("select pg_advisory_xact_lock($1, $2)", [CHANGE_LOCK, workspaceId]));

export interface NewWarehouse {
  readonly slug?: string | undefined;
  readonly name: string;
  readonly settings: Settings;
}

/** Throws `invalid_settings`. */
export async function refuseWarehouseSettings(kind: WarehouseKind, settings: Settings): Promise<void> {
  refuseSettings(settingsProblems(kind, settings));
  refuseSettings(await kind.checkPlaces(settings));
}

export async function createWarehouse(db: ClientBase, seal: Seal, by: WarehouseChanging, kind: WarehouseKind, wish: NewWarehouse): Promise<StoredWarehouse> {
  await lock(db, by.workspaceId);
  const all = await readWarehouses(db, by.workspaceId);
  const inUse = all.filter(({ status }) => status === "active").length;
  if (inUse >= storeLimits.inUseMax) throw new AppError("limit_reached", { detail: `A workspace has at most ${storeLimits.inUseMax} warehouses.`, hint: "Archive one that is not needed any more." });
  if (all.length - inUse >= storeLimits.archivedMax) throw new AppError("limit_reached", { detail: `A workspace keeps at most ${storeLimits.archivedMax} archived warehouses.`, hint: "Change one that is there instead of making another." });
  const { settings } = mergedSettings(kind.definition, {}, wish.settings);
  const slug = freeSlug(wish, new Set(all.map((one) => one.slug)), { what: "a warehouse", fallback: "warehouse", words: addressWords });
  await db.query(
    "insert into warehouse (workspace_id, slug, name, kind, settings_sealed, created_at, created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $6, $7)",
    [by.workspaceId, slug, wish.name, kind.definition.slug, seal.seal(JSON.stringify(settings), by.workspaceId), new Date(by.nowMs), by.actor],
  );
  await recordAudit(db, { ...by, action: "warehouse.create", target: `warehouse:${slug}`, detail: { name: wish.name, kind: kind.definition.slug } }, by.nowMs);
  return presentWarehouse(db, by.workspaceId, slug);
}

/** What is left out stays. */
export interface WarehouseChange {
  readonly name?: string | undefined;
  readonly settings?: Settings | undefined;
  /** The version that was changed. */
  readonly version?: number | undefined;
}

/** The settings as they would be. Throws `invalid_settings`. */
export async function changedSettings(seal: Seal, workspaceId: number, kind: WarehouseKind, before: StoredWarehouse, given: Settings): Promise<Settings> {
  const { settings, problems } = mergedSettings(kind.definition, readableWarehouseSettings(seal, workspaceId, before), given);
  refuseSettings(problems);
  await refuseWarehouseSettings(kind, settings);
  return settings;
}

/** Nothing where they can't be opened any more: then all are set anew. */
export function readableWarehouseSettings(seal: Seal, workspaceId: number, stored: StoredWarehouse): Settings {
  try {
    return warehouseSettings(seal, workspaceId, stored);
  } catch (error) {
    if (error instanceof AppError) return {};
    throw error;
  }
}

/** `settings`: all of them, made by `changedSettings` of the version that `before` has. */
export async function changeWarehouse(
  db: ClientBase, seal: Seal, by: WarehouseChanging, before: StoredWarehouse, change: WarehouseChange,
): Promise<{ readonly after: StoredWarehouse; readonly changed: readonly string[] }> {
  await lock(db, by.workspaceId);
  const now = await holdWarehouse(db, by.workspaceId, before.slug);
  const isStale = (change.version !== undefined && change.version !== now.version) || (change.settings !== undefined && now.version !== before.version);
  if (isStale) throw new AppError("conflict", { detail: `${now.updatedBy} has changed this warehouse meanwhile: version ${now.version} is in force.`, hint: "Read it again, and send its `version`." });
  const old = readableWarehouseSettings(seal, by.workspaceId, now);
  const after = change.settings ?? old;
  const names = change.settings === undefined ? [] : [...new Set([...Object.keys(old), ...Object.keys(after)])].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(after[name]));
  const changed = [...(change.name !== undefined && change.name !== now.name ? ["name"] : []), ...(names.length > 0 ? ["settings"] : [])];
  if (changed.length === 0) return { after: now, changed };
  await db.query(
    "update warehouse set name = $3, settings_sealed = $4, version = $5, updated_at = $6, updated_by = $7 where workspace_id = $1 and id = $2",
    [
      by.workspaceId, now.id, change.name ?? now.name, names.length > 0 ? seal.seal(JSON.stringify(after), by.workspaceId) : now.settingsSealed, now.version + (names.length > 0 ? 1 : 0), new Date(by.nowMs), by.actor,
    ],
  );
  await recordAudit(db, { ...by, action: "warehouse.change", target: `warehouse:${now.slug}`, detail: { changed, ...(names.length > 0 ? { settings: names } : {}) } }, by.nowMs);
  return { after: await presentWarehouse(db, by.workspaceId, now.slug), changed };
}

/** Its settings are deleted: an archived warehouse opens no door. `readers`: what still reads it; then it throws `in_use`. */
export async function archiveWarehouse(db: ClientBase, seal: Seal, by: WarehouseChanging, slug: string, readers: (db: ClientBase) => Promise<readonly string[]>): Promise<StoredWarehouse> {
  await lock(db, by.workspaceId);
  const before = await presentWarehouse(db, by.workspaceId, slug);
  if (before.status === "archived") return before;
  // Who makes a model of it meanwhile waits for this row.
  await db.query("select 1 from warehouse where workspace_id = $1 and id = $2 for update", [by.workspaceId, before.id]);
  const reading = await readers(db);
  if (reading.length > 0) throw new AppError("in_use", { detail: `It is read by ${reading.length === 1 ? "the model" : "the models"} ${reading.slice(0, 5).join(", ")}${reading.length > 5 ? ", …" : ""}.`, hint: "Archive them first, or have them read elsewhere." });
  await db.query(
    "update warehouse set status = 'archived', settings_sealed = $3, version = version + 1, updated_at = $4, updated_by = $5 where workspace_id = $1 and id = $2",
    [by.workspaceId, before.id, seal.seal("{}", by.workspaceId), new Date(by.nowMs), by.actor],
  );
  await recordAudit(db, { ...by, action: "warehouse.archive", target: `warehouse:${slug}`, detail: { name: before.name } }, by.nowMs);
  return presentWarehouse(db, by.workspaceId, slug);
}
