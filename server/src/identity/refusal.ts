// What speaks against tying an identifier to a person, or two people to each other. Nothing here changes anything.
import type { Candidate } from "./candidates.ts";
import type { PersonState } from "./identity-state.ts";
import type { CompiledNamespace, IdentityRules } from "./rules.ts";

/** How many user ids a person may gather through `alias` calls, where the settings allow fewer. */
export const USER_IDS_BY_ALIAS_MAX = 50;

/** In the order in which they are tried; the first that holds is given. */
export type RefusalReason = "untrusted" | "suppressed" | "cannot_link" | "lookup_only" | "isolated" | "limit";

/** Why an identifier that nobody has can't become this person's; null when it can. `byAlias`: an `alias` call says so. */
export function refusalToAttach(
  { rule, known }: Candidate, person: PersonState, rules: IdentityRules, byAlias: boolean,
): RefusalReason | null {
  if (known && crossesSplit(known.splits, person.splits)) return "cannot_link";
  if (rules.signIn !== "convert" && !byAlias && (rule.isDevice ? isKnown(person, rules) : isAnonymous(person, rules))) return "isolated";
  return countOf(person, rule.name) + 1 > limitOf(rule, byAlias) ? "limit" : null;
}

/** Why the identifier's owner and the event's person can't be one; null when they can. */
export function refusalToMerge(
  { rule, byAlias }: Candidate, target: PersonState, owner: PersonState, rules: IdentityRules, trust: string,
): RefusalReason | null {
  if (trust !== "full") return "untrusted";
  if (owner.suppressed || target.suppressed) return "suppressed";
  if (crossesSplit(target.splits, owner.splits)) return "cannot_link";
  if (rule.isLookupOnly) return "lookup_only";
  if (rules.signIn !== "convert" && !byAlias && isApart(target, owner, rules)) return "isolated";
  return breaksLimit(target, owner, rules, byAlias) ? "limit" : null;
}

/** Whether the two sides hold different sides of one unmerge. */
function crossesSplit(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  for (const split in one) {
    const side = other[split];
    if (side !== undefined && side !== one[split]) return true;
  }
  return false;
}

function isApart(one: PersonState, other: PersonState, rules: IdentityRules): boolean {
  return (isKnown(one, rules) && isAnonymous(other, rules)) || (isAnonymous(one, rules) && isKnown(other, rules));
}

/** Whether the person has an identifier that names a person rather than a device. */
function isKnown(person: PersonState, rules: IdentityRules): boolean {
  return person.identifiers.some(({ namespace }) => !rules.byName.get(namespace)?.isDevice);
}

function isAnonymous(person: PersonState, rules: IdentityRules): boolean {
  return person.identifiers.length > 0 && !isKnown(person, rules);
}

/**
 * Whether a merge would take a namespace past its limit. What only one of the two has does not grow, so that a limit
 * lowered later stops nobody who is already past it. Namespaces that are no longer defined have no limit.
 */
function breaksLimit(one: PersonState, other: PersonState, rules: IdentityRules, byAlias: boolean): boolean {
  const counts = new Map<string, number>();
  for (const { namespace } of one.identifiers) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  const added = new Map<string, number>();
  for (const { namespace } of other.identifiers) added.set(namespace, (added.get(namespace) ?? 0) + 1);
  for (const [namespace, count] of added) {
    const rule = rules.byName.get(namespace);
    const before = counts.get(namespace);
    if (rule && before !== undefined && before + count > limitOf(rule, byAlias)) return true;
  }
  return false;
}

function limitOf(rule: CompiledNamespace, byAlias: boolean): number {
  return byAlias && rule.name === "user_id" ? Math.max(rule.limitPerProfile, USER_IDS_BY_ALIAS_MAX) : rule.limitPerProfile;
}

function countOf(person: PersonState, namespace: string): number {
  let count = 0;
  for (const identifier of person.identifiers) if (identifier.namespace === namespace) count++;
  return count;
}
