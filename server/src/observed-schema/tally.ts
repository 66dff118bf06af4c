// Puts the counts of a slice together: one entry a field, within the limits, and what the limits leave out. Pure.
import { valueTypes, type ValueType } from "./detect.ts";
import { leavesOf } from "./leaves.ts";
import { looksOf, type Look } from "./looks.ts";
import type { ObservedLimits } from "./observed-limits.ts";
import type { EventCount, EventName, FieldCount, FieldKey, SampleRow, WorkspaceCount } from "./slice.ts";

export type TypeCounts = Record<ValueType, number>;

export interface FieldTally extends FieldKey {
  count: number;
  readonly types: TypeCounts;
  firstMs: number;
  lastMs: number;
  readonly days: Map<string, { count: number; readonly types: TypeCounts }>;
  readonly rows: Set<number>;
}

export interface EventTally extends EventName {
  count: number;
  firstMs: number;
  lastMs: number;
  readonly days: Map<string, number>;
}

/** What of a workspace is listed already. */
export interface Listed {
  readonly events: ReadonlySet<string>;
  /** Field → values looked at so far, and examples kept. */
  readonly fields: ReadonlyMap<string, { readonly sampled: number; readonly examples: number }>;
}

export interface Beyond {
  readonly workspaceId: number;
  events: number;
  fields: number;
}

export function eventKeyOf({ type, event }: Pick<EventName, "type" | "event">): string {
  return JSON.stringify([type, event]);
}

export function fieldKeyOf({ place, event, path }: Omit<FieldKey, "workspaceId">): string {
  return JSON.stringify([place, event, path]);
}

/** Those that are listed, and as many new ones as there is room for. */
export function admitEvents(names: readonly EventName[], listed: ReadonlyMap<number, Listed>, limits: ObservedLimits): EventName[] {
  const room = new Map<number, number>();
  return names.filter((name) => {
    const known = listed.get(name.workspaceId)?.events;
    if (known?.has(eventKeyOf(name))) return true;
    const left = room.get(name.workspaceId) ?? limits.eventsMax - (known?.size ?? 0);
    room.set(name.workspaceId, left - 1);
    return left > 0;
  });
}

export function tallyEvents(counts: readonly EventCount[]): EventTally[] {
  const tallies = new Map<string, EventTally>();
  for (const one of counts) {
    const key = `${one.workspaceId} ${eventKeyOf(one)}`;
    const { workspaceId, type, event } = one;
    const tally = tallies.get(key) ?? { workspaceId, type, event, count: 0, firstMs: one.firstMs, lastMs: one.lastMs, days: new Map<string, number>() };
    tallies.set(key, tally);
    tally.count += one.count;
    widen(tally, one);
    tally.days.set(one.day, (tally.days.get(one.day) ?? 0) + one.count);
  }
  return [...tallies.values()];
}

/** Fields that are listed, and as many new ones as there is room for: the most frequent first. */
export function tallyFields(
  counts: readonly FieldCount[], listed: ReadonlyMap<number, Listed>, limits: ObservedLimits,
): { readonly fields: readonly FieldTally[]; readonly beyond: ReadonlyMap<number, number> } {
  const tallies = new Map<string, FieldTally>();
  for (const one of counts) addCount(tallies, one);
  const beyond = new Map<number, number>();
  const rooms = new Map<string, number>();
  const known = (tally: FieldTally): boolean => listed.get(tally.workspaceId)?.fields.has(fieldKeyOf(tally)) ?? false;
  const roomOf = (name: string, max: number, used: () => number): number => {
    const room = rooms.get(name) ?? max - used();
    rooms.set(name, room);
    return room;
  };
  const fields = [...tallies.values()].toSorted((a, b) => b.count - a.count || (fieldKeyOf(a) < fieldKeyOf(b) ? -1 : 1)).filter((tally) => {
    if (known(tally)) return true;
    const listedFields = listed.get(tally.workspaceId)?.fields;
    const [all, own] = [String(tally.workspaceId), JSON.stringify([tally.workspaceId, tally.place, tally.event])];
    const left = roomOf(all, limits.fieldsMax, () => listedFields?.size ?? 0);
    const leftOfEvent = roomOf(own, limits.fieldsPerEventMax, () => countOf(listedFields, tally));
    if (left <= 0 || leftOfEvent <= 0) {
      beyond.set(tally.workspaceId, (beyond.get(tally.workspaceId) ?? 0) + tally.count);
      return false;
    }
    rooms.set(all, left - 1);
    rooms.set(own, leftOfEvent - 1);
    return true;
  });
  return { fields, beyond };
}

function countOf(fields: Listed["fields"] | undefined, { place, event }: FieldKey): number {
  const start = `${JSON.stringify([place, event]).slice(0, -1)},`;
  let count = 0;
  for (const key of fields?.keys() ?? []) if (key.startsWith(start)) count++;
  return count;
}

