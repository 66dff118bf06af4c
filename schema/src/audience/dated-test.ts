// Tests of dates relative to now, of a trait or of what an event says: their truth changes at instants of their own, without any event.
import { z } from "zod";
import { sayDuration, type Language } from "./sentence.ts";
import { instantOf, instantSql, type Raw } from "./value.ts";
import { after, afterSql, before, beforeSql, duration, NEVER } from "./window.ts";

/** The tests, as shapes to be joined with what names the value. */
export function datedShapes<Base extends z.ZodRawShape>(base: Base) {
  return [
    z.strictObject({ ...base, op: z.literal("in_last"), value: duration }),
    z.strictObject({ ...base, op: z.literal("in_next"), value: duration }),
    z.strictObject({ ...base, op: z.literal("more_than_ago"), value: duration }),
  ] as const;
}

const datedTest = z.discriminatedUnion("op", datedShapes({}));
export type DatedTest = z.infer<typeof datedTest>;

const datedOps: ReadonlySet<string> = new Set(["in_last", "in_next", "more_than_ago"] satisfies DatedTest["op"][]);

export function isDated<Of extends { readonly op: string }>(test: Of): test is Extract<Of, DatedTest> {
  return datedOps.has(test.op);
}

/** Whether one of the values is a date of which the test holds. */
export function holdsAt(raws: readonly Raw[], test: DatedTest, nowMs: number): boolean {
  return raws.map(instantOf).some((ms) => ms !== undefined && passesAt(ms, test, nowMs));
}

function passesAt(ms: number, { op, value }: DatedTest, nowMs: number): boolean {
  switch (op) {
    case "in_last":
      return ms <= nowMs && nowMs < after(ms, value);
    case "in_next":
      // Not from now on ahead: a month after the 29th of January, at noon, may be over before one after the 28th is.
      return before(ms, value) <= nowMs && nowMs < ms;
    case "more_than_ago":
      return after(ms, value) <= nowMs;
  }
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Of an Array(String) of JSON text: an Array(Int64) of those that are instants. */
export function instantsSql(raws: string): string {
  return `arrayMap(ms_ -> assumeNotNull(ms_), arrayFilter(ms_ -> isNotNull(ms_), arrayMap(raw -> ${instantSql("raw")}, ${raws})))`;
}

/** Over an Array(Int64): whether one of them passes. */
export function holdsAtSql(instants: string, { op, value }: DatedTest, nowMs: number): string {
  switch (op) {
    case "in_last":
      return `arrayExists(ms_ -> ms_ <= ${nowMs} and ${nowMs} < ${afterSql("ms_", value)}, ${instants})`;
    case "in_next":
      return `arrayExists(ms_ -> ${beforeSql("ms_", value)} <= ${nowMs} and ${nowMs} < ms_, ${instants})`;
    case "more_than_ago":
      return `arrayExists(ms_ -> ${afterSql("ms_", value)} <= ${nowMs}, ${instants})`;
  }
}

/** Over an Array(Int64): the earliest instant after now at which the test may turn; NEVER when there is none. */
export function turnsAtSql(instants: string, { op, value }: DatedTest, nowMs: number): string {
  const ahead = (instant: string): string => `arrayMin(arrayConcat([toInt64(${NEVER})], arrayMap(ms_ -> if(${instant} > ${nowMs}, ${instant}, toInt64(${NEVER})), ${instants})))`;
  switch (op) {
    case "in_last":
      return `least(${ahead("ms_")}, ${ahead(afterSql("ms_", value))})`;
    case "in_next":
      return `least(${ahead("ms_")}, ${ahead(beforeSql("ms_", value))})`;
    case "more_than_ago":
      return ahead(afterSql("ms_", value));
  }
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** "is in the next 7 days", of something named before it. */
export function sayDated(say: Language, { op, value }: DatedTest): string {
  const time = sayDuration(say, value);
  // Of one month alone "the next month" would be a calendar's, in German.
  const isOne = value.last === 1;
  const one = time.replace(/^1 /, "");
  switch (op) {
    case "in_last":
      return say.pick(isOne ? { en: `is in the last ${one}`, de: `liegt innerhalb von ${time} zurück` } : { en: `is in the last ${time}`, de: `liegt in den letzten ${time}` });
    case "in_next":
      return say.pick(isOne ? { en: `is in the next ${one}`, de: `liegt innerhalb von ${time} voraus` } : { en: `is in the next ${time}`, de: `liegt in den nächsten ${time}` });
    case "more_than_ago":
      return say.pick({ en: `is ${time} ago or longer`, de: `ist ${time} her oder länger` });
  }
}
