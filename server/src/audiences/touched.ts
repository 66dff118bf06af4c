// Who was touched by what newly stands in ClickHouse: the rows of some outbox blocks of one log partition, as today's people. What
// came in under an id that was merged, divided or suppressed since is told of whoever answers for it now (Postgres knows), and who
// is gone is told as gone. Slices end where batches end, so that a person's events, snapshot and merge stand in one slice.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { NOBODY } from "../core/nobody.ts";
import { readStandings, type PersonKeys, type Standings } from "./standing.ts";

export interface BlockRange {
  readonly partition: number;
  /** Blocks from this one on and before the other. */
  readonly fromBlock: number;
  readonly beforeBlock: number;
}

interface SliceLimits {
  readonly rowsMax: number;
}

/** An event that comes in this long after it happened is late: whoever enters by it was not seen doing it. */
const LATE_MS = 60 * 60_000;
/** Rows of one slice; a batch of the pipeline is never cut. */
const sliceLimits: SliceLimits = { rowsMax: 20_000 };
/** People that are looked for in the accounts of others. */
export const ACCOUNT_PEOPLE_MAX = 50_000;
/** Blocks looked at for one slice. */
const PLANNED_BLOCKS = 5_000;

export interface TouchedPerson extends PersonKeys {
  /** Names of the stored events that came for them, bots' and internal ones too. */
  readonly events: readonly string[];
  /** Traits, consents, accounts, identifiers, the zone, or whether they are human may be others than before. */
  readonly hasNewSnapshot: boolean;
  /** The latest event or control record by which they were touched. `control`: its kind; undefined: an event. */
  readonly cause: { readonly rowId: number; readonly atMs: number; readonly control: string | undefined };
  /** Of all events that came for them, and false when none did: each came in LATE_MS or longer after it happened. */
  readonly isLate: boolean;
  /** Each is of an import's history. */
  readonly isHistorical: boolean;
  /** Each is of an import. */
  readonly isImported: boolean;
  /** Ids that became theirs in this slice. */
  readonly merged: readonly string[];
  /** Made anew from their events: the row_id of the unmerge, or of the withdrawal of an import. */
  readonly anew: { readonly rowId: number; readonly by: "unmerge" | "withdrawal" } | undefined;
}

export interface GonePerson {
  readonly profileId: string;
  readonly why: "merged" | "suppressed" | "deleted";
  /** Who answers for them now; undefined unless they were merged. */
  readonly into: string | undefined;
}

/** A change that is no event, of the settings or of somebody. */
interface TouchedControl {
  readonly kind: string;
  readonly rowId: number;
  readonly atMs: number;
  readonly profileId: string | undefined;
}

export interface TouchedWorkspace {
  readonly workspaceId: number;
  readonly people: readonly TouchedPerson[];
  readonly gone: readonly GonePerson[];
  readonly controls: readonly TouchedControl[];
}

export interface TouchedReader {
  /** The end of a slice that begins with the range's, within this share of the limit on rows; undefined: there is no row in the range. */
  end(range: BlockRange, share?: number): Promise<number | undefined>;
  /** Workspaces of which something was touched; none that was removed. */
  read(range: BlockRange): Promise<readonly TouchedWorkspace[]>;
  /** How the events of these people are found; those who are gone are left out. */
  keysOf(workspaceId: number, profileIds: readonly string[]): Promise<ReadonlyMap<string, PersonKeys>>;
  /** These people and all who share an account with any of them. `isWhole`: false where there are more than ACCOUNT_PEOPLE_MAX. */
  accountsClosure(workspaceId: number, profileIds: readonly string[], peopleMax?: number): Promise<{ readonly profileIds: readonly string[]; readonly isWhole: boolean }>;
}

