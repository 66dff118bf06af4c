import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { catalogue, createShop, dirtKinds, liveFrom, storiesOf, truthOf, type Call, type Shop, type ShopOptions } from "./demo.ts";
import { londonOffset } from "./shop-time.ts";

const DAY = 86_400_000;
const untilMs = Date.UTC(2026, 9, 1, 9);
const shopOf = (changes: Partial<ShopOptions> = {}): Shop =>
  createShop({ seed: "larkfield", people: 300, fromMs: untilMs - 120 * DAY, untilMs, ...changes });
const bytesOf = ({ source, atMs, event }: Call): string => `${source} ${atMs} ${JSON.stringify(event)}\n`;
const allBytes = (calls: Iterable<Call>): string => Array.from(calls, bytesOf).join("");
const propertiesOf = ({ event }: Call): Record<string, unknown> => (event["properties"] ?? {}) as Record<string, unknown>;
const nameOf = ({ event }: Call): string => String(event["type"] === "track" ? event["event"] : event["type"]);

const shop = shopOf();
const calls = [...shop.history()];
const clean = calls.filter((call) => call.truth.dirt === null);
const named = (name: string): Call[] => clean.filter((call) => nameOf(call) === name);

describe("The same bytes", () => {
  test("come from the same seed, on every machine: change this hash with the generator, and only then", () => {
    expect(createHash("sha256").update(allBytes(calls)).digest("hex"))
      .toBe("daa200cb184ec77b4037a88934cc97a441c63d46d9d8e7244ac1d2671748983e");
    expect(calls).toHaveLength(13_706);
  });

  test("come again, and other ones from another seed", () => {
    expect(allBytes(shopOf().history())).toBe(allBytes(calls));
    expect(allBytes(shopOf({ seed: "another" }).history())).not.toBe(allBytes(calls));
  });

  // With ten times the dirt, so that calls come long after what they tell of.
  test("come however time is cut, and in whatever order the pieces are read", () => {
    fc.assert(fc.property(fc.integer(), fc.array(fc.integer({ min: -2 * DAY, max: 24 * DAY }), { maxLength: 6 }), (seed, offsets) => {
      const small = shopOf({ seed, people: 24, fromMs: untilMs - 16 * DAY - 12_345, dirt: 10 });
      const end = untilMs + 6 * DAY;
      const whole = allBytes(small.callsBetween(small.plan.fromMs, end));
      const cuts = [...offsets.map((offset) => small.plan.fromMs + offset).filter((cut) => cut > small.plan.fromMs && cut < end),
        end].sort((a, b) => a - b);
      const pieces = cuts.map((cut, i) => ({ from: cuts[i - 1] ?? small.plan.fromMs, cut })).reverse()
        .map(({ from, cut }) => allBytes(small.callsBetween(from, cut)));
      expect(pieces.reverse().join("") === whole).toBe(true);
      expect(whole.startsWith(allBytes(small.history()))).toBe(true);
    }), { numRuns: 25 });
  });

  test("of a million people are made as they are read", () => {
    const big = shopOf({ people: 1_000_000, fromMs: untilMs - 365 * DAY });
    const first: Call[] = [];
    for (const call of big.history()) if (first.push(call) === 1_000) break;
    expect(first).toHaveLength(1_000);
    expect((first.at(-1)?.atMs ?? 0) - big.plan.fromMs).toBeLessThan(DAY);
  });
});

