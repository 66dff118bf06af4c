// What was counted, read as one workspace sees it: with what has changed, what is proposed, and what is decided about each field.
import type { ClientBase } from "pg";
import type { FieldKind, FieldPlace } from "@tributary/schema/field.ts";
import { fieldDecisions, knownField, readFields, type FieldDecision, type FieldDecisions } from "../governance/governance.ts";
import { propose, valueTypes, type Proposal, type ValueType } from "./detect.ts";
import { eventDrift, fieldDrift, type DayCount, type Drift, type FieldDay } from "./drift.ts";
import { SUPPRESSED_IDS } from "./forget.ts";
import type { Look } from "./looks.ts";
import { observedLimits } from "./observed-limits.ts";
import { fieldKeyOf, typesOfRow, type TypeCounts } from "./tally.ts";

const DAY_MS = 86_400_000;
/** Days that an event's small curve shows. */
const CURVE_DAYS = 30;
const NEW_DAYS = 7;
const SILENT_DAYS = 3;

export interface ShownEvent {
  readonly type: string;
  readonly event: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly days: readonly number[];
  readonly drift: readonly Drift[];
  readonly fields: number;
  readonly undecided: number;
  readonly fieldsNew: number;
  readonly fieldsSilent: number;
}

export interface ShownField {
  readonly place: FieldPlace;
  readonly event: string;
  readonly path: string;
  readonly count: number;
  readonly share: number | null;
  readonly types: readonly { readonly type: ValueType; readonly count: number }[];
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly examples: readonly string[];
  readonly personal: boolean | null;
  readonly decidedBy: "workspace" | "program" | "nobody";
  readonly kind: FieldKind | null;
  readonly description: string;
  readonly owner: string;
  readonly proposal: Proposal;
  readonly drift: readonly Drift[];
}

export interface Summary {
  readonly events: number;
  readonly fields: number;
  readonly undecided: number;
  readonly eventsBeyond: number;
  readonly fieldsBeyond: number;
  readonly since: Date | null;
}

export interface FieldFilter {
  readonly undecided?: boolean | undefined;
  readonly place?: FieldPlace | undefined;
  readonly event?: string | undefined;
  readonly after?: readonly [place: string, event: string, path: string] | undefined;
  readonly limit: number;
}

type TypeColumns = { readonly [T in ValueType as `as_${T}`]: string };

interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly event: string;
  readonly count: string;
  readonly first_at: Date;
  readonly last_at: Date;
}

interface FieldRow extends TypeColumns {
  readonly id: string;
  readonly place: FieldPlace;
  readonly event: string;
  readonly path: string;
  readonly count: string;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly sampled: number;
  readonly looks: Partial<Record<Look, number>>;
}

const TYPE_COLUMNS = valueTypes.map((type) => `as_${type}`).join(", ");

export async function readSummary(db: ClientBase, workspaceId: number): Promise<Summary> {
  const decisions = fieldDecisions(await readFields(db, workspaceId));
  const events = await db.query<{ events: number; since: Date | null }>(
    `select count(*)::integer as events, min(first_at) as since from observed_event where workspace_id = $1`, [workspaceId],
  );
  const fields = await lightFields(db, workspaceId);
  const beyond = await db.query<{ events: string; fields: string }>(`select events, fields from observed_beyond where workspace_id = $1`, [workspaceId]);
  return {
    events: events.rows[0]?.events ?? 0, since: events.rows[0]?.since ?? null, fields: fields.length,
    undecided: fields.filter((field) => isUndecided(field, decisions)).length,
    eventsBeyond: Number(beyond.rows[0]?.events ?? 0), fieldsBeyond: Number(beyond.rows[0]?.fields ?? 0),
  };
}

