// An event condition with the workspace's words and the instant put in: which events, what of them is measured, what counts once, what is taken off.
import type { EventFacts } from "./condition-kind.ts";
import { itemsMatching, itemsMatchingSql, selects, selectsSql, type ItemsWanted } from "./event-filter.ts";
import type { EventCondition } from "./kinds/event.ts";
import type { NumberMeasure, Paths } from "./measure.ts";
import { currencyOf, currencySql, rateAt, rateSql, type Money } from "./money.ts";
import { roleMeant, selectorOf, type Around, type Role, type Selector } from "./role-events.ts";
import { namesOf } from "./sentence.ts";
import { decimalOf, eventSql, numberOf, numberSql, rawsAt, rawsOfElement, rawsOfElementSql, rawsSql, textOf, textSql, type Bind, type Decimal, type Raw } from "./value.ts";

export interface EventPlan {
  readonly selector: Selector;
  readonly of: NumberMeasure["of"];
  /** The first that has a value counts; empty for counts. */
  readonly property: readonly string[];
  /** What is measured is these. */
  readonly item: ItemsWanted | undefined;
  /** Events with the same text here tell the same thing. Empty: each its own. */
  readonly once: readonly string[];
  readonly isOnce: boolean;
  /** A count of events, each its own. */
  readonly isPlainCount: boolean;
  readonly refunds: { readonly selector: Selector; readonly property: readonly string[] } | undefined;
  /** Values are money, in the currency that stands here. */
  readonly money: { readonly table: Money; readonly currency: readonly string[] } | undefined;
}

/** Throws an Error where a role has no events: such a definition is refused before it gets here. */
export function planOf(one: EventCondition, around: Around): EventPlan {
  const { words } = around;
  const role = roleMeant(one.event, words);
  const selector = selectorOf(one, around);
  const { measure } = one;
  const of = measure.of === "first" || measure.of === "last" ? "count" : measure.of;
  const path = "item" in measure ? measure.item : undefined;
  const once = of === "distinct" ? [] : one.once_per === undefined ? (role?.properties["order_id"] ?? []) : pathsOf(one.once_per, role);
  const isMoney = "property" in measure && typeof measure.property === "object" && "role" in measure.property && measure.property.role === "value";
  const refund = measure.of === "sum" && measure.net === true ? words.roles["refund"] : undefined;
  return {
    selector, of,
    property: "property" in measure ? pathsOf(measure.property, role) : [],
    item: path === undefined ? undefined : { path, any: selector.where.flatMap((filter) => ("item" in filter && filter.item === path ? [filter.where] : [])), at: selector.at },
    once, isOnce: once.length > 0,
    isPlainCount: of === "count" && path === undefined && once.length === 0,
    refunds: refund === undefined || refund.events.length === 0 ? undefined : { selector: { event: refund.events, where: [], at: selector.at }, property: refund.properties["value"] ?? [] },
    money: isMoney ? { table: words.money, currency: role?.properties["currency"] ?? [] } : undefined,
  };
}

function pathsOf(paths: Paths, role: Role | undefined): readonly string[] {
  return typeof paths === "object" && "role" in paths ? (role?.properties[paths.role] ?? []) : namesOf(paths);
}

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What one event tells of what is measured; several when its items or several values are. */
export interface Telling {
  readonly value: Decimal;
  /** Tellings of the same key are of the same thing; of "distinct", the value itself. */
  readonly key: string;
}

export function tellings(plan: EventPlan, event: EventFacts): Telling[] {
  if (plan.refunds !== undefined && !selects(plan.selector, event)) {
    const value = moneyAt(plan, event, numberAt(plan.refunds.property, (path) => rawsAt(event.properties, path)));
    return value === undefined ? [] : [{ value: value > 0n ? -value : value, key: `row ${event.row}` }];
  }
  const once = plan.once.map((path) => rawsAt(event.properties, path)[0]).find((raw) => raw !== undefined);
  const key = once === undefined ? `row ${event.row}` : `key ${textOf(once)}`;
  const items = plan.item === undefined ? [event.properties] : itemsMatching(plan.item, event.properties);
  const rawsIn = plan.item === undefined ? rawsAt : rawsOfElement;
  return items.flatMap((fields): Telling[] => {
    if (plan.of === "count") return [{ value: 0n, key }];
    if (plan.of === "distinct") return (plan.property.map((path) => rawsIn(fields, path)).find((raws) => raws.length > 0) ?? []).map((raw) => ({ value: 0n, key: textOf(raw) }));
    const value = moneyAt(plan, event, numberAt(plan.property, (path) => rawsIn(fields, path)));
    return value === undefined ? [] : [{ value, key }];
  });
}

