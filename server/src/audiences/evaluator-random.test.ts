// Random streams in random order through the whole evaluator: whatever came, was merged, divided, suppressed, changed, archived and
// killed meanwhile, in the end everybody is in what the plain evaluator says, and the log tells the same.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DefinitionInput } from "@tributary/schema/audience/definition.ts";
import { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";

const SEEDS = (process.env["AUDIENCE_SEEDS"] ?? "").split(",").filter(Boolean).map(Number);
const ROUNDS = Number(process.env["AUDIENCE_ROUNDS"] ?? 8);
const [MINUTE, DAY] = [60_000, 86_400_000];
const seeds = SEEDS.length > 0 ? SEEDS : [Math.floor(Math.random() * 1e9)];

type Who = DefinitionInput["who"];

/** Mulberry32. */
function chance(seed: number): { readonly below: (end: number) => number; readonly pick: <T>(list: readonly T[]) => T; readonly oneIn: (n: number) => boolean } {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
  return { below, pick: (list) => list[below(list.length)]!, oneIn: (n) => below(n) === 0 }; // No list is empty.
}

const events = ["Viewed", "Bought", "Returned"];
const plans = ["free", "pro", "team"];

describe.each(seeds)("seed %i (AUDIENCE_SEEDS repeats it)", (seed) => {
  let bench: EvaluatorBench;
  beforeAll(async () => {
    bench = await startEvaluatorBench();
  });
  afterAll(() => bench?.stop());

  test("quiet again, everybody is where they belong", async () => {
    const { below, pick, oneIn } = chance(seed);
    const audiences: { readonly id: number; readonly slug: string; isArchived: boolean }[] = [];
    const user = (): string => `user-${seed}-${below(9)}`;
    const device = (): string => `device-${seed}-${below(6)}`;

    function leaf(): Who {
      const window = pick([undefined, { last: 1 + below(20), unit: "day" }, { last: 1 + below(30), unit: "hour" }, { last: 1, unit: "month" }, { period: "this", unit: "day" }, { period: "last", count: 1 + below(3), unit: "week" }]);
      const within = window === undefined ? {} : { within: window };
      const event = pick(events);
      return pick<() => unknown>([
        () => ({ kind: "event", event, measure: { of: "count" }, op: pick(["at_least", "at_most", "equals"]), value: below(4), ...within }),
        () => ({ kind: "event", event, measure: { of: pick(["sum", "average", "max"]), property: "value" }, op: pick(["more_than", "at_most"]), value: below(60), ...within }),
        () => ({ kind: "event", event, measure: { of: "last" }, op: pick(["more_than_ago", "in_last"]), value: { last: 1 + below(10), unit: "day" } }),
        () => ({ kind: "trait", trait: "plan", op: "equals", value: pick(plans) }),
      ])() as Who;
    }

    function who(depth = 0): Who {
      const standing = audiences.filter(({ isArchived }) => !isArchived);
      if (depth === 0 && standing.length > 0 && oneIn(4)) return { all: [{ kind: "audience", audience: pick(standing).slug }, leaf()] };
      if (depth > 1 || oneIn(2)) return leaf();
      const inner = Array.from({ length: 1 + below(3) }, () => who(depth + 1));
      return pick<() => Who>([() => ({ all: inner }), () => ({ any: inner }), () => ({ not: inner[0]! }), () => ({ at_least: 1, of: inner })])();
    }

    function call(): object {
      const timestamp = new Date(bench.clock.ms - pick([0, below(50) * MINUTE, below(40) * DAY + below(DAY)])).toISOString();
      const from = pick([{ userId: user() }, { userId: user() }, { anonymousId: device() }]);
      const properties = oneIn(5) ? {} : { value: pick<unknown>([below(50), String(below(50)), below(50) / 2, true, null]) };
      if (oneIn(8)) return { type: "identify", userId: user(), anonymousId: device(), timestamp };
      if (oneIn(5)) return { type: "identify", ...from, traits: { plan: pick(plans) }, timestamp };
      return { type: "track", event: pick(events), ...from, properties, timestamp };
    }

    async function changeAudiences(): Promise<void> {
      if (audiences.length < 8) {
        const slug = `audience-${audiences.length}`;
        const definition = who();
        audiences.push({ id: await bench.audience(slug, definition, { from: pick(["known", "known", "anonymous", "everyone"]) }), slug, isArchived: false });
        return;
      }
      // Nothing refers to these: only the last ones are changed.
      const one = audiences[audiences.length - 1 - below(2)]!;
      if (oneIn(3)) {
        one.isArchived = !one.isArchived;
        await bench.pipeline.pool.query("update audience set status = $2 where id = $1", [one.id, one.isArchived ? "archived" : "filling"]);
      } else if (!one.isArchived) await bench.change(one.id, leaf());
    }

    async function changePeople(): Promise<void> {
      const person = await bench.pipeline.person("user_id", user());
      if (person === undefined) return;
      const split = person.identifiers.find(({ namespace }) => namespace === "anonymous_id");
      if (oneIn(3)) await bench.pipeline.control({ kind: "profile.suppress", profileId: person.id });
      else if (split) await bench.pipeline.control({ kind: "profile.unmerge", profileId: person.id, identifiers: [{ namespace: "anonymous_id", value: split.value }] });
    }

    // In some worlds nobody would be in anything: one person is, for a while at least.
    audiences.push({ id: await bench.audience("seen", { kind: "event", event: events, op: "at_least", value: 1 }), slug: "seen", isArchived: false });
    await bench.send([{ type: "track", event: pick(events), userId: user(), timestamp: new Date(bench.clock.ms).toISOString() }]);
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = 0; step < 4; step++) {
        await pick([
          () => bench.send(Array.from({ length: 1 + below(12) }, call), oneIn(6) ? { historical: true, importId: 1 } : {}),
          () => bench.send(Array.from({ length: 1 + below(12) }, call)),
          changeAudiences,
          async () => (oneIn(2) ? changePeople() : undefined),
          async () => void (bench.clock.ms += pick([below(10) * MINUTE, below(DAY), below(5) * DAY])),
          async () => (oneIn(2) ? bench.restart({ limits: { fillChunk: 1 + below(5), dueAtOnce: 1 + below(4), peopleAtOnce: 1 + below(5), conditionsAtOnce: 1 + below(20) } }) : bench.catchUp()),
        ])();
      }
      await bench.check();
    }
    await checkLog(bench);
  });
});

/** Added up, the log says who is in what. */
async function checkLog(bench: EvaluatorBench): Promise<void> {
  const inside = new Set<string>();
  const changes = await bench.changes();
  expect(changes.length).toBeGreaterThan(0);
  for (const { audienceId, profileId, entered } of changes) {
    const key = `${audienceId} ${profileId}`;
    expect(inside.has(key)).toBe(!entered);
    if (entered) inside.add(key);
    else inside.delete(key);
  }
  const { rows } = await bench.pipeline.pool.query<{ key: string }>("select a || ' ' || profile_id as key from audience_person, unnest(member_of) as a");
  expect([...inside].toSorted()).toEqual(rows.map(({ key }) => key).toSorted());
}
