// What a reply, or none, means for what was sent: the one reading of statuses for all our destinations.
import type { OutboundError } from "../../outbound/outbound.ts";
import type { Outcome } from "../destination.ts";

/** Nobody means to be waited for longer. */
const RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000;
const DETAIL_LENGTH_MAX = 300;

export interface ReplyHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReadBy {
  readonly nowMs: number;
  /** What the other side said about it. */
  readonly said?: string | undefined;
  /** Of vendors that answer 403 to a key that may do nothing at all. */
  readonly isForbiddenOfAccount?: boolean;
}

export function outcomeOf({ status, headers }: ReplyHead, { nowMs, said, isForbiddenOfAccount = false }: ReadBy): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  const detail = detailOf(status, said);
  if (status === 401 || (status === 403 && isForbiddenOfAccount)) return { kind: "unauthorized", detail, status };
  const isLater = status === 408 || status === 423 || status === 429 || (status >= 500 && status !== 501);
  if (!isLater) return { kind: "refused", code: `http_${status}`, detail, status };
  const afterMs = retryAfterMs(headers["retry-after"], nowMs);
  // Too many requests, or out of service: that is said to all that is sent, and not to this item.
  return { kind: "retry", code: `http_${status}`, detail, status, ...(afterMs === undefined ? {} : { afterMs }), isOfDestination: status === 429 || status === 503 };
}

/** Of a request that nobody answered. A reply that began and was lost tells its status: where the status says all, it counts. */
export function outcomeOfFailure({ failure, message, status }: OutboundError, { nowMs, isStatusAll }: { readonly nowMs: number; readonly isStatusAll: boolean }): Outcome {
  if (status !== undefined && isStatusAll) return outcomeOf({ status, headers: {} }, { nowMs, said: message });
  return { kind: "retry", code: failure, detail: message, ...(status === undefined ? {} : { status }), isOfDestination: status === undefined };
}

/** Seconds, or a date; undefined: not said, or not so that it can be understood. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
  // A date has a day's name; Date.parse alone reads "-1" and "1.5" as dates, too.
  const atMs = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(0, atMs - nowMs), RETRY_AFTER_MAX_MS);
}

function detailOf(status: number, said: string | undefined): string {
  const reason = status >= 300 && status < 400 ? "It answered with a redirect, and redirects are not followed." : `It answered ${status}.`;
  return said === undefined || said === "" ? reason : `${reason} ${asDetail(said)}`;
}

/** On one line, short, and without the addresses of people, which vendors like to repeat. */
export function asDetail(said: string): string {
  const line = said.slice(0, DETAIL_LENGTH_MAX * 4).replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").replace(/[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g, "…@…").trim();
  return line.length <= DETAIL_LENGTH_MAX ? line : `${line.slice(0, DETAIL_LENGTH_MAX).toWellFormed()}…`;
}

const reasonPaths: readonly (readonly string[])[] = [
  ["error", "error_user_msg"], ["error", "message"], ["errors", "0", "message"], ["errors", "0", "detail"], ["message"], ["detail"], ["error_description"], ["error"], ["0", "message"], ["msg"],
  ["meta", "error"], ["meta", "errors", "0"], ["errors", "0"], ["title"],
];

/** What a JSON reply gives as its reason, wherever vendors put it; "": none. */
export function saidIn(body: Buffer): string {
  const parsed = parsedJson(body);
  for (const path of reasonPaths) {
    const found = path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined), parsed);
    if (typeof found === "string" && found !== "") return found;
  }
  return "";
}

/** Longer ones are no words about one request. */
const WORDS_BYTES_MAX = 50_000;

/** The reason that a reply gives, or else the whole of what it says; "": nothing, or a page for people. */
export function wordsIn(body: Buffer): string {
  const said = saidIn(body);
  if (said !== "" || body.length > WORDS_BYTES_MAX) return said;
  const text = body.toString("utf8").trim();
  return /^[<\0]|\p{Cc}{2}|\uFFFD/u.test(text.replace(/[\r\n\t]/g, " ")) || text === "{}" || text === "[]" ? "" : text;
}

const JSON_BYTES_MAX = 1_000_000;

/** Undefined: it is no JSON. */
export function parsedJson(body: Buffer): unknown {
  if (body.length > JSON_BYTES_MAX) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
