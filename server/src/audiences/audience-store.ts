// A workspace's audiences as they stand in Postgres. Changes are made one after another in a workspace, so that what one of them has
// checked (no circle, nothing archived that is referred to) still holds when it is written. Whose definition changed is counted anew:
// it, and every audience that refers to it.
import type { ClientBase } from "pg";
import type { Words } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { audiencesNamed, computedNamed, dependentProblems, listsNamed, referenceProblems, type Surroundings } from "@tributary/schema/audience/references.ts";
import type { Problem } from "@tributary/schema/audience/problems.ts";
import { AppError } from "../core/errors.ts";
import { recordAudit } from "../governance/governance.ts";
import { addressWords, freeSlug } from "./audience-slug.ts";
import { readComputed, type StoredComputed } from "./computed/computed-rows.ts";
import { fillAnew, usersOf } from "./dependents.ts";
import { changeIn, refuseInUse, type StoredChange } from "./stored-change.ts";
import { storedDefinition } from "./stored-definition.ts";
import { loadVocabulary } from "./vocabulary.ts";

/** Audiences of a workspace, archived ones too. */
export const AUDIENCES_MAX = 2_000;
/** Any number of ours: the advisory lock under which a workspace's audiences are changed. */
const CHANGE_LOCK = 71_004;
/** Problems that a refusal tells; a check tells all. */
const PROBLEMS_TOLD = 5;

export type AudienceStatus = "filling" | "active" | "failed" | "archived";

