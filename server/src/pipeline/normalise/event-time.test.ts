import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { importedEventTime, liveEventTime, parseTime } from "./event-time.ts";

const at = (iso: string): number => new Date(iso).getTime();

describe("A time is read the same on every machine", () => {
  test.each<[unknown, string | undefined]>([
    ["2026-03-01T10:20:30.123Z", "2026-03-01T10:20:30.123Z"],
    ["2026-03-01T10:20:30.123456Z", "2026-03-01T10:20:30.123Z"],
    ["2026-03-01T10:20:30.123456789+00:00", "2026-03-01T10:20:30.123Z"],
    ["2026-03-01T10:20:30.5Z", "2026-03-01T10:20:30.500Z"],
    ["2026-03-01T10:20:30,25Z", "2026-03-01T10:20:30.250Z"],
    ["2026-03-01T10:20:30+02:00", "2026-03-01T08:20:30.000Z"],
    ["2026-03-01T10:20:30-0530", "2026-03-01T15:50:30.000Z"],
    ["2026-03-01T10:20:30+02", "2026-03-01T08:20:30.000Z"],
    ["2026-03-01T10:20:30", "2026-03-01T10:20:30.000Z"],
    ["2026-03-01 10:20:30", "2026-03-01T10:20:30.000Z"],
    ["2026-03-01 10:20", "2026-03-01T10:20:00.000Z"],
    ["2026-03-01t10:20:30z", "2026-03-01T10:20:30.000Z"],
    ["2026-03-01", "2026-03-01T00:00:00.000Z"],
    ["20260301", "2026-03-01T00:00:00.000Z"],
    ["  2026-03-01T10:20:30Z ", "2026-03-01T10:20:30.000Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-03-01T24:00:00Z", "2026-03-02T00:00:00.000Z"],
    ["2009-11-10 23:00:00 +0000 UTC", "2009-11-10T23:00:00.000Z"],
    ["2009-11-10 23:00:00.5 +0100 CET", "2009-11-10T22:00:00.500Z"],
    ["Sun, 01 Mar 2026 10:20:30 GMT", "2026-03-01T10:20:30.000Z"],
    ["Sun Mar 01 2026 12:20:30 GMT+0200 (CEST)", "2026-03-01T10:20:30.000Z"],
    [1_772_360_430, "2026-03-01T10:20:30.000Z"],
    [1_772_360_430.5, "2026-03-01T10:20:30.500Z"],
    [1_772_360_430_123, "2026-03-01T10:20:30.123Z"],
    ["1772360430", "2026-03-01T10:20:30.000Z"],
    ["1772360430123", "2026-03-01T10:20:30.123Z"],
    [-86_400, "1969-12-31T00:00:00.000Z"],
    ["2026-02-29", undefined],
    ["2026-13-01", undefined],
    ["2026-03-01T25:00:00Z", undefined],
    ["2026-03-01T10:60:00Z", undefined],
    ["2026-03-01T10:20:30.Z", undefined],
    ["2026-03-01T10:20:30+99:00", undefined],
    ["2026-03-01Tsoon", undefined],
    ["0001-01-01T00:00:00Z", undefined],
    ["March 1, 2026", undefined],
    ["03/01/2026", undefined],
    ["yesterday", undefined],
    ["", undefined],
    [0, undefined],
    [Number.NaN, undefined],
    [1e300, undefined],
    [true, undefined],
    [null, undefined],
    [{}, undefined],
  ])("%j is %s", (given, expected) => {
    const time = parseTime(given);
    expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(expected);
  });

  test("whatever JavaScript prints as ISO is read back exactly", () => {
    fc.assert(fc.property(fc.date({ min: new Date("1000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }), (date) => {
      expect(parseTime(date.toISOString())).toBe(date.getTime());
    }));
  });
});

describe("A live event", () => {
  const received = at("2026-03-01T12:00:00.000Z");

  test.each<[string, Parameters<typeof liveEventTime>[0], string, string]>([
    ["keeps its time when the clocks agree",
      { timestamp: "2026-03-01T11:59:50Z", originalTimestamp: undefined, sentAt: "2026-03-01T12:00:00Z" }, "2026-03-01T11:59:50.000Z", ""],
    ["keeps its time when the request took some seconds, so that the order of two events holds",
      { timestamp: "2026-03-01T11:59:40Z", originalTimestamp: undefined, sentAt: "2026-03-01T11:59:51Z" }, "2026-03-01T11:59:40.000Z", ""],
    ["is moved by what the sender's clock is late",
      { timestamp: "2026-03-01T09:59:50Z", originalTimestamp: undefined, sentAt: "2026-03-01T10:00:00Z" }, "2026-03-01T11:59:50.000Z", "skew_corrected"],
    ["is moved by what the sender's clock is ahead",
      { timestamp: "2031-03-01T11:59:00Z", originalTimestamp: undefined, sentAt: "2031-03-01T12:00:00Z" }, "2026-03-01T11:59:00.000Z", "skew_corrected"],
    ["is corrected from originalTimestamp where both are given",
      { timestamp: "2020-01-01T00:00:00Z", originalTimestamp: "2026-03-01T10:00:00Z", sentAt: "2026-03-01T10:00:10Z" }, "2026-03-01T11:59:50.000Z", "skew_corrected"],
    ["takes the timestamp as given without sentAt",
      { timestamp: "2026-02-01T00:00:00Z", originalTimestamp: "2026-01-31T00:00:00Z", sentAt: undefined }, "2026-02-01T00:00:00.000Z", ""],
    ["takes the timestamp as given with an unreadable sentAt",
      { timestamp: "2026-02-01T00:00:00Z", originalTimestamp: undefined, sentAt: "now" }, "2026-02-01T00:00:00.000Z", ""],
    ["takes originalTimestamp when there is no other",
      { timestamp: undefined, originalTimestamp: "2026-02-01T00:00:00Z", sentAt: undefined }, "2026-02-01T00:00:00.000Z", ""],
    ["falls back on the readable one of two",
      { timestamp: "2026-02-01T00:00:00Z", originalTimestamp: "soon", sentAt: undefined }, "2026-02-01T00:00:00.000Z", ""],
    ["happened when it came if it says nothing",
      { timestamp: undefined, originalTimestamp: null, sentAt: "2026-03-01T10:00:00Z" }, "2026-03-01T12:00:00.000Z", "missing"],
    ["happened when it came if its time can't be read",
      { timestamp: "soon", originalTimestamp: undefined, sentAt: undefined }, "2026-03-01T12:00:00.000Z", "unreadable"],
    ["may be a day ahead",
      { timestamp: "2026-03-02T12:00:00Z", originalTimestamp: undefined, sentAt: undefined }, "2026-03-02T12:00:00.000Z", ""],
    ["further ahead counts at its receipt",
      { timestamp: "2026-03-02T12:00:00.001Z", originalTimestamp: undefined, sentAt: undefined }, "2026-03-01T12:00:00.000Z", "future"],
    ["may be ten years old",
      { timestamp: "2016-03-01T12:00:00Z", originalTimestamp: undefined, sentAt: undefined }, "2016-03-01T12:00:00.000Z", ""],
    ["older counts as ten years old",
      { timestamp: "1999-01-01T00:00:00Z", originalTimestamp: undefined, sentAt: undefined }, "2016-03-01T12:00:00.000Z", "too_old"],
  ])("%s", (_title, sent, expected, note) => {
    const time = liveEventTime(sent, received);
    expect([new Date(time.timestampMs).toISOString(), time.note]).toEqual([expected, note]);
  });

  test("always lies between ten years ago and a day ahead", () => {
    const anyTime = fc.oneof(fc.anything(), fc.date({ noInvalidDate: true }).map((date) => date.toISOString()), fc.double());
    fc.assert(fc.property(anyTime, anyTime, anyTime, (timestamp, originalTimestamp, sentAt) => {
      const { timestampMs } = liveEventTime({ timestamp, originalTimestamp, sentAt }, received);
      expect(timestampMs).toBeGreaterThanOrEqual(at("2016-03-01T12:00:00.000Z"));
      expect(timestampMs).toBeLessThanOrEqual(at("2026-03-02T12:00:00.000Z"));
      expect(Number.isInteger(timestampMs)).toBe(true);
    }));
  });
});

describe("An imported event", () => {
  const received = at("2026-03-01T12:00:00.000Z");

  test.each<[string, Parameters<typeof importedEventTime>[0], string, string]>([
    ["keeps its time, whatever was sent when",
      { timestamp: "2010-12-01T08:26:00Z", originalTimestamp: "2009-01-01", sentAt: "2015-01-01T00:00:00Z" }, "2010-12-01T08:26:00.000Z", ""],
    ["may be a hundred years old", { timestamp: "1926-03-01", originalTimestamp: undefined, sentAt: undefined }, "1926-03-01T00:00:00.000Z", ""],
    ["is never before what can be stored", { timestamp: "1492-10-12", originalTimestamp: undefined, sentAt: undefined }, "1900-01-02T00:00:00.000Z", "clamped"],
    ["from the future counts at its receipt", { timestamp: "2999-01-01", originalTimestamp: undefined, sentAt: undefined }, "2026-03-01T12:00:00.000Z", "future"],
    ["without a time happened when it came", { timestamp: "", originalTimestamp: undefined, sentAt: undefined }, "2026-03-01T12:00:00.000Z", "missing"],
    ["with an unreadable time happened when it came", { timestamp: "?", originalTimestamp: undefined, sentAt: undefined }, "2026-03-01T12:00:00.000Z", "unreadable"],
  ])("%s", (_title, sent, expected, note) => {
    const time = importedEventTime(sent, received);
    expect([new Date(time.timestampMs).toISOString(), time.note]).toEqual([expected, note]);
  });
});
