// Money of several currencies: a dated table of rates to one base currency, as a function and as SQL that give the same. Nothing
// is added up that can't be converted: `moneyProblem` says what keeps a sum from being told.
import { z } from "zod";
import { isRecord } from "../is-record.ts";
import type { InEach } from "./problem.ts";
import { DECIMALS, decimalOf } from "./value.ts";

export const RATES_MAX = 2_000;
/** Instants of one currency in the search; later ones count as the last of them. With the most currencies it stays a whole number that JSON can say. */
const SPAN = 2 ** 42;

/** Times the greatest value that counts (value.ts) it still is a decimal of the engine: no event can make a sum fail. */
export const RATE_LIMIT = 100_000;
export const RATE_LEAST = 1e-9;

export const currencyCode = z.string().regex(/^[A-Z]{3}$/, "Three capital letters, such as `EUR`.");

export const rate = z.strictObject({
  from: z.iso.date().refine((day) => day >= "1970-01-01", "Not before 1970.").meta({ description: "The day, in UTC, from which it holds." }),
  currency: currencyCode,
  rate: z.number().min(RATE_LEAST).max(RATE_LIMIT).refine((value) => value === roundedRate(value), `At most ${DECIMALS} digits after the point.`).meta({ description: "What one of this currency is in the base currency." }),
});
export type Rate = z.infer<typeof rate>;

/** With as many digits after the point as a rate may have. */
export function roundedRate(value: number): number {
  return Number(value.toFixed(DECIMALS));
}

export const money = z
  .strictObject({
    base: currencyCode.nullable().meta({ description: "The currency that sums are told in. Null: values are added up as they come, as long as one currency alone arrives." }),
    rates: z.array(rate).max(RATES_MAX, `At most ${RATES_MAX} rates; one for each month is enough for most.`),
  })
  .superRefine(({ base, rates }, context) => {
    if (base === null && rates.length > 0) context.addIssue({ code: "custom", path: ["base"], message: "Choose the base currency that the rates lead to." });
    const seen = new Set<string>();
    for (const [index, one] of rates.entries()) {
      const key = `${one.currency} ${one.from}`;
      if (one.currency === base) context.addIssue({ code: "custom", path: ["rates", index, "currency"], message: `${base} is the base currency and needs no rate; remove this one.` });
      if (seen.has(key)) context.addIssue({ code: "custom", path: ["rates", index], message: `There are two rates of ${one.currency} from ${one.from}; keep one.` });
      seen.add(key);
    }
  });
export type Money = z.infer<typeof money>;

/** Values that are no currency code count under this. */
export const UNREADABLE = "?";

export interface ArrivingCurrency {
  /** A code, `""` where the event names none, or `?` where what it names is no code. */
  readonly currency: string;
  readonly count: number;
  /** When the first of these events happened. */
  readonly firstMs: number;
}

interface MoneyProblem {
  /** Several currencies and no base; currencies without a rate; events of before the first rate of their currency. */
  readonly kind: "no_base" | "no_rate" | "late_rates";
  readonly base: string | null;
  readonly currencies: readonly string[];
}

/**
 * Why values can't be added up; undefined: they can. Events that name no currency are in the base currency. Once there is a base,
 * what names no code is left out, for no rate could ever mend it.
 */
export function moneyProblem({ base, rates }: Money, arriving: readonly ArrivingCurrency[]): MoneyProblem | undefined {
  const named = arriving.filter(({ currency, count }) => currency !== "" && count > 0);
  if (base === null) return named.length > 1 ? { kind: "no_base", base, currencies: codesOf(named) } : undefined;
  const foreign = named.filter(({ currency }) => currency !== base && currency !== UNREADABLE);
  const without = foreign.filter(({ currency }) => !rates.some((one) => one.currency === currency));
  if (without.length > 0) return { kind: "no_rate", base, currencies: codesOf(without) };
  const early = foreign.filter(({ currency, firstMs }) => rateAt({ base, rates }, currency, firstMs) === null);
  return early.length > 0 ? { kind: "late_rates", base, currencies: codesOf(early) } : undefined;
}

/** The currency that sums are told in; null: none is known. */
export function moneyUnit({ base }: Money, arriving: readonly ArrivingCurrency[]): string | null {
  if (base !== null) return base;
  const [only, ...others] = codesOf(arriving.filter(({ currency, count }) => currency !== "" && count > 0));
  return only === undefined || only === UNREADABLE || others.length > 0 ? null : only;
}

/** For an answer of the API: what is wrong, and what to do. */
export function moneyProblemText(found: MoneyProblem): { readonly detail: string; readonly hint: string } {
  const { detail, hint } = moneyProblemTexts(found);
  return { detail: detail.en, hint: hint.en };
}

