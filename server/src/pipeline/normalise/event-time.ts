// When an event happened by the server's clock. The sender's clock is corrected by what it said at sending
// (receivedAt − (sentAt − originalTimestamp)); imports keep their times, for a file has no clock.
// The answer is always a time that ClickHouse holds, in few enough partitions.

/** What was done about an event's time; '' when nothing. */
export type TimeNote = "" | "skew_corrected" | "future" | "unreadable" | "missing" | "too_old" | "clamped";

export interface EventTime {
  /** Milliseconds since the epoch. */
  readonly timestampMs: number;
  readonly note: TimeNote;
}

export interface SentTimes {
  readonly timestamp: unknown;
  readonly originalTimestamp: unknown;
  readonly sentAt: unknown;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A live event may be dated this far ahead of its receipt. */
const AHEAD_MAX = DAY;
/** A live event may be this old; older ones are counted at this age. */
const LIVE_AGE_YEARS_MAX = 10;
/**
 * From here on a difference between `sentAt` and the receipt is the sender's clock. A smaller one is mostly the way through
 * the network, which differs from request to request: corrected by it, two events of one sender could change their order.
 */
const SKEW_FROM = 10 * SECOND;
/** What an import may hold; DateTime64 begins at 1900 and an hour of margin keeps every zone inside. */
const IMPORT_EARLIEST = Date.UTC(1900, 0, 2);

/** The time of a live event. */
export function liveEventTime(sent: SentTimes, receivedAtMs: number): EventTime {
  const given = isGiven(sent.originalTimestamp) ? sent.originalTimestamp : sent.timestamp;
  const original = parseTime(given) ?? parseTime(sent.timestamp);
  if (original === undefined) {
    return { timestampMs: receivedAtMs, note: isGiven(given) || isGiven(sent.timestamp) ? "unreadable" : "missing" };
  }
  const sentAt = parseTime(sent.sentAt);
  const isSkewed = sentAt !== undefined && Math.abs(receivedAtMs - sentAt) >= SKEW_FROM;
  const corrected = sentAt === undefined ? parseTime(sent.timestamp) ?? original : isSkewed ? receivedAtMs - (sentAt - original) : original;
  if (corrected > receivedAtMs + AHEAD_MAX) return { timestampMs: receivedAtMs, note: "future" };
  const earliest = yearsBefore(receivedAtMs, LIVE_AGE_YEARS_MAX);
  if (corrected < earliest) return { timestampMs: earliest, note: "too_old" };
  return { timestampMs: corrected, note: isSkewed ? "skew_corrected" : "" };
}

/** The time of an imported event: as the file says. */
export function importedEventTime(sent: SentTimes, receivedAtMs: number): EventTime {
  const given = isGiven(sent.timestamp) ? sent.timestamp : sent.originalTimestamp;
  if (!isGiven(given)) return { timestampMs: receivedAtMs, note: "missing" };
  const time = parseTime(given) ?? parseTime(sent.originalTimestamp);
  if (time === undefined) return { timestampMs: receivedAtMs, note: "unreadable" };
  if (time > receivedAtMs + AHEAD_MAX) return { timestampMs: receivedAtMs, note: "future" };
  if (time < IMPORT_EARLIEST) return { timestampMs: IMPORT_EARLIEST, note: "clamped" };
  return { timestampMs: time, note: "" };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function yearsBefore(ms: number, years: number): number {
  const date = new Date(ms);
  return date.setUTCFullYear(date.getUTCFullYear() - years);
}

/**
 * Milliseconds since the epoch from an ISO 8601 text (any fraction, any offset, date alone; UTC where it names no zone),
 * from epoch seconds or milliseconds as number or text, or from the forms that JavaScript, HTTP and Go print when these
 * name GMT or UTC. Undefined for anything else, for zero, and for years before 1000 (the zero times of Go and .NET).
 */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === "number") return fromEpoch(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (text.length < 8 || text.length > TIME_CHARACTERS_MAX) return undefined;
  return isDate(text) ? parseIso(text) : parseOther(text);
}

const TIME_CHARACTERS_MAX = 80;
/** Epoch numbers below this are seconds (until the year 5138), from it on milliseconds (from 1973). */
const EPOCH_MILLISECONDS_FROM = 1e11;
/** The largest time that a Date holds. */
const TIME_MAX = 8.64e15;

function fromEpoch(epoch: number): number | undefined {
  if (!Number.isFinite(epoch) || epoch === 0) return undefined;
  const ms = Math.floor(Math.abs(epoch) < EPOCH_MILLISECONDS_FROM ? epoch * SECOND : epoch);
  return Math.abs(ms) > TIME_MAX ? undefined : ms;
}

function parseOther(text: string): number | undefined {
  if (isDigits(text, 0, 8) && text.length === 8) return parseIso(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
  if (/^-?\d{9,15}(\.\d{1,9})?$/.test(text)) return fromEpoch(Number(text));
  // Only with a zone in the text: without one the answer would depend on the machine's own.
  if (!text.includes("GMT") && !text.includes("UTC")) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Whether it begins as `YYYY-MM-DD`. */
function isDate(text: string): boolean {
  const hasDashes = text.charCodeAt(4) === DASH && text.charCodeAt(7) === DASH;
  return hasDashes && isDigits(text, 0, 4) && isDigits(text, 5, 7) && isDigits(text, 8, 10);
}

const DASH = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;
const SPACE = 0x20;

function parseIso(text: string): number | undefined {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  if (year < 1000 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const dateMs = Date.UTC(year, month - 1, day);
  if (text.length === 10) return dateMs;
  const separator = text.charCodeAt(10) | 0x20;
  if (separator !== 0x74 && separator !== SPACE) return undefined;
  return parseClock(text, dateMs);
}

/** From the eleventh character on: `HH:MM[:SS[.fraction]][zone]`. */
function parseClock(text: string, dateMs: number): number | undefined {
  if (!isDigits(text, 11, 13) || text.charCodeAt(13) !== COLON || !isDigits(text, 14, 16)) return undefined;
  const hours = digits(text, 11, 13);
  const minutes = digits(text, 14, 16);
  let seconds = 0;
  let milliseconds = 0;
  let at = 16;
  if (text.charCodeAt(at) === COLON) {
    if (!isDigits(text, 17, 19)) return undefined;
    seconds = digits(text, 17, 19);
    at = 19;
    if (text.charCodeAt(at) === DOT || text.charCodeAt(at) === COMMA) {
      const from = ++at;
      while (isDigit(text.charCodeAt(at))) at++;
      if (at === from) return undefined;
      milliseconds = Number(text.slice(from, Math.min(at, from + 3)).padEnd(3, "0"));
    }
  }
  if (hours > 24 || minutes > 59 || seconds > 60 || (hours === 24 && (minutes > 0 || seconds > 0))) return undefined;
  const offset = parseOffset(text, at);
  if (offset === undefined) return undefined;
  return dateMs + hours * HOUR + minutes * MINUTE + seconds * SECOND + milliseconds - offset;
}

/** Milliseconds east of UTC that the rest of the text names; undefined when it can't be read. */
function parseOffset(text: string, from: number): number | undefined {
  if (from === text.length) return 0;
  const rest = text.slice(from).trim();
  if (rest === "Z" || rest === "z" || rest === "UTC" || rest === "GMT") return 0;
  const sign = rest.charCodeAt(0) === PLUS ? 1 : rest.charCodeAt(0) === DASH ? -1 : 0;
  if (sign === 0 || !isDigits(rest, 1, 3)) return undefined;
  const hasColon = rest.charCodeAt(3) === COLON;
  const minutesAt = hasColon ? 4 : 3;
  const hasMinutes = isDigits(rest, minutesAt, minutesAt + 2);
  const end = hasMinutes ? minutesAt + 2 : 3;
  // Go prints the offset and then the zone's name.
  if (end !== rest.length && rest.charCodeAt(end) !== SPACE) return undefined;
  const hours = digits(rest, 1, 3);
  const minutes = hasMinutes ? digits(rest, minutesAt, minutesAt + 2) : 0;
  return hours > 23 || minutes > 59 ? undefined : sign * (hours * HOUR + minutes * MINUTE);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return true;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 0x30;
  return value;
}
