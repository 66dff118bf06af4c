// What is measured over somebody's events, and how the result is compared. Counts, sums and averages are exact decimals.
import { z } from "zod";
import { sayDated } from "./dated-test.ts";
import { propertyPath } from "./event-filter.ts";
import { roleRef } from "./event-names.ts";
import { audienceLimits } from "./limits.ts";
import { namesOf, sayTest, type Language } from "./sentence.ts";
import { isoInstant, msOf } from "./value-test.ts";
import { decimalOf, decimalSql, isPlainNumber, type Bind, type Decimal } from "./value.ts";
import { after, afterSql, duration } from "./window.ts";

/** The first path that has a value counts. */
export const paths = z.union([propertyPath, z.array(propertyPath).min(1).max(10), roleRef]);
export type Paths = z.infer<typeof paths>;

const item = propertyPath.optional().meta({ description: "A list of objects: what is measured is its elements, those that pass one of the filters on the same list. Paths are then inside the element." });

export const measure = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("count"), item }),
  z.strictObject({
    of: z.literal("sum"), property: paths, item,
    net: z.boolean().optional().meta({ description: "Of orders by role: less what was refunded, from the moment of the refund on." }),
  }),
  z.strictObject({ of: z.literal("average"), property: paths, item }),
  z.strictObject({ of: z.literal("min"), property: paths, item }),
  z.strictObject({ of: z.literal("max"), property: paths, item }),
  z.strictObject({ of: z.literal("distinct"), property: paths, item }).meta({ description: "How many different values." }),
  z.strictObject({ of: z.literal("first") }).meta({ description: "The time of the first." }),
  z.strictObject({ of: z.literal("last") }).meta({ description: "The time of the last." }),
]);
export type Measure = z.infer<typeof measure>;
export type NumberMeasure = Exclude<Measure, { of: "first" | "last" }>;

const number = z.number().refine(isPlainNumber, "Numbers have at most 15 digits before the point.").refine((value) => Math.abs(value) <= 1e12, "At most 1,000,000,000,000.");

/** Comparisons of a measure, as shapes to be joined with what is measured. */
export function comparisonShapes<Base extends z.ZodRawShape>(base: Base) {
  return [
    z.strictObject({ ...base, op: z.literal("at_least"), value: number }),
    z.strictObject({ ...base, op: z.literal("at_most"), value: number }),
    z.strictObject({ ...base, op: z.literal("more_than"), value: number }),
    z.strictObject({ ...base, op: z.literal("less_than"), value: number }),
    z.strictObject({ ...base, op: z.literal("equals"), value: number }),
    z.strictObject({ ...base, op: z.literal("between"), from: number, to: number }),
    z.strictObject({ ...base, op: z.literal("before"), value: isoInstant }),
    z.strictObject({ ...base, op: z.literal("on_or_after"), value: isoInstant }),
    z.strictObject({ ...base, op: z.literal("in_last"), value: duration }),
    z.strictObject({ ...base, op: z.literal("more_than_ago"), value: duration }),
  ] as const;
}

const comparison = z.discriminatedUnion("op", comparisonShapes({}));
export type Comparison = z.infer<typeof comparison>;
export type TimeComparison = Extract<Comparison, { op: "before" | "on_or_after" | "in_last" | "more_than_ago" }>;
export type NumberComparison = Exclude<Comparison, TimeComparison>;

const timeOps: ReadonlySet<string> = new Set(["before", "on_or_after", "in_last", "more_than_ago"]);

export function isTimeComparison(one: Comparison): one is TimeComparison {
  return timeOps.has(one.op);
}

// ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** An interval that says the same as a comparison. An end is undefined where there is none. */
export interface Interval {
  readonly low?: { readonly value: number; readonly isIncluded: boolean };
  readonly high?: { readonly value: number; readonly isIncluded: boolean };
}

export function intervalOf(one: NumberComparison): Interval {
  switch (one.op) {
    case "at_least":
      return { low: { value: one.value, isIncluded: true } };
    case "more_than":
      return { low: { value: one.value, isIncluded: false } };
    case "at_most":
      return { high: { value: one.value, isIncluded: true } };
    case "less_than":
      return { high: { value: one.value, isIncluded: false } };
    case "equals":
      return { low: { value: one.value, isIncluded: true }, high: { value: one.value, isIncluded: true } };
    case "between":
      return { low: { value: one.from, isIncluded: true }, high: { value: one.to, isIncluded: true } };
  }
}

