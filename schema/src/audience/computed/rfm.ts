// Recency, frequency, monetary value: how lately, how often and for how much somebody bought, each as a score from 1 to 5 by fifths of
// the workspace's buyers. Only buyers are scored; equal values get equal scores, for what divides the fifths are values themselves.
import { z } from "zod";
import type { PersonFacts, SqlScope, Words, World } from "../condition-kind.ts";
import type { ComputedKind, ValueSql } from "../computed-kind.ts";
import { planOf } from "../event-plan.ts";
import { eventKind, type EventCondition } from "../kinds/event.ts";
import { decimalOf, decimalSql, type Decimal, type Raw } from "../value.ts";
import { toldBy, toldSql, timesOf, timesSql } from "../told.ts";
import { windowSql } from "../window-of-person.ts";
import { duration, NEVER } from "../window.ts";

const DAY = 86_400_000;

const schema = z.strictObject({
  kind: z.literal("rfm"),
  of: z.enum(["recency", "frequency", "monetary", "scores", "group"]).meta({ description: "A score from 1 to 5; `scores`: the three as one text such as 545; `group`: what such buyers are called." }),
  within: duration.default({ last: 365, unit: "day" }),
});
export type RfmTrait = z.infer<typeof schema>;

/** What divides the fifths, ascending: a value above the n-th is in the fifth n + 1. Days since the last order, orders, value. */
export const rfmState = z.strictObject({
  days: z.array(z.number()).length(4), orders: z.array(z.number()).length(4), value: z.array(z.number()).length(4),
  buyers: z.int(), at: z.string(),
});
export type RfmState = z.infer<typeof rfmState>;

export const rfmTrait: ComputedKind<typeof schema> = {
  kind: "rfm",
  schema,
  reads: (one, words) => eventKind.reads(value(one), words),
  sql: rfmSql,
  evaluate: evaluateRfm,
  sentence: (one, say) => {
    const names = {
      recency: { en: "how lately they bought (1 to 5)", de: "wie kürzlich sie kauften (1 bis 5)" }, frequency: { en: "how often they bought (1 to 5)", de: "wie oft sie kauften (1 bis 5)" },
      monetary: { en: "for how much they bought (1 to 5)", de: "für wie viel sie kauften (1 bis 5)" }, scores: { en: "the RFM scores", de: "die RFM-Werte" }, group: { en: "the RFM group", de: "die RFM-Gruppe" },
    } as const;
    return say.pick(names[one.of]);
  },
  examples: [{ kind: "rfm", of: "scores", within: { last: 365, unit: "day" } }, { kind: "rfm", of: "group", within: { last: 365, unit: "day" } }],
};

const orders = (one: RfmTrait): EventCondition => ({ kind: "event", event: { role: "order" }, measure: { of: "count" }, op: "at_least", value: 1, within: one.within });
const value = (one: RfmTrait): EventCondition => ({ kind: "event", event: { role: "order" }, measure: { of: "sum", property: { role: "value" }, net: true }, op: "at_least", value: 0, within: one.within });

/** By recency and the mean of frequency and value, rounded down. The first that fits. */
const groups: readonly (readonly [name: string, recency: readonly [number, number], rest: readonly [number, number]])[] = [
  ["champions", [5, 5], [4, 5]],
  ["loyal", [3, 4], [4, 5]],
  ["potential loyalists", [4, 5], [2, 3]],
  ["recent", [4, 5], [1, 1]],
  ["need attention", [3, 3], [2, 3]],
  ["about to sleep", [3, 3], [1, 1]],
  ["cannot lose", [1, 2], [4, 5]],
  ["at risk", [1, 2], [2, 3]],
  ["lost", [1, 2], [1, 1]],
];

