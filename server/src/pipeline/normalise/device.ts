// What an event says about the device: the mobile SDK's own words first, then the browser's client hints, then the user
// agent, from the payload or (for browsers) from the request.
import { readUserAgent, unknownUserAgent, type DeviceType, type UserAgent } from "./user-agent.ts";
import { isPlainObject, objectOf, shortTextOf, textOf, type PlainObject } from "./read-field.ts";
import { LABEL_CHARACTERS_MAX } from "./limits.ts";

/** `requestUserAgent` counts only when it is a browser's and the event did not come from a server-side library. */
export function readDevice(context: Readonly<PlainObject>, requestUserAgent: string | undefined, isFromServer: boolean): UserAgent {
  const own = textOf(context["userAgent"]) || textOf(context["user_agent"]);
  const text = own !== "" ? own : requestUserAgent !== undefined && !isFromServer && isBrowser(requestUserAgent) ? requestUserAgent : "";
  const read = text === "" ? unknownUserAgent : readUserAgent(text);
  const hints = context["userAgentData"];
  const hinted = isPlainObject(hints) ? withHints(read, hints) : read;
  const os = context["os"];
  const device = context["device"];
  return isPlainObject(os) || isPlainObject(device) ? withSdkWords(hinted, objectOf(os), objectOf(device)) : hinted;
}

export function isBrowser(userAgent: string): boolean {
  return userAgent.startsWith("Mozilla/") || userAgent.startsWith("Opera/");
}

const brandNames: ReadonlyMap<string, string> = new Map([
  ["Google Chrome", "Chrome"], ["Microsoft Edge", "Edge"], ["HeadlessChrome", "Headless Chrome"], ["YaBrowser", "Yandex Browser"],
  ["Android WebView", "Chrome WebView"], ["Opera GX", "Opera"],
]);

/** Brands that are put in to keep servers from relying on the list, or that say only what it was built from. */
function isTellingBrand(brand: string): boolean {
  return brand !== "" && brand !== "Chromium" && !/not.{0,3}a.{0,3}brand/i.test(brand);
}

function withHints(read: UserAgent, hints: PlainObject): UserAgent {
  let browser = read.browser;
  let isBot = read.isBot;
  const brands = hints["brands"];
  if (Array.isArray(brands)) {
    for (const entry of brands.slice(0, BRANDS_MAX)) {
      const brand = shortTextOf(objectOf(entry)["brand"], LABEL_CHARACTERS_MAX);
      if (!isTellingBrand(brand)) continue;
      browser = brandNames.get(brand) ?? brand;
      isBot ||= brand === "HeadlessChrome";
      break;
    }
  }
  const os = systemName(shortTextOf(hints["platform"], LABEL_CHARACTERS_MAX)) || read.os;
  return { deviceType: hintedType(read.deviceType, hints["mobile"], os), os, browser, isBot };
}

const BRANDS_MAX = 10;

function hintedType(read: DeviceType, mobile: unknown, os: string): DeviceType {
  if (mobile === true && (read === "" || read === "desktop")) return "mobile";
  if (mobile === false && os === "Android" && read === "mobile") return "tablet";
  if (mobile === false && read === "" && os !== "" && os !== "Android" && os !== "iOS") return "desktop";
  return read;
}

function withSdkWords(read: UserAgent, os: Readonly<PlainObject>, device: Readonly<PlainObject>): UserAgent {
  const type = textOf(device["type"]).toLowerCase();
  const system = systemName(shortTextOf(os["name"], LABEL_CHARACTERS_MAX)) || systemName(type === "ios" || type === "android" ? type : "");
  return { ...read, deviceType: sdkDeviceType(type, textOf(device["model"]), system) || read.deviceType, os: system || read.os };
}

const deviceTypes: ReadonlyMap<string, DeviceType> = new Map([
  ["mobile", "mobile"], ["phone", "mobile"], ["smartphone", "mobile"], ["tablet", "tablet"], ["desktop", "desktop"],
  ["tv", "tv"], ["smarttv", "tv"],
  ["console", "console"], ["wearable", "wearable"], ["watch", "wearable"], ["ios", "mobile"], ["android", "mobile"],
]);

function sdkDeviceType(type: string, model: string, system: string): DeviceType {
  const lowerModel = model.toLowerCase();
  if (lowerModel.includes("ipad") || lowerModel.includes("tablet") || system === "iPadOS") return "tablet";
  if (lowerModel.includes("appletv") || system === "tvOS") return "tv";
  if (lowerModel.startsWith("watch") || system === "watchOS") return "wearable";
  return deviceTypes.get(type) ?? (system === "iOS" || system === "Android" ? "mobile" : "");
}

const systemNames: ReadonlyMap<string, string> = new Map([
  ["ios", "iOS"], ["iphone os", "iOS"], ["ipados", "iPadOS"], ["android", "Android"], ["macos", "macOS"],
  ["mac os x", "macOS"], ["mac os", "macOS"],
  ["os x", "macOS"], ["windows", "Windows"], ["linux", "Linux"], ["chrome os", "Chrome OS"], ["chromeos", "Chrome OS"], ["chromium os", "Chrome OS"],
  ["tvos", "tvOS"], ["watchos", "watchOS"], ["visionos", "visionOS"], ["unknown", ""],
]);

function systemName(name: string): string {
  return systemNames.get(name.toLowerCase()) ?? name;
}
