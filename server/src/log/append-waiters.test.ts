import { describe, expect, test } from "vitest";
import { createAppendWaiters } from "./append-waiters.ts";

const limits = { pollMsMin: 1, pollMsMax: 4 };

describe("waiting for an append", () => {
  test("looks at the head only while somebody waits", async () => {
    let looks = 0;
    let nextOffset = 0;
    const waiters = createAppendWaiters(async () => {
      looks += 1;
      return [{ partition: 0, nextOffset }];
    }, limits);
    const waiting = waiters.wait(0, 0, 10_000);
    await expect.poll(() => looks).toBeGreaterThan(3);
    nextOffset = 1;
    expect(await waiting).toBe(true);
    expect(await waiters.wait(0, 0, 10_000)).toBe(true);
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(looks).toBe(before);
  });

  test("wakes only those whose partition and offset it is", async () => {
    const waiters = createAppendWaiters(async () => [], limits);
    const answers = [waiters.wait(0, 4, 10_000), waiters.wait(0, 5, 60), waiters.wait(1, 0, 60)];
    waiters.poke(0, 5);
    expect(await Promise.all(answers)).toEqual([true, false, false]);
  });

  test("outlives a head that can't be looked at", async () => {
    let looks = 0;
    const waiters = createAppendWaiters(async () => {
      looks += 1;
      if (looks < 3) throw new Error("no connection");
      return [{ partition: 0, nextOffset: 9 }];
    }, limits);
    expect(await waiters.wait(0, 8, 10_000)).toBe(true);
  });

  test("lets everybody go when it is closed", async () => {
    const waiters = createAppendWaiters(async () => [], limits);
    const waiting = [waiters.wait(0, 0, 60_000), waiters.wait(1, 3, 60_000)];
    waiters.close();
    expect(await Promise.all(waiting)).toEqual([false, false]);
    expect(await waiters.wait(0, 0, 60_000)).toBe(false);
  });
});
