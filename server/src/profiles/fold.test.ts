// What is known of a person must not depend on the order in which events arrive, nor on whether two people were one all along.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import { emptyDocument, foldEvent, foldTrait, mergeDocuments, profileLimits, setConsent, sinceOf, zoneOf, type FoldEvent, type FoldRules } from "./fold.ts";

/** Where no source is ranked, and a null is a statement. */
const live: FoldRules = { ...profileLimits, nullErases: true, rankOf: () => undefined, showsActivity: true };
const fromFile: FoldRules = { ...live, nullErases: false };
/** Source 1 before source 2; source 3 has no rank, but for cities, in which it alone is believed. */
const ranked: FoldRules = { ...live, rankOf: (source, trait) => (trait === "city" ? { 3: 1 } : { 1: 1, 2: 2 } as Readonly<Record<number, number>>)[source] };

let rows = 0;
function eventAt(timestampMs: number, changes: Partial<FoldEvent> = {}): FoldEvent {
  return {
    rowId: rows++, sourceId: 1, type: "track", event: "Viewed", timestampMs, groupId: "", properties: {}, traits: {}, consent: {},
    context: { deviceType: "", os: "", browser: "", timezone: "" }, isBot: false, isInternal: false, ...changes,
  };
}

function folded(events: readonly FoldEvent[], rules: FoldRules = live): ProfileDocument {
  const doc = emptyDocument();
  for (const event of events) foldEvent(doc, event, rules);
  return doc;
}

const values = (doc: ProfileDocument): Record<string, unknown> => Object.fromEntries(Object.entries(doc.traits).map(([name, { value }]) => [name, value]));

/** The same whatever order its entries were made in. */
function unordered(doc: ProfileDocument): unknown {
  const byName = (record: object): unknown => Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const devices = doc.devices.toSorted((a, b) => (`${a.type} ${a.os} ${a.browser}` < `${b.type} ${b.os} ${b.browser}` ? -1 : 1));
  // Since when a value has held is told in the order of arrival.
  const traits = Object.fromEntries(Object.entries(doc.traits).map(([key, { sinceMs: _, ...trait }]) => [`of ${key}`, trait]));
  return { timezone: doc.timezone, isHuman: doc.isHuman, traits: byName(traits), consents: byName(doc.consents), devices, events: doc.events, bytes: doc.bytes };
}

const name = fc.constantFrom("plan", "city", "__proto__", "constructor");
const device = fc.constantFrom("desktop", "mobile", "tablet", "");
/** Few times and names, so that many clash. */
const event = fc.record({
  sourceId: fc.constantFrom(1, 2, 3), timestampMs: fc.integer({ min: 1, max: 6 }), event: fc.constantFrom("Viewed", "Bought"),
  traits: fc.dictionary(name, fc.oneof(fc.string({ maxLength: 3 }), fc.integer(), fc.constant(null), fc.array(fc.integer(), { maxLength: 2 })), { noNullPrototype: true }),
  consent: fc.dictionary(fc.constantFrom("ads", "mail"), fc.boolean(), { noNullPrototype: true }), deviceType: device,
  timezone: fc.constantFrom("", "Europe/Copenhagen", "America/Lima", "nowhere"), isBot: fc.boolean(), isInternal: fc.boolean(),
});

const history = (maxLength: number): fc.Arbitrary<FoldEvent[]> =>
  fc.array(event, { minLength: 1, maxLength }).map((events) =>
    events.map(({ deviceType, timezone, ...rest }, rowId) => ({ ...eventAt(0), ...rest, rowId, context: { deviceType, os: "", browser: "", timezone } })));

const shuffled = history(25).chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })));

test.each([["no source is ranked", live], ["some sources are ranked", ranked], ["nulls come from a file", fromFile]])(
  "any order of arrival gives the same person where %s",
  (_where, rules) => {
    fc.assert(fc.property(shuffled, ([events, arrived]) => {
      expect(unordered(folded(arrived, rules))).toEqual(unordered(folded(events, rules)));
    }), { numRuns: 300 });
  },
);

