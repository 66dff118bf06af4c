// Events to try a subscription with, each as it would leave: recent ones of the workspace, one of them, one that somebody wrote down,
// or the latest who came to an audience and went. Of suppressed people there are none.
import type { WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { EventTrigger } from "@tributary/schema/destination/subscription.ts";
import { takes } from "@tributary/schema/destination/trigger.ts";
import {
  audienceEvent, givenEvent, outgoingEvent, personNow, readAudienceNames, TRIED_COLUMNS, triedRow, type AudienceSending, type PersonNow, type TriedEvent, type TriedRow,
} from "../destinations/destinations.ts";
import { readZone } from "../audiences/audiences.ts";
import { AppError } from "../core/errors.ts";
import { EVENTS_PER_CHUNK_MAX, rowId } from "../core/position.ts";
import type { ApiServices } from "./api-services.ts";
import { EVENT_COLUMNS, eventsWithOwners, type StoredEventRow } from "./event-rows.ts";
import { currentPeople, readPeople, type FoundProfile } from "./profile-store.ts";

/** Recent events that a preview looks at, and of others where the subscription names its events. */
const EXAMINED_MAX = 60;
const OTHERS_MAX = 10;
/** Larger ones are left out of previews: of so many, each is read whole. */
const BYTES_MAX = 100_000;
/** The newest part of the log first, and then ever more of it. */
const FIRST_WINDOW_ROWS = 64 * EVENTS_PER_CHUNK_MAX;
const WINDOW_GROWTH = 32;

export interface Why {
  readonly clause: "types" | "names" | "where" | "on" | "mode";
  readonly place: number | null;
  readonly reason: string;
}

export interface Tried {
  readonly rowId: number | null;
  readonly profileId: string | null;
  readonly event: OutgoingEvent;
  /** Track name, or type, as lists name it. */
  readonly name: string;
  /** Null: it passes. */
  readonly why: Why | null;
}

type Row = StoredEventRow & TriedRow;
type Trying = { readonly workspaceId: number; readonly definition: WrittenSubscription; readonly nowMs: number };

// ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The latest first. */
export async function recentTries(services: ApiServices, { workspaceId, definition }: Trying, trigger: EventTrigger): Promise<Tried[]> {
  const named = await recentRows(services, workspaceId, trigger, EXAMINED_MAX);
  const isNarrow = trigger.types !== undefined || trigger.names !== undefined;
  const others = isNarrow ? await recentRows(services, workspaceId, { kind: "events" }, OTHERS_MAX) : [];
  const known = new Set(named.map((row) => row.row_id));
  return triesOf(services, workspaceId, definition, trigger, [...named, ...others.filter((row) => !known.has(row.row_id))]);
}

async function recentRows(services: ApiServices, workspaceId: number, { types, names }: EventTrigger, limit: number): Promise<Row[]> {
  const conditions = ["workspace_id = {workspace:UInt32}", "outcome = 'stored'", "row_id >= {from:UInt64}", "row_id < {end:UInt64}", `length(raw) <= ${BYTES_MAX}`];
  if (types !== undefined) conditions.push("type in {types:Array(String)}");
  if (names !== undefined) conditions.push("(type = 'track' and event in {names:Array(String)} or type in ('page', 'screen') and toString(properties.name) in {names:Array(String)})");
  const { headOffset } = await services.progress.of(workspaceId);
  const end = rowId(headOffset, 0);
  for (let window = FIRST_WINDOW_ROWS; ; window *= WINDOW_GROWTH) {
    const from = Math.max(0, end - window);
    const rows = await services.scan<Row>(workspaceId, `select ${EVENT_COLUMNS}, ${TRIED_COLUMNS} from events where ${conditions.join(" and ")} order by row_id desc limit {limit:UInt32}`, {
      from, end, limit, ...(types && { types }), ...(names && { names }),
    });
    if (rows.length >= limit || from === 0) return rows;
  }
}

/** Throws `not_found`. */
export async function tryOfRow(services: ApiServices, { workspaceId, definition }: Trying, trigger: EventTrigger, row: number): Promise<Tried> {
  const rows = await services.scan<Row>(workspaceId, `select ${EVENT_COLUMNS}, ${TRIED_COLUMNS} from events where workspace_id = {workspace:UInt32} and row_id = {row:UInt64} and outcome = 'stored' limit 1`, { row });
  const [tried] = await triesOf(services, workspaceId, definition, trigger, rows);
  if (tried === undefined) throw new AppError("not_found", { detail: `No event is stored at ${row}, or nothing of it is shown.` });
  return tried;
}

async function triesOf(services: ApiServices, workspaceId: number, definition: WrittenSubscription, trigger: EventTrigger, rows: readonly Row[]): Promise<Tried[]> {
  const keysOf = await services.eventKeys(workspaceId);
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const shown = (await eventsWithOwners(db, workspaceId, rows, keysOf)).filter(({ isSuppressed }) => !isSuppressed);
    const ids = [...new Set(shown.flatMap(({ event }) => event.profile_id ?? []))];
    const zone = await readZone(db, workspaceId);
    const people = new Map((await readPeople(db, workspaceId, ids)).map((one) => [one.id, nowOf(one)]));
    return shown.flatMap(({ row, event }) => {
      const tried = triedRow(row);
      const outgoing = outgoingEvent(tried.stored, event.profile_id === null ? undefined : people.get(event.profile_id), definition.identifiers);
      return outgoing === undefined ? [] : [{ rowId: row.row_id, profileId: event.profile_id, event: outgoing, name: row.event, why: whyNot(trigger, tried, zone) }];
    });
  });
}

