import { expect, test } from "vitest";
import { isZoneFound, timeInZone, zoneName, zonesToChoose } from "./zones.ts";

test("zones are chosen among all that the browser knows and the one that stands, each once, UTC first", () => {
  const zones = zonesToChoose(["Europe/Kyiv", "Etc/GMT-14", "UTC"]);
  expect(zones[0]).toBe("UTC");
  expect(zones).toEqual(expect.arrayContaining(["Europe/Kyiv", "Etc/GMT-14", "Europe/Berlin", "Pacific/Auckland"]));
  expect(new Set(zones).size).toBe(zones.length);
});

test("a zone is found by the words of its name, in any order and case", () => {
  for (const search of ["new york", "NEW_YORK", "america/new", "york america", " York ", ""]) expect(isZoneFound("America/New_York", search), search).toBe(true);
  for (const search of ["newyork", "york europe", "utc+2"]) expect(isZoneFound("America/New_York", search), search).toBe(false);
  expect(zoneName("America/Argentina/Buenos_Aires")).toBe("America/Argentina/Buenos Aires");
});

test("the time in a zone has its weekday; of a zone that is unknown nothing is said", () => {
  const ms = Date.UTC(2026, 4, 31, 23, 30);
  expect(timeInZone("UTC", ms)).toMatch(/Sun.*11:30/);
  expect(timeInZone("Europe/Berlin", ms)).toMatch(/Mon.*1:30/);
  expect(timeInZone("Mars/Olympus", ms)).toBe("");
});
