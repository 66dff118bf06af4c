// Device, operating system and browser from a user agent, by the rules of uap-core (data, Apache-2.0). Families only, no
// versions: they are what people ask for, and versions would make a new device of every browser update.
// A first reading costs tens of microseconds, so readings are remembered; the length that is looked at is bounded.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isbot } from "isbot";
import { parse } from "yaml";
import { z } from "zod";
import { BoundedCache } from "./bounded-cache.ts";
import { USER_AGENT_CHARACTERS_MAX, USER_AGENTS_REMEMBERED } from "./limits.ts";

/** '' where nothing is known. */
export type DeviceType = "" | "desktop" | "mobile" | "tablet" | "tv" | "console" | "wearable";

export interface UserAgent {
  readonly deviceType: DeviceType;
  readonly os: string;
  readonly browser: string;
  readonly isBot: boolean;
}

export const unknownUserAgent: UserAgent = { deviceType: "", os: "", browser: "", isBot: false };

const remembered = new BoundedCache<UserAgent>(USER_AGENTS_REMEMBERED);

/** Never throws; the same text always gives the same answer. */
export function readUserAgent(text: string): UserAgent {
  if (text === "") return unknownUserAgent;
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const short = text.slice(0, USER_AGENT_CHARACTERS_MAX);
  const families = userAgentFamilies(short);
  const os = osNames.get(families.os) ?? families.os;
  const browser = browserNames.get(families.browser) ?? families.browser;
  const read: UserAgent = { deviceType: deviceTypeOf(short, os), os, browser, isBot: isbot(short) };
  // A cut text is not remembered: its key would hold the whole of it in memory.
  if (text.length <= USER_AGENT_CHARACTERS_MAX) remembered.set(text, read);
  return read;
}

/** The families as uap-core names them; '' for its `Other`. */
export function userAgentFamilies(text: string): { readonly os: string; readonly browser: string } {
  rules ??= loadRules();
  return { os: firstMatch(rules.os, text), browser: firstMatch(rules.browser, text) };
}

// ── Rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Rule {
  readonly pattern: RegExp;
  /** May hold `$1` for what the first group matched. */
  readonly family: string;
}

interface Rules {
  readonly os: readonly Rule[];
  readonly browser: readonly Rule[];
}

let rules: Rules | undefined;

const fileRule = z.object({ regex: z.string(), regex_flag: z.string().optional() });
const rulesFile = z.object({
  user_agent_parsers: z.array(fileRule.extend({ family_replacement: z.string().optional() })),
  os_parsers: z.array(fileRule.extend({ os_replacement: z.string().optional() })),
});

/** Read on first use: it takes longer than everything else that a short command does. */
function loadRules(): Rules {
  const path = createRequire(import.meta.url).resolve("uap-core/regexes.yaml");
  const file = rulesFile.parse(parse(readFileSync(path, "utf8")));
  const rule = (regex: string, flag: string | undefined, family: string | undefined): Rule => ({
    pattern: new RegExp(regex, flag), family: family ?? "$1",
  });
  return {
    os: [...ownOsRules, ...file.os_parsers.map((entry) => rule(entry.regex, entry.regex_flag, entry.os_replacement))],
    browser: [...ownBrowserRules, ...file.user_agent_parsers.map((entry) => rule(entry.regex, entry.regex_flag, entry.family_replacement))],
  };
}

/** Newer than the package. */
const ownOsRules: readonly Rule[] = [{ pattern: /HarmonyOS|OpenHarmony/, family: "HarmonyOS" }];
const ownBrowserRules: readonly Rule[] = [{ pattern: /\bBrave(?: Chrome)?\//, family: "Brave" }];

function firstMatch(list: readonly Rule[], text: string): string {
  for (const { pattern, family } of list) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const name = family.includes("$") ? family.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "") : family;
    return name.trim() === "Other" ? "" : name.trim();
  }
  return "";
}

/** One name for each thing, whatever it runs on. */
export const osNames: ReadonlyMap<string, string> = new Map([["Mac OS X", "macOS"], ["Mac OS", "macOS"], ["ATV OS X", "tvOS"]]);

const browserNames: ReadonlyMap<string, string> = new Map([
  ["Chrome Mobile", "Chrome"], ["Chrome Mobile iOS", "Chrome"], ["Chrome Mobile WebView", "Chrome WebView"],
  ["HeadlessChrome", "Headless Chrome"],
  ["Mobile Safari", "Safari"], ["Mobile Safari UI/WKWebView", "Safari WebView"], ["Firefox Mobile", "Firefox"], ["Firefox iOS", "Firefox"],
  ["Edge Mobile", "Edge"], ["IE", "Internet Explorer"], ["IE Mobile", "Internet Explorer"], ["Opera Mobile", "Opera"],
  ["Android", "Android Browser"],
]);

const deviceWords: readonly (readonly [RegExp, DeviceType])[] = [
  [/AppleTV|Apple TV|SMART-?TV|SmartTV|HbbTV|GoogleTV|Web0S|NetCast|BRAVIA|CrKey|\bRoku|\bAFT[A-Z]|Viera|\bTV\b|tvOS/i, "tv"],
  [/PlayStation|Xbox|Nintendo/i, "console"],
  [/watchOS|\bWatch\d|Apple Watch|Galaxy Watch|Wear OS/i, "wearable"],
  [/iPad|Tablet(?! PC)|PlayBook|Kindle|\bSilk\/(?!.*Mobile)/i, "tablet"],
  [/Mobi|iPhone|iPod|Windows Phone|BlackBerry|Opera Mini|Symbian|SymbOS|Series60|J2ME|MIDP|KAIOS|\bPhone\b|CFNetwork.*iOS/i, "mobile"],
];

const desktopSystems = new Set(["Windows", "macOS", "Linux", "Chrome OS", "Ubuntu", "Fedora", "Debian", "FreeBSD", "OpenBSD", "Solaris"]);

function deviceTypeOf(text: string, os: string): DeviceType {
  for (const [words, type] of deviceWords) if (words.test(text)) return type;
  // Android says Mobile on phones only; an app's own user agent (Dalvik) says nothing.
  if (os === "Android") return text.startsWith("Mozilla/") ? "tablet" : "mobile";
  if (os === "iOS") return "mobile";
  return desktopSystems.has(os) ? "desktop" : "";
}