function whyNot(trigger: EventTrigger, { facts }: TriedEvent, zone: string): Why | null {
  const taken = takes(trigger, facts, zone);
  return taken.isTaken ? null : { clause: taken.clause, place: taken.place ?? null, reason: taken.reason };
}

export function nowOf({ doc, computed }: FoundProfile): PersonNow {
  const values = Object.entries(computed ?? {}).flatMap(([slug, { value }]) => (value === null || value === undefined ? [] : [[slug, value] as const]));
  return personNow(doc, Object.fromEntries(values));
}

/** `trigger`: undefined where an audience is sent; then whatever is given passes. Nobody is looked up by what is written in it. */
export async function tryOfGiven({ deps }: ApiServices, { workspaceId, definition, nowMs }: Trying, trigger: EventTrigger | undefined, given: Readonly<Record<string, unknown>>): Promise<Tried> {
  const tried = givenEvent(given, { workspaceId, nowMs });
  const event = outgoingEvent(tried.stored, undefined, definition.identifiers);
  if (event === undefined) throw new AppError("bad_request", { detail: "The event can't be read." });
  return { rowId: null, profileId: null, event, name: tried.facts.event, why: trigger === undefined ? null : whyNot(trigger, tried, await deps.workspaceDb.run(workspaceId, (db) => readZone(db, workspaceId))) };
}

// ── Audiences ─────────────────────────────────────────────────────────────────────────────────────────────────────

type AudienceTrigger = Extract<WrittenSubscription["trigger"], { kind: "audience" }>;

interface Change {
  readonly profile_id: string;
  readonly at_ms: number;
  readonly entered: number;
  readonly seq: number;
}

/** How a subscription tells of its audience. Throws `not_found` where the workspace has none of that slug. */
export async function sendingOf({ deps }: ApiServices, { workspaceId, definition }: Trying, trigger: AudienceTrigger, externalId: string | undefined): Promise<AudienceSending & { readonly name: string }> {
  const found = await deps.workspaceDb.run(workspaceId, async (db) => {
    const { rows } = await db.query<{ id: number }>("select id from audience where workspace_id = $1 and slug = $2 and status <> 'archived'", [workspaceId, trigger.audience]);
    return (await readAudienceNames(db, workspaceId, rows.map(({ id }) => id))).values().next().value;
  });
  if (found === undefined) throw new AppError("not_found", { detail: `There is no audience \`${trigger.audience}\` in use.`, hint: "Look at the slugs of GET /audiences." });
  return { workspaceId, audience: found, name: found.name, externalId, settings: trigger.settings, as: trigger.as, identifiers: definition.identifiers };
}

/** The latest who came and went. */
export async function audienceTries(services: ApiServices, { workspaceId }: Trying, trigger: AudienceTrigger, to: AudienceSending): Promise<Tried[]> {
  const changes = await services.scan<Change>(
    workspaceId,
    `select toString(profile_id) as profile_id, toUnixTimestamp64Milli(at) as at_ms, entered, seq from audience_log
      where workspace_id = {workspace:UInt32} and audience_id = {audience:UInt32} order by seq desc limit {limit:UInt32}`,
    { audience: to.audience.id, limit: EXAMINED_MAX },
  );
  return services.deps.workspaceDb.run(workspaceId, async (db) => {
    const now = await currentPeople(db, workspaceId, [...new Set(changes.map((one) => one.profile_id))]);
    const zone = await readZone(db, workspaceId);
    const people = new Map((await readPeople(db, workspaceId, [...new Set([...now.values()].filter((id) => id !== null))])).map((one) => [one.id, nowOf(one)]));
    return changes.flatMap((change) => {
      const id = now.get(change.profile_id) ?? null;
      const person = id === null ? undefined : people.get(id);
      return person === undefined ? [] : [tryOfChange({ entered: change.entered === 1, atMs: change.at_ms, messageId: `audience-${to.audience.id}-${change.seq}` }, { id, person }, trigger, to)];
    });
  });
}

/** Somebody as if they came now, or went. Throws `not_found`. */
export async function tryOfPerson(services: ApiServices, { workspaceId, nowMs }: Trying, trigger: AudienceTrigger, to: AudienceSending, who: { readonly profileId: string; readonly entered: boolean }): Promise<Tried> {
  const [found] = await services.deps.workspaceDb.run(workspaceId, (db) => readPeople(db, workspaceId, [who.profileId]));
  if (found === undefined) throw new AppError("not_found", { detail: "There is no such person." });
  return tryOfChange({ entered: who.entered, atMs: nowMs, messageId: `test-${to.audience.id}-${nowMs}` }, { id: found.id, person: nowOf(found) }, trigger, to);
}

function tryOfChange(change: Parameters<typeof audienceEvent>[0], { id, person }: { readonly id: string | null; readonly person: PersonNow }, { on }: AudienceTrigger, to: AudienceSending): Tried {
  const isAsked = on === "both" || on === (change.entered ? "entered" : "exited");
  const event = audienceEvent(change, person, to);
  return { rowId: null, profileId: id, event, name: event.event ?? event.type, why: isAsked ? null : { clause: "on", place: null, reason: `They ${change.entered ? "came" : "went"}.` } };
}

