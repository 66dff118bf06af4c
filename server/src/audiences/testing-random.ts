// For tests: people, their events and definitions by lot, the same for the same seed. Times lie so that windows' edges, ties and
// midnights are common, values so that comparisons are close.
import { definition, type Definition } from "@tributary/schema/audience/definition.ts";
import type { EventFacts, PersonFacts, Words } from "@tributary/schema/audience/condition-kind.ts";
import { eventOf, idOf, personOf } from "./testing.ts";

/** Draws by lot. */
export class Lot {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) >>> 0;
  }

  /** From 0 until before `below`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error("Nothing to pick from.");
    return from[this.below(from.length)] as T; // Within its length.
  }

  /** True so many times of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  some<T>(from: readonly T[], least: number, most: number): T[] {
    const count = Math.min(from.length, least + this.below(most - least + 1));
    const left = [...from];
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0] as T); // Never more than there are.
  }

  of<T>(length: number, make: (i: number) => T): T[] {
    return Array.from({ length }, (_, i) => make(i));
  }
}

export const MINUTE = 60_000;
export const DAY = 86_400_000;
/** Around which all lies: the evening before the end of a February, a leap year's, and the hour before clocks change. */
const bases = ["2026-02-28T22:30:00Z", "2024-02-29T12:00:00Z", "2026-03-29T00:30:00Z", "2025-12-31T23:00:00Z", "2026-07-15T09:00:00Z"].map((iso) => Date.parse(iso));
const workspaceZones = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"] as const;
const personZones = ["", "", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Asia/Katmandu", "America/St_Johns", "Nowhere/Else"] as const;
const durations = [
  { last: 1, unit: "hour" }, { last: 90, unit: "minute" }, { last: 1, unit: "day" }, { last: 2, unit: "day" }, { last: 7, unit: "day" }, { last: 1, unit: "week" }, { last: 30, unit: "day" },
  { last: 1, unit: "month" }, { last: 2, unit: "month" }, { last: 1, unit: "quarter" }, { last: 1, unit: "year" },
] as const;

export interface RandomWorld {
  readonly seed: number;
  readonly workspaceId: number;
  readonly baseMs: number;
  readonly zone: string;
  readonly words: Words;
  readonly people: readonly PersonFacts[];
  readonly definitions: readonly Definition[];
  readonly audiences: ReadonlyMap<string, Definition>;
  /** Slug → its number and who is on it. */
  readonly lists: ReadonlyMap<string, { readonly id: number; readonly members: ReadonlySet<string> }>;
}

export function randomWorld(seed: number, workspaceId: number, { people: peopleCount, definitions: definitionCount }: { readonly people: number; readonly definitions: number }): RandomWorld {
  const lot = new Lot(seed);
  const baseMs = lot.pick(bases);
  const people = randomPeople(lot, baseMs, peopleCount);
  const audiences = new Map([
    ["vip", definition.parse({ who: randomLeaf(lot, baseMs) })],
    ["robots", definition.parse({ from: "everyone", include: { bots: true }, who: randomLeaf(lot, baseMs) })],
    ["nameless", definition.parse({ from: "anonymous", include: { internal: lot.chance(50) }, who: { any: lot.of(2, () => randomLeaf(lot, baseMs)) } })],
  ]);
  audiences.set("both", definition.parse({ from: "everyone", who: { any: [{ kind: "audience", audience: "robots" }, { not: { kind: "audience", audience: "vip" } }] } }));
  const listed = (id: number): readonly [string, { id: number; members: ReadonlySet<string> }] => [`list-${id}`, { id, members: new Set(people.filter(() => lot.chance(40)).map((person) => person.id)) }];
  return {
    seed, workspaceId, baseMs, zone: lot.pick(workspaceZones), words: randomWords(lot), people, audiences, lists: new Map([listed(1), listed(2)]),
    definitions: lot.of(definitionCount, () => randomDefinition(lot, baseMs)),
  };
}

// ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Times of few steps before and after, so that windows begin and end at events, and several happen at once. */
function randomMs(lot: Lot, baseMs: number): number {
  const steps = [0, MINUTE, 90 * MINUTE, 60 * MINUTE, DAY, 2 * DAY, 7 * DAY, 28 * DAY, 29 * DAY, 30 * DAY, 31 * DAY, 59 * DAY, 91 * DAY, 365 * DAY, 366 * DAY];
  const away = lot.pick(steps) * (1 + lot.below(2)) + lot.pick([0, 0, 0, 1, -1, 500, lot.below(DAY)]);
  return baseMs + (lot.chance(12) ? away : -away);
}

export const eventNames = ["Order Completed", "purchase", "Order Refunded", "Product Viewed", "page", "Signed Up"] as const;

let lastRow = 0;

function randomEvent(lot: Lot, baseMs: number): EventFacts {
  return eventOf({
    event: lot.pick(eventNames), ms: randomMs(lot, baseMs), row: ++lastRow, properties: randomProperties(lot, baseMs), isBot: lot.chance(8), isInternal: lot.chance(8),
    context: lot.chance(50) ? { type: "track" } : { type: "track", country: lot.pick(["DE", "US", ""]), page_path: lot.pick(["/", "/pricing", "/Pricing/de"]), campaign_source: lot.pick(["", "google", "Google"]) },
  });
}

/** Numbers as senders write them, and what is none. */
function randomValue(lot: Lot): unknown {
  return lot.pick<unknown>([
    10, 20, 49.99, 50, 50.01, 100, "100", "49.99", "50.0", 0, -10, -49.99, "-20", 0.1, 0.2, 0.30000000000000004, 1e-7, 1e21, true, false, "", "12 ", "free", null, [10, 20], [50, "x", null], [1, true], { amount: 10 }, [],
  ]);
}

function randomItem(lot: Lot, baseMs: number): Record<string, unknown> {
  return {
    ...(lot.chance(30) ? { ships: randomInstant(lot, baseMs) } : {}),
    ...(lot.chance(80) ? { color: lot.pick<unknown>(["red", "blue", "Red", ["red", "green"], null, 7]) } : {}), ...(lot.chance(80) ? { category: lot.pick(["dress", "scarf", "Dress"]) } : {}),
    ...(lot.chance(80) ? { price: randomValue(lot) } : {}), ...(lot.chance(40) ? { sku: lot.pick<unknown>(["a", "b", 1, "1"]) } : {}), ...(lot.chance(15) ? { "size.eu": lot.pick([36, "38"]) } : {}),
  };
}

function randomProperties(lot: Lot, baseMs: number): Record<string, unknown> {
  const products = lot.chance(70) ? lot.of(lot.below(4), () => randomItem(lot, baseMs)) : lot.pick<unknown>([randomItem(lot, baseMs), [null, randomItem(lot, baseMs)], ["text", randomItem(lot, baseMs)], "none", []]);
  return {
    ...(lot.chance(85) ? { total: randomValue(lot) } : {}), ...(lot.chance(30) ? { order: { total: randomValue(lot), ...(lot.chance(30) ? { "coupon.code": "X" } : {}) } } : {}),
    ...(lot.chance(60) ? { order_id: lot.pick<unknown>(["o1", "o2", "o3", 1, "1", "", null, ["o1", "o9"]]) } : {}), ...(lot.chance(50) ? { currency: lot.pick<unknown>(["EUR", "USD", " usd", "GBP", "XXX", "", 5]) } : {}),
    ...(lot.chance(70) ? { products } : {}), ...(lot.chance(30) ? { delivery: lot.pick<unknown>(["pickup", "post", ["pickup"], true]) } : {}),
    ...(lot.chance(20) ? { when: lot.pick<unknown>(["2026-02-28", 1_772_236_800, "2026-02-28T10:00:00+02:00", "soon"]) } : {}), ...(lot.chance(40) ? { starts: randomInstant(lot, baseMs) } : {}),
  };
}

/** Dates as senders write them, and what is none. */
function randomInstant(lot: Lot, baseMs: number): unknown {
  const ms = randomMs(lot, baseMs);
  const iso = new Date(ms).toISOString();
  // With a zone and without one, as a day, and a night on which clocks are changed.
  return lot.pick<unknown>([iso, iso.slice(0, 10), iso.slice(0, 16), iso.slice(0, 23).replace("T", " "), "2026-03-29T02:30", "2025-10-26 02:30", ms, Math.floor(ms / 1_000), "never", [iso, "1999-12-31"]]);
}

function randomTraits(lot: Lot, baseMs: number): Record<string, unknown> {
  return {
    ...(lot.chance(70) ? { plan: lot.pick<unknown>(["gold", "Gold", "silver", ["gold", "trial"], "", 3, true]) } : {}), ...(lot.chance(70) ? { age: lot.pick<unknown>([17, 18, "18", 29.5, "30", [18, 40], "old", false]) } : {}),
    ...(lot.chance(60) ? { address: { city: lot.pick(["Hamburg", "hamm", "Zürich"]), ...(lot.chance(30) ? { "geo.lat": 53.5 } : {}) } } : {}), ...(lot.chance(70) ? { trial_ends: randomInstant(lot, baseMs) } : {}),
    ...(lot.chance(80) ? { birthday: lot.pick<unknown>(["1990-02-28", "1992-02-29", "1985-03-01", "1970-12-31", "1941-07-15", "1985-03-01T22:30:00.000Z", 478_480_000, "1960-01-01T23:30:00-05:00", "unknown", lot.pick(["1991-07-15", "1991-03-29"])]) } : {}),
    ...(lot.chance(40) ? { tags: lot.some(["a", "b", "A", 1, "1", true], 0, 4) } : {}),
  };
}

function randomPeople(lot: Lot, baseMs: number, count: number): PersonFacts[] {
  return lot.of(count, (i) => {
    const traits = randomTraits(lot, baseMs);
    const events = lot.of(lot.pick([0, 1, 2, 3, 5, 8, 13]), () => randomEvent(lot, baseMs));
    // Events told twice, and several at once in an order of their own.
    for (const event of lot.some(events, 0, 2)) events.push({ ...event, row: ++lastRow, ms: event.ms + lot.pick([0, 0, 1, DAY]), properties: lot.chance(50) ? event.properties : randomProperties(lot, baseMs) });
    const isAnonymous = lot.chance(20);
    return personOf({
      id: idOf(i + 1), traits, events, isAnonymous, isHuman: events.length === 0 || events.some((event) => !event.isBot && !event.isInternal) || lot.chance(10), zone: lot.pick(personZones),
      traitTimes: Object.fromEntries(Object.keys(traits).filter(() => lot.chance(90)).map((name) => [name, randomMs(lot, baseMs - DAY)])),
      identifiers: isAnonymous ? [`anonymous_id:${i}`] : [`user_id:${i}`, ...(lot.chance(50) ? [`email:p${i}@example.com`] : [])],
      consents: { ...(lot.chance(60) ? { marketing: lot.chance(50) } : {}), ...(lot.chance(30) ? { "e-mail.news": lot.chance(50) } : {}) }, accounts: lot.some(["acme", "umbrella", "initech"], 0, 2),
    });
  });
}

function randomWords(lot: Lot): Words {
  const hasBase = lot.chance(60);
  const order = { events: ["Order Completed", "purchase"], properties: { value: lot.chance(50) ? ["total", "order.total"] : ["order.total", "total"], order_id: lot.chance(80) ? ["order_id"] : [], currency: ["currency"], products: ["products"] }, where: null };
  return {
    roles: {
      order, refund: { events: lot.chance(80) ? ["Order Refunded"] : [], properties: { value: ["total"] }, where: null },
      click_and_collect: { ...order, where: { paths: ["delivery", "order.delivery"], values: ["pickup", "true"] } },
    },
    money: hasBase ? { base: "EUR", rates: [{ from: "2020-01-01", currency: "USD", rate: 0.57 }, { from: "2026-02-27", currency: "USD", rate: 1.1 }, { from: "2025-12-01", currency: "GBP", rate: 1.17 }] } : { base: null, rates: [] },
  };
}

// ── Definitions ───────────────────────────────────────────────────────────────────────────────────────────────────

type Json = Record<string, unknown>;

function randomDefinition(lot: Lot, baseMs: number): Definition {
  return definition.parse({
    from: lot.pick(["known", "known", "anonymous", "everyone", "everyone"]), ...(lot.chance(30) ? { include: { bots: lot.chance(60), internal: lot.chance(60) } } : {}),
    who: lot.chance(60) ? randomLeaf(lot, baseMs) : randomGroup(lot, baseMs, 3),
  });
}

function randomGroup(lot: Lot, baseMs: number, depth: number): Json {
  const inner = (): Json => (depth > 1 && lot.chance(35) ? randomGroup(lot, baseMs, depth - 1) : lot.chance(12) ? randomReference(lot) : randomLeaf(lot, baseMs));
  const several = (least: number): Json[] => lot.of(least + lot.below(3), inner);
  switch (lot.below(5)) {
    case 0:
      return { any: several(lot.pick([0, 1, 2])) };
    case 1:
      return { not: inner() };
    case 2: {
      const of = several(1);
      return { at_least: 1 + lot.below(of.length + 1), of };
    }
    default:
      return { all: several(lot.pick([0, 2, 2])) };
  }
}

function randomReference(lot: Lot): Json {
  return lot.chance(70) ? { kind: "audience", audience: lot.pick(["vip", "robots", "nameless", "both"]) }
    : { kind: "first_of", audiences: ["vip", "nameless", "robots"], is: lot.pick(["vip", "nameless", "robots"]) };
}

function randomLeaf(lot: Lot, baseMs: number): Json {
  const roll = lot.below(100);
  if (roll < 55) return randomEventCondition(lot, baseMs);
  if (roll < 68) return randomSequence(lot, baseMs);
  if (roll < 74) return { kind: "account", people: lot.pick(["any", "all", "none"]), who: lot.chance(50) ? randomTraitCondition(lot, baseMs) : randomEventCondition(lot, baseMs) };
  if (roll < 90) return randomTraitCondition(lot, baseMs);
  return lot.pick<() => Json>([
    () => ({ kind: "identifier", is: "anonymous" }),
    () => ({ kind: "identifier", namespace: lot.pick(["email", "user_id", "phone", "anonymous_id"]), is: lot.pick(["known", "unknown"]) }),
    () => ({ kind: "consent", category: lot.pick(["marketing", "e-mail.news", "constructor"]), is: lot.pick(["granted", "denied", "unknown"]) }),
    () => ({ kind: "list", list: lot.pick(["list-1", "list-2"]) }),
    () => ({ kind: "share", salt: lot.pick(["a", "ü"]), from: lot.pick([0, 12.5]), to: lot.pick([50, 99.99]) }),
  ])();
}

function randomSequence(lot: Lot, baseMs: number): Json {
  const fixed = durations.filter(({ unit }) => unit !== "month" && unit !== "quarter" && unit !== "year");
  const event = (): unknown => (lot.chance(25) ? { role: lot.pick(["order", "order", "click_and_collect"]) } : lot.chance(80) ? lot.pick(eventNames) : lot.some(eventNames, 2, 3));
  const one = (): Json => ({ event: event(), ...(lot.chance(15) ? { where: [randomFilter(lot, baseMs)] } : {}) });
  const later = (): Json => ({ ...one(), ...(lot.chance(40) ? { gap: lot.pick(fixed) } : {}), ...(lot.chance(30) ? { without: lot.of(1 + lot.below(2), one) } : {}) });
  const from = randomMs(lot, baseMs);
  const period = { period: lot.pick(["this", "previous", "last"]), count: 1 + lot.below(2), unit: lot.pick(["day", "month", "year"]) };
  const within = lot.pick<Json | undefined>([
    undefined, undefined, lot.pick(durations), lot.pick(durations), { ...period, zone: "workspace" }, { ...period, zone: "person" }, { from: isoOf(from) }, { from: isoOf(from).slice(0, 10), to: isoOf(from + 40 * DAY).slice(0, 10) },
    randomSince(lot), randomSince(lot),
  ]);
  return {
    kind: "sequence", steps: [one(), ...lot.of(1 + lot.below(2), later)], ...(lot.chance(15) ? { strict: true } : {}), ...(within ? { within } : {}), ...(lot.chance(35) ? { duration: lot.pick(fixed) } : {}),
    ...(lot.chance(25) ? { same: lot.pick<unknown>(["order_id", ["order_id", "currency"], "products.color"]) } : {}), ...(lot.chance(35) ? { then_not: { ...one(), within: lot.pick(durations) } } : {}),
  };
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

function randomTest(lot: Lot, baseMs: number): Json {
  const literal = (): unknown => lot.pick<unknown>(["gold", "red", "dress", "o1", "1", 1, 18, 50, 49.99, 0.3, true, "", "pickup", "EUR"]);
  const literals = (): unknown[] => lot.of(1 + lot.below(3), literal).map((one) => (typeof one === "boolean" ? String(one) : one));
  const number = (): number => lot.pick([0, 10, 18, 20, 30, 49.99, 50, 100, -10, 0.3, 1e-7]);
  const op = lot.pick([
    "is_set", "is_not_set", "equals", "equals", "not_equals", "one_of", "none_of", "contains", "does_not_contain", "starts_with", "ends_with", "matches", "has_all", "more_than", "at_least", "less_than", "at_most", "between", "before", "on_or_after",
  ] as const);
  switch (op) {
    case "is_set": case "is_not_set":
      return { op };
    case "equals": case "not_equals":
      return { op, value: literal() };
    case "one_of": case "none_of": case "has_all":
      return { op, values: literals() };
    case "contains": case "does_not_contain": case "starts_with": case "ends_with":
      return { op, value: lot.pick(["e", "G", "old", "9", ".", "Ham", "ZÜ", "2026"]) };
    case "matches":
      return { op, value: lot.pick(["^g", "(?i)^G.*d$", "[0-9]+", "^.{3}$", "(a+)+$"]) };
    case "between": {
      const from = number();
      return { op, from, to: from + lot.pick([0, 0.01, 50]) };
    }
    case "before": case "on_or_after":
      return { op, value: lot.pick(["2026-02-28", "2026-02-28T23:30", isoOf(baseMs).slice(0, 16), isoOf(baseMs), isoOf(randomMs(lot, baseMs)), "1990-02-28T00:00:00+01:00"]) };
    default:
      return { op, value: number() };
  }
}

function randomTraitCondition(lot: Lot, baseMs: number): Json {
  const trait = lot.pick(["plan", "age", "address.city", "address.geo.lat", "tags", "trial_ends", "birthday", "address", "toString"]);
  const dated = lot.pick(["trial_ends", "trial_ends", "birthday", "tags"]);
  switch (lot.below(8)) {
    case 0:
      return { kind: "trait", trait: dated, op: "in_last", value: lot.pick(durations) };
    case 1:
      return { kind: "trait", trait: dated, op: "in_next", value: lot.pick(durations) };
    case 2:
      return { kind: "trait", trait: dated, op: "more_than_ago", value: lot.pick(durations) };
    case 3:
      return { kind: "trait", trait: lot.pick(["birthday", "trial_ends"]), op: "anniversary", in: lot.pick(["today", "this_month", "next_days"]), days: lot.pick([1, 2, 7, 40]) };
    default:
      return { kind: "trait", trait, ...randomTest(lot, baseMs), ...(lot.chance(35) ? { held: lot.pick(durations) } : {}) };
  }
}

const propertyNames = ["total", "order.total", "order_id", "currency", "products.color", "products.price", "products.size.eu", "products", "delivery", "order.coupon.code", "when", "starts", "missing"] as const;
const itemNames = ["color", "category", "price", "sku", "size.eu", "ships"] as const;

function randomFilter(lot: Lot, baseMs: number): Json {
  const dated = (): Json => ({ op: lot.pick(["in_last", "in_next", "more_than_ago"]), value: lot.pick(durations) });
  const plain = (): Json => (lot.chance(20) ? { property: lot.pick(["starts", "starts", "when", "products.ships"]), ...dated() } : lot.chance(25) ? { context: lot.pick(["country", "page_path", "campaign_source", "type"]), ...randomTest(lot, baseMs) } : { property: lot.pick(propertyNames), ...randomTest(lot, baseMs) });
  const item = (): Json => ({ item: lot.pick(["products", "products", "order"]), where: lot.of(1 + lot.below(2), () => (lot.chance(20) ? { property: "ships", ...dated() } : { property: lot.pick(itemNames), ...randomTest(lot, baseMs) })) });
  const one = (): Json => (lot.chance(40) ? item() : plain());
  return lot.chance(15) ? { any: lot.of(1 + lot.below(3), one) } : lot.chance(15) ? { not: one() } : one();
}

function randomWindow(lot: Lot, baseMs: number): Json | undefined {
  const roll = lot.below(100);
  if (roll < 18) return undefined;
  if (roll < 55) return lot.pick(durations);
  if (roll < 72) return { period: lot.pick(["this", "previous", "last"]), count: 1 + lot.below(3), unit: lot.pick(["day", "week", "month", "quarter", "year"]), zone: lot.pick(["workspace", "person"]) };
  if (roll < 82) {
    const from = randomMs(lot, baseMs);
    return lot.pick<Json>([{ from: isoOf(from) }, { to: isoOf(from) }, { from: isoOf(from).slice(0, 10), to: isoOf(from + 3 * DAY).slice(0, 10) }, { from: isoOf(from), to: isoOf(from + 1) }, { from: isoOf(from).slice(0, 16) }]);
  }
  return randomSince(lot);
}

function randomSince(lot: Lot): Json {
  const since = lot.chance(30) ? { trait: lot.pick(["trial_ends", "birthday", "tags"]) } : { event: lot.chance(20) ? { role: lot.pick(["order", "click_and_collect"]) } : lot.chance(80) ? lot.pick(eventNames) : ["Signed Up", "page"], which: lot.pick(["first", "last"]) };
  return { since, ...(lot.chance(40) ? { for: lot.pick(durations) } : {}) };
}

function randomEventCondition(lot: Lot, baseMs: number): Json {
  const isRole = lot.chance(25);
  const event = isRole ? { role: lot.pick(["order", "order", "click_and_collect"]) } : lot.chance(75) ? lot.pick(eventNames) : lot.some(eventNames, 2, 3);
  const where = lot.chance(45) ? { where: [...lot.of(1 + lot.below(2), () => randomFilter(lot, baseMs)), ...(lot.chance(25) ? lot.of(2, () => ({ item: "products", where: [{ property: lot.pick(itemNames), ...randomTest(lot, baseMs) }] })) : [])] } : {};
  const of = lot.pick(["count", "count", "count", "sum", "sum", "average", "min", "max", "distinct", "first", "last"] as const);
  let within = randomWindow(lot, baseMs);
  const comparison = (numbers: readonly number[]): Json => {
    const value = lot.pick(numbers);
    return lot.pick<Json>([
      { op: "at_least", value }, { op: "at_most", value }, { op: "more_than", value }, { op: "less_than", value }, { op: "equals", value }, { op: "between", from: value, to: value + lot.pick([0, 1, 2, 50]) },
    ]);
  };
  if (of === "first" || of === "last") {
    if (within !== undefined && "last" in within) within = undefined;
    const op = lot.pick<Json>([{ op: "before", value: isoOf(randomMs(lot, baseMs)) }, { op: "on_or_after", value: isoOf(randomMs(lot, baseMs)) }, { op: "in_last", value: lot.pick(durations) }, { op: "more_than_ago", value: lot.pick(durations) }]);
    return { kind: "event", event, ...where, measure: { of }, ...(within ? { within } : {}), ...op };
  }
  const counting = [0, 1, 1, 2, 3, 5, 1.5, -1];
  const sums = [0, 10, 20, 49.99, 50, 100, 99.99, 0.3, -10, 150];
  const item = lot.chance(25) ? { item: "products" } : {};
  const names = "item" in item ? itemNames : propertyNames;
  const isMoney = isRole && !("item" in item) && lot.chance(60);
  const property = isMoney ? { role: "value" } : lot.chance(75) ? lot.pick(names) : lot.some(names, 1, 2);
  const once = lot.chance(30) ? { once_per: isRole && lot.chance(50) ? { role: "order_id" } : lot.pick<unknown>(["order_id", ["order.id", "order_id"], "total", "products.sku"]) } : {};
  const rest = { ...where, ...(within ? { within } : {}) };
  if (of === "count") return { kind: "event", event, ...rest, measure: { of, ...item }, ...comparison(counting), ...once };
  if (of === "distinct") return { kind: "event", event, ...rest, measure: { of, property, ...item }, ...comparison(counting) };
  const net = of === "sum" && isRole && lot.chance(50) ? { net: true } : {};
  return { kind: "event", event, ...rest, measure: { of, property, ...item, ...net }, ...comparison(sums), ...once };
}
