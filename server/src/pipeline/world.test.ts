// What is held in memory of people must never be written over what Postgres knows better.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPipeline, type TestPipeline } from "./testing.ts";

let pipeline: TestPipeline;
beforeAll(async () => void (pipeline = await startTestPipeline()));
afterAll(() => pipeline?.stop());

test("an identifier that moves in a merge keeps what its row says, though only its person was read", async () => {
  const email = "pat@example.com";
  await pipeline.send([{ type: "track", event: "Older", messageId: "1", anonymousId: "older" }]);
  await pipeline.send([{ type: "identify", messageId: "2", userId: "u1", anonymousId: "younger", traits: { email } }]);
  // Refused: the person with the address has another user id. The address remembers.
  await pipeline.send([{ type: "identify", messageId: "3", userId: "u2", traits: { email } }]);
  const before = await rowOf(email);
  expect(before?.yielded_to).toHaveLength(1);
  await pipeline.restart();
  // The older person survives; the address moves with the rest of the younger's and is not in this event.
  await pipeline.send([{ type: "identify", messageId: "4", userId: "u1", anonymousId: "older" }]);
  const after = await rowOf(email);
  expect(after?.profile_id).toBe((await pipeline.person("anonymous_id", "older"))?.id);
  expect(after?.profile_id).not.toBe(before?.profile_id);
  expect(after?.yielded_to).toEqual(before?.yielded_to);
});

test("who was merged before is the new survivor's in ClickHouse too", async () => {
  await pipeline.send([{ type: "track", event: "First", messageId: "a1", anonymousId: "first" }]);
  await pipeline.send([{ type: "track", event: "Second", messageId: "a2", anonymousId: "second" }]);
  await pipeline.send([{ type: "track", event: "Third", messageId: "a3", anonymousId: "third" }]);
  await pipeline.send([{ type: "identify", messageId: "a4", userId: "chain", anonymousId: "second" }]);
  await pipeline.send([{ type: "identify", messageId: "a5", userId: "chain", anonymousId: "third" }]);
  await pipeline.restart();
  await pipeline.send([{ type: "identify", messageId: "a6", userId: "chain", anonymousId: "first" }]);
  const person = await pipeline.person("user_id", "chain");
  const owners = (await pipeline.events("message_id in ('a1', 'a2', 'a3')")).map(({ owner }) => owner);
  expect(owners).toEqual([person?.id, person?.id, person?.id]);
});

async function rowOf(value: string): Promise<{ profile_id: string; yielded_to: string[] } | undefined> {
  const { rows } = await pipeline.pool.query<{ profile_id: string; yielded_to: string[] }>(
    `select profile_id, yielded_to from identifier where value = $1`, [value],
  );
  return rows[0];
}
