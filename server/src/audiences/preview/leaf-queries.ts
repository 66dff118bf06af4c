// Which questions tell what conditions need: those that look at people's snapshots are asked together, everything else by itself, so
// that a pass over events reads only the events and properties that its condition names.
import { readsOf, type Condition, type KindCondition } from "@tributary/schema/audience/condition.ts";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { isMember, type Definition } from "@tributary/schema/audience/definition.ts";
import { compileConditions, type Surroundings } from "../compile.ts";
import { HOLDS, SECONDS, truthSql } from "./truths.ts";

export interface Leaf {
  readonly key: string;
  readonly condition: KindCondition;
  readonly include: Definition["include"];
}

export interface LeafQuery {
  readonly leaves: readonly Leaf[];
  /** Gives the id and a truth for each leaf, of those people whose truths are others than `rest`. */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of everybody else. */
  readonly rest: readonly number[];
}

/** Conditions that are asked together at most. */
const TOGETHER_MAX = 50;

export function leafOf(condition: KindCondition, include: Definition["include"]): Leaf {
  // Events that are let in matter only to what looks at events; the others are the same leaf for every audience.
  return { key: JSON.stringify([condition, include.bots, include.internal]), condition, include };
}

export function leafQueries(leaves: readonly Leaf[], around: Surroundings): LeafQuery[] {
  const ofSnapshots = leaves.filter(({ condition }) => isOfSnapshot(condition, around));
  const others = leaves.filter((leaf) => !ofSnapshots.includes(leaf));
  const groups: Leaf[][] = [];
  for (let from = 0; from < ofSnapshots.length; from += TOGETHER_MAX) groups.push(ofSnapshots.slice(from, from + TOGETHER_MAX));
  return [...groups, ...others.map((leaf) => [leaf])].map((group) => queryOf(group, around));
}

function isOfSnapshot(condition: KindCondition, around: Surroundings): boolean {
  const { events, audiences, computed, accounts } = readsOf(condition, around.words);
  return events.length === 0 && audiences.length === 0 && computed.length === 0 && !accounts;
}

function queryOf(leaves: readonly Leaf[], around: Surroundings): LeafQuery {
  const { sql, params, of } = compileConditions(leaves, around);
  const rest = leaves.map((leaf) => (of === "events" ? restOf(leaf, around) : SECONDS));
  const truths = leaves.map((_, i) => `t${i}`);
  const said = truths.map((name, i) => `${truthSql(`m${i}`, `n${i}`)} as ${name}`);
  const isOther = truths.map((name, i) => `${name} != ${rest[i]}`).join(" or ");
  return { leaves, sql: `select profile_id, ${truths.join(", ")} from (select profile_id, ${said.join(", ")} from (${sql})) where ${isOther}`, params, rest };
}

/** Of somebody without any event that it looks at. */
export function restOf({ condition }: Leaf, around: Surroundings): number {
  return truthAlone(condition, around) ? (HOLDS | SECONDS) >>> 0 : SECONDS;
}

/** Whether it holds of somebody without any event: by the plain evaluator, which says the same as SQL of a row that joins with nothing. */
export function truthAlone(condition: Condition, { nowMs, zone, words, audience }: Surroundings): boolean {
  const alone: Definition = { version: 1, from: "everyone", include: { bots: true, internal: true }, who: condition };
  return isMember(alone, NOBODY, { nowMs, zone, words, audience, people: [], list: () => undefined });
}

const NOBODY: PersonFacts = {
  id: "00000000-0000-0000-0000-000000000000", zone: "", traits: {}, traitTimes: {}, identifiers: [], isAnonymous: false, isHuman: true, consents: {}, accounts: [], events: [],
};

/** Everybody: id, and one word of flags (ANONYMOUS, HUMAN). */
export const PEOPLE_SQL = "select profile_id, toUInt32((is_anonymous != 0) + 2 * (is_human != 0)) as flags from profiles final where workspace_id = {workspace:UInt32} and deleted = 0";