/** The most frequent first. */
export async function readEvents(db: ClientBase, workspaceId: number, nowMs: number, name?: string): Promise<ShownEvent[]> {
  const { rows } = await db.query<EventRow>(
    `select id, type, event, count, first_at, last_at from observed_event where workspace_id = $1 and ($2::text is null or event = $2)
     order by count desc, event, type`, [workspaceId, name ?? null],
  );
  const days = await daysOfEvents(db, workspaceId, rows.map(({ id }) => id));
  const decisions = fieldDecisions(await readFields(db, workspaceId));
  const fields = new Map<string, LightField[]>();
  for (const field of await lightFields(db, workspaceId)) {
    const owner = ownerOf(field);
    fields.set(owner, [...(fields.get(owner) ?? []), field]);
  }
  const since = await observedSince(db, workspaceId, nowMs);
  return rows.map((row) => {
    const own = fields.get(row.type === "identify" ? "trait" : row.type === "group" ? "account" : `property ${row.event}`) ?? [];
    const counts = days.get(row.id) ?? [];
    return {
      type: row.type, event: row.event, count: Number(row.count), firstAt: row.first_at, lastAt: row.last_at,
      days: curveOf(counts, nowMs), drift: eventDrift(counts, dayOf(nowMs), since), fields: own.length,
      undecided: own.filter((field) => isUndecided(field, decisions)).length,
      fieldsNew: own.filter((field) => field.first_at.getTime() >= Math.max(nowMs - NEW_DAYS * DAY_MS, row.first_at.getTime() + DAY_MS)).length,
      fieldsSilent: own.filter((field) => field.last_at.getTime() < row.last_at.getTime() - SILENT_DAYS * DAY_MS).length,
    };
  });
}

/** In the order of place, event and path. `isCut`: there are more behind them. */
export async function readObservedFields(db: ClientBase, workspaceId: number, nowMs: number, filter: FieldFilter): Promise<{ readonly fields: ShownField[]; readonly isCut: boolean }> {
  const rowsDecided = await readFields(db, workspaceId);
  const decisions = fieldDecisions(rowsDecided);
  const { rows: all } = await db.query<FieldRow>(
    `select id, place, event, path, count, first_at, last_at, sampled, looks, ${TYPE_COLUMNS} from observed_field
     where workspace_id = $1 and ($2::text is null or place = $2) and ($3::text is null or event = $3)
       and ($4::text is null or (place, event, path) > ($4, $5, $6)) order by place, event, path`,
    [workspaceId, filter.place ?? null, filter.event ?? null, filter.after?.[0] ?? null, filter.after?.[1] ?? null, filter.after?.[2] ?? null],
  );
  const wanted = filter.undecided === undefined ? all : all.filter((row) => isUndecided(row, decisions) === filter.undecided);
  const rows = wanted.slice(0, filter.limit);
  const context = {
    decided: new Map(rowsDecided.map((row) => [fieldKeyOf(row), row])), decisions, totals: await totalsOf(db, workspaceId),
    days: await daysOfFields(db, workspaceId, rows.map(({ id }) => id)), examples: await examplesOf(db, workspaceId, rows.map(({ id }) => id)),
    today: dayOf(nowMs), since: await observedSince(db, workspaceId, nowMs),
  };
  return { fields: rows.map((row) => shownField(row, context)), isCut: wanted.length > rows.length };
}

interface FieldContext {
  readonly decided: ReadonlyMap<string, FieldDecision>;
  readonly decisions: FieldDecisions;
  readonly totals: Totals;
  readonly days: ReadonlyMap<string, readonly FieldDay[]>;
  readonly examples: ReadonlyMap<string, readonly string[]>;
  readonly today: string;
  readonly since: string;
}

function shownField(row: FieldRow, context: FieldContext): ShownField {
  const { place, event, path } = row;
  const count = Number(row.count);
  const types = typesOfRow(row);
  const owner = ownerOf(row);
  const total = context.totals.counts.get(owner) ?? 0;
  const decided = context.decided.get(fieldKeyOf(row)) ?? context.decided.get(fieldKeyOf({ place, event: "", path }));
  const standing = context.decisions.standing(place, event, path);
  return {
    place, event, path, count, share: total === 0 ? null : Math.min(1, count / total),
    types: valueTypes.flatMap((type) => (types[type] > 0 ? [{ type, count: types[type] }] : [])).toSorted((a, b) => b.count - a.count),
    firstAt: row.first_at, lastAt: row.last_at, examples: context.examples.get(row.id) ?? [],
    personal: standing.by === "nobody" ? null : standing.personal, decidedBy: standing.by, kind: decided?.kind ?? knownField(place, path)?.kind ?? null,
    description: decided?.description ?? "", owner: decided?.owner ?? "",
    proposal: propose({ place, path, sampled: row.sampled, looks: row.looks, types }),
    drift: fieldDrift(context.days.get(row.id) ?? [], context.totals.days.get(owner) ?? [], context.today, context.since),
  };
}

type LightField = Pick<FieldRow, "place" | "event" | "path" | "first_at" | "last_at" | "count" | "as_objects">;

async function lightFields(db: ClientBase, workspaceId: number): Promise<LightField[]> {
  const { rows } = await db.query<LightField>(
    `select place, event, path, first_at, last_at, count, as_objects from observed_field where workspace_id = $1`, [workspaceId],
  );
  return rows;
}

