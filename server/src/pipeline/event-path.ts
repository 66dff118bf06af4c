// What each stage did to one event, and whether an event would be accepted: found by running the very same stages on the
// stored bytes again, under the rules that were in force, and by what the stages left behind (merge log, evidence,
// provenance). Nothing here decides anything, and nothing is written.
import type { ClientBase } from "pg";
import type { EventCheck, EventPath, PathRefusal } from "@tributary/schema/api/event-path.ts";
import { eventsHeader, type EventsHeader } from "@tributary/schema/log-record.ts";
import { hash128 } from "../core/hash.ts";
import { rowPosition } from "../core/position.ts";
import { extractIdentifiers, profileIdOf, type EventIdentifier } from "../identity/identity.ts";
import type { ReceivedEvent } from "./event.ts";
import { textOf, type PlainObject } from "./normalise/read-field.ts";
import { findPlaces } from "./path/find-places.ts";
import { normaliseChanges, readableEvent } from "./path/normalise-changes.ts";
import { isSomebody, replayFold, type Replay } from "./path/replay-fold.ts";
import { rulesNow, rulesThen, type RulesDeps } from "./path/rules-then.ts";
import { normaliseEvent, type NormalisedResult, type RefusedEvent } from "./stages/normalise.ts";
import type { WorkspaceRules } from "./workspace-rules.ts";

export type EventPathDeps = RulesDeps;

export interface EventPaths {
  /** Undefined when no event stands at this position in the event table. */
  path(workspaceId: number, row: number): Promise<EventPath | undefined>;
  /** What would become of these bytes, sent now with this header. */
  check(header: EventsHeader, raw: Buffer): Promise<EventCheck>;
}

export function createEventPaths(deps: EventPathDeps): EventPaths {
  return {
    path: (workspaceId, row) => readPath(deps, workspaceId, row),
    check: (header, raw) => check(deps, header, raw),
  };
}

interface StoredRow {
  readonly log_partition: number;
  readonly source_id: number;
  readonly message_id: string;
  readonly outcome: string;
  readonly reason: string;
  readonly ingest_profile_id: string;
  readonly profile_id: string;
  readonly received_ms: string;
  readonly block_id: string;
  readonly envelope: string;
  readonly raw: string;
}

async function readPath(deps: EventPathDeps, workspaceId: number, row: number): Promise<EventPath | undefined> {
  const stored = await readRow(deps, workspaceId, row);
  if (stored === undefined) return undefined;
  const header = eventsHeader.parse(JSON.parse(stored.envelope));
  const received: ReceivedEvent = { partition: stored.log_partition, rowId: row, header, indexInRecord: 0, raw: Buffer.from(stored.raw, "base64") };
  const { rules, inForce, changedSinceMs } = await rulesThen(deps, workspaceId, stored.source_id, row);
  const result = header.suppressed ? undefined : normaliseTraced(received, rules, deps.secret);
  const base = {
    message_id: stored.message_id, row_id: row, hidden: header.suppressed !== undefined,
    rules: { in_force: inForce, changed_since: changedSinceMs === null ? null : iso(changedSinceMs) },
    received: receivedOf(stored, received),
    repeat: stored.outcome === "duplicate" ? await firstOf(deps, workspaceId, stored, row) : null,
    landed: { at: await landedAt(deps, stored.block_id) },
  };
  if (result === undefined || "outcome" in result.normalised) return { ...base, normalised: null, identified: null, folded: null, refused: await refusalOf(deps, stored, received, row) };
  const { event, ignoredIdentifiers } = result.normalised;
  const normalised = {
    event: readableEvent(event), changes: normaliseChanges({ raw: received.raw.toString("utf8"), header, event, ip: rules.normaliseContext(event.sourceId).source.ip }),
    identifiers: result.taken, ignored: ignoredIdentifiers.map(({ namespace, path, reason }) => ({ namespace, path, reason })), trust: event.trust,
  };
  if (stored.outcome !== "stored" && stored.outcome !== "withdrawn") return { ...base, normalised, identified: null, folded: null, refused: await refusalOf(deps, stored, received, row) };
  const decided = await decidedOf(deps, { workspaceId, rules, received, stored, result: result.normalised });
  return { ...base, normalised, ...decided, refused: null };
}

