// One line of JSON that is a Segment call already. It goes into the log byte for byte; only a message id that is missing
// is added at its end, and a time without an offset is replaced by the instant it means.
import { importCallType, type ImportCallType, type ImportReading } from "@tributary/schema/import.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { hasOtherIdentifier, type BuildResult } from "./compile-mapping.ts";
import { importLimits } from "./import-limits.ts";
import { createTimeReader, type TimeResult } from "./local-time.ts";
import { refusal, type LineProblem } from "./refusals.ts";

export type BuildCall = (line: number, text: string, fallbackId: string) => BuildResult;

export function createCallBuilder(reading: ImportReading): BuildCall {
  const readTime = createTimeReader({ zone: reading.time_zone ?? null, format: "iso", ambiguity: "compatible" });
  return (line, text, fallbackId) => {
    const call = parseObject(text);
    const result = call === null ? refusal.notJson() : buildCall(call, text.trim(), fallbackId, readTime);
    return "kind" in result ? result : { kind: "refused", refused: [{ line, problem: result }] };
  };
}

/** A JSON object, or null. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function buildCall(
  call: Record<string, unknown>, text: string, fallbackId: string, readTime: (text: string) => TimeResult,
): BuildResult | LineProblem {
  const type = importCallType.safeParse(typeof call["type"] === "string" ? call["type"].toLowerCase() : call["type"]);
  if (!type.success) return refusal.unknownType();
  const name = type.data === "track" ? call["event"] : type.data;
  if (typeof name !== "string" || name === "") return refusal.noName();
  const time = timeOf(call, type.data, readTime);
  if ("code" in time) return time;
  if (!isMoment(type.data) && !isText(call["userId"]) && !isText(call["anonymousId"]) && !isText(call["groupId"]) && !hasOtherIdentifier(asCall(call))) {
    return refusal.noIdentifier();
  }
  const added: Record<string, string> = {};
  if (!isText(call["messageId"])) added["messageId"] = fallbackId;
  const json = Buffer.from(withFields(time.iso === null ? text : withValue(text, "timestamp", time.iso), added));
  return json.length > importLimits.eventBytesMax ? refusal.eventTooLarge(json.length) : { kind: "event", json, name };
}

function isMoment(type: ImportCallType): boolean {
  return type === "track" || type === "page" || type === "screen";
}

function isText(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}

function asCall(call: Record<string, unknown>): Parameters<typeof hasOtherIdentifier>[0] {
  return { ...(isRecord(call["traits"]) ? { traits: call["traits"] } : {}), ...(isRecord(call["context"]) ? { context: call["context"] } : {}) };
}

/** What to write for the time: nothing when it stands there with an offset (or, of a person's traits, not at all). */
function timeOf(call: Record<string, unknown>, type: ImportCallType, readTime: (text: string) => TimeResult): { iso: string | null } | LineProblem {
  const time = call["timestamp"];
  if (time === undefined || time === null || time === "") {
    const isTold = isText(call["originalTimestamp"]) || !isMoment(type);
    return isTold ? { iso: null } : refusal.noTimestamp();
  }
  if (typeof time !== "string") return refusal.notTime("timestamp");
  const result = readTime(time);
  if (result.kind === "instant") return { iso: /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/.test(time.slice(10)) ? null : result.iso };
  switch (result.problem) {
    case "not_a_time": return refusal.notTime("timestamp");
    case "zone_missing": return refusal.timeZoneMissing("timestamp");
    case "ambiguous": return refusal.timeAmbiguous("timestamp");
    default: return result.problem satisfies never;
  }
}

/** Fields written before the closing brace; what stands there last is what a parser reads. */
function withFields(text: string, fields: Readonly<Record<string, string>>): string {
  const added = Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (added.length === 0) return text;
  const open = text.slice(0, -1).trimEnd();
  return `${open}${open === "{" ? "" : ","}${added.join(",")}}`;
}

/** The text of an object with the value of one of its own keys replaced, and every other byte as it was. */
function withValue(text: string, key: string, value: string): string {
  const place = lastValueOf(text, key);
  return place === null ? withFields(text, { [key]: value }) : text.slice(0, place.start) + JSON.stringify(value) + text.slice(place.end);
}

/** Where the value of an object's own key stands, the last if it is written twice, when that value is a text without escapes. */
function lastValueOf(text: string, key: string): { start: number; end: number } | null {
  const wanted = JSON.stringify(key);
  let depth = 0;
  let found: { start: number; end: number } | null = null;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    else if (character === "\"") {
      const end = stringEnd(text, at);
      if (depth === 1 && text.slice(at, end) === wanted) {
        const value = /^\s*:\s*(?=")/.exec(text.slice(end, end + 100));
        if (value) found = { start: end + value[0].length, end: stringEnd(text, end + value[0].length) };
      }
      at = end - 1;
    }
  }
  return found;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== "\"") at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
