import { expect, test } from "vitest";
import { manualClock } from "./clock.ts";
import { createLogger } from "./logger.ts";
import { CLOCK_STEADY_MS, createSureTime } from "./sure-time.ts";

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** A clock, and the time that passes by itself. `pass` moves both, looking as often as the upkeep does. */
function watched(knownMs?: number) {
  const clock = manualClock(START);
  let passedMs = 5_000;
  const warned: number[] = [];
  const logger = createLogger("silent");
  logger.warn = ((fields: { jumpedMs: number }) => warned.push(fields.jumpedMs)) as typeof logger.warn;
  const time = createSureTime({ clock, logger, passedMs: () => passedMs, ...(knownMs === undefined ? {} : { knownMs }) });
  return {
    clock, time, warned,
    pass(ms: number) {
      for (let leftMs = ms; leftMs > 0; leftMs -= 15_000) {
        clock.advanceMs(Math.min(15_000, leftMs));
        passedMs += Math.min(15_000, leftMs);
        time.sureMs();
      }
    },
  };
}

test("a clock that goes evenly is the time", () => {
  const { clock, time, warned, pass } = watched();
  expect(time.sureMs()).toBe(START);
  pass(3_600_000);
  clock.advanceMs(500); // Put right by a little.
  expect(time.sureMs()).toBe(clock.nowMs());
  expect(warned).toEqual([]);
});

test("a clock that stands ahead for a moment moves nothing", () => {
  const { clock, time, warned, pass } = watched();
  pass(CLOCK_STEADY_MS);
  const beforeMs = time.sureMs();
  clock.advanceMs(365 * DAY_MS);
  pass(60_000);
  expect(time.sureMs() - beforeMs).toBe(60_000);
  clock.advanceMs(-365 * DAY_MS);
  pass(30_000);
  expect(time.sureMs()).toBe(clock.nowMs());
  expect(warned).toEqual([365 * DAY_MS, -365 * DAY_MS]);
});

test("one that stays ahead is believed after some minutes, and one that was set back at once", () => {
  const { clock, time, pass } = watched();
  pass(CLOCK_STEADY_MS);
  clock.advanceMs(DAY_MS);
  pass(CLOCK_STEADY_MS - 15_000);
  expect(clock.nowMs() - time.sureMs()).toBe(DAY_MS);
  pass(15_000 + 15_000);
  expect(time.sureMs()).toBe(clock.nowMs());
  clock.advanceMs(-2 * DAY_MS);
  expect(time.sureMs()).toBe(clock.nowMs());
});

test("a start with a clock far ahead of what was last written down goes on from there until it is believed", () => {
  const { clock, time, pass } = watched(START - 30 * DAY_MS);
  expect(time.sureMs()).toBe(START - 30 * DAY_MS);
  pass(CLOCK_STEADY_MS);
  expect(time.sureMs()).toBe(clock.nowMs());
  expect(watched(START + DAY_MS).time.sureMs(), "what was written down by a clock that stood ahead").toBe(START);
});
