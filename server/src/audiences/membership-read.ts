// Who is in an audience, who came and went, as it was written: members in Postgres, the log of changes in ClickHouse.
import type { ClientBase } from "pg";

/** Rows of ClickHouse as objects; the SQL names the workspace as `{workspace:UInt32}`. */
export type ReadLog = <Row>(sql: string, params: Readonly<Record<string, unknown>>) => Promise<Row[]>;

export interface LoggedChange {
  readonly profile_id: string;
  readonly at_ms: number;
  readonly entered: number;
  readonly reason: string;
  readonly cause_row: number;
  readonly version: number;
  readonly seq: number;
}

const CHANGE = "toString(profile_id) as profile_id, toInt64(toUnixTimestamp64Milli(at)) as at_ms, entered, reason, cause_row, version, seq";
const OF_AUDIENCE = "workspace_id = {workspace:UInt32} and audience_id = {audience:UInt32}";

/** Ids after a given one, in their order. */
export async function readMemberIds(db: ClientBase, wish: { readonly workspaceId: number; readonly audienceId: number; readonly after: string; readonly limit: number }): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    "select profile_id as id from audience_person where workspace_id = $1 and member_of @> array[$2::integer] and profile_id > $3 order by profile_id limit $4",
    [wish.workspaceId, wish.audienceId, wish.after, wish.limit],
  );
  return rows.map(({ id }) => id);
}

/** Suppressed people whom the evaluator has not yet taken out; more at once than this are never behind. */
const LEAVING_MAX = 2_000;