test("two people merged are as one who had sent all events: traits, devices and activity", () => {
  for (const rules of [live, ranked, fromFile]) {
    fc.assert(fc.property(history(25), fc.infiniteStream(fc.boolean()), (events, sides) => {
      const isOfFirst = events.map(() => sides.next().value === true);
      const [first, second] = [true, false].map((side) => folded(events.filter((_, i) => isOfFirst[i] === side), rules));
      const [one, other] = [structuredClone(first ?? emptyDocument()), structuredClone(second ?? emptyDocument())];
      mergeDocuments(one, structuredClone(other), rules);
      mergeDocuments(other, structuredClone(first ?? emptyDocument()), rules);
      const whole = unordered({ ...folded(events, rules), consents: {} });
      expect(unordered({ ...one, consents: {} })).toEqual(whole);
      expect(unordered({ ...other, consents: {} })).toEqual(whole);
    }), { numRuns: 200 });
  }
});

test("the latest statement by event time holds, with where it came from; a tie goes to the later place in the log", () => {
  const events = [
    eventAt(20, { rowId: 7, sourceId: 2, traits: { plan: "pro" } }),
    eventAt(10, { rowId: 9, traits: { plan: "free", city: "Rome" } }),
    eventAt(10, { rowId: 8, traits: { city: "Oslo" } }),
  ];
  expect(folded(events).traits).toEqual({
    plan: { value: "pro", row: 7, source: 2, atMs: 20 },
    city: { value: "Rome", row: 9, source: 1, atMs: 10 },
  });
});

test("a better ranked source is not overruled by a later statement, only by itself or one ranked better still", () => {
  const say = (atMs: number, sourceId: number, plan: string): FoldEvent => eventAt(atMs, { sourceId, traits: { plan } });
  expect(values(folded([say(1, 1, "crm"), say(9, 2, "site")], ranked))).toEqual({ plan: "crm" });
  expect(values(folded([say(9, 2, "site"), say(1, 1, "crm")], ranked))).toEqual({ plan: "crm" });
  expect(values(folded([say(1, 1, "crm"), say(2, 1, "crm later"), say(9, 2, "site")], ranked))).toEqual({ plan: "crm later" });
  expect(values(folded([say(1, 1, "crm"), say(9, 3, "no rank")], ranked))).toEqual({ plan: "crm" });
  expect(values(folded([say(1, 1, "crm"), say(9, 2, "site")], live))).toEqual({ plan: "site" });
  const both = (atMs: number, sourceId: number, text: string): FoldEvent => eventAt(atMs, { sourceId, traits: { plan: text, city: text } });
  expect(values(folded([both(1, 3, "shop"), both(9, 1, "crm")], ranked)), "each trait by its own ranks").toEqual({ plan: "crm", city: "shop" });
});

test("a null erases a trait, and an older value that arrives late does not bring it back", () => {
  const doc = folded([eventAt(1, { traits: { plan: "pro" } }), eventAt(5, { rowId: 50, traits: { plan: null } })]);
  expect(doc.traits["plan"]).toEqual({ value: null, row: 50, source: 1, atMs: 5 });
  foldEvent(doc, eventAt(3, { traits: { plan: "late" } }), live);
  expect(values(doc)).toEqual({ plan: null });
  foldEvent(doc, eventAt(6, { traits: { plan: "new" } }), live);
  expect(values(doc)).toEqual({ plan: "new" });
  const other = folded([eventAt(4, { traits: { plan: "of the other" } })]);
  const erased = folded([eventAt(5, { traits: { plan: null } })]);
  mergeDocuments(erased, other, live);
  expect(values(erased)).toEqual({ plan: null });
});

test("null and empty text from a file are holes, unless the source may erase", () => {
  for (const hole of [null, ""]) {
    const doc = folded([eventAt(1, { traits: { plan: "pro" } })]);
    foldEvent(doc, eventAt(5, { traits: { plan: hole, city: hole } }), fromFile);
    expect(values(doc)).toEqual({ plan: "pro" });
    foldEvent(doc, eventAt(5, { traits: { plan: hole } }), live);
    expect(values(doc)).toEqual({ plan: hole });
  }
});