const BLOCKS = "block_id >= {from:UInt64} and block_id < {before:UInt64}";
const EVENTS = `log_partition = {partition:UInt16} and ${BLOCKS}`;
/** Nobody waits for it. */
const SETTINGS = { max_threads: 1 } as const;
/** Ids in one question: a server takes at most 128 KiB as one value. */
const IDS_AT_ONCE = 2_000;

export function createTouchedReader(deps: { readonly clickhouse: ClickHouseClient; readonly pool: Pool; readonly limits?: SliceLimits }): TouchedReader {
  const { clickhouse, pool } = deps;
  const limits = deps.limits ?? sliceLimits;

  async function ask<Row>(query: string, params: Record<string, unknown>): Promise<Row[]> {
    const result = await clickhouse.query({ query, format: "JSONEachRow", clickhouse_settings: SETTINGS, query_params: params });
    return result.json<Row>();
  }

  const inRange = <Row>(range: BlockRange, query: string): Promise<Row[]> =>
    ask<Row>(query, { partition: range.partition, from: range.fromBlock, before: range.beforeBlock });

  return {
    async end(range, share = 1) {
      const blocks = await inRange<{ block_id: number; rows: number; first: number; last: number }>(
        range,
        `select block_id, count() as rows, min(row_id) as first, max(row_id) as last from (
           select block_id, row_id from events where ${EVENTS}
           union all select block_id, row_id from profiles where ${BLOCKS}
           union all select block_id, row_id from profile_override where ${BLOCKS}
         ) group by block_id order by block_id limit ${PLANNED_BLOCKS}`,
      );
      const rowsMax = limits.rowsMax * share;
      let [rows, last] = [0, -1];
      for (const block of blocks) {
        // Rows of a batch are of its events; the next one's are all later.
        if (rows > 0 && rows + block.rows > rowsMax && block.first > last) return block.block_id;
        rows += block.rows;
        last = Math.max(last, block.last);
      }
      const newest = blocks.at(-1);
      if (newest === undefined) return undefined;
      return blocks.length < PLANNED_BLOCKS ? range.beforeBlock : newest.block_id + 1;
    },

    async read(range) {
      const [events, snapshots, overrides, controls] = await Promise.all([
        inRange<EventRow>(range, EVENT_ROWS), inRange<SnapshotRow>(range, SNAPSHOT_ROWS), inRange<OverrideRow>(range, OVERRIDE_ROWS), inRange<ControlRow>(range, CONTROL_ROWS),
      ]);
      const found: Found = { events, snapshots, overrides, controls };
      const ids = [...events, ...snapshots].map((row) => row.id).concat(overrides.flatMap((row) => [row.id, row.survivor]));
      const workspaceIds = new Set([...events, ...snapshots, ...overrides, ...controls].map((row) => row.workspace_id));
      const standings = await readStandings(pool, { workspaceIds: [...workspaceIds], ids: [...new Set(ids)], refoldRows: refoldCandidates(found) });
      return [...workspaceIds].filter((id) => !standings.removed.has(id)).toSorted((a, b) => a - b).map((id) => touchedOf(id, found, standings));
    },

    async keysOf(workspaceId, profileIds) {
      const { people } = await readStandings(pool, { workspaceIds: [workspaceId], ids: [...profileIds], refoldRows: [] });
      return new Map(profileIds.flatMap((id) => {
        const keys = people.get(id);
        return keys?.workspaceId === workspaceId ? [[id, keys]] : [];
      }));
    },

    async accountsClosure(workspaceId, profileIds, peopleMax = ACCOUNT_PEOPLE_MAX) {
      const accounts = new Set<string>();
      for (let i = 0; i < profileIds.length; i += IDS_AT_ONCE) {
        const rows = await ask<{ account: string }>(
          `select distinct arrayJoin(accounts) as account from profiles final where workspace_id = {workspace:UInt32} and profile_id in {ids:Array(UUID)} and deleted = 0`,
          { workspace: workspaceId, ids: profileIds.slice(i, i + IDS_AT_ONCE) },
        );
        for (const { account } of rows) accounts.add(account);
      }
      const people = new Set(profileIds);
      const names = [...accounts];
      let isWhole = true;
      for (let i = 0; i < names.length && isWhole; i += ACCOUNTS_AT_ONCE) {
        const rows = await ask<{ id: string }>(
          `select toString(profile_id) as id from profiles final
           where workspace_id = {workspace:UInt32} and deleted = 0 and hasAny(accounts, {accounts:Array(String)}) order by id limit {limit:UInt32}`,
          { workspace: workspaceId, accounts: names.slice(i, i + ACCOUNTS_AT_ONCE), limit: peopleMax + 1 },
        );
        for (const { id } of rows) people.add(id);
        isWhole = rows.length <= peopleMax && people.size <= peopleMax;
      }
      return { profileIds: [...people].slice(0, Math.max(peopleMax, profileIds.length)), isWhole };
    },
  };
}

