// Changes of computed traits, within the caller's transaction and under the same lock as those of audiences, for each may stand on the
// other. A changed definition is a new version: it, and whatever stands on it, is worked out anew.
import type { ClientBase } from "pg";
import { computedSlug } from "@tributary/schema/api/computed-traits.ts";
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { computedProblems } from "@tributary/schema/audience/computed-references.ts";
import { namedByComputed } from "@tributary/schema/audience/references.ts";
import { AppError } from "../../core/errors.ts";
import { recordAudit } from "../../governance/governance.ts";
import { lockAudiences, readAudiences, readSurroundings, refuseProblems, type Changing, type Reference } from "../audience-store.ts";
import { addressWords, freeSlug } from "../audience-slug.ts";
import { fillAnew, usersOf } from "../dependents.ts";
import { changeIn, refuseInUse, type StoredChange } from "../stored-change.ts";
import { presentComputed, readComputed, type StoredComputed } from "./computed-rows.ts";

/** Of a workspace, archived ones too. */
const COMPUTED_MAX = 300;

interface NewComputed {
  readonly slug?: string | undefined;
  readonly name: string;
  readonly description: string;
  readonly folder: string;
  readonly definition: ComputedDefinition;
}

export async function createComputed(db: ClientBase, by: Changing, wish: NewComputed): Promise<StoredComputed> {
  const { workspaceId } = by;
  await lockAudiences(db, workspaceId);
  const around = await readSurroundings(db, workspaceId);
  if (around.computedTraits.length >= COMPUTED_MAX) {
    throw new AppError("limit_reached", { detail: `A workspace has at most ${COMPUTED_MAX} computed traits, archived ones too.`, hint: "Give an archived one another purpose." });
  }
  const slug = freeSlug(wish, new Set(around.computedTraits.map((one) => one.slug)), { what: "a computed trait", fallback: "trait", words: addressWords.computedTraits, joint: "_", spell: spellSlug });
  refuseProblems(computedProblems(wish.definition, slug, around));
  const { rows } = await db.query<{ id: number }>(
    `insert into computed_trait (workspace_id, slug, name, description, folder, definition, created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8) returning id`,
    [workspaceId, slug, wish.name, wish.description, wish.folder, JSON.stringify(wish.definition), new Date(by.nowMs), by.actor],
  );
  await addVersion(db, by, { id: Number(rows[0]?.id), version: 1, definition: wish.definition });
  await recordAudit(db, { ...by, action: "computed_trait.create", target: `computed_trait:${slug}`, detail: { name: wish.name } }, by.nowMs);
  return presentComputed(db, workspaceId, slug);
}

const SLUG_CHARACTERS_MAX = 60;

/** As formulas spell it. */
function spellSlug(plain: string): string {
  const spelt = plain.replaceAll("-", "_");
  return computedSlug.safeParse(spelt).success ? spelt : `trait_${spelt}`.slice(0, SLUG_CHARACTERS_MAX);
}

export async function changeComputed(db: ClientBase, by: Changing, slug: string, change: StoredChange<ComputedDefinition>): Promise<StoredComputed> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentComputed(db, by.workspaceId, slug);
  const { fields, after, next, version } = changeIn(before, change, "computed trait");
  if (fields.length === 0) return before;
  await db.query("update computed_trait set name = $2, description = $3, folder = $4, updated_at = $5, updated_by = $6 where id = $1", [
    before.id, after.name, after.description, after.folder, new Date(by.nowMs), by.actor,
  ]);
  if (next !== undefined) await putVersion(db, by, before, next);
  await recordAudit(db, { ...by, action: "computed_trait.change", target: `computed_trait:${slug}`, detail: { changed: fields, version } }, by.nowMs);
  return presentComputed(db, by.workspaceId, slug);
}

async function putVersion(db: ClientBase, by: Changing, { id, slug, version }: StoredComputed, definition: ComputedDefinition): Promise<void> {
  const around = await readSurroundings(db, by.workspaceId);
  refuseProblems(computedProblems(definition, slug, around));
  // What was worked out over the workspace was for another window.
  await db.query("update computed_trait set definition = $2, version = $3, state = null, state_at = null where id = $1", [id, JSON.stringify(definition), version + 1]);
  await addVersion(db, by, { id, version: version + 1, definition });
  await fillAnew(db, by.workspaceId, { kind: "computed", slug }, { audiences: around.audiences, computed: around.computedTraits });
}

export async function archiveComputed(db: ClientBase, by: Changing, slug: string): Promise<StoredComputed> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentComputed(db, by.workspaceId, slug);
  if (before.status === "archived") return before;
  const { usedBy } = await readComputedReferences(db, by.workspaceId, before);
  refuseInUse(slug, usedBy);
  return setStatus(db, by, before, "archived");
}

export async function restoreComputed(db: ClientBase, by: Changing, slug: string): Promise<StoredComputed> {
  await lockAudiences(db, by.workspaceId);
  const before = await presentComputed(db, by.workspaceId, slug);
  if (before.status !== "archived") return before;
  refuseProblems(computedProblems(before.definition, slug, await readSurroundings(db, by.workspaceId)));
  return setStatus(db, by, before, "filling");
}

async function setStatus(db: ClientBase, by: Changing, before: StoredComputed, status: "archived" | "filling"): Promise<StoredComputed> {
  await db.query("update computed_trait set status = $2, problem = null, updated_at = $3, updated_by = $4 where id = $1", [before.id, status, new Date(by.nowMs), by.actor]);
  const action = status === "archived" ? "computed_trait.archive" : "computed_trait.restore";
  await recordAudit(db, { ...by, action, target: `computed_trait:${before.slug}`, detail: { name: before.name } }, by.nowMs);
  return presentComputed(db, by.workspaceId, before.slug);
}

async function addVersion(db: ClientBase, by: Changing, { id, version, definition }: { readonly id: number; readonly version: number; readonly definition: ComputedDefinition }): Promise<void> {
  await db.query("insert into computed_trait_version (workspace_id, trait_id, version, definition, at, author) values ($1, $2, $3, $4, $5, $6)", [
    by.workspaceId, id, version, JSON.stringify(definition), new Date(by.nowMs), by.actor,
  ]);
}

/** What refers to it, and what it refers to. */
export async function readComputedReferences(db: ClientBase, workspaceId: number, one: StoredComputed): Promise<{ readonly usedBy: Reference[]; readonly uses: Reference[] }> {
  const [audiences, computed] = [await readAudiences(db, workspaceId), await readComputed(db, workspaceId)];
  const lists = (await db.query<{ slug: string; name: string }>("select slug, name from audience_list where workspace_id = $1 order by lower(name), id", [workspaceId])).rows;
  const named = namedByComputed(one.definition);
  const shown = (all: readonly { readonly slug: string; readonly name: string }[], slugs: readonly string[], kind: Reference["kind"]): Reference[] =>
    all.filter(({ slug }) => slugs.includes(slug)).map(({ slug, name }) => ({ kind, slug, name }));
  return {
    usedBy: usersOf({ kind: "computed", slug: one.slug }, { audiences, computed }).map(({ kind, slug, name }) => ({ kind: kind === "computed" ? "computed_trait" : "audience", slug, name })),
    uses: [...shown(audiences, named.audiences, "audience"), ...shown(computed, named.computed, "computed_trait"), ...shown(lists, named.lists, "list")],
  };
}
