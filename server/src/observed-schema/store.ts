// Writes what a slice held, and moves the reader's place, in one transaction: each row of the event table counts exactly once,
// wherever the program is killed. One process writes at a time (the role `process`); should two, the second changes nothing.
import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import { valueTypes } from "./detect.ts";
import { forgetExamples, suppressedAmong } from "./forget.ts";
import type { Look } from "./looks.ts";
import type { ObservedLimits } from "./observed-limits.ts";
import type { SliceRange } from "./slice.ts";
import { eventKeyOf, fieldKeyOf, type Beyond, type EventTally, type FieldSample, type FieldTally, type Listed } from "./tally.ts";

export interface ObservedSlice {
  readonly range: SliceRange;
  readonly events: readonly EventTally[];
  readonly fields: readonly FieldTally[];
  readonly samples: readonly FieldSample[];
  readonly beyond: readonly Beyond[];
  /** Workspaces whose examples may have to go. */
  readonly forget: readonly number[];
}

const DAY_MS = 86_400_000;

/** Another process has read this slice. */
export class SliceTaken extends Error {
  constructor({ partition, fromBlock }: SliceRange) {
    super(`Another process has counted partition ${partition} from block ${fromBlock} on.`);
    this.name = "SliceTaken";
  }
}

/** Where the reader is in a partition. */
export async function readPlace(pool: Pool, partition: number): Promise<number> {
  const { rows } = await pool.query<{ block_id: string }>(`select block_id from observed_place where partition = $1`, [partition]);
  return Number(rows[0]?.block_id ?? 0);
}

export async function readListed(pool: Pool, workspaceIds: readonly number[]): Promise<Map<number, Listed>> {
  const listed = new Map(workspaceIds.map((id) => [id, { events: new Set<string>(), fields: new Map<string, { sampled: number; examples: number }>() }]));
  const events = await pool.query<{ workspace_id: number; type: string; event: string }>(
    `select workspace_id, type, event from observed_event where workspace_id = any($1::integer[])`, [workspaceIds],
  );
  for (const row of events.rows) listed.get(row.workspace_id)?.events.add(eventKeyOf(row));
  const fields = await pool.query<{ workspace_id: number; place: FieldTally["place"]; event: string; path: string; sampled: number; examples: number }>(
    `select f.workspace_id, place, event, path, sampled, (select count(*)::integer from observed_example e where e.field_id = f.id) as examples
     from observed_field f where workspace_id = any($1::integer[])`, [workspaceIds],
  );
  for (const row of fields.rows) listed.get(row.workspace_id)?.fields.set(fieldKeyOf(row), { sampled: row.sampled, examples: row.examples });
  return listed;
}

/** Throws SliceTaken, and nothing is written. */
export async function writeSlice(pool: Pool, slice: ObservedSlice, limits: ObservedLimits, nowMs: number): Promise<void> {
  const since = new Date(nowMs - (limits.daysMax - 1) * DAY_MS).toISOString().slice(0, 10);
  await inTransaction(pool, async (tx) => {
    await movePlace(tx, slice.range);
    await writeEvents(tx, slice.events, since);
    const ids = await writeFields(tx, slice.fields, since);
    await writeSamples(tx, slice.samples, ids, limits);
    await writeBeyond(tx, slice.beyond, nowMs);
    for (const workspaceId of slice.forget) await forgetExamples(tx, workspaceId, nowMs);
  });
}

/** Days before that are dropped; a look at an index when there are none. */
export async function dropOldDays(pool: Pool, limits: ObservedLimits, nowMs: number): Promise<void> {
  const since = new Date(nowMs - (limits.daysMax - 1) * DAY_MS).toISOString().slice(0, 10);
  for (const table of ["observed_event_day", "observed_field_day"]) await pool.query(`delete from ${table} where day < $1::date`, [since]);
}

async function movePlace(tx: ClientBase, range: SliceRange): Promise<void> {
  await tx.query(`insert into observed_place (partition, block_id) values ($1, 0) on conflict do nothing`, [range.partition]);
  const moved = await tx.query(`update observed_place set block_id = $3 where partition = $1 and block_id = $2`, [range.partition, range.fromBlock, range.beforeBlock]);
  if (moved.rowCount !== 1) throw new SliceTaken(range);
}

async function writeEvents(tx: ClientBase, events: readonly EventTally[], since: string): Promise<void> {
  const { rows } = await tx.query<{ id: string; workspace_id: number; type: string; event: string }>(
    `insert into observed_event as o (workspace_id, type, event, count, first_at, last_at)
     select * from unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
     on conflict (workspace_id, type, event) do update set count = o.count + excluded.count,
       first_at = least(o.first_at, excluded.first_at), last_at = greatest(o.last_at, excluded.last_at)
     returning id, workspace_id, type, event`,
    [
      events.map((one) => one.workspaceId), events.map((one) => one.type), events.map((one) => one.event), events.map((one) => one.count),
      events.map((one) => new Date(one.firstMs)), events.map((one) => new Date(one.lastMs)),
    ],
  );
  const ids = new Map(rows.map((row) => [`${row.workspace_id} ${eventKeyOf(row)}`, row.id]));
  const days = events.flatMap((one) => [...one.days].filter(([day]) => day >= since).map(([day, count]) => ({
    workspaceId: one.workspaceId, id: ids.get(`${one.workspaceId} ${eventKeyOf(one)}`), day, count,
  })));
  await tx.query(
    `insert into observed_event_day as o (workspace_id, event_id, day, count)
     select * from unnest($1::integer[], $2::bigint[], $3::date[], $4::bigint[])
     on conflict (event_id, day) do update set count = o.count + excluded.count`,
    [days.map((one) => one.workspaceId), days.map((one) => one.id), days.map((one) => one.day), days.map((one) => one.count)],
  );
}