async function readRow({ clickhouse }: EventPathDeps, workspaceId: number, row: number): Promise<StoredRow | undefined> {
  const result = await clickhouse.query({
    // Base64: the payload as received may be any bytes.
    query: `select log_partition, source_id, message_id, outcome, reason, toString(ingest_profile_id) as ingest_profile_id, toString(profile_id) as profile_id,
        toString(toUnixTimestamp64Milli(received_at)) as received_ms, toString(block_id) as block_id, envelope, base64Encode(raw) as raw
      from events where workspace_id = {workspace:UInt32} and row_id = {row:UInt64} and outcome != 'control' limit 1`,
    query_params: { workspace: workspaceId, row },
    format: "JSONEachRow",
  });
  return (await result.json<StoredRow>())[0];
}

function receivedOf(stored: StoredRow, { raw, header, rowId: row }: ReceivedEvent): EventPath["received"] {
  return {
    at: iso(Number(stored.received_ms)), source_id: stored.source_id, position: { partition: stored.log_partition, ...rowPosition(row) }, bytes: raw.length,
    user_agent: header.userAgent ?? "", origin: header.origin ?? "", import_id: header.importId ?? null, again_of: againOf(raw),
  };
}

/** The field by which an event that was sent again by hand names the one that it is a copy of; within `context`. */
export const AGAIN_OF = "sentAgainOf";

function againOf(raw: Buffer): string | null {
  if (!raw.includes(AGAIN_OF)) return null;
  try {
    const context: unknown = (JSON.parse(raw.toString("utf8")) as PlainObject)["context"];
    return textOf((context as PlainObject | undefined)?.[AGAIN_OF]) || null;
  } catch {
    return null;
  }
}

type Taken = NonNullable<EventPath["normalised"]>["identifiers"];

/** The stage itself, watched: where each identifier stood, and as what. */
function normaliseTraced(received: ReceivedEvent, rules: WorkspaceRules, secret: string): { readonly normalised: NormalisedResult | RefusedEvent; readonly taken: Taken } {
  const taken: Taken = [];
  const { workspaceId, sourceId } = received.header;
  const onTaken = ({ namespace, value }: EventIdentifier, path: string, raw: unknown): void => void taken.push({ namespace, value, path, raw: textOf(raw) });
  const context = rules.normaliseContext(sourceId);
  const normalised = normaliseEvent(received, {
    ...context,
    extractIdentifiers: (payload) => extractIdentifiers(payload, rules.identity, { workspaceId, sourceId, secret, phoneCountry: rules.settings.phoneCountry, onTaken }),
  });
  return { normalised, taken };
}

async function refusalOf(deps: EventPathDeps, stored: StoredRow, received: ReceivedEvent, row: number): Promise<PathRefusal | null> {
  if (stored.outcome === "stored" || stored.outcome === "duplicate") return null;
  const { rows } = await deps.pool.query<{ detail: string }>("select detail from quarantine where workspace_id = $1 and row_id = $2", [received.header.workspaceId, row]);
  const detail = rows[0]?.detail ?? "";
  return { outcome: stored.outcome, reason: stored.reason, detail, ...placesOf(stored.reason, detail, received.raw, deps) };
}

function placesOf(reason: string, detail: string, raw: Buffer, { limits }: EventPathDeps): Pick<PathRefusal, "places" | "position"> {
  const { places, position } = findPlaces(reason, detail, raw.toString("utf8"), limits);
  return { places: places.map((place) => [...place]), position };
}

async function firstOf({ clickhouse }: EventPathDeps, workspaceId: number, stored: StoredRow, row: number): Promise<EventPath["repeat"]> {
  const result = await clickhouse.query({
    query: `select toString(row_id) as position, toString(toUnixTimestamp64Milli(received_at)) as received_ms from events
      where workspace_id = {workspace:UInt32} and message_id = {message:String} and source_id = {source:UInt32} and row_id < {row:UInt64}
        and outcome not in ('duplicate', 'quarantined', 'control') order by row_id limit 1`,
    query_params: { workspace: workspaceId, message: stored.message_id, source: stored.source_id, row },
    format: "JSONEachRow",
  });
  const [first] = await result.json<{ position: string; received_ms: string }>();
  return first ? { first_row: Number(first.position), first_at: iso(Number(first.received_ms)) } : { first_row: null, first_at: null };
}

