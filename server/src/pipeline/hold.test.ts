// What a hold promises to whoever copies: while it stands nothing is sent, and it says so when that was not so.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pool } from "pg";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { createHold, createWritesHold, type Hold } from "./hold.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { takeTurn } from "./outbox/statement-turn.ts";

let postgres: Postgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
});
afterAll(() => postgres?.stop());

const SOON_MS = 20;
const LATER_MS = 60_000;

/** A sender whose INSERTs end when they are told to. */
function createFakeSender(hold: Hold) {
  let insertEnds: (() => void) | undefined;
  let sent = 0;
  const pass = hold.join(() => undefined);
  const run = async (): Promise<void> => {
    for (;;) {
      await pass();
      await new Promise<void>((resolve) => (insertEnds = resolve));
      insertEnds = undefined;
      sent++;
    }
  };
  void run();
  return {
    sent: () => sent,
    isSending: () => insertEnds !== undefined,
    finish: async () => {
      insertEnds?.();
      await settle();
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is being sent is waited for, and nothing more is sent until the release", async () => {
  const hold = createHold();
  const senders = [createFakeSender(hold), createFakeSender(hold)];
  await settle();
  const asked = hold.ask(LATER_MS);
  await senders[0]?.finish();
  let isHeld = false;
  void asked.then(() => (isHeld = true));
  await settle();
  expect(isHeld).toBe(false);
  await senders[1]?.finish();
  expect(await asked).toBe(true);
  await settle();
  expect(senders.map((sender) => [sender.sent(), sender.isSending()])).toEqual([[1, false], [1, false]]);
  expect(hold.release()).toBe(true);
  await settle();
  expect(senders.map((sender) => sender.isSending())).toEqual([true, true]);
});

test("a sender that is not done in time is not held, nor are the others", async () => {
  const hold = createHold();
  const senders = [createFakeSender(hold), createFakeSender(hold)];
  await settle();
  const asked = hold.ask(SOON_MS);
  await senders[0]?.finish();
  expect(senders[0]?.isSending()).toBe(false);
  expect(await asked).toBe(false);
  await settle();
  expect(senders.map((sender) => sender.isSending())).toEqual([true, true]);
  expect(hold.release()).toBe(false);
});

test("a sender that has not begun is one to wait for", async () => {
  const hold = createHold();
  hold.join(() => undefined);
  expect(await hold.ask(SOON_MS)).toBe(false);
});

test("a hold that nobody ends lets go by itself, and says so", async () => {
  const hold = createHold(SOON_MS);
  const sender = createFakeSender(hold);
  await settle();
  const asked = hold.ask(LATER_MS);
  await sender.finish();
  expect(await asked).toBe(true);
  while (!sender.isSending()) await settle();
  expect(hold.release()).toBe(false);
});

test("one at a time, and none after the end", async () => {
  const hold = createHold();
  expect(await hold.ask(LATER_MS)).toBe(true);
  expect(await hold.ask(LATER_MS)).toBe(false);
  hold.end();
  expect(hold.release()).toBe(false);
  expect(await hold.ask(LATER_MS)).toBe(false);
});

test("what is sent again by hand is waited for, and waits", async () => {
  const senders = createHold();
  const hold = createWritesHold(senders, pool, 2);
  let finish: (() => void) | undefined;
  const isOver = new Promise<void>((resolve) => (finish = resolve));
  let hasTurn: (() => void) | undefined;
  const begun = new Promise<void>((resolve) => (hasTurn = resolve));
  const byHand = inTransaction(pool, async (tx) => {
    await takeTurn(tx, 1);
    hasTurn?.();
    await isOver;
  });
  await begun;
  expect(await hold.ask(SOON_MS)).toBe(false);
  finish?.();
  await byHand;
  expect(await hold.ask(LATER_MS)).toBe(true);
  let hadTurn = false;
  const next = inTransaction(pool, async (tx) => {
    await takeTurn(tx, 0);
    hadTurn = true;
  });
  while ((await pool.query("select from pg_locks where locktype = 'advisory' and not granted")).rowCount === 0) await settle();
  expect(hadTurn).toBe(false);
  expect(await hold.release()).toBe(true);
  await next;
});

test("turns that went with their connection were not held", async () => {
  const hold = createWritesHold(createHold(), pool, 1);
  expect(await hold.ask(LATER_MS)).toBe(true);
  await pool.query("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())");
  expect(await hold.release()).toBe(false);
});
