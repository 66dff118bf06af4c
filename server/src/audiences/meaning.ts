// What an audience stands for in full: its definition and those that it refers to, the words, zone and lists that they are read
// with. Two audiences of the same key have the same members; when the key of one changes, everybody is asked again.
import { createHash } from "node:crypto";
import { computedReads, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { leavesOf, readsOf } from "@tributary/schema/audience/condition.ts";
import type { Reads, Words } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { expandedCountOfComputed } from "@tributary/schema/audience/references.ts";
import { namesNoZone } from "@tributary/schema/audience/value.ts";
import { isRecord } from "@tributary/schema/is-record.ts";

/** Raised when the same definition comes to mean something else, so that everybody is asked again after an upgrade. */
const MEANING = 3;

/** Whether definitions as JSON read the vocabulary: by a role, or because they score buyers. */
export const namesRoles = (json: string): boolean => json.includes('"role"') || json.includes('"rfm"');

/**
 * Whether definitions reckon with the workspace's zone: by calendar periods and anniversaries; by dates that they tell themselves without a
 * zone; and by those that traits and events may tell so, which are compared or begin a window.
 */
export function readsZone(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(readsZone);
  if (!isRecord(value)) return false;
  const { op } = value;
  const isOfValue = "trait" in value || "property" in value || "context" in value;
  if ("period" in value || op === "anniversary" || (isOfValue && dateTests.has(op))) return true;
  if (isRecord(value["since"]) && "trait" in value["since"]) return true;
  const dates = op === "before" || op === "on_or_after" ? [value["value"]] : "op" in value ? [] : [value["from"], value["to"]];
  return dates.some((date) => typeof date === "string" && namesNoZone(date)) || Object.values(value).some(readsZone);
}

const dateTests: ReadonlySet<unknown> = new Set(["before", "on_or_after", "in_last", "in_next", "more_than_ago"]);

export interface Surroundings {
  readonly zone: string;
  readonly words: Words;
  /** Undefined: there is none of that name. */
  readonly audience: (slug: string) => Definition | undefined;
  readonly list: (slug: string) => number | undefined;
  readonly computed: (slug: string) => ComputedInForce | undefined;
}

export interface Meaning {
  readonly key: string;
  /** Of it, and of all audiences and computed traits that it refers to. */
  readonly reads: Required<Reads>;
  readonly conditions: number;
  /** Of these, how many are on the people of an account: they may stand inside each other. */
  readonly accountConditions: number;
}

export function meaningOf(definition: Definition, around: Surroundings): Meaning {
  const parts: Parts = { audiences: new Map(), computed: new Map() };
  const reads = closure(readsOf(definition.who, around.words), around, parts);
  const whole = [definition, sorted(parts.audiences), sorted(parts.computed)];
  const text = JSON.stringify(whole);
  return {
    key: keyOf(whole, text, reads, around),
    reads,
    accountConditions: text.split('"kind":"account"').length - 1,
    conditions: [definition, ...parts.audiences.values()].reduce((sum, one) => sum + (one === undefined ? 0 : leavesOf(one.who).length), parts.computed.size),
  };
}

function keyOf(whole: unknown, text: string, reads: Required<Reads>, around: Surroundings): string {
  const meant = [MEANING, text, readsZone(whole) ? around.zone : "UTC", namesRoles(text) ? around.words : null, reads.lists.toSorted().map((slug) => [slug, around.list(slug) ?? null])];
  return createHash("sha256").update(JSON.stringify(meant)).digest("base64url");
}

/** The same of a computed trait. */
export function meaningOfComputed(one: ComputedInForce, around: Surroundings): Meaning {
  const parts: Parts = { audiences: new Map(), computed: new Map() };
  const reads = closure(computedReads(one.definition, around.words), around, parts);
  const whole = [one, sorted(parts.audiences), sorted(parts.computed)];
  const text = JSON.stringify(whole);
  return {
    key: keyOf(whole, text, reads, around), reads, accountConditions: text.split('"kind":"account"').length - 1,
    conditions: expandedCountOfComputed(one.definition, {
      audience: (slug) => withArchive(around.audience(slug)), computed: (slug) => withArchive(around.computed(slug)?.definition),
    }),
  };
}

const withArchive = <D>(definition: D | undefined): { readonly definition: D; readonly isArchived: boolean } | undefined => (definition === undefined ? undefined : { definition, isArchived: false });

/** What it refers to, by slug. */
interface Parts {
  readonly audiences: Map<string, Definition | undefined>;
  readonly computed: Map<string, ComputedInForce | undefined>;
}

const sorted = (parts: ReadonlyMap<string, unknown>): unknown => [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1));

function closure(own: Required<Reads>, around: Surroundings, parts: Parts): Required<Reads> {
  let reads = own;
  for (const slug of own.audiences) {
    if (parts.audiences.has(slug)) continue;
    const other = around.audience(slug);
    parts.audiences.set(slug, other);
    if (other !== undefined) reads = both(reads, closure(readsOf(other.who, around.words), around, parts));
  }
  for (const slug of own.computed) {
    if (parts.computed.has(slug)) continue;
    const other = around.computed(slug);
    parts.computed.set(slug, other);
    if (other !== undefined) reads = both(reads, closure(computedReads(other.definition, around.words), around, parts));
  }
  return reads;
}

function both(a: Required<Reads>, b: Required<Reads>): Required<Reads> {
  const union = (some: readonly string[], more: readonly string[]): string[] => [...new Set([...some, ...more])];
  return {
    events: a.events === "any" || b.events === "any" ? "any" : union(a.events, b.events),
    snapshot: a.snapshot || b.snapshot,
    audiences: union(a.audiences, b.audiences),
    lists: union(a.lists, b.lists),
    computed: union(a.computed, b.computed),
    accounts: a.accounts || b.accounts,
  };
}