/** Names are as long as senders make them. */
const ACCOUNTS_AT_ONCE = 100;

interface EventRow {
  readonly workspace_id: number;
  readonly id: string;
  readonly events: readonly string[];
  readonly row: number;
  readonly at_ms: number;
  readonly late: number;
  readonly historical: number;
  readonly imported: number;
}

const EVENT_ROWS = `select workspace_id, toString(ingest_profile_id) as id, groupUniqArray(event) as events, max(row_id) as row,
    argMax(toUnixTimestamp64Milli(timestamp), row_id) as at_ms, min(toUnixTimestamp64Milli(received_at) - toUnixTimestamp64Milli(timestamp) >= ${LATE_MS}) as late,
    min(is_historical) as historical, min(import_id > 0) as imported
  from events where ${EVENTS} and outcome = 'stored' and ingest_profile_id != toUUID('${NOBODY}') group by workspace_id, ingest_profile_id`;

interface SnapshotRow {
  readonly workspace_id: number;
  readonly id: string;
  readonly row: number;
  readonly at_ms: number;
}

const SNAPSHOT_ROWS = `select workspace_id, toString(profile_id) as id, max(row_id) as row, toUnixTimestamp64Milli(max(updated_at)) as at_ms
  from profiles where ${BLOCKS} group by workspace_id, profile_id`;

interface OverrideRow {
  readonly workspace_id: number;
  readonly id: string;
  readonly survivor: string;
  readonly row: number;
}

const OVERRIDE_ROWS = `select workspace_id, toString(profile_id) as id, toString(argMax(survivor_id, row_id)) as survivor, max(row_id) as row
  from profile_override where ${BLOCKS} group by workspace_id, profile_id`;

interface ControlRow {
  readonly workspace_id: number;
  readonly kind: string;
  readonly row: number;
  readonly at_ms: number;
  readonly id: string;
}

const CONTROL_ROWS = `select workspace_id, event as kind, row_id as row, toUnixTimestamp64Milli(received_at) as at_ms, toString(ingest_profile_id) as id
  from events where ${EVENTS} and outcome = 'control' order by row_id`;

interface Found {
  readonly events: readonly EventRow[];
  readonly snapshots: readonly SnapshotRow[];
  readonly overrides: readonly OverrideRow[];
  readonly controls: readonly ControlRow[];
}

/** Positions by which people may have been made anew: those of snapshots and overrides that no event explains. */
function refoldCandidates({ events, snapshots, overrides }: Found): number[] {
  const explained = new Set(events.map(({ row }) => row));
  return [...new Set([...snapshots, ...overrides].map(({ row }) => row))].filter((row) => !explained.has(row));
}

interface Draft {
  readonly events: Set<string>;
  hasNewSnapshot: boolean;
  cause: TouchedPerson["cause"];
  isLate: boolean;
  isHistorical: boolean;
  isImported: boolean;
  readonly merged: Set<string>;
  anew: TouchedPerson["anew"];
}

