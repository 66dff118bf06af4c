import { describe, expect, test } from "vitest";
import { frameRecord } from "./chunk-codec.ts";
import { eventsRecord } from "./contract-suite.ts";
import { createGroupCommit, type Group } from "./group-commit.ts";

const frame = (text: string, events = 1) => frameRecord(eventsRecord(Array.from({ length: events }, () => text)));
const textsOf = (group: Group): readonly string[] => group.frames.map((one) => String(one.record.events[0]));

/** A writer whose commits end only when the test says so. */
function heldWriter(limits = { gatherMs: 1, groupBytesMax: 1_000_000 }) {
  const groups: Group[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const commits = createGroupCommit({
    limits,
    encode: async (frames) => {
      if (frames.some((one) => String(one.record.events[0]) === "unencodable")) throw new Error("can't encode");
      return Buffer.alloc(0);
    },
    commit: (group) => new Promise((resolve, reject) => {
      const offset = groups.push(group) - 1;
      ends.push((error) => (error ? reject(error) : resolve(offset)));
    }),
  });
  return { commits, groups, end: (index: number, error?: Error) => ends[index]?.(error) };
}

describe("group commit", () => {
  test("writes one group at a time; what comes meanwhile is the next group", async () => {
    const { commits, groups, end } = heldWriter();
    const first = commits.append(frame("a"));
    await expect.poll(() => groups.length).toBe(1);
    const rest = ["b", "c", "d"].map((text) => commits.append(frame(text)));
    end(0);
    expect(await first).toEqual({ offset: 0, index: 0 });
    await expect.poll(() => groups.length).toBe(2);
    expect(groups.map(textsOf)).toEqual([["a"], ["b", "c", "d"]]);
    end(1);
    expect(await Promise.all(rest)).toEqual([0, 1, 2].map((index) => ({ offset: 1, index })));
  });

  test("closes a group where the next record would pass the positions or the bytes of a chunk; one alone may pass the bytes", async () => {
    const { commits, groups, end } = heldWriter({ gatherMs: 1, groupBytesMax: 30_000 });
    const frames = [frame("a", 4_000), frame("b", 96), frame("c"), frame("x".repeat(50_000)), frame("d"), frame("e")];
    const all = Promise.all(frames.map((one) => commits.append(one)));
    for (let i = 0; i < 4; i++) {
      await expect.poll(() => groups.length).toBe(i + 1);
      end(i);
    }
    expect(groups.map((group) => textsOf(group).map((text) => text[0]))).toEqual([["a", "b"], ["c"], ["x"], ["d", "e"]]);
    expect(groups.map((group) => group.positions)).toEqual([4_096, 1, 1, 2]);
    expect((await all).map((at) => [at.offset, at.index])).toEqual([[0, 0], [0, 4_000], [1, 0], [2, 0], [3, 0], [3, 1]]);
  });

  test("tells a failed group, and only that, that it failed, and goes on", async () => {
    const { commits, groups, end } = heldWriter();
    const lost = Promise.allSettled([commits.append(frame("a")), commits.append(frame("b"))]);
    await expect.poll(() => groups.length).toBe(1);
    const next = commits.append(frame("c"));
    end(0, new Error("disk on fire"));
    const answers = (await lost).map((one) => (one.status === "rejected" ? String(one.reason) : "stored"));
    expect(answers).toEqual(["Error: disk on fire", "Error: disk on fire"]);
    await expect.poll(() => groups.length).toBe(2);
    end(1);
    expect(await next).toEqual({ offset: 1, index: 0 });

    await expect(commits.append(frame("unencodable"))).rejects.toThrow("can't encode");
    const after = commits.append(frame("d"));
    await expect.poll(() => groups.length).toBe(3);
    end(2);
    await after;
  });

  test("is drained when everything appended is decided", async () => {
    const { commits, groups, end } = heldWriter();
    await commits.drain();
    const appended = commits.append(frame("a"));
    let drained = false;
    const draining = commits.drain().then(() => (drained = true));
    await expect.poll(() => groups.length).toBe(1);
    expect(drained).toBe(false);
    end(0);
    await appended;
    await draining;
  });
});
