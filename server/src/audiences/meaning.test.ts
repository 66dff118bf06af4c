// What makes an audience mean something else, so that everybody is asked again: and what does not.
import { expect, test } from "vitest";
import type { Condition } from "@tributary/schema/audience/condition.ts";
import { computedDefinition, computedKinds, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import { conditionKinds } from "@tributary/schema/audience/kinds.ts";
import { compileAudiences } from "./compile.ts";
import { meaningOf, meaningOfComputed, type Surroundings } from "./meaning.ts";
import { noWords } from "./testing.ts";

/** In these three it is not the same day, month and quarter. */
const NOW = Date.parse("2026-03-31T23:30:00Z");
const zones = ["UTC", "Pacific/Auckland", "America/New_York"];

const words = { ...noWords, roles: { order: { events: ["Order Completed"], properties: { value: ["total"], order_id: ["order_id"] }, where: null } } };
const rfm = { days: [1, 2, 3, 4], orders: [1, 2, 3, 4], value: [1, 2, 3, 4], buyers: 9, at: "2026-03-01T00:00:00.000Z" };
const gold = definition.parse({ who: { kind: "trait", trait: "plan", op: "equals", value: "gold" } });
const orders = (within: object): ComputedInForce => ({ definition: computedDefinition.parse({ value: { kind: "measure", event: "Order Completed", within } }), state: null });
const thisMonth = { period: "this", unit: "month" };
const none = orders({ last: 90, unit: "day" });

const around = (zone: string, computed: Surroundings["computed"] = () => none): Surroundings => ({ zone, words, audience: () => gold, list: () => 1, computed });

function compiledIn(zone: string, definitions: readonly Definition[], computed: Surroundings["computed"], values: readonly string[] = []): string {
  return JSON.stringify(compileAudiences({ ...around(zone, computed), definitions, values, nowMs: NOW, hasOverrides: false }));
}

/** Whether it is asked differently in one of the zones, and whether it means something else there. */
function differences(compile: (zone: string) => string, mean: (zone: string) => string): { readonly asked: boolean; readonly meant: boolean } {
  return { asked: new Set(zones.map(compile)).size > 1, meant: new Set(zones.map(mean)).size > 1 };
}

const conditions: readonly unknown[] = [
  ...conditionKinds.flatMap((kind) => kind.examples as readonly Condition[]),
  { kind: "event", event: "E", op: "at_least", value: 1, within: { from: "2026-03-01" } },
  { kind: "event", event: "E", op: "at_least", value: 1, within: { to: "2026-03-01" } },
  { kind: "event", event: "E", op: "at_least", value: 1, within: { ...thisMonth, zone: "person" } },
  { kind: "event", event: "E", measure: { of: "first" }, op: "before", value: "2026-03-01" },
  { kind: "event", event: "E", measure: { of: "last" }, op: "on_or_after", value: "2026-03-01T00:00:00Z" },
  { kind: "event", event: "E", op: "at_least", value: 1, within: { from: "2026-03-01T10:00" } },
  { kind: "event", event: "E", op: "at_least", value: 1, within: { from: "2026-03-01T10:00Z", to: "2026-04-01T00:00+02:00" } },
  { kind: "event", event: "E", op: "at_least", value: 1, within: { since: { trait: "trial_ends" } } },
  { kind: "event", event: "E", op: "at_least", value: 1, where: [{ item: "products", where: [{ property: "ships", op: "in_next", value: { last: 2, unit: "day" } }] }] },
  { kind: "trait", trait: "since", op: "before", value: "2026-03-01T10:00Z" },
  { not: { any: [{ kind: "event", event: "E", op: "at_least", value: 1, within: { period: "previous", unit: "week" } }] } },
];

test.each(conditions.map((who) => [JSON.stringify(who), who]))("what is asked differently in another zone means something else there: %s", (_, who) => {
  const one = definition.parse({ who });
  const { asked, meant } = differences((zone) => compiledIn(zone, [one], () => none), (zone) => meaningOf(one, around(zone)).key);
  expect(meant).toBe(asked);
});

test.each(computedKinds.flatMap((kind) => kind.examples as readonly unknown[]).map((value) => [JSON.stringify(value), value]))("and so does a computed trait: %s", (_, value) => {
  const one: ComputedInForce = { definition: computedDefinition.parse({ value }), state: rfm };
  const computed = (slug: string): ComputedInForce => (slug === "it" ? one : none);
  const { asked, meant } = differences((zone) => compiledIn(zone, [], computed, ["it"]), (zone) => meaningOfComputed(one, around(zone, computed)).key);
  expect(meant || !asked, "it would not be asked again").toBe(true);
});

test("what refers to something that reckons with the zone does so too, and nothing else is asked again", () => {
  const keys = (who: unknown, computed?: Surroundings["computed"]): number => new Set(zones.map((zone) => meaningOf(definition.parse({ who }), around(zone, computed)).key)).size;
  const refers = { kind: "computed", trait: "orders", op: "at_least", value: 1 };
  expect(keys(refers, () => orders(thisMonth))).toBe(3);
  expect(keys(refers, () => orders({ last: 1, unit: "month" }))).toBe(1);
  expect(keys({ kind: "trait", trait: "birthday", op: "anniversary", in: "today" })).toBe(3);
  // A trait may tell a date without a zone.
  expect(keys({ kind: "trait", trait: "trial_ends", op: "in_next", value: { last: 3, unit: "day" } })).toBe(3);
  expect(keys({ kind: "trait", trait: "plan", op: "equals", value: "gold" })).toBe(1);
  expect(keys({ kind: "event", event: "E", op: "at_least", value: 1, within: { last: 14, unit: "day" } })).toBe(1);
});