test("only what changes what is known makes the snapshot out of date", () => {
  const doc = folded([eventAt(5, { traits: { plan: "pro", tags: ["a"] }, consent: { ads: true } })]);
  const changes = (timestampMs: number, of: Partial<FoldEvent>): boolean => foldEvent(doc, eventAt(timestampMs, of), live).changed;
  expect(changes(6, { traits: { plan: "pro", tags: ["a"] }, consent: { ads: true } })).toBe(false);
  expect(changes(1, { traits: { plan: "free" }, consent: { ads: false } })).toBe(false);
  expect(changes(7, { traits: { tags: ["a", "b"] } })).toBe(true);
  expect(changes(7, { consent: { ads: false } })).toBe(true);
  expect(changes(8, {})).toBe(false);
});

const decision = (atMs: number, granted: boolean) => ({ granted, row: rows++, source: 1, atMs });

test("the newest consent decision holds", () => {
  const doc = emptyDocument();
  expect(setConsent(doc, "ads", decision(5, true), live)).toBe("changed");
  expect(setConsent(doc, "ads", decision(3, false), live)).toBe("older");
  expect(doc.consents["ads"]?.granted).toBe(true);
  expect(setConsent(doc, "ads", decision(5, false), live)).toBe("changed");
  expect(doc.consents["ads"]?.granted).toBe(false);
});

test.each([["the refusal", true], ["the grant", false]])("merged people's stricter consent holds until a newer decision; %s on the survivor's side", (_side, isSurvivorStrict) => {
  const strict = emptyDocument();
  const lax = emptyDocument();
  setConsent(strict, "ads", decision(1, false), live);
  setConsent(lax, "ads", decision(5, true), live);
  setConsent(lax, "mail", decision(5, true), live);
  const [survivor, loser] = isSurvivorStrict ? [strict, lax] : [lax, strict];
  mergeDocuments(survivor, loser, live);
  expect(survivor.consents).toMatchObject({ ads: { granted: false, atMs: 5 }, mail: { granted: true } });
  setConsent(survivor, "ads", decision(4, true), live);
  expect(survivor.consents["ads"]?.granted, "older than the later of both").toBe(false);
  setConsent(survivor, "ads", decision(6, true), live);
  expect(survivor.consents["ads"]?.granted).toBe(true);
});

test("a person belongs to every account a group call named, each with what was told of it last", () => {
  const group = (atMs: number, groupId: string, properties: Record<string, unknown>): FoldEvent => eventAt(atMs, { type: "group", groupId, properties });
  const doc = folded([group(2, "g1", { name: "New", seats: 5 }), group(1, "g1", { name: "Old", city: "Rome" }), group(3, "g2", { name: "Two" }), group(4, "", { name: "None" })]);
  expect(Object.fromEntries(Object.entries(doc.accounts).map(([id, { traits, atMs }]) => [id, { traits, atMs }]))).toEqual({
    g1: { traits: { name: "New", seats: 5, city: "Rome" }, atMs: 2 }, g2: { traits: { name: "Two" }, atMs: 3 },
  });
  const other = folded([group(9, "g1", { seats: 7 }), group(1, "g3", { name: "Three" })]);
  mergeDocuments(doc, other, live);
  expect(doc.accounts).toMatchObject({ g1: { traits: { name: "New", seats: 7, city: "Rome" }, atMs: 9 }, g2: {}, g3: { traits: { name: "Three" } } });
});

