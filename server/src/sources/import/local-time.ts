// Times of a file into instants. A time with an offset is an instant already; one without is read in the zone that the
// mapping names. When the clocks went forward a local time that never was moves on by the gap; when they went back, a
// time that came twice is the earlier one; or both are refused, as the mapping says.

export interface TimeReading {
  /** IANA name; null when the file's zone was not said. */
  readonly zone: string | null;
  readonly format: string;
  readonly ambiguity: "compatible" | "refuse";
}

/** ISO 8601 in UTC, with the digits of a second that the file has. */
export type TimeResult =
  | { readonly kind: "instant"; readonly iso: string }
  | { readonly kind: "problem"; readonly problem: "not_a_time" | "zone_missing" | "ambiguous" };

export function isTimeZone(name: string): boolean {
  try {
    Temporal.PlainDateTime.from("2000-01-01T00:00").toZonedDateTime(name);
    return true;
  } catch {
    return false;
  }
}

const notATime: TimeResult = { kind: "problem", problem: "not_a_time" };

/** A function that reads one column's times; it remembers the last, since the lines of a group mostly share theirs. */
export function createTimeReader(reading: TimeReading): (text: string) => TimeResult {
  const read = readerOf(reading);
  let lastText: string | null = null;
  let lastResult = notATime;
  return (text) => {
    if (text === lastText) return lastResult;
    lastText = text;
    lastResult = read(text.trim());
    return lastResult;
  };
}

function readerOf(reading: TimeReading): (text: string) => TimeResult {
  if (reading.format === "unix_seconds") return (text) => sinceEpoch(text, 1000);
  if (reading.format === "unix_milliseconds") return (text) => sinceEpoch(text, 1);
  if (reading.format === "iso") return (text) => readIso(text, reading);
  const pattern = compilePattern(reading.format);
  return (text) => {
    const fields = pattern(text);
    return fields === null ? notATime : inZone(fields, reading);
  };
}

function sinceEpoch(text: string, unitMs: number): TimeResult {
  if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return notATime;
  try {
    return { kind: "instant", iso: Temporal.Instant.fromEpochMilliseconds(Math.round(Number(text) * unitMs)).toString() };
  } catch {
    return notATime;
  }
}

const isoShape = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

function readIso(text: string, reading: TimeReading): TimeResult {
  const shape = isoShape.exec(text);
  if (!shape) return notATime;
  try {
    if (shape[1] !== undefined) return { kind: "instant", iso: Temporal.Instant.from(text).toString() };
    return inZone(Temporal.PlainDateTime.from(text, { overflow: "reject" }), reading);
  } catch {
    return notATime;
  }
}

function inZone(local: Temporal.PlainDateTime, reading: TimeReading): TimeResult {
  if (reading.zone === null) return { kind: "problem", problem: "zone_missing" };
  const earlier = local.toZonedDateTime(reading.zone, { disambiguation: "compatible" });
  if (reading.ambiguity === "refuse") {
    const later = local.toZonedDateTime(reading.zone, { disambiguation: "later" });
    const isGap = !earlier.toPlainDateTime().equals(local);
    if (isGap || later.epochMilliseconds !== earlier.epochMilliseconds) return { kind: "problem", problem: "ambiguous" };
  }
  return { kind: "instant", iso: earlier.toInstant().toString() };
}

type PatternField = "year" | "month" | "day" | "hour" | "minute" | "second" | "millisecond" | "half";

const patternTokens: Record<string, { field: PatternField; match: string }> = {
  yyyy: { field: "year", match: "(\\d{4})" },
  MM: { field: "month", match: "(\\d{2})" }, M: { field: "month", match: "(\\d{1,2})" },
  dd: { field: "day", match: "(\\d{2})" }, d: { field: "day", match: "(\\d{1,2})" },
  HH: { field: "hour", match: "(\\d{2})" }, H: { field: "hour", match: "(\\d{1,2})" },
  hh: { field: "hour", match: "(\\d{2})" }, h: { field: "hour", match: "(\\d{1,2})" },
  mm: { field: "minute", match: "(\\d{2})" }, m: { field: "minute", match: "(\\d{1,2})" },
  ss: { field: "second", match: "(\\d{2})" }, s: { field: "second", match: "(\\d{1,2})" },
  SSS: { field: "millisecond", match: "(\\d{3})" },
  a: { field: "half", match: "([AaPp][Mm])" },
};

/** Why a pattern can't be used, or null. A day, a month and a year are the least that it must have. */
export function patternProblem(format: string): string | null {
  if (["iso", "unix_seconds", "unix_milliseconds"].includes(format)) return null;
  const tokens = format.match(/[A-Za-z]+/g) ?? [];
  const unknown = tokens.find((token) => !Object.hasOwn(patternTokens, token));
  if (unknown !== undefined) return `${unknown} is none of ${Object.keys(patternTokens).join(", ")}`;
  const fields = tokens.map((token) => patternTokens[token]?.field);
  if (new Set(fields).size !== fields.length) return "a part stands in it twice";
  const missing = (["year", "month", "day"] as const).find((field) => !fields.includes(field));
  if (missing) return `it has no ${missing}`;
  const isTwelveHours = tokens.some((token) => token === "h" || token === "hh");
  if (isTwelveHours !== fields.includes("half")) return "h and hh go together with a (am or pm)";
  return null;
}

function compilePattern(format: string): (text: string) => Temporal.PlainDateTime | null {
  const fields: PatternField[] = [];
  const source = format.replace(/[A-Za-z]+|[^A-Za-z]+/g, (piece) => {
    const token = Object.hasOwn(patternTokens, piece) ? patternTokens[piece] : undefined;
    if (!token) return RegExp.escape(piece);
    fields.push(token.field);
    return token.match;
  });
  const pattern = new RegExp(`^${source}$`);
  return (text) => {
    const found = pattern.exec(text);
    if (!found) return null;
    const value: Partial<Record<PatternField, string>> = {};
    fields.forEach((field, index) => (value[field] = found[index + 1] ?? ""));
    try {
      return Temporal.PlainDateTime.from({
        year: Number(value.year), month: Number(value.month), day: Number(value.day), hour: hourOf(value.hour, value.half),
        minute: Number(value.minute ?? 0), second: Number(value.second ?? 0), millisecond: Number(value.millisecond ?? 0),
      }, { overflow: "reject" });
    } catch {
      return null;
    }
  };
}

function hourOf(hour: string | undefined, half: string | undefined): number {
  if (half === undefined) return Number(hour ?? 0);
  const twelve = Number(hour ?? 12);
  if (twelve < 1 || twelve > 12) return 99; // refused by Temporal
  return (twelve % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}
