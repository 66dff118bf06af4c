// Makes a workspace's audiences as a file says: all of it or nothing. What would change is worked out first, and refused as a whole
// where anything of it could not be kept; then each audience is changed after those that it refers to, so that no step in between
// refers to what is not there.
import type { ClientBase } from "pg";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import type { Problem } from "@tributary/schema/audience/problems.ts";
import { audiencesNamed, referenceProblems, type Surroundings } from "@tributary/schema/audience/references.ts";
import {
  archiveAudience, AUDIENCES_MAX, changeAudience, createAudience, lockAudiences, readSurroundings, refuseProblems, restoreAudience, type Changing, type OtherUsers, type StoredAudience,
} from "./audience-store.ts";
import { readAudiencesYaml, type WrittenAudience } from "./audience-yaml.ts";
import { AppError } from "../core/errors.ts";
import { isSame } from "../core/is-same.ts";

interface PlannedAudience {
  readonly slug: string;
  readonly action: "create" | "change" | "restore" | "archive" | "keep";
  /** What of it changes. */
  readonly fields: readonly string[];
  readonly before: StoredAudience | undefined;
  /** Undefined: the file does not have it. */
  readonly after: WrittenAudience | undefined;
}

export interface ApplyPlan {
  /** Those that the file has, and those that are archived. */
  readonly audiences: readonly PlannedAudience[];
  /** What each audience asks before, and after it; undefined: it has no members. */
  readonly asked: (slug: string) => { readonly before: Definition | undefined; readonly after: Definition | undefined };
}

interface ApplyWish {
  readonly yaml: string;
  /** Archives those in use that the file leaves out. */
  readonly prune: boolean;
}

/** Throws `invalid_definition` for what can't be kept. */
export async function planAudiences(db: ClientBase, workspaceId: number, wish: ApplyWish): Promise<ApplyPlan> {
  const file = readAudiencesYaml(wish.yaml);
  const around = await readSurroundings(db, workspaceId);
  const stored = new Map(around.audiences.map((one) => [one.slug, one]));
  const written = new Map(file.audiences.map((one) => [one.slug, one]));
  const isPruned = (one: StoredAudience): boolean => wish.prune && one.status !== "archived" && !written.has(one.slug);
  const after: Surroundings = {
    ...around,
    audience: (slug) => {
      const made = written.get(slug);
      const kept = stored.get(slug);
      if (made !== undefined) return { definition: made.definition, isArchived: false };
      return kept && { definition: kept.definition, isArchived: kept.status === "archived" || isPruned(kept) };
    },
  };
  refuseProblems([...file.problems, ...file.audiences.flatMap((one) => referenceProblems(one.definition, one.slug, after).map((problem) => below(one.slug, problem)))]);
  const made = file.audiences.filter(({ slug }) => !stored.has(slug)).length;
  if (stored.size + made > AUDIENCES_MAX) throw new AppError("limit_reached", { detail: `A workspace has at most ${AUDIENCES_MAX} audiences, archived ones too.`, hint: "Leave some out." });
  const audiences = [
    ...inOrder(file.audiences, ({ slug }) => slug, (one) => audiencesNamed(one.definition)).map((one) => planned(stored.get(one.slug), one)),
    ...inOrder(around.audiences.filter(isPruned), ({ slug }) => slug, (one) => audiencesNamed(one.definition)).toReversed()
      .map((before): PlannedAudience => ({ slug: before.slug, action: "archive", fields: [], before, after: undefined })),
  ];
  const inUse = (one: StoredAudience | undefined): Definition | undefined => (one === undefined || one.status === "archived" ? undefined : one.definition);
  return { audiences, asked: (slug) => ({ before: inUse(stored.get(slug)), after: after.audience(slug)?.isArchived === false ? after.audience(slug)?.definition : undefined }) };
}

function below(slug: string, problem: Problem): Problem {
  return { ...problem, path: `/${slug}${problem.path}` };
}