test("a device is listed once with its first and last time, and the twenty latest are kept", () => {
  const used = (atMs: number, browser: string): FoldEvent => eventAt(atMs, { context: { deviceType: "desktop", os: "Linux", browser, timezone: "" } });
  const doc = folded([used(5, "Firefox"), used(9, "Firefox"), used(2, "Firefox"), eventAt(10)]);
  expect(doc.devices).toEqual([{ type: "desktop", os: "Linux", browser: "Firefox", firstAtMs: 2, lastAtMs: 9 }]);
  for (let i = 1; i <= 25; i++) foldEvent(doc, used(100 + i, `Browser ${i}`), live);
  expect(doc.devices).toHaveLength(20);
  expect(doc.devices.map(({ browser }) => browser)).not.toContain("Firefox");
  const other = folded([used(500, "Newest"), used(1, "Oldest")]);
  mergeDocuments(doc, other, live);
  expect(doc.devices).toHaveLength(20);
  expect(doc.devices.map(({ browser }) => browser)).toContain("Newest");
  expect(doc.devices.map(({ browser }) => browser)).not.toContain("Oldest");
});

test("all events are counted, and the ten latest by event time are named, the latest first", () => {
  const times = [5, 12, 3, 14, 1, 9, 7, 15, 11, 2, 13, 8, 6, 10, 4];
  const doc = folded(times.map((atMs) => eventAt(atMs, { event: `Event ${atMs}` })));
  expect(doc.events).toMatchObject({ count: 15, firstAtMs: 1, lastAtMs: 15 });
  expect(doc.events.latest.map(({ name: event }) => event)).toEqual([15, 14, 13, 12, 11, 10, 9, 8, 7, 6].map((atMs) => `Event ${atMs}`));
});

const zoned = (atMs: number, timezone: string): Partial<FoldEvent> => ({ timestampMs: atMs, context: { deviceType: "", os: "", browser: "", timezone } });

test("a person's zone is where they were last, unless they said another; what is no zone is nobody's", () => {
  const doc = emptyDocument();
  const changes = (of: Partial<FoldEvent>): boolean => foldEvent(doc, eventAt(1, of), live).changed;
  changes({});
  expect(zoneOf(doc)).toBe("");
  expect(changes(zoned(5, "America/Lima"))).toBe(true);
  expect(changes(zoned(9, "America/Lima"))).toBe(false);
  expect(changes(zoned(7, "Europe/Oslo")), "told of late").toBe(false);
  for (const none of ["", "Mars/Olympus", "+02:00", "CEST!", "PST", "SystemV/EST5"]) expect(changes(zoned(20, none)), none).toBe(false);
  expect(zoneOf(doc)).toBe("America/Lima");
  expect(changes(zoned(10, "Europe/Oslo"))).toBe(true);
  expect(zoneOf(doc)).toBe("Europe/Oslo");
  changes({ timestampMs: 11, traits: { timezone: "Asia/Tokyo" } });
  expect(zoneOf(doc)).toBe("Asia/Tokyo");
  for (const [i, none] of ["somewhere", "PST", "JST", "SystemV/EST5"].entries()) {
    changes({ timestampMs: 12 + i, traits: { timezone: none } });
    expect(zoneOf(doc), none).toBe("Europe/Oslo");
  }
  // What an agent records is told from where the agent is.
  foldEvent(doc, eventAt(30, zoned(30, "Australia/Perth")), { ...live, showsActivity: false });
  expect(zoneOf(doc)).toBe("Europe/Oslo");
});

test("a person is human from the first event on that is neither a bot's nor internal; who was known before that was told counts as one", () => {
  const doc = emptyDocument();
  const changes = (of: Partial<FoldEvent>): boolean => foldEvent(doc, eventAt(1, of), live).changed;
  expect([changes({ isBot: true }), changes({ isInternal: true }), doc.isHuman]).toEqual([false, false, false]);
  expect([changes({}), doc.isHuman]).toEqual([true, true]);
  expect([changes({}), changes({ isBot: true }), doc.isHuman]).toEqual([false, false, true]);
  const { isHuman: _, ...old } = emptyDocument();
  foldEvent(old, eventAt(2, { isBot: true }), live);
  expect(old).not.toHaveProperty("isHuman");
  const bot = folded([eventAt(1, { isBot: true })]);
  mergeDocuments(bot, old, live);
  expect(bot.isHuman).toBe(true);
});

