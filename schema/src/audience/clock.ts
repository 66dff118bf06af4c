// The clock of a zone. A date, or a time, that names no zone is told by the workspace's clock: "2026-03-01" is that day's beginning there.
//
// What a clock shows twice, as summer ends, is the earlier of the two; what it leaves out, as summer begins, is as far into the gap as
// the clock was before: 02:30 is 03:30, and a day without a midnight begins at its first instant.
//
// TypeScript asks Temporal. SQL is given the changes of the offset that Temporal knows: ClickHouse brings tables of its own, which may be
// of another year, and cut early offsets to quarters of an hour.
import type { Bind } from "./value.ts";

/** Between these lies every date that is read as one. */
const FIRST_MS = Date.UTC(1899, 0, 1);
const END_MS = Date.UTC(2201, 0, 1);

// ── In TypeScript ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What a clock shows, as if it were in UTC; and the instant at which the zone's clock shows it. */
export function clockMs(shownMs: number, zone: string): number {
  if (zone === "UTC") return shownMs;
  return Temporal.Instant.fromEpochMilliseconds(shownMs).toZonedDateTimeISO("UTC").toPlainDateTime().toZonedDateTime(zone).epochMilliseconds;
}

// ── In SQL ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A zone's clock. With an era, only instants within it are right, and others are off by a day at most: what is compared with something of
 * that era comes out the same, from a list of a few changes in place of hundreds. Each list costs where a query is planned.
 */
export interface Clock {
  readonly zone: string;
  readonly era?: { readonly fromMs: number; readonly toMs: number };
}

/** Whether it may be off outside of its era. */
export function isOfEra({ zone, era }: Clock): boolean {
  return era !== undefined && offsetsOf({ zone }).changes.length > 0;
}

/** The same of an SQL expression in milliseconds. */
export function clockSql(bind: Bind, shown: string, clock: Clock): string {
  // Of what is shown twice or not at all, the offset before counts.
  return offsetSql(bind, "-", shown, clock, ({ ms, before, after }) => ms + Math.max(before, after));
}

/** The other way round: what the zone's clock shows at an instant. */
export function shownSql(bind: Bind, ms: string, clock: Clock): string {
  return offsetSql(bind, "+", ms, clock, (change) => change.ms);
}

function offsetSql(bind: Bind, sign: "+" | "-", ms: string, clock: Clock, edgeOf: (change: Change) => number): string {
  const { first, changes } = offsetsOf(clock);
  if (changes.length === 0) return first === 0 ? ms : `(${ms} ${sign} toInt64(${first}))`;
  // What is below all edges is rounded down to the lowest.
  const edges = bind("Array(Int64)", [-Number.MAX_SAFE_INTEGER, ...changes.map(edgeOf)]);
  const offsets = bind("Array(Int64)", [first, ...changes.map(({ after }) => after)]);
  return `(${ms} ${sign} transform(roundDown(${ms}, ${edges}), ${edges}, ${offsets}, toInt64(0)))`;
}

interface Change {
  readonly ms: number;
  /** Milliseconds that the clock is ahead of UTC, until then and from then on. */
  readonly before: number;
  readonly after: number;
}

interface Offsets {
  readonly first: number;
  readonly changes: readonly Change[];
}

const known = new Map<string, Offsets>();

/** What is off by a day, and what stands beside it on a clock, lies within so much. */
const MARGIN_MS = 4 * 86_400_000;

function offsetsOf({ zone, era }: Clock): Offsets {
  let offsets = known.get(zone);
  if (offsets === undefined) known.set(zone, (offsets = zone === "UTC" ? { first: 0, changes: [] } : readOffsets(zone)));
  if (era === undefined) return offsets;
  const [from, to] = [era.fromMs - MARGIN_MS, era.toMs + MARGIN_MS];
  return { first: offsets.changes.findLast(({ ms }) => ms < from)?.after ?? offsets.first, changes: offsets.changes.filter(({ ms }) => ms >= from && ms <= to) };
}

function readOffsets(zone: string): Offsets {
  let at = Temporal.Instant.fromEpochMilliseconds(FIRST_MS).toZonedDateTimeISO(zone);
  const first = offsetOf(at);
  const changes: Change[] = [];
  for (let next = at.getTimeZoneTransition("next"); next !== null && next.epochMilliseconds < END_MS; next = at.getTimeZoneTransition("next")) {
    const [before, after] = [offsetOf(at), offsetOf(next)];
    if (before !== after) changes.push({ ms: next.epochMilliseconds, before, after });
    at = next;
  }
  return { first, changes };
}

const offsetOf = ({ offsetNanoseconds }: Temporal.ZonedDateTime): number => Math.round(offsetNanoseconds / 1e6);
