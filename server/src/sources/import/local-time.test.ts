import { describe, expect, test } from "vitest";
import { createTimeReader, isTimeZone, patternProblem } from "./local-time.ts";

function read(text: string, options: { zone?: string | null; format?: string; ambiguity?: "compatible" | "refuse" } = {}): string {
  const { zone = "Europe/London", format = "iso", ambiguity = "compatible" } = options;
  const result = createTimeReader({ zone, format, ambiguity })(text);
  return result.kind === "instant" ? result.iso : result.problem;
}

describe("times of a file", () => {
  test.each([
    ["2011-01-21 08:44:00", "2011-01-21T08:44:00Z"], // winter
    ["2011-07-21 08:44:00", "2011-07-21T07:44:00Z"], // summer
    ["2011-07-21", "2011-07-20T23:00:00Z"], // the start of the day, there
    ["2011-07-21T08:44:00.123456Z", "2011-07-21T08:44:00.123456Z"],
    ["2011-07-21T08:44:00+05:30", "2011-07-21T03:14:00Z"],
    ["2011-07-21 08:44+02", "2011-07-21T06:44:00Z"],
  ])("%s is %s in London", (text, instant) => expect(read(text)).toBe(instant));

  test("without an offset need a zone, and with one need none", () => {
    expect(read("2011-07-21 08:44:00", { zone: null })).toBe("zone_missing");
    expect(read("2011-07-21 08:44:00Z", { zone: null })).toBe("2011-07-21T08:44:00Z");
  });

  test.each(["", "yesterday", "2011-02-30", "2011-13-01", "2011-07-21 25:00", "21/07/2011", "2011-07-21 08:44 PM", "1311237840", "2011-07-21T08:44:00[Europe/Paris]"])(
    "%j is no time", (text) => expect(read(text)).toBe("not_a_time"));

  test("that the clocks skipped move on by the gap, and those that came twice are the earlier", () => {
    expect(read("2011-03-27 01:30:00")).toBe("2011-03-27T01:30:00Z"); // 02:30 summer time
    expect(read("2011-10-30 01:30:00")).toBe("2011-10-30T00:30:00Z"); // still summer time
    expect(read("2011-03-27 01:30:00", { ambiguity: "refuse" })).toBe("ambiguous");
    expect(read("2011-10-30 01:30:00", { ambiguity: "refuse" })).toBe("ambiguous");
    expect(read("2011-10-30 03:30:00", { ambiguity: "refuse" })).toBe("2011-10-30T03:30:00Z");
  });

  test("are read by patterns", () => {
    expect(read("1/12/2010 8:26", { format: "d/M/yyyy H:mm" })).toBe("2010-12-01T08:26:00Z");
    expect(read("12/1/2010 8:26", { format: "M/d/yyyy H:mm" })).toBe("2010-12-01T08:26:00Z");
    expect(read("01.12.2010 12:05:09 am", { format: "dd.MM.yyyy hh:mm:ss a" })).toBe("2010-12-01T00:05:09Z");
    expect(read("31/02/2010 8:26", { format: "d/M/yyyy H:mm" })).toBe("not_a_time");
    expect(read("1/12/2010", { format: "d/M/yyyy H:mm" })).toBe("not_a_time");
  });

  test("count seconds or milliseconds since 1970, without a zone", () => {
    expect(read("1311237840", { format: "unix_seconds", zone: null })).toBe("2011-07-21T08:44:00Z");
    expect(read("1311237840123", { format: "unix_milliseconds", zone: null })).toBe("2011-07-21T08:44:00.123Z");
    expect(read("soon", { format: "unix_seconds" })).toBe("not_a_time");
  });
});

describe("what a mapping may say of times", () => {
  test("zones are IANA names", () => {
    expect(isTimeZone("Europe/London")).toBe(true);
    expect(isTimeZone("Middle/Earth")).toBe(false);
  });

  test.each(["MM/dd", "yyyy-MM-dd hh:mm", "yyyy-MM-dd dd", "YYYY-MM-DD"])("%s is no pattern", (format) => expect(patternProblem(format)).not.toBeNull());
  test.each(["iso", "unix_seconds", "yyyy-MM-dd HH:mm:ss.SSS", "d.M.yyyy"])("%s is one", (format) => expect(patternProblem(format)).toBeNull());
});