test("a trait tells since when it has its value, however often that is told again", () => {
  const doc = folded([eventAt(5, { traits: { plan: "pro" } }), eventAt(8, { traits: { plan: "pro" } }), eventAt(9, { traits: { plan: "pro" } })]);
  expect(doc.traits["plan"]).toMatchObject({ atMs: 9, sinceMs: 5 });
  const other = folded([eventAt(3, { traits: { plan: "pro" } }), eventAt(7, { traits: { plan: "pro" } })]);
  const one = structuredClone(doc);
  mergeDocuments(one, structuredClone(other), live);
  expect(one.traits["plan"]).toMatchObject({ atMs: 9, sinceMs: 3 });
  mergeDocuments(other, doc, live);
  expect(other.traits["plan"]).toMatchObject({ atMs: 9, sinceMs: 3 });
  foldEvent(doc, eventAt(12, { traits: { plan: "free" } }), live);
  expect(doc.traits["plan"]).not.toHaveProperty("sinceMs");
  expect(sinceOf(doc.traits["plan"]!)).toBe(12);
});

test("names that mean something to JavaScript are names like others", () => {
  const traits = JSON.parse(`{"__proto__":{"polluted":true},"constructor":"c","toString":"t","hasOwnProperty":1}`) as Record<string, unknown>;
  const consent = JSON.parse(`{"__proto__":false}`) as Record<string, boolean>;
  const doc = folded([
    eventAt(1, { traits, consent }),
    eventAt(2, { type: "group", groupId: "__proto__", properties: JSON.parse(`{"__proto__":{"polluted":true},"name":"G"}`) as Record<string, unknown> }),
  ]);
  const merged = emptyDocument();
  mergeDocuments(merged, structuredClone(doc), live);
  mergeDocuments(merged, folded([eventAt(3, { type: "group", groupId: "__proto__", properties: { size: 2 } })]), live);
  for (const person of [doc, merged]) {
    expect(Object.keys(person.traits)).toEqual(["__proto__", "constructor", "toString", "hasOwnProperty"]);
    expect(Object.getPrototypeOf(person.traits)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(person.consents, "__proto__")?.value).toMatchObject({ granted: false });
    expect(Object.keys(person.accounts)).toEqual(["__proto__"]);
  }
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  // As it is stored and read again.
  expect(JSON.stringify(JSON.parse(JSON.stringify(doc)))).toBe(JSON.stringify(doc));
});

test("what is beyond the limits is not taken, and the event is told so", () => {
  const from = { row: 1, source: 1, atMs: 1 };
  const rules: FoldRules = { ...live, traitsMax: 2, accountsMax: 1, consentsMax: 1, traitBytesMax: 10, documentBytesMax: 30 };
  const doc = emptyDocument();
  expect(foldTrait(doc, "a", "123456789", from, rules)).toBe("changed");
  expect(foldTrait(doc, "b", "12345678901", from, rules), "one value too large").toBe("full");
  expect(foldTrait(doc, "b", "1234567890", from, rules)).toBe("changed");
  expect(foldTrait(doc, "c", 1, from, rules), "a trait too many").toBe("full");
  expect(foldTrait(doc, "a", "new", { ...from, row: 2 }, rules), "in the place of another").toBe("changed");
  expect(foldEvent(doc, eventAt(1, { consent: { ads: true, mail: true } }), rules)).toEqual({ changed: true, isFull: true });
  expect(foldEvent(doc, eventAt(1, { type: "group", groupId: "g", properties: { note: "far too long a text" } }), rules)).toEqual({ changed: false, isFull: true });
  expect(values(doc)).toEqual({ a: "new", b: "1234567890" });
});

test("what others recorded about a person sets traits and is no sign that the person was there", () => {
  const doc = emptyDocument();
  foldEvent(doc, eventAt(5, { traits: { city: "Aarhus" } }), { ...live, showsActivity: false });
  expect(doc.traits["city"]).toMatchObject({ value: "Aarhus" });
  expect(doc.events).toEqual({ count: 0, firstAtMs: 0, lastAtMs: 0, latest: [] });
});
