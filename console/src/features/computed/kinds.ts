// What each kind of computed trait begins with, and how its form reads and writes it. The JSON beside the form always says all.
import type { ComputedTrait } from "@tributary/schema/api/computed-traits.ts";

export type Kind = ComputedTrait["kind"];
/** A definition as it is written, which may be wrong. */
export type Draft = Readonly<Record<string, unknown>>;

export const kinds = ["measure", "value", "decay", "stages", "rfm", "formula"] as const satisfies readonly Kind[];

export const beginnings: Readonly<Record<Kind, Draft>> = {
  measure: { kind: "measure", event: { role: "order" }, measure: { of: "count" }, within: { last: 90, unit: "day" } },
  value: { kind: "value", event: "Order Completed", property: "coupon", which: "last" },
  decay: { kind: "decay", event: "Product Viewed", weight: 1, half_life_days: 14 },
  stages: {
    kind: "stages", otherwise: "prospect",
    stages: [
      { name: "active", when: { kind: "event", event: { role: "order" }, measure: { of: "last" }, op: "in_last", value: { last: 90, unit: "day" } } },
      { name: "lapsed", when: { kind: "event", event: { role: "order" }, measure: { of: "count" }, op: "at_least", value: 1 } },
    ],
  },
  rfm: { kind: "rfm", of: "scores", within: { last: 365, unit: "day" } },
  formula: { kind: "formula", formula: "" },
};

export function kindOfDraft(draft: Draft): Kind | undefined {
  return kinds.find((kind) => kind === draft["kind"]);
}

export function daysOf(within: unknown): number | "" {
  return typeof within === "object" && within !== null && "last" in within && "unit" in within && within.unit === "day" && typeof within.last === "number" ? within.last : "";
}