/** Whether a sum, divided by `count`, compares as said. */
export function compare(sum: Decimal, one: NumberComparison, count = 1n): boolean {
  const { low, high } = intervalOf(one);
  const least = low && decimalOf(low.value) * count;
  const most = high && decimalOf(high.value) * count;
  return (least === undefined || (low?.isIncluded ? sum >= least : sum > least)) && (most === undefined || (high?.isIncluded ? sum <= most : sum < most));
}

/** The same over SQL expressions of a decimal and of a whole number. */
export function compareSql(bind: Bind, sum: string, one: NumberComparison, count?: string): string {
  const { low, high } = intervalOf(one);
  const value = (of: number): string => (count === undefined ? decimalSql(bind, of) : `(${decimalSql(bind, of)} * toInt64(${count}))`);
  const parts: string[] = [];
  if (low) parts.push(`${sum} ${low.isIncluded ? ">=" : ">"} ${value(low.value)}`);
  if (high) parts.push(`${sum} ${high.isIncluded ? "<=" : "<"} ${value(high.value)}`);
  return parts.join(" and ");
}

/** The fewest and the most that a count may be; `high` undefined: no limit. */
export function countRange(one: NumberComparison): { readonly low: number; readonly high: number | undefined } {
  const { low, high } = intervalOf(one);
  return {
    low: low === undefined ? 0 : Math.max(0, low.isIncluded ? Math.ceil(low.value) : Math.floor(low.value) + 1),
    high: high === undefined ? undefined : high.isIncluded ? Math.floor(high.value) : Math.ceil(high.value) - 1,
  };
}

/** How many events have to be looked at to know whether a count is within the range. */
export function countLooked({ low, high }: { readonly low: number; readonly high: number | undefined }): number {
  return Math.max(low, high === undefined ? 0 : high + 1, 1);
}

export function isCountTooGreat(one: NumberComparison): boolean {
  return countLooked(countRange(one)) > audienceLimits.countMax;
}

// ── Times ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export function compareTime(ms: number, one: TimeComparison, { nowMs, zone }: { readonly nowMs: number; readonly zone: string }): boolean {
  switch (one.op) {
    case "before":
      return ms < msOf(one.value, zone);
    case "on_or_after":
      return ms >= msOf(one.value, zone);
    case "in_last":
      return ms <= nowMs && nowMs < after(ms, one.value);
    case "more_than_ago":
      return after(ms, one.value) <= nowMs;
  }
}

/** Over an SQL expression in milliseconds: whether it holds, and the instant at which it changes, if any. */
export function compareTimeSql(bind: Bind, ms: string, one: TimeComparison, { nowMs: now, zone }: { readonly nowMs: number; readonly zone: string }): { readonly member: string; readonly changes?: string } {
  switch (one.op) {
    case "before":
      return { member: `${ms} < ${bind("Int64", msOf(one.value, zone))}` };
    case "on_or_after":
      return { member: `${ms} >= ${bind("Int64", msOf(one.value, zone))}` };
    case "in_last":
      return { member: `(${ms} <= ${now} and ${now} < ${afterSql(ms, one.value)})`, changes: afterSql(ms, one.value) };
    case "more_than_ago":
      return { member: `${afterSql(ms, one.value)} <= ${now}`, changes: afterSql(ms, one.value) };
  }
}

export function sayPaths(say: Language, of: Paths): string {
  return typeof of === "object" && "role" in of ? say.property(of.role) : say.or(namesOf(of).map(say.quote));
}

/** What stands behind the measure where events that tell the same count once. */
export function sayOnce(say: Language, once: Paths | undefined): string {
  return once === undefined ? "" : say.pick({ en: `, counted once per ${sayPaths(say, once)}`, de: `, gezählt einmal je ${sayPaths(say, once)}` });
}

export function sayComparison(say: Language, one: Comparison): string {
  switch (one.op) {
    case "in_last":
    case "more_than_ago":
      return sayDated(say, one);
    default:
      return sayTest(say, one);
  }
}