/** The same in each language. */
export function moneyProblemTexts({ kind, base, currencies }: MoneyProblem): { readonly detail: InEach; readonly hint: InEach } {
  const named = (unreadable: string): string => currencies.map((one) => (one === UNREADABLE ? unreadable : one)).join(", ");
  const [en, de] = [named("values that are no currency code"), named("Werte, die kein Währungscode sind")];
  switch (kind) {
    case "no_base": return {
      detail: { en: `Several currencies arrive (${en}), so their values can't be added up.`, de: `Es kommen mehrere Währungen an (${de}), also lassen sich ihre Werte nicht addieren.` },
      hint: { en: "Choose a base currency in the vocabulary, and a rate for each other.", de: "Wählen Sie im Vokabular eine Basiswährung und für jede andere einen Kurs." },
    };
    case "no_rate": return {
      detail: { en: `There is no rate to ${base} for ${en}.`, de: `Es gibt keinen Kurs zu ${base} für ${de}.` },
      hint: { en: "Add one to the vocabulary, from the day of the first event on.", de: "Fügen Sie im Vokabular einen hinzu, ab dem Tag des ersten Ereignisses." },
    };
    case "late_rates": return {
      detail: { en: `The rates for ${en} begin after the first events.`, de: `Die Kurse für ${de} beginnen nach den ersten Ereignissen.` },
      hint: { en: "Add one to the vocabulary that holds from the first event on.", de: "Fügen Sie im Vokabular einen hinzu, der ab dem ersten Ereignis gilt." },
    };
  }
}

function codesOf(arriving: readonly ArrivingCurrency[]): string[] {
  return arriving.toSorted((a, b) => b.count - a.count || (a.currency < b.currency ? -1 : 1)).map(({ currency }) => currency);
}

/** The currency that an event names under the first of these paths that holds a text: in capitals, without blanks around it; "" where none does. */
export function currencyOf(properties: unknown, paths: readonly string[]): string {
  for (const path of paths) {
    const value = path.split(".").reduce<unknown>((at, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined), properties);
    const text = typeof value === "string" ? value.replace(/^ +| +$/g, "") : "";
    if (text !== "") return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
  }
  return "";
}

/** The same of a row of the event table. Names in paths are quoted; there is no way to bind a column. */
export function currencySql(paths: readonly string[]): string {
  const each = paths.map((path) => `nullIf(trimBoth(ifNull(properties.${columnOf(path)}.:String, '')), '')`);
  return each.length === 0 ? "''" : `upper(coalesce(${each.join(", ")}, ''))`;
}

function columnOf(path: string): string {
  return path.split(".").map((name) => `\`${name.replace(/[\\`]/g, "\\$&")}\``).join(".");
}

/** What one of this currency was in the base currency; null: nobody has said. Without a base nothing is converted. */
export function rateAt({ base, rates }: Money, currency: string, atMs: number): number | null {
  if (base === null || currency === "" || currency === base) return 1;
  const heldMs = Math.min(Math.max(atMs, 0), SPAN - 1);
  let found: { readonly fromMs: number; readonly rate: number } | undefined;
  for (const one of rates) {
    const fromMs = Date.parse(one.from);
    if (one.currency === currency && fromMs <= heldMs && (found === undefined || fromMs >= found.fromMs)) found = { fromMs, rate: one.rate };
  }
  return found?.rate ?? null;
}

/** Makes a bound parameter of a value and its ClickHouse type, and gives the text that stands for it. */
type BindParam = (value: unknown, type: string) => string;

interface RateSqlParts {
  readonly money: Money;
  /** SQL of the currency, a String as `currencySql` gives it. */
  readonly currency: string;
  /** SQL of the instant, ms since 1970 as Int64. */
  readonly atMs: string;
  readonly param: BindParam;
}

/**
 * `rateAt` as an expression, a Nullable(Decimal(38, 9)): exact, so that sums do not depend on their order. Currency and instant
 * become one number, so that the rate is found by one binary search (`roundDown`) whatever the number of rates.
 */
export function rateSql({ money: { base, rates }, currency, atMs, param }: RateSqlParts): string {
  if (base === null) return `CAST(1, '${DECIMAL}')`;
  const currencies = [...new Set(["", base, ...rates.map((one) => one.currency)])];
  // Each currency's steps begin with its first instant; there is no rate yet, or it is the base. Number 0 is every other currency.
  const steps = new Map<number, number>([[0, NONE]]);
  for (const [index, one] of currencies.entries()) steps.set(keyOf(index + 1, 0), one === "" || one === base ? billionths(1) : NONE);
  for (const one of rates) steps.set(keyOf(currencies.indexOf(one.currency) + 1, Date.parse(one.from)), billionths(one.rate));
  const sorted = [...steps].toSorted(([a], [b]) => a - b);
  const numbers = param(currencies.map((_, index) => index + 1), "Array(Int64)");
  const keys = param(sorted.map(([key]) => key), "Array(Int64)");
  const values = param(sorted.map(([, value]) => value), "Array(Int64)");
  const number = `transform(${currency}, ${param(currencies, "Array(String)")}, ${numbers}, toInt64(0))`;
  const key = `${number} * ${SPAN} + least(greatest(${atMs}, toInt64(0)), toInt64(${SPAN - 1}))`;
  const found = `nullIf(transform(roundDown(${key}, ${keys}), ${keys}, ${values}, toInt64(${NONE})), toInt64(${NONE}))`;
  return `(CAST(${found}, '${DECIMAL}') / ${billionths(1)})`;
}

/** Stands for "no rate" among the rates, which are all above zero. */
const NONE = -1;
const DECIMAL = `Nullable(Decimal(38, ${DECIMALS}))`;

function billionths(value: number): number {
  return Number(decimalOf(value));
}

function keyOf(currencyNumber: number, atMs: number): number {
  return currencyNumber * SPAN + atMs;
}
