import { expect, test } from "vitest";
import { isTimeZone, listedZone, listedZones, zoneNamed } from "./time-zone.ts";

test("each zone has one listed name, whatever name it is given", () => {
  const names = ["Asia/Kolkata", "Asia/Calcutta", "Europe/Kyiv", "Asia/Yangon", "US/Pacific", "europe/berlin", "UTC", "Etc/UTC", "GMT", "Etc/GMT+5", "America/Argentina/Buenos_Aires"];
  for (const name of names) {
    expect(isTimeZone(name), name).toBe(true);
    expect(listedZones(), name).toContain(listedZone(name));
  }
  expect(listedZone("Asia/Kolkata")).toBe(listedZone("Asia/Calcutta"));
  expect(listedZone("europe/berlin")).toBe("Europe/Berlin");
});

test("what can't be reckoned with is no zone: abbreviations, offsets, words", () => {
  for (const text of ["PST", "JST", "IST", "ACT", "SystemV/EST5", "+02:00", "GMT+2", "Europe/Nowhere", "Berlin", "Etc/Unknown", "", "UTC "]) {
    expect(isTimeZone(text), text).toBe(false);
    expect(zoneNamed(text), text).toBeUndefined();
  }
});

test("every zone that is one by any of its names has a listed name", () => {
  for (const name of [...listedZones(), "EST", "CET", "Zulu", "GMT0", "Europe/Kyiv"]) expect(listedZones(), name).toContain(zoneNamed(name));
  expect(zoneNamed("asia/kolkata")).toBe(zoneNamed("Asia/Calcutta"));
});
