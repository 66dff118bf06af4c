// What somebody is changing in the vocabulary before it is saved, and what is wrong with it. Pure.
import { RATE_LEAST, RATE_LIMIT, RATES_MAX, roundedRate, type Money, type Rate } from "@tributary/schema/audience/money.ts";
import { recognised, roleNames, type PropertyName, type RoleName } from "@tributary/schema/audience/vocabulary-names.ts";
import { resolveVocabulary, type ObservedName, type RoleInForce, type StoredRole, type StoredVocabulary } from "@tributary/schema/audience/vocabulary.ts";
import type { VocabularyAnswer } from "@tributary/schema/api/vocabulary.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.vocabulary.wrong;

export type Draft = StoredVocabulary;

export function withRole(draft: Draft, name: RoleName, role: StoredRole): Draft {
  const { events, properties, where } = role;
  const kept: StoredRole = {
    ...(events === undefined ? {} : { events }), ...(where === undefined ? {} : { where }),
    ...(properties === undefined || Object.keys(properties).length === 0 ? {} : { properties }),
  };
  const { [name]: _, ...others } = draft.roles;
  return { ...draft, roles: Object.keys(kept).length === 0 ? others : { ...others, [name]: kept } };
}

/** Undefined: recognised again. */
export function withEvents(draft: Draft, name: RoleName, events: readonly string[] | undefined): Draft {
  const { events: _, ...rest } = draft.roles[name] ?? {};
  return withRole(draft, name, events === undefined ? rest : { ...rest, events: [...events] });
}

export function withPaths(draft: Draft, name: RoleName, property: PropertyName, paths: readonly string[] | undefined): Draft {
  const role = draft.roles[name] ?? {};
  const { [property]: _, ...others } = role.properties ?? {};
  return withRole(draft, name, { ...role, properties: paths === undefined ? others : { ...others, [property]: [...paths] } });
}

export function withWhere(draft: Draft, name: RoleName, where: StoredRole["where"]): Draft {
  const { where: _, ...rest } = draft.roles[name] ?? {};
  return withRole(draft, name, where === undefined ? rest : { ...rest, where });
}

/** As it would be in force; of paths that arrive it knows those that the answer tells. */
export function inForceOf(draft: Draft, answer: VocabularyAnswer, names: readonly string[]): Readonly<Record<RoleName, RoleInForce>> {
  const paths = new Map<string, string[]>();
  for (const { events, where } of answer.roles) for (const { event } of events) paths.set(event, [...(paths.get(event) ?? []), ...(where?.paths ?? []).filter(({ count }) => count > 0).map(({ path }) => path)]);
  const all = new Set([...names, ...answer.roles.flatMap(({ by, events }) => (by === "recognised" ? events.map(({ event }) => event) : []))]);
  return resolveVocabulary(draft, [...all].map((event): ObservedName => ({ event, paths: paths.get(event) ?? [] }))).roles;
}

/** Newest first within each currency; a rate of the same currency and day is replaced. */
export function withRates(money: Money, added: readonly Rate[]): Money {
  const all = new Map([...money.rates, ...added].map((one) => [`${one.currency} ${one.from}`, one]));
  return { ...money, rates: inOrder([...all.values()]) };
}

export function inOrder(rates: readonly Rate[]): Rate[] {
  return rates.toSorted((a, b) => (a.currency === b.currency ? (a.from < b.from ? 1 : -1) : a.currency < b.currency ? -1 : 1));
}

export function withoutRate(money: Money, { currency, from }: Rate): Money {
  return { ...money, rates: money.rates.filter((one) => one.currency !== currency || one.from !== from) };
}

export interface PastedRates {
  readonly rates: readonly Rate[];
  readonly problems: readonly string[];
}

const PROBLEMS_SHOWN = 5;

/** Lines of day, currency and rate, apart by commas, semicolons or tabs; a first line of names is passed over. */
export function ratesFromText(text: string): PastedRates {
  const rates: Rate[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    if (index === 0 && !/\d/.test(line)) continue;
    // Apart by a semicolon or a tab, a comma is a decimal mark: 2026-01-01;DKK;0,134.
    const isComma = !/[;\t]/.test(line);
    const [from = "", currency = "", told = "", ...more] = line.split(isComma ? "," : /[;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
    const rate = isComma ? [told, ...more].join(",") : told.replace(",", ".");
    const wrong = wrongInRate({ from, currency: currency.toUpperCase(), rate });
    if (wrong === undefined) rates.push({ from, currency: currency.toUpperCase(), rate: rateOf(rate) });
    else problems.push(t.line(index + 1, wrong));
  }
  return { rates, problems: problems.length > PROBLEMS_SHOWN ? [...problems.slice(0, PROBLEMS_SHOWN), t.moreLines(problems.length - PROBLEMS_SHOWN)] : problems };
}

export function wrongInRate({ from, currency, rate }: { readonly from: string; readonly currency: string; readonly rate: string }): string | undefined {
  if (!isDay(from)) return t.day;
  if (!isCode(currency)) return t.code;
  const number = rateOf(rate);
  return rate.trim() === "" || !(number >= RATE_LEAST && number <= RATE_LIMIT) ? t.rate(RATE_LIMIT) : undefined;
}

/** What was typed may have more digits than a rate can. */
export function rateOf(text: string): number {
  return roundedRate(Number(text));
}

export function isCode(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

function isDay(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return ms >= 0 && new Date(ms).toISOString().startsWith(text);
}

export function wrongInPaths(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    if (path.split(".").includes("")) return t.dots(path);
    if (path.startsWith("properties.")) return t.prefix(path.slice("properties.".length));
    if (path.includes("[]")) return t.brackets;
  }
  return undefined;
}

/** What is wrong with a role, in words. */
export function wrongInRole(draft: Draft, name: RoleName): string | undefined {
  const role = draft.roles[name];
  for (const paths of Object.values(role?.properties ?? {})) {
    const wrong = wrongInPaths(paths ?? []);
    if (wrong !== undefined) return wrong;
  }
  if (role?.where) return role.where.paths.length === 0 ? t.wherePaths : role.where.values.length === 0 ? t.whereValues : wrongInPaths(role.where.paths);
  if (name !== "order" && name !== "refund") return undefined;
  const both = draft.roles.order?.events?.find((event) => draft.roles.refund?.events?.includes(event));
  return both === undefined ? undefined : t.both(both);
}

export function wrongInMoney({ base, rates }: Money): string | undefined {
  if (base !== null && !isCode(base)) return t.code;
  if (base === null && rates.length > 0) return t.noBase;
  if (rates.length > RATES_MAX) return t.tooMany(RATES_MAX);
  return rates.some(({ currency }) => currency === base) ? t.baseRate(base ?? "") : undefined;
}

export function isRight(draft: Draft): boolean {
  return roleNames.every((name) => wrongInRole(draft, name) === undefined) && wrongInMoney(draft.money) === undefined;
}

/** The properties of a role in the order in which they are told. */
export function propertiesOf(name: RoleName): PropertyName[] {
  return Object.keys(recognised[name].properties) as PropertyName[]; // Its names are those.
}
