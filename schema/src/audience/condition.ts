// Conditions: kinds, and groups of them nested freely.
import { z } from "zod";
import type { Branch, ConditionKind, PersonFacts, Reads, SqlScope, Words, World } from "./condition-kind.ts";
import { conditionKinds } from "./kinds.ts";
import { audienceLimits } from "./limits.ts";
import { nestedConditionsAre } from "./nested.ts";
import { conditionProblems } from "./problems.ts";
import { sayNever, type Language } from "./sentence.ts";
import { NEVER } from "./window.ts";

export type KindCondition = z.infer<(typeof conditionKinds)[number]["schema"]>;
export type Condition =
  | KindCondition
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly at_least: number; readonly of: readonly Condition[] };

const members = (): z.ZodType<readonly Condition[]> => z.array(condition).max(audienceLimits.conditionsMax);

/** An empty `all` holds of everybody, an empty `any` of nobody. */
export const condition: z.ZodType<Condition> = z.lazy(() => z.union([
  ...conditionKinds.map(({ schema }) => schema),
  z.strictObject({ all: members() }),
  z.strictObject({ any: members() }),
  z.strictObject({ not: condition }),
  z.strictObject({ at_least: z.int().min(1).max(audienceLimits.conditionsMax), of: members() }),
], { error: ({ input }) => conditionProblems(input, []).slice(0, 3).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join(" ") }) as unknown as z.ZodType<Condition>).meta({ id: "AudienceCondition" });
nestedConditionsAre(condition);

/** The kind of a condition. Its own type of condition is erased: what is parsed goes to the kind that parsed it. */
export function kindOf(one: KindCondition): ConditionKind<z.ZodType, KindCondition> {
  const found = (conditionKinds as unknown as readonly ConditionKind<z.ZodType, KindCondition>[]).find(({ kind }) => kind === one.kind);
  if (found === undefined) throw new Error(`There is no kind of condition ${one.kind}.`);
  return found;
}

// ── What it reads ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Every condition that is no group, with those inside other conditions. */
export function leavesOf(one: Condition): KindCondition[] {
  if ("kind" in one) return [one, ...innerOf(one).flatMap(leavesOf)];
  if ("not" in one) return leavesOf(one.not);
  return ("all" in one ? one.all : "any" in one ? one.any : one.of).flatMap(leavesOf);
}

function innerOf(one: KindCondition): readonly Condition[] {
  return kindOf(one).inner?.(one) ?? [];
}

export function readsOf(one: Condition, words: Words): Required<Reads> {
  const all = leavesOf(one).map((leaf) => kindOf(leaf).reads(leaf, words));
  const events = all.some((each) => each.events === "any") ? "any" as const : [...new Set(all.flatMap((each) => (each.events === "any" ? [] : (each.events ?? []))))];
  return {
    events,
    snapshot: all.some((each) => each.snapshot === true),
    audiences: [...new Set(all.flatMap((each) => each.audiences ?? []))],
    lists: [...new Set(all.flatMap((each) => each.lists ?? []))],
    computed: [...new Set(all.flatMap((each) => each.computed ?? []))],
    accounts: all.some((each) => each.accounts === true),
  };
}

export function depthOf(one: Condition): number {
  if ("kind" in one) return 1 + Math.max(0, ...innerOf(one).map(depthOf));
  if ("not" in one) return 1 + depthOf(one.not);
  return 1 + Math.max(0, ...("all" in one ? one.all : "any" in one ? one.any : one.of).map(depthOf));
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The plain evaluator: the meaning of conditions, written to be read. */
export function conditionHolds(one: Condition, person: PersonFacts, world: World): boolean {
  if ("kind" in one) return kindOf(one).evaluate(one, person, world);
  if ("all" in one) return one.all.every((each) => conditionHolds(each, person, world));
  if ("any" in one) return one.any.some((each) => conditionHolds(each, person, world));
  if ("not" in one) return !conditionHolds(one.not, person, world);
  return one.of.filter((each) => conditionHolds(each, person, world)).length >= one.at_least;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A group's truth can't change before one of its members' does; and an `all` that is false stays so until the last of its false
 * members may have changed, an `any` that is true until the last of its true ones.
 */
export function groupSql(one: Exclude<Condition, KindCondition>, scope: SqlScope): Branch {
  if ("not" in one) {
    const inner = scope.condition(one.not);
    return { member: scope.name(`not ${inner.member}`), next: inner.next };
  }
  if ("of" in one) return someSql(one.at_least, one.of.map(scope.condition), scope);
  const branches = ("all" in one ? one.all : one.any).map(scope.condition);
  const isAll = "all" in one;
  if (branches.length === 0) return { member: isAll ? "1" : "0", next: String(NEVER) };
  if (branches.length === 1) return branches[0] as Branch;
  const member = scope.name(branches.map((each) => each.member).join(isAll ? " and " : " or "));
  const soonest = `least(${branches.map((each) => each.next).join(", ")})`;
  const lastOf = (isTruth: boolean): string => `greatest(${branches.map((each) => `if(${isTruth ? "" : "not "}${each.member}, ${each.next}, toInt64(0))`).join(", ")})`;
  return { member, next: scope.name(isAll ? `if(${member}, ${soonest}, ${lastOf(false)})` : `if(${member}, ${lastOf(true)}, ${soonest})`) };
}

/** "At least n of". */
function someSql(least: number, branches: readonly Branch[], scope: SqlScope): Branch {
  if (branches.length < least) return { member: "0", next: String(NEVER) };
  const member = scope.name(`(${branches.map((each) => `toUInt16(${each.member})`).join(" + ")}) >= ${least}`);
  return { member, next: branches.length === 1 ? (branches[0] as Branch).next : scope.name(`least(${branches.map((each) => each.next).join(", ")})`) };
}

/** Whether it holds of who never did any of what it asks about; undefined where it asks about something else, too. */
export function ofNever(one: Condition): boolean | undefined {
  if ("kind" in one) return kindOf(one).ofNever?.(one);
  if ("not" in one) {
    const inner = ofNever(one.not);
    return inner === undefined ? undefined : !inner;
  }
  const inner = ("all" in one ? one.all : "any" in one ? one.any : one.of).map(ofNever);
  if (inner.length === 0 || inner.includes(undefined)) return undefined;
  const count = inner.filter((each) => each === true).length;
  return count >= ("all" in one ? inner.length : "any" in one ? 1 : one.at_least);
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function sayCondition(one: Condition, say: Language): string {
  if ("kind" in one) return kindOf(one).sentence(one, say, (inner) => ("kind" in inner ? sayCondition(inner, say) : `(${sayCondition(inner, say)})`));
  if ("not" in one) return `${say.pick({ en: `not (${sayCondition(one.not, say)})`, de: `nicht (${sayCondition(one.not, say)})` })}${ofNever(one) === true ? sayNever(say) : ""}`;
  const parts = ("all" in one ? one.all : "any" in one ? one.any : one.of).map((each) => ("kind" in each ? sayCondition(each, say) : `(${sayCondition(each, say)})`));
  if (parts.length === 0) return "all" in one ? say.pick({ en: "everybody", de: "alle" }) : say.pick({ en: "nobody", de: "niemand" });
  if ("at_least" in one) return say.pick({ en: `at least ${one.at_least} of: ${parts.join("; ")}`, de: `mindestens ${one.at_least} von: ${parts.join("; ")}` });
  return parts.join("all" in one ? say.pick({ en: " and ", de: " und " }) : say.pick({ en: " or ", de: " oder " }));
}
