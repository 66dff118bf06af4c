import { afterAll, beforeAll, expect, test } from "vitest";
import type { DefinitionInput } from "@tributary/schema/audience/definition.ts";
import { startEvaluatorBench, type EvaluatorBench } from "../audiences/testing.ts";
import { isHeldOut } from "./audience-feed.ts";
import { startDeliveryBench, type DeliveryBench } from "./testing.ts";

let audiences: EvaluatorBench;
let bench: DeliveryBench;
beforeAll(async () => {
  audiences = await startEvaluatorBench();
  bench = await startDeliveryBench({}, audiences.pipeline);
});
afterAll(async () => {
  await bench.stop();
  await audiences.stop();
});

const bought = (event: string): DefinitionInput["who"] => ({ kind: "event", event, op: "at_least", value: 1 });
const rich = bought("Order Completed");
const mapping = { in: { "@path": "$.properties.rich" }, who: { "@path": "$.userId" }, email: { "@path": "$.context.traits.email" } };

async function settled(): Promise<unknown[]> {
  await audiences.catchUp();
  await audiences.pipeline.settled();
  await bench.deliverer().catchUp();
  return bench.vendor.accepted.splice(0).map(({ payload, event }) => `${event.event ?? event.type} ${String(payload["who"])} ${String(payload["in"])} ${String(payload["email"])}`);
}

test("those who are in are sent first, then whoever comes and goes, with what destinations expect of an audience", async () => {
  const id = await audiences.audience("rich", rich);
  const buy = (userId: string): object[] => [
    { type: "identify", userId, traits: { email: `${userId}@example.com` } }, { type: "track", userId, event: "Order Completed", properties: { total: 10 } },
  ];
  await audiences.send([...buy("ada"), ...buy("bob")]);
  await audiences.catchUp();
  const destination = await bench.destination();
  const subscription = await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id }, mapping });
  expect((await settled()).toSorted()).toEqual(["Audience Entered ada true ada@example.com", "Audience Entered bob true bob@example.com"]);

  await audiences.send(buy("cyd"));
  expect(await settled()).toEqual(["Audience Entered cyd true cyd@example.com"]);
  const sent = bench.vendor.requests.at(-1)?.items[0]?.event;
  expect(sent?.context).toMatchObject({ personas: { computation_class: "audience", computation_key: "rich", computation_id: String(id) }, traits: { email: "cyd@example.com" } });

  await audiences.change(id, bought("Nothing"));
  expect((await settled()).toSorted()).toEqual(["ada", "bob", "cyd"].map((who) => `Audience Exited ${who} false ${who}@example.com`));
  expect(await bench.counts(destination)).toMatchObject({ delivered: 6 });
  await bench.kill();
  expect(await settled()).toEqual([]);
  await audiences.pipeline.pool.query("update subscription set enabled = false where id = $1", [subscription]);
});

test("without those who are in, only changes go; and the share that is held out is the same people for ever, each noted", async () => {
  const id = await audiences.audience("buyers", rich);
  await audiences.send(["held-1", "held-2"].flatMap((userId) => [{ type: "track", userId, event: "Order Completed" }]));
  await audiences.catchUp();
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id, backfill: false, holdOut: 0.5 }, mapping });
  expect(await settled()).toEqual([]);
  const people = Array.from({ length: 24 }, (_, i) => `new-${i}`);
  await audiences.send(people.map((userId) => ({ type: "track", userId, event: "Order Completed" })));
  const sent = await settled();
  const counts = await bench.counts(destination);
  expect(sent.length).toBeGreaterThan(0);
  expect(counts["held_out hold_out"]).toBe(24 - sent.length);
});