export async function readLeaving(db: ClientBase, workspaceId: number, audienceId: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select m.profile_id as id from audience_person m join profile p on p.id = m.profile_id and p.workspace_id = m.workspace_id
      where m.workspace_id = $1 and m.member_of @> array[$2::integer] and p.suppressed limit ${LEAVING_MAX}`, [workspaceId, audienceId],
  );
  return rows.map(({ id }) => id);
}

/** Numbers of the audiences that somebody is in. */
export async function readMemberOf(db: ClientBase, workspaceId: number, profileId: string): Promise<readonly number[]> {
  const { rows } = await db.query<{ member_of: number[] }>("select member_of from audience_person where workspace_id = $1 and profile_id = $2", [workspaceId, profileId]);
  return rows[0]?.member_of ?? [];
}

/** The latest change of each of these people in an audience. */
export async function readLatest(read: ReadLog, audienceId: number, profileIds: readonly string[]): Promise<Map<string, LoggedChange>> {
  if (profileIds.length === 0) return new Map();
  const rows = await read<LoggedChange>(
    `select ${CHANGE} from audience_log where ${OF_AUDIENCE} and audience_log.profile_id in {people:Array(UUID)} order by seq desc limit 1 by profile_id`, { audience: audienceId, people: profileIds },
  );
  return new Map(rows.map((row) => [row.profile_id, row]));
}

/** The latest change of one person in each audience that is named. */
export async function readLatestOfPerson(read: ReadLog, audienceIds: readonly number[], profileId: string): Promise<Map<number, LoggedChange>> {
  if (audienceIds.length === 0) return new Map();
  const rows = await read<LoggedChange & { audience_id: number }>(
    `select audience_id, ${CHANGE} from audience_log where workspace_id = {workspace:UInt32} and audience_id in {audiences:Array(UInt32)} and audience_log.profile_id = {person:UUID}
      order by seq desc limit 1 by audience_id`, { audiences: audienceIds, person: profileId },
  );
  return new Map(rows.map((row) => [row.audience_id, row]));
}

interface ChangesWish {
  readonly audienceId: number;
  readonly reason?: string | undefined;
  /** Of these alone. */
  readonly profileIds?: readonly string[];
  /** Those before it. */
  readonly beforeSeq?: number | undefined;
  /** Those until then. */
  readonly untilMs?: number;
  readonly limit: number;
}

/** The newest first. */
export async function readChanges(read: ReadLog, { audienceId, reason, profileIds, beforeSeq, untilMs, limit }: ChangesWish): Promise<LoggedChange[]> {
  const where = [OF_AUDIENCE];
  if (reason !== undefined) where.push("reason = {reason:String}");
  if (profileIds !== undefined) where.push("audience_log.profile_id in {people:Array(UUID)}");
  if (beforeSeq !== undefined) where.push("seq < {before:UInt64}");
  if (untilMs !== undefined) where.push("at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')");
  return read<LoggedChange>(`select ${CHANGE} from audience_log where ${where.join(" and ")} order by seq desc limit {limit:UInt32}`, {
    audience: audienceId, limit, ...(reason !== undefined && { reason }), ...(profileIds !== undefined && { people: profileIds }), ...(beforeSeq !== undefined && { before: beforeSeq }), ...(untilMs !== undefined && { until: untilMs }),
  });
}

/** These changes of these people, by their numbers. */
export async function readChangesByNumber(
  read: ReadLog, { audienceIds, profileIds, seqs }: { readonly audienceIds: readonly number[]; readonly profileIds: readonly string[]; readonly seqs: readonly number[] },
): Promise<(LoggedChange & { readonly audience_id: number })[]> {
  if (audienceIds.length === 0 || profileIds.length === 0 || seqs.length === 0) return [];
  return read<LoggedChange & { audience_id: number }>(
    `select audience_id, ${CHANGE} from audience_log where workspace_id = {workspace:UInt32} and audience_id in {audiences:Array(UInt32)} and audience_log.profile_id in {people:Array(UUID)}
      and seq in {seqs:Array(UInt64)} limit 1 by audience_id, profile_id, seq`, { audiences: audienceIds, people: profileIds, seqs },
  );
}

interface SizeAt {
  readonly atMs: number;
  readonly size: number;
  readonly entered: number;
  readonly left: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Up to so many days are told by the hour. */
const HOURLY_DAYS_MAX = 3;

/** At the end of each hour, or of each day in the workspace's zone, of the last days, and now. */
export async function readSizes(read: ReadLog, audienceId: number, steps: SizesAsked): Promise<SizeAt[]> {
  const found = await readSizesOf(read, [audienceId], steps.days <= HOURLY_DAYS_MAX ? hoursOf(steps) : daysOf(steps));
  return found.get(audienceId) ?? [];
}

/** The same of several, by the day: null until the first change of each. */
export async function readTrends(read: ReadLog, audienceIds: readonly number[], steps: SizesAsked): Promise<Map<number, { readonly atMs: number; readonly size: number | null }[]>> {
  const found = await readSizesOf(read, audienceIds, daysOf(steps));
  return new Map([...found].map(([id, sizes]) => [id, sizes.map(({ atMs, size, isBegun }) => ({ atMs, size: isBegun ? size : null }))]));
}

interface SizesAsked {
  readonly days: number;
  readonly nowMs: number;
  /** The workspace's. */
  readonly zone: string;
}

/** Stretches of time, numbered without a gap. */
interface Steps {
  readonly nowMs: number;
  /** SQL over `at`: the number of the stretch in which it lies. */
  readonly number: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Of the first. */
  readonly first: number;
  /** Of each, the first instant after it. */
  readonly ends: readonly number[];
}

function hoursOf({ days, nowMs }: SizesAsked): Steps {
  const first = Math.floor((nowMs - days * DAY_MS) / HOUR_MS) + 1;
  const last = Math.floor(nowMs / HOUR_MS);
  return { nowMs, number: `intDiv(toInt64(toUnixTimestamp64Milli(at)), ${HOUR_MS})`, params: {}, first, ends: Array.from({ length: last - first + 1 }, (_, i) => (first + i + 1) * HOUR_MS) };
}

/** Some have 23 or 25 hours. */
function daysOf({ days, nowMs, zone }: SizesAsked): Steps {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).toPlainDate();
  const ends = Array.from({ length: days }, (_, i) => today.subtract({ days: days - 2 - i }).toZonedDateTime(zone).epochMilliseconds);
  const todays = Date.UTC(today.year, today.month - 1, today.day) / DAY_MS;
  return { nowMs, number: "toInt64(toInt32(toDate32(at, {zone:String})))", params: { zone }, first: todays - days + 1, ends };
}

interface Bucket {
  readonly audience: number;
  readonly bucket: number;
  readonly entered: number;
  readonly left: number;
}

async function readSizesOf(read: ReadLog, audienceIds: readonly number[], steps: Steps): Promise<Map<number, (SizeAt & { readonly isBegun: boolean })[]>> {
  const { nowMs, number, params, first } = steps;
  const rows = audienceIds.length === 0 ? [] : await read<Bucket>(
    `select audience, greatest(${number}, {first:Int64}) as bucket, countIf(came = 1) as entered, countIf(came = 0) as left
      from (select audience_id as audience, at, audience_log.entered as came from audience_log
        where workspace_id = {workspace:UInt32} and audience_id in {audiences:Array(UInt32)} and at <= fromUnixTimestamp64Milli({now:Int64}, 'UTC'))
      group by audience, bucket`,
    { audiences: audienceIds, ...params, first: first - 1, now: nowMs },
  );
  const byAudience = Map.groupBy(rows, ({ audience }) => audience);
  return new Map(audienceIds.map((id) => [id, sizesBy(byAudience.get(id) ?? [], steps)]));
}

/** What was before the first stretch stands in the one before it. */
function sizesBy(rows: readonly Bucket[], { first, ends, nowMs }: Steps): (SizeAt & { readonly isBegun: boolean })[] {
  const byBucket = new Map(rows.map((row) => [row.bucket, row]));
  const before = byBucket.get(first - 1);
  let size = (before?.entered ?? 0) - (before?.left ?? 0);
  let isBegun = before !== undefined;
  return ends.map((endMs, i) => {
    const { entered = 0, left = 0 } = byBucket.get(first + i) ?? {};
    size += entered - left;
    isBegun ||= entered + left > 0;
    return { atMs: Math.min(endMs, nowMs), size, entered, left, isBegun };
  });
}

/** Who was in it at an instant, as it was then written: those whose latest change until then was an entry. */
export function membersAtSql(): string {
  return `select profile_id, max(at) as since from (
      select profile_id, at, entered from audience_log where ${OF_AUDIENCE} and at <= fromUnixTimestamp64Milli({at:Int64}, 'UTC') order by seq desc limit 1 by profile_id
    ) where entered = 1 group by profile_id`;
}

export async function readAsOf(read: ReadLog, audienceId: number, atMs: number, sample: number): Promise<{ readonly count: number; readonly sample: readonly { readonly id: string; readonly sinceMs: number }[] }> {
  const params = { audience: audienceId, at: atMs };
  const [counted] = await read<{ count: number }>(`select count() as count from (${membersAtSql()})`, params);
  const rows = await read<{ id: string; since_ms: number }>(
    `select toString(profile_id) as id, toInt64(toUnixTimestamp64Milli(since)) as since_ms from (${membersAtSql()}) order by profile_id limit {sample:UInt32}`, { ...params, sample });
  return { count: counted?.count ?? 0, sample: rows.map(({ id, since_ms }) => ({ id, sinceMs: since_ms })) };
}
