// What a hold promises to whoever copies: while it stands nothing is sent, and it says so when that was not so.
import { expect, test } from "vitest";
import { createHold, type Hold } from "./hold.ts";

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