describe("Going on live", () => {
  test("at pace 1 is the same shop, a minute a minute", () => {
    const live = liveFrom(shop, { startMs: untilMs, pace: 1 });
    const later = [...shop.callsBetween(untilMs, untilMs + 2 * DAY)];
    expect(later.length).toBeGreaterThan(100);
    expect(allBytes(live.between(untilMs - DAY, untilMs + 2 * DAY))).toBe(allBytes(later));
  });

  test("gives each call once however real time is cut, and names no time that is not yet there", () => {
    fc.assert(fc.property(
      fc.double({ min: 0.2, max: 500, noNaN: true }), fc.integer({ min: 0, max: 9 * DAY }),
      fc.array(fc.integer({ min: 1, max: 599_999 }), { maxLength: 5 }),
      (pace, pause, offsets) => {
        const startMs = untilMs + pause;
        const cuts = [...new Set([0, ...offsets, 600_000])].sort((a, b) => a - b).map((offset) => startMs + offset);
        const live = liveFrom(shop, { startMs, pace });
        const pieces = cuts.slice(1).map((cut, i) => live.between(cuts[i] ?? startMs, cut));
        const whole = liveFrom(shop, { startMs, pace }).between(startMs, startMs + 600_000);
        expect(allBytes(pieces.flat())).toBe(allBytes(whole));
        pieces.forEach((piece, i) => piece.forEach(({ atMs, event, truth }) => {
          expect(atMs).toBeGreaterThanOrEqual(cuts[i] ?? 0);
          expect(atMs).toBeLessThan(cuts[i + 1] ?? 0);
          if (truth.dirt !== "wrong clock") expect(Date.parse(String(event["timestamp"]))).toBeLessThanOrEqual(atMs);
        }));
      },
    ), { numRuns: 25 });
  });

  test("is taken up where it stood at another pace: the same calls once each, none told of in the future", () => {
    const startMs = untilMs + DAY;
    const slow = liveFrom(shop, { startMs, pace: 3 });
    const turnMs = startMs + 3_600_000;
    const fast = liveFrom(shop, { startMs: turnMs, fromMs: slow.shopMs(turnMs), pace: 200 });
    const endMs = turnMs + 600_000;
    const pieces = [...slow.between(startMs, turnMs), ...fast.between(turnMs, endMs)];
    const keys = [...shop.callsBetween(untilMs, fast.shopMs(endMs))].map(({ key }) => key);
    expect(pieces.map(({ key }) => key)).toEqual(keys);
    expect(keys.length).toBeGreaterThan(50);
    for (const { event, atMs, truth } of pieces) {
      if (truth.dirt !== "wrong clock") expect(Date.parse(String(event["timestamp"]))).toBeLessThanOrEqual(atMs);
    }
  });

  test("reads any window the same as one after the other", () => {
    const live = liveFrom(shop, { startMs: untilMs, pace: 40 });
    const first = allBytes(live.between(untilMs, untilMs + 3_600_000));
    const second = allBytes(live.between(untilMs + 3_600_000, untilMs + 7_200_000));
    expect([first === "", second === ""]).toEqual([false, false]);
    expect(allBytes(live.between(untilMs + 3_600_000, untilMs + 7_200_000))).toBe(second);
    expect(allBytes(live.between(untilMs, untilMs + 3_600_000))).toBe(first);
  });

  test("brings new people at the pace of the last months", () => {
    const before = new Set(calls.flatMap(({ truth }) => truth.person ?? []));
    const after = new Set(Array.from(shop.callsBetween(untilMs, untilMs + 30 * DAY), ({ truth }) => truth.person ?? 0));
    expect(Math.max(...before)).toBe(299);
    expect(Math.max(...after)).toBeGreaterThan(330);
  });
});