const TYPE_COLUMNS = valueTypes.map((type) => `as_${type}`);
const ADD_TYPES = TYPE_COLUMNS.map((column) => `${column} = o.${column} + excluded.${column}`).join(", ");

async function writeFields(tx: ClientBase, fields: readonly FieldTally[], since: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await tx.query<{ id: string; workspace_id: number; place: FieldTally["place"]; event: string; path: string }>(
    `insert into observed_field as o (workspace_id, place, event, path, count, first_at, last_at, ${TYPE_COLUMNS.join(", ")})
     select * from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
       $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
     on conflict (workspace_id, place, event, path) do update set count = o.count + excluded.count,
       first_at = least(o.first_at, excluded.first_at), last_at = greatest(o.last_at, excluded.last_at), ${ADD_TYPES}
     returning id, workspace_id, place, event, path`,
    [
      fields.map((one) => one.workspaceId), fields.map((one) => one.place), fields.map((one) => one.event), fields.map((one) => one.path),
      fields.map((one) => one.count), fields.map((one) => new Date(one.firstMs)), fields.map((one) => new Date(one.lastMs)),
      ...valueTypes.map((type) => fields.map((one) => one.types[type])),
    ],
  );
  const ids = new Map(rows.map((row) => [`${row.workspace_id} ${fieldKeyOf(row)}`, row.id]));
  const days = fields.flatMap((one) => [...one.days].filter(([day]) => day >= since).map(([day, counts]) => ({
    workspaceId: one.workspaceId, id: ids.get(`${one.workspaceId} ${fieldKeyOf(one)}`), day, ...counts,
  })));
  await tx.query(
    `insert into observed_field_day as o (workspace_id, field_id, day, count, ${TYPE_COLUMNS.join(", ")})
     select * from unnest($1::integer[], $2::bigint[], $3::date[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
     on conflict (field_id, day) do update set count = o.count + excluded.count, ${ADD_TYPES}`,
    [
      days.map((one) => one.workspaceId), days.map((one) => one.id), days.map((one) => one.day), days.map((one) => one.count),
      ...valueTypes.map((type) => days.map((one) => one.types[type])),
    ],
  );
  return ids;
}

async function writeSamples(tx: ClientBase, samples: readonly FieldSample[], ids: ReadonlyMap<string, string>, limits: ObservedLimits): Promise<void> {
  const found = samples.flatMap((sample) => {
    const id = ids.get(`${sample.workspaceId} ${fieldKeyOf(sample)}`);
    return id === undefined ? [] : [{ id, sample }];
  });
  if (found.length === 0) return;
  const { rows } = await tx.query<{ id: string; looks: Partial<Record<Look, number>> }>(
    `select id, looks from observed_field where id = any($1::bigint[])`, [found.map(({ id }) => id)],
  );
  const before = new Map(rows.map((row) => [row.id, row.looks]));
  await tx.query(
    `update observed_field f set sampled = f.sampled + s.sampled, looks = s.looks
     from unnest($1::bigint[], $2::integer[], $3::json[]) as s(id, sampled, looks) where f.id = s.id`,
    [found.map(({ id }) => id), found.map(({ sample }) => sample.sampled), found.map(({ id, sample }) => JSON.stringify(added(before.get(id) ?? {}, sample.looks)))],
  );
  await writeExamples(tx, found, limits);
}

function added(before: Partial<Record<Look, number>>, more: Partial<Record<Look, number>>): Partial<Record<Look, number>> {
  const sum = { ...before };
  for (const [look, count] of Object.entries(more) as [Look, number][]) sum[look] = (sum[look] ?? 0) + count;
  return sum;
}

async function writeExamples(tx: ClientBase, found: readonly { readonly id: string; readonly sample: FieldSample }[], limits: ObservedLimits): Promise<void> {
  const suppressed = await suppressedAmong(tx, found.flatMap(({ sample }) => [...sample.examples.values()].map(({ profileId }) => profileId)));
  const examples = found.flatMap(({ id, sample }) => [...sample.examples.values()].filter(({ profileId }) => !suppressed.has(profileId))
    .map((example) => ({ id, workspaceId: sample.workspaceId, ...example })));
  await tx.query(
    `insert into observed_example (workspace_id, field_id, value, profile_id, import_id, row_id, at)
     select n.* from (
       select *, row_number() over (partition by field_id order by row_id) as nth
       from unnest($1::integer[], $2::bigint[], $3::text[], $4::uuid[], $5::integer[], $6::bigint[], $7::timestamptz[])
         as n(workspace_id, field_id, value, profile_id, import_id, row_id, at)
       where not exists (select from observed_example e where e.field_id = n.field_id and e.value = n.value)
     ) as r, lateral (select r.workspace_id, r.field_id, r.value, r.profile_id, r.import_id, r.row_id, r.at) as n
     where r.nth + (select count(*) from observed_example e where e.field_id = r.field_id) <= $8
     on conflict do nothing`,
    [
      examples.map((one) => one.workspaceId), examples.map((one) => one.id), examples.map((one) => one.value), examples.map((one) => one.profileId),
      examples.map((one) => one.importId), examples.map((one) => one.rowId), examples.map((one) => new Date(one.atMs)), limits.examplesMax,
    ],
  );
}

async function writeBeyond(tx: ClientBase, beyond: readonly Beyond[], nowMs: number): Promise<void> {
  for (const { workspaceId, events, fields } of beyond) {
    await tx.query(
      `insert into observed_beyond as o (workspace_id, events, fields, at) values ($1, $2, $3, $4)
       on conflict (workspace_id) do update set events = o.events + excluded.events, fields = o.fields + excluded.fields, at = excluded.at`,
      [workspaceId, events, fields, new Date(nowMs)],
    );
  }
}
