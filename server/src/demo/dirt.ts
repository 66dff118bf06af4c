// What comes in is never clean: repeats, late and misdated events, values of the wrong type, addresses in capitals, and a
// few events that can't be processed at all. Each is marked in the truth, so that nothing has to guess.
import type { DirtKind } from "./call.ts";
import type { Dice } from "./dice.ts";
import type { Draft, EpisodeWriter } from "./episode.ts";
import { spokenPhoneNumber } from "./phone-numbers.ts";
import { DAY, HOUR, MINUTE } from "./shop-time.ts";

const LONG_ID = "0123456789abcdef".repeat(40);

export function spoil(writer: EpisodeWriter): void {
  const { drafts, dice, plan } = writer;
  const first = drafts[0];
  if (first === undefined) return;
  if (first.source === "app" && dice.chance(0.03 * plan.dirt)) sendLate(drafts, dice);
  else if ((first.source === "app" || first.source === "website") && dice.chance(0.005 * plan.dirt)) misdate(drafts, dice);
  for (let n = 0, written = drafts.length; n < written; n++) {
    const draft = drafts[n];
    if (draft === undefined) continue;
    drafts[n] = changed(draft, dice, plan.dirt);
    addBeside(drafts, n, dice, plan.dirt);
  }
}

/** The phone had no network: everything comes at once, hours later. */
function sendLate(drafts: Draft[], dice: Dice): void {
  const sentMs = (drafts.at(-1)?.atMs ?? 0) + 2 * HOUR + dice.below(28 * HOUR);
  for (const [n, draft] of drafts.entries()) Object.assign(draft, { atMs: sentMs + n, saysSent: true, dirt: "late" });
}

/** A clock that is wrong says so when it says when it sent. */
function misdate(drafts: Draft[], dice: Dice): void {
  const aheadMs = dice.pick([-DAY, -3 * HOUR, -7 * MINUTE, 11 * MINUTE, 2 * HOUR, 400 * DAY]);
  for (const draft of drafts) Object.assign(draft, { aheadMs, saysSent: true, dirt: "wrong clock" });
}

/** The same call with a field as people and programs get it wrong. */
function changed(draft: Draft, dice: Dice, rate: number): Draft {
  const { type, traits, properties } = draft.body;
  const [isShouted, isSpoken, isMistyped] = [dice.chance(0.03 * rate), dice.chance(0.06 * rate), dice.chance(0.004 * rate)];
  if (draft.dirt !== null) return draft;
  if (type === "identify" && isRecord(traits)) {
    const { email, phone } = traits;
    const told = (changes: Record<string, unknown>, dirt: DirtKind): Draft => withBody(draft, "traits", { ...traits, ...changes }, dirt);
    if (isShouted && typeof email === "string") return told({ email: ` ${email.toUpperCase()}` }, "upper-case mail");
    if (isSpoken && typeof phone === "string") return told({ phone: spokenPhoneNumber(phone, dice.below(4)) }, "spoken phone");
    if (isMistyped) return told({ birthday: 19_840_231, firstName: ["?"], newsletter: "yes" }, "wrong types");
  }
  if (isMistyped && type === "track" && isRecord(properties)) {
    const mistyped = { ...properties, price: "12,50 £", quantity: "two", total: null, products: "see basket" };
    return withBody(draft, "properties", mistyped, "wrong types");
  }
  return draft;
}

function withBody(draft: Draft, field: "traits" | "properties", value: unknown, dirt: DirtKind): Draft {
  return { ...draft, body: { ...draft.body, [field]: value }, dirt };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Appends what comes in besides a call: the call again, or one that is no good. */
function addBeside(drafts: Draft[], n: number, dice: Dice, rate: number): void {
  const draft = drafts[n];
  const share = dice.share() / rate;
  if (draft === undefined || share >= 0.01) return;
  const base = { source: draft.source, happenedMs: draft.happenedMs + 40, atMs: draft.atMs + 40, aheadMs: draft.aheadMs,
    saysSent: draft.saysSent };
  const held = (reason: string, dirt: DirtKind, body: Draft["body"]): void => {
    drafts.push({ ...base, shows: [], body: { ...draft.body, ...body }, outcome: "quarantined", reason, dirt });
  };
  if (share < 0.006) {
    drafts.push({ ...draft, atMs: draft.atMs + 1_000 + dice.below(6 * HOUR), outcome: "duplicate", reason: "message_id_seen",
      dirt: "repeat", repeats: n });
  } else if (share < 0.007) {
    held("unknown_type", "unknown type", { type: "trakc" });
  } else if (share < 0.008) {
    held("event_name_missing", "no event name", { type: "track", event: "" });
  } else if (share < 0.0085) {
    held("no_identifier", "nobody", { type: "identify", userId: "null", anonymousId: "", traits: { plan: "unknown" }, properties: {},
      context: {} });
  } else if (share < 0.0088) {
    held("id_too_long", "long id", { userId: LONG_ID });
  } else if (draft.shows.length === 1 && typeof draft.body["anonymousId"] === "string" && draft.body["userId"] === undefined) {
    // Somebody wanted the discount and not the mail. The address is nobody's; the browser stays who it was.
    const { anonymousId, context } = draft.body;
    drafts.push({ ...base, shows: draft.shows, body: { type: "identify", anonymousId, traits: { email: "test@test.com" }, context },
      outcome: "stored", reason: "", dirt: "nobody's mail" });
  }
}