describe("Calls", () => {
  test("come in the order in which they are received; repeats and late ones excepted, that is when they happened", () => {
    expect(calls.every((call, i) => call.atMs >= (calls[i - 1]?.atMs ?? 0))).toBe(true);
    for (const { event, atMs } of clean) expect(Date.parse(String(event["timestamp"]))).toBe(atMs);
    for (const { event, atMs } of calls.filter(({ truth }) => truth.dirt === "late")) {
      expect(event["sentAt"]).toBe(new Date(atMs).toISOString());
      expect(Date.parse(String(event["timestamp"]))).toBeLessThan(atMs - 3_600_000);
    }
  });

  test("have a messageId each; a repeat is the same bytes from the same source within the time in which repeats are known", () => {
    const first = new Map<unknown, Call>();
    for (const call of calls) {
      const id = call.event["messageId"];
      const before = first.get(id);
      expect(before !== undefined).toBe(call.truth.dirt === "repeat");
      if (before) {
        expect([call.source, JSON.stringify(call.event)]).toEqual([before.source, JSON.stringify(before.event)]);
        expect(call.atMs - before.atMs).toBeLessThan(DAY);
      }
      first.set(id, call);
    }
  });

  test("hold every kind of dirt in a larger shop, and none where none is wanted", () => {
    const { dirt } = truthOf(shopOf({ people: 600, dirt: 3 }).history());
    expect(Object.keys(dirt).sort()).toEqual([...dirtKinds].sort());
    const none = truthOf(shopOf({ dirt: 0 }).history());
    expect([none.dirt, none.outcomes.stored]).toEqual([{}, none.calls]);
  });

  test("name nobody real: addresses under example.com, numbers kept for drama, IP addresses kept for documents", () => {
    const text = allBytes(calls);
    const addresses = new Set(Array.from(text.matchAll(/[^\s"<>@]+@([^\s"<>]+)/g), (match) => (match[1] ?? "").toLowerCase()));
    expect([...addresses].filter((domain) => domain !== "test.com" && domain !== "example.com" && !domain.endsWith(".example.com")))
      .toEqual([]);
    const numbers = Array.from(text.matchAll(/"(?:phone|caller)":"([^"]+)"/g), (match) =>
      (match[1] ?? "").replace(/\D/g, "").replace(/^(0044|440|44|0)/, ""));
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers.filter((number) => !/^(207946|(11[34678]|121|131|141|151|161)496|191498|289018|292018)0\d{3}$/.test(number)))
      .toEqual([]);
    const ips = new Set(Array.from(text.matchAll(/"ip":"(\d+\.\d+\.\d+)/g), (match) => match[1]));
    expect([...ips].sort()).toEqual(["192.0.2", "198.51.100", "203.0.113"]);
  });

  test("come from all sources, and tell all that a shop's people do", () => {
    expect([...new Set(calls.map(({ source }) => source))].sort()).toEqual(["app", "mail", "point of sale", "support", "website"]);
    const names = new Set(calls.map(nameOf));
    const wanted = [
      "identify", "page", "screen", "group", "alias", "Products Searched", "Product List Viewed", "Product Viewed", "Product Added",
      "Product Removed",
      "Cart Viewed", "Checkout Started", "Payment Info Entered", "Coupon Applied", "Order Completed", "Order Refunded", "Product Reviewed",
      "Order Ready for Pickup", "Order Picked Up", "Order Delayed", "Receipt Emailed", "Email Delivered", "Email Opened",
      "Email Link Clicked", "Email Bounced",
      "Unsubscribed", "Ticket Opened", "Ticket Replied", "Ticket Solved", "Subscription Started", "Subscription Renewed", "Payment Failed",
      "Payment Recovered",
      "Application Installed", "Push Notification Tapped", "Segment Consent Preference Updated", "Stock Adjusted",
    ];
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  test("follow the hours of London and the months of a shop", () => {
    const hour = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "numeric", hour12: false });
    const at = (from: number, to: number): number =>
      named("page").filter(({ atMs }) => Number(hour.format(atMs)) >= from && Number(hour.format(atMs)) < to).length;
    expect(at(19, 22)).toBeGreaterThan(5 * at(2, 5));
    const atTills = clean.filter(({ source, event }) => source === "point of sale" && event["event"] === "Order Completed");
    expect(atTills.filter(({ atMs }) => Number(hour.format(atMs)) < 9 || Number(hour.format(atMs)) >= 19)).toEqual([]);
    const year = shopOf({ people: 100, fromMs: Date.UTC(2025, 0, 1), untilMs: Date.UTC(2026, 0, 1) });
    const sinceMarch = Array.from(year.history()).filter(({ source }) => source === "website")
      .map(({ atMs }) => new Date(atMs).getUTCMonth());
    const inMonth = (month: number): number => sinceMarch.filter((one) => one === month).length;
    expect(inMonth(11)).toBeGreaterThan(1.3 * inMonth(7));
  });
});

interface LineProperties {
  readonly price: number;
  readonly quantity: number;
  readonly product_id: string;
}

const pence = (value: unknown): number => Math.round(Number(value) * 100);
const productPence = (call: Call): number =>
  (propertiesOf(call)["products"] as LineProperties[]).reduce((sum, line) => sum + pence(line.price) * line.quantity, 0);

test("London's summer time is what the table of zones says", () => {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", hour: "numeric", hour12: false });
  const hourOf = (ms: number): number => Number(clock.format(ms)) % 24;
  const around = [2001, 2015, 2024, 2025, 2026].flatMap((year) => [Date.UTC(year, 2, 25), Date.UTC(year, 9, 25)]);
  for (const start of around) {
    for (let ms = start; ms < start + 7 * DAY; ms += 1_800_000) expect(hourOf(ms)).toBe(new Date(ms + londonOffset(ms)).getUTCHours());
  }
});

