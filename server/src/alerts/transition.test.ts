import { describe, expect, test } from "vitest";
import { nothingWrong, transition, type Change, type Level, type Seen, type Standing } from "./transition.ts";

const MINUTE = 60_000;
const patience = { openAfterMs: 10 * MINUTE, closeAfterMs: 5 * MINUTE };

/** One look a minute; what changed, by the minute. */
function run(levels: readonly (Level | Seen)[], before: Standing = nothingWrong): { readonly changes: readonly string[]; readonly after: Standing } {
  let standing = before;
  const changes: string[] = [];
  levels.forEach((one, minute) => {
    const { after, change } = transition(standing, typeof one === "string" ? { level: one } : one, patience, minute * MINUTE);
    if (change !== undefined) changes.push(`${minute} ${change}`);
    standing = after;
  });
  return { changes, after: standing };
}

const times = (count: number, ...levels: readonly Level[]): Level[] => Array.from({ length: count }, () => levels).flat();

describe("an alert", () => {
  test("opens after its time, and closes after its time", () => {
    expect(run([...times(15, "bad"), ...times(10, "good")]).changes).toEqual(["10 opened", "20 closed"]);
    expect(run([{ level: "bad", sinceMs: -8 * MINUTE }, ...times(9, "bad")]).changes).toEqual(["2 opened"]);
    expect(run([...times(9, "bad"), ...times(20, "good")]).changes).toEqual([]);
  });

  test("of what flaps opens once and stays open", () => {
    expect(run(times(40, "bad", "good", "good")).changes).toEqual(["12 opened"]);
  });

  test("neither opens nor closes by what is half well, and not by what can't be seen", () => {
    expect(run([...times(12, "bad"), ...times(30, "between"), ...times(4, "good"), "between", ...times(4, "good")]).changes).toEqual(["10 opened"]);
    expect(run(["bad", ...times(30, "unknown")]).changes).toEqual([]);
    expect(run([...times(12, "bad"), ...times(30, "unknown")]).changes).toEqual(["10 opened"]);
  });

  test("closes at once when there is nothing to watch any more", () => {
    expect(run([...times(12, "bad"), "gone", ...times(3, "gone")])).toEqual({ changes: ["10 opened", "12 closed"], after: nothingWrong });
  });
});

test("whatever is seen: it opens and closes in turn, never sooner than it may, and not more often than patience lets it", () => {
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const levels: readonly Level[] = ["bad", "bad", "good", "good", "between", "unknown", "gone"];
  for (let round = 0; round < 300; round++) {
    const stickiness = random();
    let level: Level = "good";
    const seen = Array.from({ length: 120 }, () => (level = random() < stickiness ? level : levels[Math.floor(random() * (random() < 0.9 ? 6 : 7))] ?? "good"));
    const told: (readonly [number, Change])[] = [];
    let standing = nothingWrong;
    seen.forEach((one, minute) => {
      const { after, change } = transition(standing, { level: one }, patience, minute * MINUTE);
      if (change !== undefined) told.push([minute, change]);
      expect(after.isOpen).toBe(change === undefined ? standing.isOpen : change === "opened");
      standing = after;
    });
    told.forEach(([minute, change], i) => {
      expect(change).toBe(i % 2 === 0 ? "opened" : "closed");
      const before = seen.slice(0, minute + 1);
      if (change === "opened") {
        expect(seen[minute]).toBe("bad");
        // Since it was last well for long enough, it has been wrong for its time.
        expect(minute - before.indexOf("bad", told[i - 1]?.[0] ?? 0)).toBeGreaterThanOrEqual(10);
      } else if (seen[minute] !== "gone") expect(before.slice(-6).every((one) => one === "good" || one === "unknown")).toBe(true);
    });
  }
});