function addCount(tallies: Map<string, FieldTally>, one: FieldCount): void {
  const key = `${one.workspaceId} ${fieldKeyOf(one)}`;
  const { workspaceId, place, event, path } = one;
  const tally: FieldTally = tallies.get(key) ?? {
    workspaceId, place, event, path, count: 0, types: noTypes(), firstMs: one.firstMs, lastMs: one.lastMs, days: new Map(), rows: new Set(),
  };
  tallies.set(key, tally);
  const day = tally.days.get(one.day) ?? { count: 0, types: noTypes() };
  tally.days.set(one.day, day);
  widen(tally, one);
  for (const row of one.rows) if (tally.rows.size < ROWS_OF_FIELD) tally.rows.add(row);
  for (const each of [tally, day]) {
    each.count += one.carried;
    if (one.type !== "*") each.types[one.type] += one.typed;
  }
}

const ROWS_OF_FIELD = 12;

function widen(tally: { firstMs: number; lastMs: number }, one: { readonly firstMs: number; readonly lastMs: number }): void {
  tally.firstMs = Math.min(tally.firstMs, one.firstMs);
  tally.lastMs = Math.max(tally.lastMs, one.lastMs);
}

export function noTypes(): TypeCounts {
  return { text: 0, number: 0, boolean: 0, list: 0, objects: 0 };
}

/** Events whose name is not listed, by workspace. */
export function eventsBeyond(workspaces: readonly WorkspaceCount[], events: readonly EventTally[]): Map<number, number> {
  const beyond = new Map(workspaces.map(({ workspaceId, events: all }) => [workspaceId, all]));
  for (const { workspaceId, count } of events) beyond.set(workspaceId, (beyond.get(workspaceId) ?? 0) - count);
  return beyond;
}

// ── Values ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Example {
  readonly value: string;
  readonly profileId: string;
  readonly importId: number;
  readonly rowId: number;
  readonly atMs: number;
}

export interface FieldSample extends FieldKey {
  sampled: number;
  readonly looks: Partial<Record<Look, number>>;
  readonly examples: Map<string, Example>;
}

/** The rows to look into: a few of each field of which not enough values have been seen, those with few examples first. */
export function rowsToSample(fields: readonly FieldTally[], listed: ReadonlyMap<number, Listed>, limits: ObservedLimits): number[] {
  const wanting = fields.map((field) => ({ field, seen: listed.get(field.workspaceId)?.fields.get(fieldKeyOf(field)) }))
    .filter(({ seen }) => seen === undefined || seen.sampled < limits.sampledMax || seen.examples === 0)
    .toSorted((a, b) => (a.seen?.sampled ?? -1) - (b.seen?.sampled ?? -1));
  const rows = new Set<number>();
  for (const { field } of wanting) {
    for (const row of field.rows) if (rows.size < limits.sampleRowsMax) rows.add(row);
  }
  return [...rows];
}

/** What the values of these rows look like, and a few of each field. */
export function sampleFields(rows: readonly SampleRow[], fields: readonly FieldTally[], limits: ObservedLimits, nowMs: number): FieldSample[] {
  const samples = new Map<string, FieldSample>(
    fields.map(({ workspaceId, place, event, path }) => [`${workspaceId} ${fieldKeyOf({ place, event, path })}`, { workspaceId, place, event, path, sampled: 0, looks: {}, examples: new Map() }]),
  );
  for (const row of rows) {
    const place = row.type === "identify" ? "trait" : row.type === "group" ? "account" : "property";
    addLeaves(samples, row, { place, event: place === "property" ? row.event : "" }, row.properties, limits, nowMs);
    addLeaves(samples, row, { place: "context", event: "" }, row.context, limits, nowMs);
  }
  return [...samples.values()].filter(({ sampled }) => sampled > 0);
}

function addLeaves(
  samples: ReadonlyMap<string, FieldSample>, row: SampleRow, of: Pick<FieldKey, "place" | "event">, json: string, limits: ObservedLimits, nowMs: number,
): void {
  const seen = new Map<string, number>();
  for (const { path, value } of leavesOf(parsed(json))) {
    // What a call says of its person beside what it is about is a trait.
    const isTrait = of.place === "context" && path.startsWith("traits.");
    const key = fieldKeyOf(isTrait ? { place: "trait", event: "", path: path.slice("traits.".length) } : { ...of, path });
    const sample = samples.get(`${row.workspaceId} ${key}`);
    // Of a long list a few items tell as much.
    const before = seen.get(path) ?? 0;
    if (sample === undefined || sample.sampled >= limits.sampledMax || before >= ITEMS_OF_ROW) continue;
    seen.set(path, before + 1);
    sample.sampled++;
    for (const look of looksOf(value, nowMs)) sample.looks[look] = (sample.looks[look] ?? 0) + 1;
    const text = exampleText(value, limits.exampleCharactersMax);
    if (text === "" || sample.examples.size >= limits.examplesMax || sample.examples.has(text)) continue;
    sample.examples.set(text, { value: text, profileId: row.profileId, importId: row.importId, rowId: row.rowId, atMs: row.atMs });
  }
}

const ITEMS_OF_ROW = 3;

/** Postgres takes no zero characters, and half a pair is none. */
function exampleText(value: string | number | boolean, charactersMax: number): string {
  const text = String(value).replaceAll("\0", "");
  return (text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…` : text).toWellFormed();
}

function parsed(json: string): unknown {
  try {
    return json === "" ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

export function typesOfRow(row: Readonly<Record<`as_${ValueType}`, string | number>>): TypeCounts {
  const types = noTypes();
  for (const type of valueTypes) types[type] = Number(row[`as_${type}`]);
  return types;
}