describe("Money", () => {
  test("adds up: an order's total is its products less the discount and with shipping, and revenue with tax and shipping", () => {
    fc.assert(fc.property(fc.string(), (seed) => {
      const orders = Array.from(shopOf({ seed, people: 60, fromMs: untilMs - 30 * DAY, dirt: 0 }).history())
        .filter((call) => nameOf(call) === "Order Completed");
      expect(orders.length).toBeGreaterThan(0);
      for (const order of orders) {
        const { total, shipping, tax, discount, revenue } = propertiesOf(order);
        expect(pence(total)).toBe(productPence(order) - pence(discount) + pence(shipping));
        expect(pence(total)).toBe(pence(revenue) + pence(tax) + pence(shipping));
        expect(pence(total)).toBeGreaterThan(0);
      }
    }), { numRuns: 20 });
  });

  test("that is given back is never more than was paid, and comes after it", () => {
    const big = Array.from(shopOf({ people: 1_000, dirt: 0 }).history());
    const orders = new Map(big.filter((call) => nameOf(call) === "Order Completed").map((call) => [propertiesOf(call)["order_id"], call]));
    const given = new Map<unknown, number>();
    const kinds = new Set<unknown>();
    for (const call of big.filter((one) => nameOf(one) === "Order Refunded")) {
      const { order_id, total, whole } = propertiesOf(call);
      kinds.add(whole);
      expect(orders.get(order_id)?.atMs ?? Infinity).toBeLessThan(call.atMs);
      given.set(order_id, (given.get(order_id) ?? 0) + pence(total));
    }
    expect(kinds).toEqual(new Set([true, false]));
    for (const [id, refunded] of given) expect(refunded).toBeLessThanOrEqual(pence(propertiesOf(orders.get(id)!)["total"])); // Seen above.
  });

  test("is spent by few: the best tenth of the buyers bring more than a quarter, and many buy again", () => {
    const byPerson = new Map<number, number[]>();
    for (const call of named("Order Completed")) byPerson.set(call.truth.person ?? -1,
      [...(byPerson.get(call.truth.person ?? -1) ?? []), pence(propertiesOf(call)["total"])]);
    const sums = [...byPerson.values()].map((all) => all.reduce((sum, one) => sum + one, 0)).sort((a, b) => b - a);
    const all = sums.reduce((sum, one) => sum + one, 0);
    expect(sums.slice(0, Math.ceil(sums.length / 10)).reduce((sum, one) => sum + one, 0) / all).toBeGreaterThan(0.25);
    expect([...byPerson.values()].filter((orders) => orders.length > 1).length).toBeGreaterThan(byPerson.size / 4);
  });

  test("is what the catalogue says", () => {
    expect(catalogue.length).toBeGreaterThan(120);
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
    const prices = new Map(catalogue.map(({ id, pence: price }) => [id, price]));
    for (const order of named("Order Completed")) {
      for (const line of propertiesOf(order)["products"] as LineProperties[]) expect(prices.get(line.product_id)).toBe(pence(line.price));
    }
  });
});

describe("Stories", () => {
  test("are the same people in every shop", () => {
    const names = ({ plan }: Shop): unknown => {
      const { lateOrder, familyTablet, wrongMerge } = storiesOf(plan);
      return [lateOrder.caller.name, lateOrder.orderId, lateOrder.ticketId, ...familyTablet.people.map(({ name }) => name),
        wrongMerge.lender.name, wrongMerge.borrower.name];
    };
    expect(names(shopOf({ seed: 7, people: 10, fromMs: untilMs - 14 * DAY }))).toEqual(names(shop));
    expect(names(shop)).toEqual([
      "Maya Birkett", "W10000-901", "T-W10000-901", "Ruth Hollins", "Tomás Hollins", "Ivy Hollins", "Noé Hollins", "Rosalind Everleigh",
      "Nina Everleigh",
    ]);
  });

  test("have a late order that is not found before the history ends, and is found after it", () => {
    fc.assert(fc.property(fc.string(), (seed) => {
      const small = shopOf({ seed, people: 10, fromMs: untilMs - 14 * DAY });
      const { lateOrder } = storiesOf(small.plan);
      const events = (all: Iterable<Call>): string[] =>
        Array.from(all).filter((call) => propertiesOf(call)["order_id"] === lateOrder.orderId).map(nameOf);
      const before = events(small.history());
      expect(before.filter((name) => /^(Order Completed|Order Delayed|Ticket|Order Ready|Order Picked)/.test(name)))
        .toEqual(["Order Completed", "Order Delayed", "Ticket Opened"]);
      expect(lateOrder.promisedMs).toBeLessThan(untilMs);
      expect(events(small.callsBetween(untilMs, untilMs + 2 * DAY)))
        .toEqual(["Order Ready for Pickup", "Ticket Replied", "Order Picked Up", "Ticket Solved"]);
    }), { numRuns: 20 });
  });
});

test("options out of bounds are refused by name", () => {
  expect(() => shopOf({ people: 9 })).toThrow("people is 9");
  expect(() => shopOf({ people: 10.5 })).toThrow("people is 10.5");
  expect(() => shopOf({ fromMs: untilMs - 13 * DAY })).toThrow("14 days");
  expect(() => shopOf({ dirt: Number.NaN })).toThrow("dirt is NaN");
  expect(() => liveFrom(shop, { startMs: untilMs, pace: 0 })).toThrow("pace is 0");
  expect(() => liveFrom(shop, { startMs: untilMs - 1, pace: 1 })).toThrow("startMs");
});
