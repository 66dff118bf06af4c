import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { readDevice } from "./device.ts";
import { readUserAgent, userAgentFamilies } from "./user-agent.ts";

const safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Safari/605.1.15";
const chromeWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36";
const chromeAndroid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36";

/** Any UTF-16 at all, half characters included. */
const anyText = fc.array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 600 }).map((units) => String.fromCharCode(...units));

describe("A user agent", () => {
  test.each([
    [safari, "desktop", "macOS", "Safari", false],
    [chromeWindows, "desktop", "Windows", "Chrome", false],
    [chromeAndroid, "mobile", "Android", "Chrome", false],
    [chromeAndroid.replace("Mobile ", ""), "tablet", "Android", "Chrome", false],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:122.0) Gecko/20100101 Firefox/122.0", "desktop", "Linux", "Firefox", false],
    ["Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/121.0.0.0 Safari/537.36", "desktop", "Chrome OS", "Chrome", false],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Mobile/15E148 Safari/604.1", "mobile", "iOS", "Safari", false],
    ["Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", "tablet", "iOS", "Safari", false],
    [`${chromeWindows} Edg/121.0.0.0`, "desktop", "Windows", "Edge", false],
    ["Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", "mobile", "Android", "Samsung Internet", false],
    ["Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Chrome/76.0.3809.146 TV Safari/537.36", "tv", "Tizen", "Samsung Internet", false],
    ["Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15", "console", "", "", false],
  ])("%s is a %s", (text, deviceType, os, browser, isBot) => {
    const read = readUserAgent(text);
    expect({ ...read, ...(os === "" ? { os, browser } : {}) }).toEqual({ deviceType, os, browser, isBot });
  });

  test.each([
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/121.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
  ])("of a known bot is flagged: %s", (text) => {
    expect(readUserAgent(text).isBot).toBe(true);
  });

  test("of no text is nothing", () => {
    expect(readUserAgent("")).toEqual({ deviceType: "", os: "", browser: "", isBot: false });
  });

  test("of any text is read without throwing, twice the same", () => {
    fc.assert(fc.property(anyText, (text) => {
      expect(readUserAgent(text)).toEqual(readUserAgent(text));
    }), { numRuns: 20 });
  });

  // uap-core's own expectations; the rules in use are an older release than the expectations.
  test.each([
    ["browsers", "browser", 0.88],
    ["systems", "os", 0.96],
  ] as const)("is read as uap-core's tests expect: %s", (file, field, floor) => {
    const lines = readFileSync(new URL(`../../../../tests/fixtures/user-agents/${file}.tsv`, import.meta.url), "utf8").trimEnd().split("\n");
    const agreeing = lines.filter((line) => {
      const tab = line.indexOf("\t");
      return (userAgentFamilies(line.slice(tab + 1))[field] || "Other") === line.slice(0, tab);
    });
    expect(lines.length).toBeGreaterThan(400);
    expect(agreeing.length / lines.length).toBeGreaterThan(floor);
  });
});

describe("The device of an event", () => {
  test("comes from the payload's user agent before the request's", () => {
    expect(readDevice({ userAgent: safari }, chromeWindows, false).browser).toBe("Safari");
    expect(readDevice({ user_agent: safari }, chromeWindows, false).browser).toBe("Safari");
    expect(readDevice({}, chromeWindows, false).browser).toBe("Chrome");
  });

  test("never comes from the request of a server or of a program", () => {
    expect(readDevice({}, chromeWindows, true).browser).toBe("");
    expect(readDevice({}, "python-requests/2.31.0", false)).toEqual({ deviceType: "", os: "", browser: "", isBot: false });
  });

  test("is told better by client hints", () => {
    const brands = [{ brand: "Not A(Brand", version: "99" }, { brand: "Brave", version: "121" }, { brand: "Chromium", version: "121" }];
    expect(readDevice({ userAgent: chromeWindows, userAgentData: { brands, mobile: false, platform: "Windows" } }, undefined, false))
      .toEqual({ deviceType: "desktop", os: "Windows", browser: "Brave", isBot: false });
    expect(readDevice({ userAgentData: { brands: [{ brand: "Google Chrome" }], mobile: true, platform: "Android" } }, undefined, false))
      .toEqual({ deviceType: "mobile", os: "Android", browser: "Chrome", isBot: false });
    expect(readDevice({ userAgent: chromeWindows, userAgentData: { brands: [{ brand: "HeadlessChrome" }] } }, undefined, false).isBot).toBe(true);
    expect(readDevice({ userAgent: chromeWindows, userAgentData: { brands: "x", platform: 1, mobile: "x" } }, undefined, false).browser).toBe("Chrome");
  });

  test.each([
    [{ os: { name: "iPhone OS", version: "8.1.3" }, device: { type: "ios", model: "iPhone7,2" } }, "mobile", "iOS"],
    [{ os: { name: "iPadOS" }, device: { type: "ios", model: "iPad13,4" } }, "tablet", "iPadOS"],
    [{ os: { name: "Android" }, device: { type: "android", model: "Pixel 8" } }, "mobile", "Android"],
    [{ device: { type: "android" } }, "mobile", "Android"],
    [{ os: { name: "watchOS" }, device: { model: "Watch6,1" } }, "wearable", "watchOS"],
    [{ os: { name: 5 }, device: [] }, "", "5"],
  ])("is what the mobile library says: %j", (context, deviceType, os) => {
    const read = readDevice(context, undefined, false);
    expect([read.deviceType, read.os]).toEqual([deviceType, os]);
  });
});
