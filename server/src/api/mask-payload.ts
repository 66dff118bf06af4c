// What a source sent, for those who may not see people: parsed, every value in it masked by what is decided about its field,
// and written as JSON again. It is never what was received, byte for byte, and what can't be read as JSON is not shown at all.
import type { FieldPlace } from "@tributary/schema/field.ts";
import { MASK, maskKindOf, maskTree, maskWithin, type FieldDecisions } from "../governance/governance.ts";

/** What masking goes by in one workspace, at one time. */
export interface Masking {
  readonly decisions: FieldDecisions;
}

/** Where what a call carries stands: identify tells traits, group those of an account. */
export function placeOf(type: unknown): FieldPlace {
  return type === "identify" ? "trait" : type === "group" ? "account" : "property";
}

/** Fields of a call's envelope that tell of the call alone. */
const harmless = new Set(["type", "action", "channel", "version", "library", "nonInteraction"]);
const times = new Set(["timestamp", "sentAt", "originalTimestamp", "receivedAt"]);
/** Names of things. */
const names = new Set(["event", "messageId"]);

/** `type`: of the call, where the payload does not say it itself. */
export function maskPayload(raw: string, type: string, masking: Masking): string {
  const payload = parsed(raw);
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return JSON.stringify(MASK);
  const given = "type" in payload ? payload.type : undefined;
  const call = typeof given === "string" && given !== "" ? given.toLowerCase() : type;
  // As in the event table: a call without a name stands under its type.
  const event = "event" in payload && typeof payload.event === "string" && payload.event !== "" ? payload.event : call;
  const masked = Object.entries(payload).map(([name, value]) => [maskWithin(name), maskField({ name, value, call, event }, masking)]);
  return JSON.stringify(Object.fromEntries(masked));
}

/** A field of the payload's root, and the call that it is of. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
  readonly call: string;
  readonly event: string;
}

export function maskField({ name, value, call, event }: Field, { decisions }: Masking): unknown {
  const inPlace = (place: FieldPlace, of = "") =>
    maskTree(value, (path) => (path !== "" && !decisions.isPersonal(place, of, path) ? undefined : maskKindOf(path)));
  if (times.has(name)) return maskTime(value);
  if (harmless.has(name)) return typeof value === "string" ? maskWithin(value) : maskTree(value, () => "text");
  if (names.has(name) || ((call === "page" || call === "screen") && (name === "name" || name === "category"))) {
    return typeof value === "string" ? maskWithin(value) : maskTree(value, () => "text");
  }
  if (name === "traits") return inPlace(call === "group" ? "account" : "trait");
  if (name === "properties") return inPlace(placeOf(call), event);
  if (name === "context") {
    return maskTree(value, (path) => {
      const isTrait = path.startsWith("traits.");
      const isPersonal = isTrait ? decisions.isPersonal("trait", "", path.slice("traits.".length)) : decisions.isPersonal("context", "", path);
      return isPersonal ? maskKindOf(path) : undefined;
    });
  }
  return maskTree(value, (path) => maskKindOf(path === "" ? name : path));
}

const moment = String.raw`\d{4}-\d\d-\d\d([T ][\d:.]*([+-][\d:]*|Z)?)?`;
const isTime = new RegExp(`^${moment}( \\(sentAt ${moment}\\))?$`);

/** A time as it was given; in its place a sender may have said anything. */
export function maskTime(value: unknown): unknown {
  return typeof value === "string" && isTime.test(value) ? value : maskTree(value, () => "text");
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