export interface StoredAudience {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: Definition;
  readonly version: number;
  readonly status: AudienceStatus;
  readonly problem: string | null;
  readonly size: number;
  readonly filledAt: Date | null;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export interface Changing {
  readonly workspaceId: number;
  readonly actor: string;
  readonly nowMs: number;
}

const COLUMNS = `id, slug, name, description, folder, definition::text as definition, version, status, problem, size::float8 as size, filled_at as "filledAt",
  created_at as "createdAt", created_by as "createdBy", updated_at as "updatedAt", updated_by as "updatedBy"`;

type Row = Omit<StoredAudience, "definition"> & { readonly definition: string };

/** By name. */
export async function readAudiences(db: ClientBase, workspaceId: number): Promise<StoredAudience[]> {
  const { rows } = await db.query<Row>({ name: "audiences", text: `select ${COLUMNS} from audience where workspace_id = $1 order by lower(name), id`, values: [workspaceId] });
  return rows.map(read);
}

export async function findAudience(db: ClientBase, workspaceId: number, slug: string): Promise<StoredAudience | undefined> {
  const { rows } = await db.query<Row>({ name: "audience", text: `select ${COLUMNS} from audience where workspace_id = $1 and slug = $2`, values: [workspaceId, slug] });
  return rows.map(read)[0];
}

function read(row: Row): StoredAudience {
  return { ...row, definition: storedDefinition(row.definition) };
}

export async function presentAudience(db: ClientBase, workspaceId: number, slug: string): Promise<StoredAudience> {
  const found = await findAudience(db, workspaceId, slug);
  if (found === undefined) throw new AppError("not_found", { detail: `There is no audience \`${slug}\`.`, hint: "Look at the slugs of GET /audiences." });
  return found;
}

interface Version {
  readonly version: number;
  readonly definition: Definition;
  readonly at: Date;
  readonly author: string;
}

/** The newest first. */
export async function readVersions(db: ClientBase, audienceId: number): Promise<Version[]> {
  const { rows } = await db.query<Omit<Version, "definition"> & { readonly definition: string }>(
    "select version, definition::text as definition, at, author from audience_version where audience_id = $1 order by version desc", [audienceId],
  );
  return rows.map((row) => ({ ...row, definition: storedDefinition(row.definition) }));
}

// ── What a definition stands among ────────────────────────────────────────────────────────────────────────────────

export interface Reference {
  readonly kind: "audience" | "computed_trait" | "list";
  readonly slug: string;
  readonly name: string;
}

/** What refers to an audience, and what it refers to. */
export async function readReferences(db: ClientBase, workspaceId: number, one: StoredAudience): Promise<{ readonly usedBy: Reference[]; readonly uses: Reference[] }> {
  const all = await readAudiences(db, workspaceId);
  const lists = (await db.query<{ slug: string; name: string; frozen_of: number | null }>("select slug, name, frozen_of from audience_list where workspace_id = $1 order by lower(name), id", [workspaceId])).rows;
  const shown = ({ slug, name }: { readonly slug: string; readonly name: string }, kind: Reference["kind"]): Reference => ({ kind, slug, name });
  const [audiences, named, traits] = [audiencesNamed(one.definition), listsNamed(one.definition), computedNamed(one.definition)];
  const computed = await readComputed(db, workspaceId);
  return {
    usedBy: [
      ...usersOf({ kind: "audience", slug: one.slug }, { audiences: all, computed }).map((other) => shown(other, other.kind === "computed" ? "computed_trait" : "audience")),
      ...lists.filter((list) => list.frozen_of === one.id).map((list) => shown(list, "list")),
    ],
    uses: [...all.filter(({ slug }) => audiences.includes(slug)).map((other) => shown(other, "audience")), ...computed.filter(({ slug }) => traits.includes(slug)).map((other) => shown(other, "computed_trait")), ...lists.filter(({ slug }) => named.includes(slug)).map((list) => shown(list, "list"))],
  };
}

export interface ReadSurroundings extends Surroundings {
  readonly audiences: readonly StoredAudience[];
  readonly computedTraits: readonly StoredComputed[];
}

export async function readSurroundings(db: ClientBase, workspaceId: number, words?: Words): Promise<ReadSurroundings> {
  const [audiences, computedTraits] = [await readAudiences(db, workspaceId), await readComputed(db, workspaceId)];
  const known = <One extends { readonly slug: string; readonly status: string; readonly definition: unknown }>(all: readonly One[]) =>
    new Map(all.map((one) => [one.slug, { definition: one.definition as One["definition"], isArchived: one.status === "archived" }]));
  const [byAudience, byTrait] = [known(audiences), known(computedTraits)];
  const lists = new Set((await db.query<{ slug: string }>("select slug from audience_list where workspace_id = $1", [workspaceId])).rows.map(({ slug }) => slug));
  return {
    audiences, computedTraits, words: words ?? (await loadVocabulary(db, workspaceId)).inForce,
    audience: (slug) => byAudience.get(slug), computed: (slug) => byTrait.get(slug), hasList: (slug) => lists.has(slug),
  };
}

/** Throws `invalid_definition` for what can't be kept. */
export function refuseProblems(problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const told = problems.slice(0, PROBLEMS_TOLD).map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message}`);
  if (problems.length > told.length) told.push(`${problems.length - told.length} more.`);
  throw new AppError("invalid_definition", { detail: told.join(" "), ...(first.hint === null ? {} : { hint: first.hint }) });
}

// ── Changes, within the caller's transaction ──────────────────────────────────────────────────────────────────────

/** Until the transaction ends nobody else changes audiences or lists of the workspace. */
export async function lockAudiences(db: ClientBase, workspaceId: number): Promise<void> {
  await db.query("select pg_advisory_xact_lock($1, $2)", [CHANGE_LOCK, workspaceId]);
}

interface NewAudience {
  readonly slug?: string | undefined;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: Definition;
}

export async function createAudience(db: ClientBase, by: Changing, wish: NewAudience): Promise<StoredAudience> {
  await lockAudiences(db, by.workspaceId);
  const around = await readSurroundings(db, by.workspaceId);
  if (around.audiences.length >= AUDIENCES_MAX) {
    throw new AppError("limit_reached", { detail: `A workspace has at most ${AUDIENCES_MAX} audiences, archived ones too.`, hint: "Give an archived one another purpose." });
  }
  const slug = freeSlug(wish, new Set(around.audiences.map((one) => one.slug)), { what: "an audience", fallback: "audience", words: addressWords.audiences });
  refuseProblems(referenceProblems(wish.definition, slug, around));
  const { rows } = await db.query<{ id: number }>(
    `insert into audience (workspace_id, slug, name, description, folder, definition, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8) returning id`,
    [by.workspaceId, slug, wish.name, wish.description, wish.folder, JSON.stringify(wish.definition), new Date(by.nowMs), by.actor],
  );
  await addVersion(db, by, { id: Number(rows[0]?.id), version: 1, definition: wish.definition });
  await recordAudit(db, { ...by, action: "audience.create", target: `audience:${slug}`, detail: { name: wish.name } }, by.nowMs);
  return presentAudience(db, by.workspaceId, slug);
}

export async function changeAudience(db: ClientBase, by: Changing, slug: string, change: StoredChange<Definition>): Promise<StoredAudience> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentAudience(db, by.workspaceId, slug);
  const { fields, after, next, version } = changeIn(before, change, "audience");
  if (fields.length === 0) return before;
  const around = await readSurroundings(db, by.workspaceId);
  if (next !== undefined) {
    refuseProblems([...referenceProblems(next, slug, around), ...dependentProblems(next, slug, around.audiences.filter(({ status }) => status !== "archived"), around)]);
  }
  await db.query("update audience set name = $2, description = $3, folder = $4, updated_at = $5, updated_by = $6 where id = $1", [
    before.id, after.name, after.description, after.folder, new Date(by.nowMs), by.actor,
  ]);
  if (next !== undefined) {
    await db.query("update audience set definition = $2, version = $3 where id = $1", [before.id, JSON.stringify(next), version]);
    await addVersion(db, by, { id: before.id, version, definition: next });
    await fillAnew(db, by.workspaceId, { kind: "audience", slug }, { audiences: around.audiences, computed: around.computedTraits });
  }
  await recordAudit(db, { ...by, action: "audience.change", target: `audience:${slug}`, detail: { changed: fields, version } }, by.nowMs);
  return presentAudience(db, by.workspaceId, slug);
}

/** What stands on an audience besides audiences, computed traits and lists: whoever puts parts together says what that is. */
export type OtherUsers = (db: ClientBase, workspaceId: number, slug: string) => Promise<readonly { readonly kind: string; readonly slug: string; readonly name: string }[]>;

/** `others`: holds on to what it finds, so that nobody refers to the audience until the transaction ends. */
export async function archiveAudience(db: ClientBase, by: Changing, slug: string, others: OtherUsers): Promise<StoredAudience> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentAudience(db, by.workspaceId, slug);
  if (before.status === "archived") return before;
  const { usedBy } = await readReferences(db, by.workspaceId, before);
  // A frozen list is a copy, which stands without the audience that it was made of.
  refuseInUse(slug, [...usedBy.filter(({ kind }) => kind !== "list"), ...(await others(db, by.workspaceId, slug))]);
  return setStatus(db, by, before, "archived");
}

/** `made`: the definition that it gets at once; else it has its own again. */
export async function restoreAudience(db: ClientBase, by: Changing, slug: string, made?: Definition): Promise<StoredAudience> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentAudience(db, by.workspaceId, slug);
  if (before.status !== "archived") return before;
  refuseProblems(referenceProblems(made ?? before.definition, slug, await readSurroundings(db, by.workspaceId)));
  return setStatus(db, by, before, "filling");
}

async function setStatus(db: ClientBase, by: Changing, before: StoredAudience, status: "archived" | "filling"): Promise<StoredAudience> {
  await db.query("update audience set status = $2, problem = null, updated_at = $3, updated_by = $4 where id = $1", [before.id, status, new Date(by.nowMs), by.actor]);
  const action = status === "archived" ? "audience.archive" : "audience.restore";
  await recordAudit(db, { ...by, action, target: `audience:${before.slug}`, detail: { name: before.name } }, by.nowMs);
  return presentAudience(db, by.workspaceId, before.slug);
}

async function addVersion(db: ClientBase, by: Changing, { id, version, definition: made }: { readonly id: number; readonly version: number; readonly definition: Definition }): Promise<void> {
  await db.query("insert into audience_version (workspace_id, audience_id, version, definition, at, author) values ($1, $2, $3, $4, $5, $6)", [
    by.workspaceId, id, version, JSON.stringify(made), new Date(by.nowMs), by.actor,
  ]);
}