/** A list of objects is no value: its fields are decided one by one. */
function isUndecided(field: LightField, decisions: FieldDecisions): boolean {
  if (field.as_objects !== "0" && field.as_objects === field.count) return false;
  return decisions.standing(field.place, field.event, field.path).by === "nobody";
}

interface Totals {
  /** What could have carried a field (`ownerOf`) → how many. */
  readonly counts: ReadonlyMap<string, number>;
  readonly days: ReadonlyMap<string, readonly DayCount[]>;
}

function ownerOf({ place, event }: Pick<FieldRow, "place" | "event">): string {
  return place === "property" ? `property ${event}` : place;
}

async function totalsOf(db: ClientBase, workspaceId: number): Promise<Totals> {
  const { rows } = await db.query<{ type: string; event: string; day: string; count: string }>(
    `select e.type, e.event, d.day::text as day, d.count from observed_event e join observed_event_day d on d.event_id = e.id
     where e.workspace_id = $1 order by d.day`, [workspaceId],
  );
  const all = await db.query<{ type: string; event: string; count: string }>(`select type, event, count from observed_event where workspace_id = $1`, [workspaceId]);
  const counts = new Map<string, number>();
  const days = new Map<string, Map<string, number>>();
  const owners = (row: { type: string; event: string }): string[] => [
    "context", row.type === "identify" ? "trait" : row.type === "group" ? "account" : `property ${row.event}`,
  ];
  for (const row of all.rows) for (const owner of owners(row)) counts.set(owner, (counts.get(owner) ?? 0) + Number(row.count));
  for (const row of rows) {
    for (const owner of owners(row)) {
      const own = days.get(owner) ?? new Map<string, number>();
      days.set(owner, own);
      own.set(row.day, (own.get(row.day) ?? 0) + Number(row.count));
    }
  }
  return { counts, days: new Map([...days].map(([owner, own]) => [owner, [...own].map(([day, count]) => ({ day, count }))])) };
}

async function daysOfEvents(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, DayCount[]>> {
  const { rows } = await db.query<{ id: string; day: string; count: string }>(
    `select event_id as id, day::text as day, count from observed_event_day where workspace_id = $1 and event_id = any($2::bigint[]) order by day`, [workspaceId, ids],
  );
  return grouped(rows, ({ day, count }) => ({ day, count: Number(count) }));
}

async function daysOfFields(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, FieldDay[]>> {
  const { rows } = await db.query<{ id: string; day: string; count: string } & TypeColumns>(
    `select field_id as id, day::text as day, count, ${TYPE_COLUMNS} from observed_field_day where workspace_id = $1 and field_id = any($2::bigint[]) order by day`,
    [workspaceId, ids],
  );
  return grouped(rows, (row): FieldDay => ({ day: row.day, count: Number(row.count), types: typesOfRow(row) satisfies TypeCounts }));
}

/** Never a suppressed person's, whether or not they have been dropped yet. */
async function examplesOf(db: ClientBase, workspaceId: number, ids: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ id: string; value: string }>(
    `select field_id as id, value from observed_example where workspace_id = $1 and field_id = any($2::bigint[])
       and profile_id not in (${SUPPRESSED_IDS} and workspace_id = $1) order by row_id`, [workspaceId, ids],
  );
  return grouped(rows, ({ value }) => value);
}

function grouped<Row extends { readonly id: string }, Value>(rows: readonly Row[], valueOf: (row: Row) => Value): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const row of rows) {
    const group = groups.get(row.id);
    if (group) group.push(valueOf(row));
    else groups.set(row.id, [valueOf(row)]);
  }
  return groups;
}

/** The first day of which anything is known, within the days that are kept. */
async function observedSince(db: ClientBase, workspaceId: number, nowMs: number): Promise<string> {
  const { rows } = await db.query<{ since: Date | null }>(`select min(first_at) as since from observed_event where workspace_id = $1`, [workspaceId]);
  const keptSince = nowMs - (observedLimits.daysMax - 1) * DAY_MS;
  return dayOf(Math.max(keptSince, rows[0]?.since?.getTime() ?? nowMs));
}

function curveOf(days: readonly DayCount[], nowMs: number): number[] {
  const counts = new Map(days.map(({ day, count }) => [day, count]));
  return Array.from({ length: CURVE_DAYS }, (_, i) => counts.get(dayOf(nowMs - (CURVE_DAYS - 1 - i) * DAY_MS)) ?? 0);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