/** The first path that has a number says it; of several numbers there, their sum. */
function numberAt(paths: readonly string[], rawsIn: (path: string) => readonly Raw[]): Decimal | undefined {
  for (const path of paths) {
    const numbers = rawsIn(path).map(numberOf).filter((number) => number !== undefined);
    if (numbers.length > 0) return numbers.reduce((sum, number) => sum + number, 0n);
  }
  return undefined;
}

function moneyAt({ money }: EventPlan, event: EventFacts, value: Decimal | undefined): Decimal | undefined {
  if (money === undefined || value === undefined) return value;
  const rate = rateAt(money.table, currencyOf(event.properties, money.currency), event.ms);
  return rate === null ? undefined : (value * decimalOf(rate)) / 1_000_000_000n;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Over one event: whether it tells anything, and what, as an Array(Tuple(Decimal(38, 9), String)). */
export function tellingsSql(plan: EventPlan, bind: Bind): { readonly matches: string; readonly values: string } {
  const isSelected = selectsSql(bind, plan.selector);
  const own = ownTellingsSql(plan, bind);
  if (plan.refunds === undefined) return { matches: isSelected, values: own };
  const refunded = eventSql(bind, moneySql(plan, bind, numberAtSql(plan.refunds.property, (path) => rawsSql(bind, "properties", path))));
  const off = `if(isNull(${refunded}), [], [(-abs(assumeNotNull(${refunded})), concat('row ', toString(row_id)))])`;
  return { matches: eventSql(bind, `(${isSelected} or ${selectsSql(bind, plan.refunds.selector)})`), values: eventSql(bind, `if(${isSelected}, ${own}, ${off})`) };
}

function ownTellingsSql(plan: EventPlan, bind: Bind): string {
  const keys = eventSql(bind, plan.once.map((path) => `${rawsSql(bind, "properties", path)}[1]`).reduceRight((rest, first) => `if(${first} != '', ${first}, ${rest})`, "''"));
  const key = plan.once.length === 0 ? "concat('row ', toString(row_id))" : `if(${keys} = '', concat('row ', toString(row_id)), concat('key ', ${textSql(keys)}))`;
  const zero = "toDecimal128(0, 9)";
  const { item } = plan;
  const items = item === undefined ? undefined : itemsMatchingSql(bind, item, plan.property);
  const rawsIn = (path: string, i: number): string => (item === undefined ? rawsSql(bind, "properties", path) : rawsOfElementSql(`one.${i + 1}`));
  const perItem = (told: string): string => (items === undefined ? told : `arrayFlatten(arrayMap(one -> ${told}, ${items}))`);
  if (plan.of === "count") return perItem(`[(${zero}, ${key})]`);
  if (plan.of === "distinct") {
    const raws = plan.property.map(rawsIn).reduceRight((rest, first) => `if(notEmpty(${first}), ${first}, ${rest})`, "CAST([], 'Array(String)')");
    return perItem(`arrayMap(raw -> (${zero}, ${textSql("raw")}), ${raws})`);
  }
  const value = moneySql(plan, bind, numberAtSql(plan.property, rawsIn));
  if (items === undefined) return tellingSql(eventSql(bind, value), key);
  return `arrayFlatten(arrayMap(value -> ${tellingSql("value", key)}, arrayMap(one -> ${value}, ${items})))`;
}

function tellingSql(value: string, key: string): string {
  return `if(isNull(${value}), [], [(assumeNotNull(${value}), ${key})])`;
}

function numberAtSql(paths: readonly string[], raws: (path: string, i: number) => string): string {
  const each = paths.map((path, i) => {
    const numbers = `arrayMap(raw -> ${numberSql("raw")}, ${raws(path, i)})`;
    // Nothing where none is a number: a sum of nothing would be 0.
    return `arrayMap(numbers -> if(arrayExists(number -> isNotNull(number), numbers), arraySum(arrayMap(number -> ifNull(number, 0), numbers)), null), [${numbers}])[1]`;
  });
  return each.length === 0 ? "CAST(null, 'Nullable(Decimal(38, 9))')" : `coalesce(${each.join(", ")})`;
}

function moneySql({ money }: EventPlan, bind: Bind, value: string): string {
  if (money === undefined || money.table.base === null) return value;
  const rate = rateSql({ money: money.table, currency: currencySql(money.currency), atMs: "ms", param: (given, type) => bind(type, given) });
  // The product has twice the digits, and the rate's are those that it is written with.
  return `toDecimal128(toDecimal256(${value}, 9) * toDecimal256(toString(${rate}), 9), 9)`;
}
