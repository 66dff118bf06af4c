import { expect, test } from "vitest";
import { isTimeZone, listedZone, listedZones } from "./time-zone.ts";

test("each zone has one listed name, whatever name it is given", () => {
  const names = ["Asia/Kolkata", "Asia/Calcutta", "Europe/Kyiv", "Asia/Yangon", "US/Pacific", "europe/berlin", "UTC", "Etc/UTC", "GMT", "Etc/GMT+5", "America/Argentina/Buenos_Aires"];
  for (const name of names) {
    expect(isTimeZone(name), name).toBe(true);
    expect(listedZones(), name).toContain(listedZone(name));
  }
  expect(listedZone("Asia/Kolkata")).toBe(listedZone("Asia/Calcutta"));
  expect(listedZone("europe/berlin")).toBe("Europe/Berlin");
});
