// What the flow says of each day is what the whole query says for the day's last instant.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouseClient } from "@clickhouse/client";
import { definition } from "@tributary/schema/audience/definition.ts";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { askSql, eventOf, idOf, insertPeople, noWords, personOf } from "../testing.ts";
import { flowOf } from "./flow.ts";
import { createPreviews, type Around } from "./previews.ts";
import { createReadWords } from "./read-words.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-03-15T12:00:00.500Z");

let engine: ClickHouse;
let clickhouse: ClickHouseClient;
beforeAll(async () => {
  engine = await startTestClickHouse();
  clickhouse = engine.client("evaluate");
  let row = 1;
  const people = Array.from({ length: 90 }, (_, i) => personOf({
    id: idOf(i + 1), isAnonymous: i % 7 === 0, traits: { plan: i % 2 === 0 ? "gold" : "free", signed_up: new Date(NOW - (i % 50) * DAY).toISOString() }, accounts: [`a${i % 11}`],
    events: Array.from({ length: i % 5 }, (__, k) => eventOf({ event: k % 2 === 0 ? "Order Completed" : "page", ms: NOW - ((i * 7 + k * 13) % 60) * DAY - (i % 3) * 3_600_000, row: row++ })),
  }));
  await insertPeople(clickhouse, 1, people);
});
afterAll(() => engine.stop());

const order = { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { last: 7, unit: "day" } };
const never = { kind: "event", event: "page", op: "at_most", value: 0 };
const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
const recent = { kind: "trait", trait: "signed_up", op: "in_last", value: { last: 10, unit: "day" } };
const vip = definition.parse({ who: { all: [gold, { kind: "event", event: "page", op: "at_least", value: 1 }] } });

const dayMs = (day: string | undefined, zone: string): number => Temporal.PlainDate.from(day ?? "").toZonedDateTime(zone).epochMilliseconds;

test.each([
  [3, { all: [order, gold] }, "Pacific/Auckland"], [45, { any: [{ not: order }, gold] }, "America/New_York"],
  [3, { all: [order, gold] }], [45, { any: [{ not: order }, { at_least: 2, of: [gold, recent, never] }] }], [10, { not: { kind: "audience", audience: "vip" } }],
  [5, { kind: "account", people: "any", who: order }], [70, { all: [order, never] }],
] as readonly [number, object, string?][])("over %i days", async (days, who, zone = "UTC") => {
  const one = definition.parse({ who });
  const around: Around = { zone, words: noWords, audience: (slug) => (slug === "vip" ? vip : undefined), list: () => undefined };
  const previews = createPreviews(createReadWords(clickhouse));
  const { signal } = new AbortController();
  const view = await previews.view({ workspaceId: 1, around, definitions: [one], nowMs: NOW, signal });
  const flow = await flowOf(view, { workspaceId: 1, definition: one, around, days, signal });
  expect(flow.length).toBe(days);
  const membersAt = async (nowMs: number): Promise<Set<string>> => new Set([...(await askSql(clickhouse, 1, [one], { nowMs, ...around })).people.values()].filter(({ members: [isMember] }) => isMember).map(({ id }) => id));
  for (const i of [0, 1, days - 2, days - 1]) {
    const day = flow[i];
    const endMs = i === days - 1 ? NOW : dayMs(Temporal.PlainDate.from(day?.day ?? "").add({ days: 1 }).toString(), zone) - 1;
    const [after, before] = [await membersAt(endMs), await membersAt(dayMs(day?.day, zone) - 1)];
    expect({ ...day }).toEqual({ day: day?.day, size: after.size, entered: after.difference(before).size, left: before.difference(after).size });
  }
  expect(flow.at(-1)?.day).toBe(zone === "Pacific/Auckland" ? "2026-03-16" : "2026-03-15");
  expect(flow.some(({ entered, left }) => entered + left > 0)).toBe(true);
});
