// A destination's counts as a funnel: what was asked for, what was kept back and why, what arrived, what failed and why. Pure.
import type { DestinationHealth } from "@tributary/schema/api/deliveries.ts";
import { amountWithUnit, duration } from "../../ui/format.ts";

export interface Step {
  readonly key: "eligible" | "filtered" | "waiting" | "delivered" | "failed" | "unsent";
  readonly count: number;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
}

const outcomesOf = { filtered: ["filtered"], delivered: ["delivered"], failed: ["refused", "expired"], unsent: ["held_out", "nothing"] } as const;

export function funnelOf({ counts, waiting }: Pick<DestinationHealth, "counts" | "waiting">): readonly Step[] {
  const step = (key: keyof typeof outcomesOf, isExplained: boolean): Step => {
    const rows = counts.filter(({ outcome }) => (outcomesOf[key] as readonly string[]).includes(outcome)); // Any outcome may be asked for.
    const reasons = [...Map.groupBy(rows, ({ reason }) => reason)].map(([reason, same]) => ({ reason, count: sum(same) })).filter(({ reason }) => reason !== "");
    return { key, count: sum(rows), reasons: isExplained ? reasons.toSorted((a, b) => b.count - a.count) : [] };
  };
  const again: Step = { key: "waiting", count: waiting.again + waiting.behind, reasons: [] };
  const [filtered, delivered, failed, unsent] = [step("filtered", true), step("delivered", false), step("failed", true), step("unsent", true)];
  const eligible: Step = { key: "eligible", count: [filtered, again, delivered, failed, unsent].reduce((all, { count }) => all + count, 0), reasons: [] };
  return [eligible, filtered, again, delivered, failed, ...(unsent.count === 0 ? [] : [unsent])];
}

function sum(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((all, { count }) => all + count, 0);
}

const MINUTE_MS = 60_000;

/** How long something took: exact while it is short. */
export function tookText(ms: number): string {
  return ms < MINUTE_MS ? amountWithUnit(Math.round(ms), "milliseconds") : duration(ms);
}

/** Of what was sent and is decided, what was delivered; undefined when nothing was. */
export function deliveredShare(steps: readonly Step[]): number | undefined {
  const of = (key: Step["key"]): number => steps.find((one) => one.key === key)?.count ?? 0;
  const decided = of("delivered") + of("failed");
  return decided === 0 ? undefined : of("delivered") / decided;
}