test("a vendor that keeps lists makes one for the audience first, and is asked again until it has", async () => {
  const id = await audiences.audience("listed", rich);
  await audiences.send([{ type: "track", userId: "li", event: "Order Completed" }]);
  await audiences.catchUp();
  let asked = 0;
  const { destination } = bench.vendor;
  Object.assign(destination, {
    definition: { ...destination.definition, audience: { settings: [], isCreated: true } },
    createAudience: () => (asked++ === 0 ? Promise.reject(new Error("the account is full")) : Promise.resolve({ externalId: "list-7", exchanges: [] })),
  });
  const target = await bench.destination();
  await bench.subscribe(target, { action: "one", trigger: { kind: "audience", audienceId: id, settings: { kind: "x" } }, mapping: { ...mapping, list: { "@path": "$.context.personas.external_audience_id" } } });
  const state = await audiences.pipeline.pool.query("select state, code, detail from delivery_state where destination_id = $1", [target]);
  expect(state.rows).toMatchObject([{ state: "failing", code: "audience_not_made", detail: expect.stringContaining("the account is full") }]);
  bench.vendor.accepted.length = 0;
  await bench.deliverer().catchUp();
  bench.clock.ms += 60_000;
  expect((await settled()).length).toBeGreaterThan(0);
  expect(bench.vendor.requests.at(-1)?.items[0]?.payload["list"]).toBe("list-7");
  await bench.deliverer().catchUp();
  expect(asked).toBe(2);
});

test("who is suppressed leaves every destination under what it was told of them; so does who is somebody else by now, unless that one is in", async () => {
  const id = await audiences.audience("told", bought("Told"));
  const told = (userId: string): object[] => [
    { type: "identify", userId, anonymousId: `anon-${userId}`, traits: { email: `${userId}@example.com` } }, { type: "track", userId, event: "Told" },
  ];
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id }, mapping: { ...mapping, in: { "@path": "$.properties.told" } } });
  await audiences.send([...told("sue"), ...told("ann"), ...told("bea")]);
  const ours = async (): Promise<unknown[]> => (await settled()).filter((line) => String(line).includes("Audience")).toSorted();
  expect(await ours()).toHaveLength(3);
  const sue = await audiences.pipeline.person("user_id", "sue");
  await audiences.pipeline.control({ kind: "profile.suppress", profileId: sue?.id ?? "" });
  expect(await ours()).toEqual(["Audience Exited sue false sue@example.com"]);
  const members = async (): Promise<number | null> => (await audiences.pipeline.pool.query("select from delivery_member m join subscription s on s.id = m.subscription_id where s.destination_id = $1", [destination])).rowCount;
  expect(await members()).toBe(2);
  // Both are in, so the one who is left stays in.
  await audiences.send([{ type: "alias", previousId: "bea", userId: "ann" }]);
  expect(await ours()).toEqual([]);
});

test("consent that is withdrawn is leaving, and given again is coming back", async () => {
  const id = await audiences.audience("agreed", bought("Agreed"));
  const says = (userId: string, marketing: boolean): object => ({ type: "identify", userId, traits: { email: `${userId}@example.com` }, context: { consent: { categoryPreferences: { marketing } } } });
  const destination = await bench.destination();
  await bench.subscribe(destination, { action: "one", trigger: { kind: "audience", audienceId: id }, consent: ["marketing"], mapping: { ...mapping, in: { "@path": "$.properties.agreed" } } });
  const ours = async (): Promise<unknown[]> => (await settled()).filter((line) => String(line).includes("Audience"));
  await audiences.send([says("cat", true), { type: "track", userId: "cat", event: "Agreed" }, says("dan", false), { type: "track", userId: "dan", event: "Agreed" }]);
  expect(await ours()).toEqual(["Audience Entered cat true cat@example.com"]);
  await audiences.send([says("cat", false)]);
  expect(await ours()).toEqual(["Audience Exited cat false cat@example.com"]);
  await audiences.send([says("dan", true)]);
  expect(await ours()).toEqual(["Audience Entered dan true dan@example.com"]);
  const dan = await audiences.pipeline.person("user_id", "dan");
  await audiences.pipeline.control({ kind: "profile.consent", profileId: dan?.id ?? "", categories: { marketing: false }, atMs: Date.now() + 60_000 });
  expect(await ours()).toEqual(["Audience Exited dan false dan@example.com"]);
});

test("hold-outs are a fair share", () => {
  const share = Array.from({ length: 4_000 }, (_, i) => isHeldOut(`00000000-0000-0000-0000-${String(i).padStart(12, "0")}`, 7, 0.2)).filter(Boolean).length / 4_000;
  expect(share).toBeGreaterThan(0.17);
  expect(share).toBeLessThan(0.23);
  expect(isHeldOut("anybody", 7, 0)).toBe(false);
});