function planned(before: StoredAudience | undefined, after: WrittenAudience): PlannedAudience {
  if (before === undefined) return { slug: after.slug, action: "create", fields: [], before, after };
  const fields = (["name", "description", "folder", "definition"] as const).filter((name) => !isSame(before[name], after[name]));
  const action = before.status === "archived" ? "restore" : fields.length > 0 ? "change" : "keep";
  return { slug: after.slug, action, fields, before, after };
}

/** Each after those of them that it refers to. There is no circle among them. */
function inOrder<T>(all: readonly T[], nameOf: (one: T) => string, namesIn: (one: T) => readonly string[]): T[] {
  const bySlug = new Map(all.map((one) => [nameOf(one), one]));
  const ordered = new Set<T>();
  const visit = (one: T): void => {
    if (ordered.has(one)) return;
    for (const name of namesIn(one)) {
      const other = bySlug.get(name);
      if (other !== undefined) visit(other);
    }
    ordered.add(one);
  };
  all.forEach(visit);
  return [...ordered];
}

/** Within the caller's transaction. */
export async function applyAudiences(db: ClientBase, by: Changing, wish: ApplyWish, others: OtherUsers): Promise<ApplyPlan> {
  await lockAudiences(db, by.workspaceId);
  const plan = await planAudiences(db, by.workspaceId, wish);
  for (const { slug, action, after } of plan.audiences) {
    if (action === "archive") await archiveAudience(db, by, slug, others);
    // What it refers to stands as it will be: restoring looks at the definition that it has no more.
    if (action === "restore") await restoreAudience(db, by, slug, after?.definition);
    if (after === undefined || action === "keep") continue;
    if (action === "create") await createAudience(db, by, after);
    else await changeAudience(db, by, slug, after);
  }
  return plan;
}

// ── Before and after, side by side ────────────────────────────────────────────────────────────────────────────────

const nobody = definition.parse({ who: { any: [] } });
/** Slugs have no such letter, so what stands now can stand beside what will be. */
const NOW = "now ";

interface SideBySide {
  readonly after: Definition;
  readonly before: Definition;
  readonly audience: (slug: string) => Definition | undefined;
}

/** What an audience will mean and what it means now, to be asked together: each refers to the others as they are at its time. */
export function sideBySide({ asked }: Pick<ApplyPlan, "asked">, slug: string): SideBySide {
  const { before, after } = asked(slug);
  return {
    after: after ?? nobody, before: before === undefined ? nobody : renamed(before),
    audience: (name) => {
      if (!name.startsWith(NOW)) return asked(name).after;
      const now = asked(name.slice(NOW.length)).before;
      return now && renamed(now);
    },
  };
}

function renamed(one: Definition): Definition {
  return { ...one, who: renamedIn(one.who) as Condition }; // The same shape.
}

function renamedIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamedIn);
  if (typeof value !== "object" || value === null) return value;
  const one = value as Readonly<Record<string, unknown>>; // An object of JSON.
  const name = (slug: unknown): string => `${NOW}${String(slug)}`;
  if (one["kind"] === "audience") return { ...one, audience: name(one["audience"]) };
  if (one["kind"] === "first_of" && Array.isArray(one["audiences"])) return { ...one, audiences: one["audiences"].map(name), is: name(one["is"]) };
  return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, renamedIn(inner)]));
}

/** Those of the plan of which members may enter or leave: what is changed, and what refers to it over whatever way. */
export function movedBy({ audiences, asked }: ApplyPlan): ReadonlySet<string> {
  const moved = new Set(audiences.filter(({ action, fields }) => action !== "keep" && (action !== "change" || fields.includes("definition"))).map(({ slug }) => slug));
  for (let size = -1; size !== moved.size;) {
    size = moved.size;
    for (const { slug } of audiences) {
      const { after } = asked(slug);
      if (after !== undefined && audiencesNamed(after).some((name) => moved.has(name))) moved.add(slug);
    }
  }
  return moved;
}
