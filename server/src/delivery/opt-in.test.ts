import { afterAll, beforeAll, expect, test } from "vitest";
import { good, startDeliveryBench, type DeliveryBench } from "./testing.ts";

let bench: DeliveryBench;
beforeAll(async () => {
  bench = await startDeliveryBench();
});
afterAll(() => bench.stop());

const trigger = { kind: "events", names: ["Signed Up"] };
const signedUp = (userId: string, more: object = {}): object => ({ type: "track", userId, event: "Signed Up", messageId: `signed-up-${userId}`, ...more });

test("a subscription that took an opt-in from a trait goes on without it: opting out goes, and what is left out is counted and told", async () => {
  const id = await bench.destination();
  await bench.subscribe(id, { action: "contact", trigger, mapping: { who: { "@path": "$.userId" }, email_subscribe: { "@path": "$.properties.newsletter" } } });
  await bench.send([signedUp("ada", { properties: { newsletter: "opted_in" } }), signedUp("grace", { properties: { newsletter: "unsubscribed" } })]);
  await bench.deliverer().catchUp();
  expect(bench.vendor.accepted.map(({ payload }) => payload).toSorted((a, b) => String(a["who"]).localeCompare(String(b["who"])))).toEqual([{ who: "ada" }, { who: "grace", email_subscribe: "unsubscribed" }]);
  expect(await bench.counts(id)).toEqual({ delivered: 2, "left_out email_subscribe": 1 });
  const details = await bench.pipeline.clickhouse.client("api").query({ query: `select message_id, detail from deliveries final where destination_id = ${id} order by message_id`, format: "JSONCompactEachRow" });
  expect(await details.json()).toEqual([["signed-up-ada", "Without email_subscribe: it opts people in, and is not filled from their consent."], ["signed-up-grace", ""]]);
});

test("what a mapping takes from our consent goes as they decided, whatever the event says under that name", async () => {
  await bench.pipeline.pool.query("update destination set enabled = false");
  bench.vendor.accepted.length = 0;
  const id = await bench.destination();
  const blank = { "@path": "$.context.consents.email_marketing" };
  await bench.subscribe(id, { action: "contact", trigger, mapping: { who: { "@path": "$.userId" }, email_subscribe: { "@if": { exists: blank, then: { "@if": { blank, then: "opted_in", else: "unsubscribed" } } } } } });
  const decided = (userId: string, granted: boolean): object => ({ type: "identify", userId, context: { consent: { categoryPreferences: { email_marketing: granted } } } });
  const forged = { context: { consents: { email_marketing: true } } };
  await bench.send([decided("yes", true), decided("no", false), signedUp("yes"), signedUp("no", forged), signedUp("unasked", forged)]);
  await bench.deliverer().catchUp();
  const said = bench.vendor.accepted.filter(({ event }) => event.event === "Signed Up").map(({ payload }) => [payload["who"], payload["email_subscribe"]]);
  expect(said.toSorted()).toEqual([["no", "unsubscribed"], ["unasked", undefined], ["yes", "opted_in"]]);
  expect(Object.keys(await bench.counts(id))).toEqual(["delivered"]);
});

test("a setting that opts in whomever the mapping says nothing of holds for a subscription that asks for consent; for another its contrary goes, and each delivery says so", async () => {
  await bench.pipeline.pool.query("update destination set enabled = false");
  const id = await bench.destination();
  await bench.pipeline.pool.query(`update destination set settings_sealed = '{"defaultPermissionStatus":"OPTIN"}', version = version + 1 where id = $1`, [id]);
  const asking = await bench.subscribe(id, { action: "one", trigger, mapping: {}, consent: ["email_marketing"] });
  await bench.subscribe(id, { action: "one", trigger, mapping: {} });
  const went: unknown[] = [];
  bench.vendor.answer = (request) => {
    went.push([request.subscription.id === asking, request.connection.settings]);
    return good(request);
  };
  await bench.send([{ type: "identify", userId: "eve", context: { consent: { categoryPreferences: { email_marketing: true } } } }, signedUp("eve")]);
  await bench.deliverer().catchUp();
  expect(went.toSorted()).toEqual([[false, { defaultPermissionStatus: "OPTOUT" }], [true, { defaultPermissionStatus: "OPTIN" }]]);
  expect(await bench.counts(id)).toEqual({ delivered: 2, "left_out settings.defaultPermissionStatus": 1 });
});