function touchedOf(workspaceId: number, found: Found, standings: Standings): TouchedWorkspace {
  const drafts = new Map<string, Draft>();
  const gone = new Map<string, GonePerson>();
  const controls = new Map(found.controls.filter((row) => row.workspace_id === workspaceId).map((row) => [row.row, row]));

  /** Everybody who answers for an id today; what stands at `row` is the cause unless a later one is known. */
  function touch(id: string, row: number, atMs: number): Draft[] {
    noteGone(id);
    return (standings.answers.get(id) ?? []).filter((owner) => standings.people.has(owner)).map((owner) => {
      const draft = drafts.get(owner) ?? newDraft();
      drafts.set(owner, draft);
      if (row >= draft.cause.rowId) {
        const control = controls.get(row);
        draft.cause = { rowId: row, atMs: control?.at_ms ?? atMs, control: control?.kind };
      }
      return draft;
    });
  }

  function noteGone(id: string): void {
    if (standings.people.has(id) || gone.has(id)) return;
    const into = standings.mergedInto.get(id);
    gone.set(id, { profileId: id, why: into !== undefined ? "merged" : standings.suppressed.has(id) ? "suppressed" : "deleted", into });
    if (into !== undefined) noteGone(into);
  }

  for (const row of found.events) if (row.workspace_id === workspaceId) for (const draft of touch(row.id, row.row, row.at_ms)) addEvents(draft, row);
  const anewOf = (row: number): TouchedPerson["anew"] => {
    const by = standings.refolds.get(`${workspaceId} ${row}`);
    return by && { rowId: row, by };
  };
  for (const row of found.snapshots) {
    if (row.workspace_id !== workspaceId) continue;
    for (const draft of touch(row.id, row.row, timeOf(drafts, standings, row))) {
      draft.hasNewSnapshot = true;
      draft.anew ??= anewOf(row.row);
    }
  }
  for (const row of found.overrides) {
    if (row.workspace_id !== workspaceId) continue;
    noteGone(row.id);
    const into = standings.mergedInto.get(row.id);
    if (into !== undefined) drafts.get(into)?.merged.add(row.id);
  }
  return { workspaceId, people: [...drafts].flatMap(([id, draft]) => finished(standings, id, draft)), gone: [...gone.values()], controls: [...controls.values()].map(controlOf) };
}

/** A snapshot that an event caused is of its time; the snapshot itself says when it was decided. */
function timeOf(drafts: ReadonlyMap<string, Draft>, standings: Standings, row: SnapshotRow): number {
  for (const owner of standings.answers.get(row.id) ?? []) {
    const cause = drafts.get(owner)?.cause;
    if (cause?.rowId === row.row) return cause.atMs;
  }
  return row.at_ms;
}

function newDraft(): Draft {
  return {
    events: new Set(), hasNewSnapshot: false, cause: { rowId: -1, atMs: 0, control: undefined }, isLate: true, isHistorical: true, isImported: true, merged: new Set(), anew: undefined,
  };
}

function addEvents(draft: Draft, row: EventRow): void {
  for (const event of row.events) draft.events.add(event);
  draft.isLate &&= row.late === 1;
  draft.isHistorical &&= row.historical === 1;
  draft.isImported &&= row.imported === 1;
}

function finished({ people }: Standings, id: string, draft: Draft): TouchedPerson[] {
  const keys = people.get(id);
  if (!keys) return [];
  const hasEvents = draft.events.size > 0;
  return [{
    ...keys, events: [...draft.events].toSorted(), hasNewSnapshot: draft.hasNewSnapshot, cause: draft.cause, isLate: hasEvents && draft.isLate,
    isHistorical: hasEvents && draft.isHistorical, isImported: hasEvents && draft.isImported, merged: [...draft.merged], anew: draft.anew,
  }];
}

function controlOf(row: ControlRow): TouchedControl {
  return { kind: row.kind, rowId: row.row, atMs: row.at_ms, profileId: row.id === NOBODY ? undefined : row.id };
}
