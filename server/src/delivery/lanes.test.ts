import { subscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAccountRates, type RateShare } from "./account-rates.ts";
import { createGate, type GateStatus } from "./gate.ts";
import { createLanes, type FixedBatch, type Job } from "./lanes.ts";
import { createParkedQueue } from "./parked.ts";
import { itemJob, type DeliveryJob } from "./pick.ts";
import type { Progress } from "./progress.ts";
import { createRetries } from "./retries.ts";
import type { Change, Parked, StreamName } from "./store.ts";
import type { Subscription, Target } from "./target.ts";
import { createFakeVendor } from "./testing.ts";

function rateOf(perSecond?: number): RateShare {
  const rates = createAccountRates();
  rates.set([{ account: "a", perSecond }]);
  return rates.join("a");
}

interface Numbered extends Job {
  readonly number: number;
}

const jobs = fc.array(fc.record({ person: fc.constantFrom("a", "b", "c", "d"), batchKey: fc.constantFrom("x", "y", undefined), bytes: fc.integer({ min: 1, max: 5 }), isState: fc.boolean() }), { maxLength: 40 })
  .map((all) => all.map((one, number): Numbered => ({ ...one, number, batchMax: 3, batchBytesMax: 8 })));

test("whatever is added when, and whatever fails how often: everything is sent, each person's in order, batches within their limits", () => {
  fc.assert(
    fc.property(jobs, fc.infiniteStream(fc.nat({ max: 9 })), fc.boolean(), (given, dice, isFixed) => {
      const roll = (): number => dice.next().value ?? 0;
      const lanes = createLanes<Numbered>();
      // A run changes its jobs.
      const waiting = given.map((job) => ({ ...job }));
      const together = new Map<FixedBatch, readonly Numbered[]>();
      const underWay: (readonly Numbered[])[] = [];
      const done: Numbered[] = [];
      for (let i = 0; done.length < given.length; i++) {
        if (i > 5_000) throw new Error("it does not end");
        const dieOf = roll();
        if (dieOf < 4 && waiting.length > 0) lanes.add(...(waiting.splice(0, 1) as [Numbered]));
        else if (dieOf < 8) {
          const taken = lanes.take();
          if (!taken) continue;
          expect(taken.length).toBeLessThanOrEqual(taken[0]?.batchKey === undefined ? 1 : 3);
          expect(new Set(taken.map((job) => job.batchKey)).size).toBe(1);
          if (taken.length > 1) expect(taken.reduce((sum, job) => sum + job.bytes, 0)).toBeLessThanOrEqual(8);
          // Of what says how somebody is, one of each with a request.
          for (const [i, job] of taken.entries()) if (job.isState) expect(taken.slice(0, i).some(({ person }) => person === job.person)).toBe(false);
          // Nobody has two requests under way.
          for (const other of underWay) for (const job of taken) expect(other.some(({ person }) => person === job.person)).toBe(false);
          // What went together goes together again, and with no others.
          const batch = taken[0]?.batch;
          if (batch !== undefined) expect(new Set(taken)).toEqual(new Set(together.get(batch)));
          else if (isFixed) {
            const made = { id: String(together.size), size: taken.length, isHeld: false };
            for (const job of taken) job.batch = made;
            together.set(made, taken);
          }
          underWay.push(taken);
        } else {
          const [ended] = underWay.splice(0, 1);
          if (!ended) continue;
          if (dieOf === 9 && i < 2_000) lanes.putBack(ended);
          else {
            lanes.finish(ended);
            done.push(...ended);
          }
        }
      }
      for (const person of ["a", "b", "c", "d"]) {
        const numbers = done.filter((job) => job.person === person).map((job) => job.number);
        expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
      }
      expect(lanes.size()).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("a batch of an earlier life waits until all of it is there, and one that is not full for as long as it may; others pass by", () => {
  const lanes = createLanes<Numbered>();
  const job = (person: string, number: number, more: Partial<Numbered> = {}): Numbered => ({ person, number, batchKey: "x", batchMax: 3, bytes: 1, batchBytesMax: 9, ...more });
  const taken = (nowMs?: number): readonly number[] | undefined => lanes.take(nowMs)?.map(({ number }) => number);
  const batch = { id: "b", size: 1, isHeld: true };
  lanes.add(job("a", 1, { batch }));
  lanes.add(job("b", 2, { readyAtMs: 100 }));
  expect(taken(99)).toBeUndefined();
  lanes.add(job("d", 4, { batchKey: "y" }));
  expect(taken(99)).toEqual([4]);
  expect(taken(100)).toEqual([2]);
  // Behind something of the same person that is under way.
  const earlier = job("c", 5);
  lanes.add(earlier);
  expect(taken()).toEqual([5]);
  lanes.add(job("c", 3, { batch }));
  Object.assign(batch, { size: 2, isHeld: false });
  expect(taken()).toBeUndefined();
  lanes.finish([earlier]);
  expect(taken()).toEqual([1, 3]);
  for (const number of [6, 7, 8]) lanes.add(job(`full ${number}`, number, { readyAtMs: 1_000 }));
  expect(taken(0)).toEqual([6, 7, 8]);
});

test("a gate lets one at a time try a destination that failed, ever more rarely, and opens with the first success", () => {
  const told: GateStatus[] = [];
  const limits = { inFlight: 4, failuresMax: 3, probe: { firstMs: 1_000, maxMs: 60_000 }, throttle: { firstMs: 1_000, maxMs: 60_000 } };
  const gate = createGate({ limits, rate: rateOf(), nowMs: 0, onChange: (status) => told.push(status), random: () => 1 });
  const why = { code: "http_500", detail: "", isOfDestination: false };
  expect([gate.failed(1, why), gate.failed(2, why)]).toEqual([false, false]);
  expect(gate.waitMs(2, 3)).toBe(0);
  expect(gate.waitMs(2, 4)).toBeUndefined();
  expect(gate.failed(3, why)).toBe(true);
  expect(gate.waitMs(3, 0)).toBe(1_000);
  expect(gate.waitMs(1_003, 0)).toBe(0);
  expect(gate.waitMs(1_003, 1)).toBeUndefined();
  // What was under way when it closed says nothing new.
  gate.failed(4, why);
  expect(gate.status().failures).toBe(1);
  for (let i = 0, ms = 1_003; i < 10; i++, ms += 60_000) gate.failed(ms, why);
  expect(gate.status()).toMatchObject({ state: "failing", failures: 11, sinceMs: 3 });
  gate.succeeded(1e6);
  expect(gate.status()).toMatchObject({ state: "flowing", failures: 0, sinceMs: 1e6 });
  gate.throttled(2e6, { code: "http_429", detail: "", afterMs: 7_000 });
  expect(gate.waitMs(2e6, 0)).toBe(7_000);
  gate.succeeded(2e6 + 1);
  expect(gate.waitMs(2e6 + 7_000, 0)).toBe(0);
  expect(told.at(-1)?.state).toBe("flowing");
});

test("a gate keeps to a rate", () => {
  const limits = { inFlight: 100, failuresMax: 3, probe: { firstMs: 1, maxMs: 1 }, throttle: { firstMs: 1, maxMs: 1 } };
  const gate = createGate({ limits, rate: rateOf(4), nowMs: 0, onChange: () => undefined });
  let started = 0;
  for (let ms = 0; ms < 10_000; ms += 5) {
    if (gate.waitMs(ms, 0) !== 0) continue;
    gate.start(ms);
    started++;
  }
  expect(started).toBe(40);
});

test("what is written down stands under the cursor of its own stream: what goes together is of one, and what waits together is told apart", async () => {
  const subscription = { id: 1, version: 1, definition: subscriptionDefinition.parse({ action: "many", trigger: { kind: "events" }, mapping: {} }) } as Subscription; // The rest is not looked at.
  const { destination } = createFakeVendor();
  const jobOf = (stream: StreamName, position: number): DeliveryJob => {
    const told = { stream, subscription, position, profileId: "ada", eventName: "", happenedAtMs: 0, receivedAtMs: 0, bytes: 1 };
    const job = itemJob(told, { messageId: "", type: "track", timestamp: "", receivedAt: "", context: {} }, { target: { name: "", connection: { settings: {} } } as Target, definition: destination.definition });
    if ("outcome" in job) throw new Error(job.detail);
    return job;
  };
  const jobs = [jobOf("events", 1), jobOf("audience 1", 2), jobOf("events", 3)];
  const lanes = createLanes<DeliveryJob>();
  for (const [i, job] of jobs.entries()) lanes.add({ ...job, person: String(i) });
  expect([lanes.take(), lanes.take()].map((taken) => taken?.map(({ position }) => position))).toEqual([[1, 3], [2]]);
  const done: Change["done"][] = [];
  const placeOf = ([first]: readonly DeliveryJob[]) => first && { stream: first.stream, block: 7 };
  const progress = { isOpen: () => true, placeOf, leave: () => undefined } as unknown as Progress; // What parking asks of it.
  const retries = await createRetries({
    destinationId: 1, subscriptions: [subscription], store: { parked: () => Promise.resolve([]) }, progress, clock: { nowMs: () => 0 }, limits: { retry: { firstMs: 1, maxMs: 1 }, parkedMax: 9 },
    commit: (change) => (done.push(change.done), Promise.resolve()), overtaken: () => Promise.resolve(new Set<DeliveryJob>()),
  });
  retries.park(jobs, undefined);
  expect(done.map((one) => [one?.stream, one?.entries.map(({ position }) => position)])).toEqual([["events", [1, 3]], ["audience 1", [2]]]);
});

test("what is parked of a person comes out in order, all of it when the first is due, and not again before it was put back", () => {
  const row = (profileId: string, position: number, nextAtMs: number): Parked => ({
    stream: "events", subscriptionId: 1, position, profileId, attempts: 1, firstAtMs: 0, nextAtMs, code: "", detail: "", status: 500,
  });
  const queue = createParkedQueue([row("a", 1, 100), row("a", 2, 0), row("b", 3, 50)]);
  expect(queue.takeDue(10, 10)).toEqual([]);
  expect(queue.nextAtMs()).toBe(50);
  expect(queue.takeDue(60, 10).map(({ position }) => position)).toEqual([3]);
  expect(queue.takeDue(100, 10).map(({ position }) => position)).toEqual([1, 2]);
  expect(queue.takeDue(1_000, 10)).toEqual([]);
  queue.again(row("a", 1, 500));
  expect(queue.takeDue(400, 10)).toEqual([]);
  expect(queue.takeDue(500, 10).map(({ position }) => position)).toEqual([1, 2]);
  queue.remove(row("a", 1, 0));
  queue.add(row("a", 4, 0));
  queue.remove(row("a", 2, 0));
  expect(queue.takeDue(500, 10).map(({ position }) => position)).toEqual([4]);
  queue.remove(row("a", 4, 0));
  queue.putBack("b");
  expect(queue.takeDue(500, 10).map(({ position }) => position)).toEqual([3]);
  queue.remove(row("b", 3, 0));
  expect(queue.takeDue(1_000, 10)).toEqual([]);
  expect([queue.size(), queue.has("a"), queue.nextAtMs()]).toEqual([0, false, Infinity]);
});