function groupOf(recency: number, frequency: number, monetary: number): string {
  const rest = Math.floor((frequency + monetary) / 2);
  return groups.find(([, r, fm]) => recency >= r[0] && recency <= r[1] && rest >= fm[0] && rest <= fm[1])?.[0] ?? "lost";
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

function evaluateRfm(one: RfmTrait, person: PersonFacts, world: World, state: unknown): Raw[] {
  const known = rfmState.safeParse(state);
  const found = rfmValues(one, person, world);
  if (!known.success || found === undefined) return [];
  const above = (edges: readonly number[], amount: Decimal): number => edges.filter((edge) => amount > decimalOf(edge)).length;
  const recency = 5 - known.data.days.filter((edge) => world.nowMs - found.lastMs > Math.round(edge * DAY)).length;
  const frequency = 1 + above(known.data.orders, decimalOf(found.orders));
  const monetary = 1 + above(known.data.value, found.value);
  switch (one.of) {
    case "recency":
      return [String(recency)];
    case "frequency":
      return [String(frequency)];
    case "monetary":
      return [String(monetary)];
    case "scores":
      return [JSON.stringify(`${recency}${frequency}${monetary}`)];
    case "group":
      return [JSON.stringify(groupOf(recency, frequency, monetary))];
  }
}

function rfmValues(one: RfmTrait, person: PersonFacts, world: World): { readonly lastMs: number; readonly orders: number; readonly value: Decimal } | undefined {
  const counted = planOf(orders(one), world);
  const times = timesOf(counted.selector, one.within, person, world) ?? [];
  if (times.length === 0) return undefined;
  const total = (toldBy(planOf(value(one), world), one.within, person, world) ?? []).reduce((sum, told) => sum + told.value, 0n);
  return { lastMs: Math.max(...times), orders: toldBy(counted, one.within, person, world)?.length ?? 0, value: total };
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface RfmColumns {
  /** UInt8: somebody who bought. */
  readonly isBuyer: string;
  readonly lastMs: string;
  readonly orders: string;
  /** Decimal(38, 9). */
  readonly value: string;
  readonly next: string;
}

/** What is scored, before it is; what divides the fifths is worked out over these. */
export function rfmColumns(one: RfmTrait, scope: SqlScope): RfmColumns {
  const counted = planOf(orders(one), scope);
  const inWindow = windowSql(one.within, scope);
  const { past, coming } = timesSql(counted.selector, inWindow, scope);
  const bought = toldSql(counted, inWindow, scope);
  const spent = toldSql(planOf(value(one), scope), inWindow, scope);
  const leaves = (told: string): string => `if(empty(${told}), toInt64(${NEVER}), ${told}[-1].1)`;
  return {
    isBuyer: scope.name(`notEmpty(${past})`),
    lastMs: scope.name(`if(empty(${past}), toInt64(0), arrayMax(arrayMap(at -> at.1, ${past})))`),
    orders: scope.name(`length(${bought.told})`),
    value: scope.name(`if(empty(${spent.told}), toDecimal128(0, 9), arraySum(arrayMap(told -> told.4, ${spent.told})))`),
    next: scope.name(`least(${coming}, ${spent.coming}, ${leaves(bought.told)}, ${leaves(spent.told)})`),
  };
}

function rfmSql(one: RfmTrait, scope: SqlScope, state: unknown): ValueSql {
  const known = rfmState.safeParse(state);
  if (!known.success) return { raws: scope.bind("Array(String)", []), next: String(NEVER) };
  const { bind, name, nowMs } = scope;
  const { isBuyer, lastMs, orders: bought, value: spent, next } = rfmColumns(one, scope);
  const edgesMs = known.data.days.map((days) => Math.round(days * DAY));
  const recency = name(`5 - (${edgesMs.map((edge) => `toUInt8(${nowMs} - ${lastMs} > ${edge})`).join(" + ")})`);
  const above = (edges: readonly number[], amount: string): string => name(`1 + (${edges.map((edge) => `toUInt8(${amount} > ${decimalSql(bind, edge)})`).join(" + ")})`);
  const frequency = above(known.data.orders, `toDecimal128(${bought}, 9)`);
  const monetary = above(known.data.value, spent);
  const rest = name(`intDiv(${frequency} + ${monetary}, 2)`);
  const group = `multiIf(${groups.map(([label, r, fm]) => `${recency} between ${r[0]} and ${r[1]} and ${rest} between ${fm[0]} and ${fm[1]}, ${bind("String", JSON.stringify(label))}`).join(", ")}, ${bind("String", '"lost"')})`;
  const raw = {
    recency: `toString(${recency})`, frequency: `toString(${frequency})`, monetary: `toString(${monetary})`,
    scores: `concat('"', toString(${recency}), toString(${frequency}), toString(${monetary}), '"')`, group,
  }[one.of];
  const ages = `least(${edgesMs.map((edge) => `if(${lastMs} + ${edge} + 1 > ${nowMs}, ${lastMs} + ${edge} + 1, toInt64(${NEVER}))`).join(", ")})`;
  return { raws: name(`if(${isBuyer}, [${raw}], [])`), next: name(`if(${isBuyer}, least(${next}, ${ages}), ${next})`) };
}

/** Which words it needs; undefined: it has them. */
export function rfmNeeds(words: Words): string | undefined {
  const order = words.roles["order"];
  return order === undefined || order.events.length === 0 ? "order" : (order.properties["value"] ?? []).length === 0 ? "value" : undefined;
}