async function landedAt({ pool }: EventPathDeps, blockId: string): Promise<string | null> {
  const { rows } = await pool.query<{ sent_at: Date | null }>("select sent_at from ch_outbox where block_id = $1", [blockId]);
  return rows[0]?.sent_at?.toISOString() ?? null;
}

interface Decided {
  readonly workspaceId: number;
  readonly rules: WorkspaceRules;
  readonly received: ReceivedEvent;
  readonly stored: StoredRow;
  readonly result: NormalisedResult;
}

async function decidedOf(deps: EventPathDeps, decided: Decided): Promise<Pick<EventPath, "identified" | "folded">> {
  const { workspaceId, received, stored, result: { event } } = decided;
  const db = await deps.pool.connect();
  try {
    const personNow = await personNowOf(db, workspaceId, stored.profile_id);
    const replay: Replay | undefined = personNow === null || stored.outcome !== "stored" ? undefined : await replayFold(deps.clickhouse, db, {
      workspaceId, rules: decided.rules, received, event, personId: personNow, secret: deps.secret,
    });
    const ingest = isSomebody(stored.ingest_profile_id) ? stored.ingest_profile_id : null;
    const row = received.rowId;
    const known = await identifiersByKey(db, event.identifiers.map(({ key }) => key));
    return {
      identified: {
        profile_id: ingest, profile_now: personNow, created: ingest !== null && ingest === profileIdOf(workspaceId, row),
        identifiers: event.identifiers.map(({ namespace, value, key }) => ({ namespace, value, is_new: known.get(key) === row, held_by: replay?.heldBy.get(key) ?? null })),
        steps: await stepsOf(db, workspaceId, row), first_seen_together: await edgesOf(db, event.identifiers, row),
      },
      folded: replay?.folded ?? null,
    };
  } finally {
    db.release();
  }
}

async function personNowOf(db: ClientBase, workspaceId: number, id: string): Promise<string | null> {
  if (!isSomebody(id)) return null;
  const { rows } = await db.query<{ now: string }>("select coalesce(merged_into, id) as now from profile where workspace_id = $1 and id = $2", [workspaceId, id]);
  return rows[0]?.now ?? null;
}

/** Key → the first event that named it. */
async function identifiersByKey(db: ClientBase, keys: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ key: string; first_row: string }>("select key, first_row from identifier where key = any($1::uuid[])", [keys]);
  return new Map(rows.map((row) => [row.key, Number(row.first_row)]));
}

type Step = NonNullable<EventPath["identified"]>["steps"][number];

async function stepsOf(db: ClientBase, workspaceId: number, row: number): Promise<Step[]> {
  const { rows } = await db.query<Step>(
    `select m.kind, m.reason, m.survivor, m.other, coalesce(i.namespace, '') as namespace, coalesce(i.value, '') as value
     from merge_log m left join identifier i on i.key = m.identifier_key where m.workspace_id = $1 and m.row_id = $2 order by m.step`,
    [workspaceId, row],
  );
  return rows;
}

/** Pairs of its identifiers that no event before it had named together. */
async function edgesOf(db: ClientBase, identifiers: readonly EventIdentifier[], row: number): Promise<number> {
  const keys = identifiers.map(({ key }) => key);
  const { rows } = await db.query<{ n: string }>("select count(*) as n from identity_edge where a = any($1::uuid[]) and b = any($1::uuid[]) and kind = 'seen' and row_id = $2", [keys, row]);
  return Number(rows[0]?.n ?? 0);
}

async function check(deps: EventPathDeps, header: EventsHeader, raw: Buffer): Promise<EventCheck> {
  const rules = await rulesNow(deps, header.workspaceId);
  const received: ReceivedEvent = { partition: 0, rowId: Number.MAX_SAFE_INTEGER, header, indexInRecord: 0, raw };
  const { normalised, taken } = normaliseTraced(received, rules, deps.secret);
  if ("outcome" in normalised) {
    const { outcome, reason, detail } = normalised;
    return { accepted: false, repeat: false, refused: { outcome, reason, detail, ...placesOf(reason, detail, raw, deps) }, event: null, identifiers: [] };
  }
  const { event } = normalised;
  const seen = await deps.pool.query("select from message_seen where id = $1 limit 1", [hash128(header.workspaceId, header.sourceId, event.messageId)]);
  return { accepted: true, repeat: seen.rows.length > 0, refused: null, event: readableEvent(event), identifiers: taken };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
