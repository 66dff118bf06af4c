// What delivery has done, in Postgres: everything that happens within some milliseconds is committed together, in the order in which
// it was handed over. Once a commit is answered, nothing of it is ever sent again.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase, Pool } from "pg";
import type { Logger } from "../core/logger.ts";
import { inTransaction } from "../engines/postgres/in-transaction.ts";
import type { PersonNow } from "../destinations/destinations.ts";
import type { Entry } from "./entry.ts";
import type { KeptBatch } from "./fixed-batches.ts";
import type { GateStatus } from "./gate.ts";

/**
 * What a destination follows: events; for each subscription to an audience those who are in it at first, who comes and goes, and what is sent anew; for each to a model the rows it has at first, and
 * those that change.
 */
export type StreamName = "events" | `fill ${number}` | `audience ${number}` | `consent ${number}` | `sync ${number}` | `rows ${number}` | `model ${number}`;

/** What a stream's positions count: the same for streams that say the same of somebody, at first and from then on. */
export function numberingOf(stream: StreamName): "row" | "audience" | StreamName {
  return /^(rows|model) /.test(stream) ? "row" : /^(fill|audience) /.test(stream) ? "audience" : stream;
}

export interface ParkedKey {
  readonly stream: StreamName;
  readonly subscriptionId: number;
  readonly position: number;
}

export interface Parked extends ParkedKey {
  readonly profileId: string;
  /** Of a model's row: whom it is about. */
  readonly personId?: string | undefined;
  /** 0: it waits behind another. */
  readonly attempts: number;
  readonly firstAtMs: number;
  readonly nextAtMs: number;
  readonly code: string;
  readonly detail: string;
  readonly status: number;
}

export interface Count {
  readonly subscriptionId: number;
  readonly outcome: string;
  readonly reason: string;
  readonly count: number;
}

/** Of one destination; all of it or nothing. */
export interface Change {
  readonly workspaceId: number;
  readonly destinationId: number;
  readonly atMs: number;
  /** `block`: the cursor's, while they are of its window. */
  readonly done?: { readonly stream: StreamName; readonly block: number; readonly entries: readonly Entry[] };
  readonly counts?: readonly Count[];
  readonly park?: readonly Parked[];
  readonly unpark?: readonly ParkedKey[];
  readonly members?: readonly { readonly subscriptionId: number; readonly profileId: string; readonly person: PersonNow | null }[];
  readonly cursor?: { readonly stream: StreamName; readonly nextBlock: number };
  readonly state?: GateStatus;
  /** These are about to go together. */
  readonly batch?: KeptBatch;
  /** Nothing is left of them. */
  readonly unbatch?: readonly string[];
}

export interface Place {
  /** Undefined: it has never been followed. */
  readonly nextBlock: number | undefined;
  /** "<subscription> <position>" of what has an outcome already, though the cursor is before it. */
  readonly done: ReadonlySet<string>;
}

export interface DeliveryStore {
  /** Resolves when it is durable. Tries for as long as Postgres is not there. */
  commit(change: Change): Promise<void>;
  /** Resolves when everything that was handed over by now is durable. What is read below is read after that: who begins anew must not take what is being written for undone. */
  flushed(): Promise<void>;
  place(destinationId: number, stream: StreamName): Promise<Place>;
  parked(destinationId: number): Promise<readonly Parked[]>;
  status(destinationId: number): Promise<GateStatus | undefined>;
  batches(destinationId: number): Promise<readonly KeptBatch[]>;
  /** Everything that was handed over is durable. */
  close(): Promise<void>;
}

/** Changes of one commit. */
const TOGETHER_MAX = 2_000;
const RETRY_MS = 250;

interface Waiting {
  readonly change: Change;
  readonly resolve: () => void;
}

export function createDeliveryStore({ pool, logger }: { readonly pool: Pool; readonly logger: Logger }): DeliveryStore {
  let queue: Waiting[] = [];
  let last: Promise<void> | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (queue.length > 0) {
      const together = queue.slice(0, TOGETHER_MAX);
      try {
        await inTransaction(pool, (tx) => writeChanges(tx, together.map(({ change }) => change)));
      } catch (error) {
        logger.warn({ err: error }, "outcomes of deliveries can't be written; it is tried again");
        await sleep(RETRY_MS);
        continue;
      }
      queue = queue.slice(together.length);
      for (const { resolve } of together) resolve();
    }
    writing = undefined;
  }

  /** They are written in their order. */
  const flushed = (): Promise<void> => last ?? Promise.resolve();

  return {
    flushed,
    commit(change) {
      const { promise, resolve } = Promise.withResolvers<void>();
      queue.push({ change, resolve });
      last = promise;
      // What comes within this turn of the event loop goes with the same commit.
      writing ??= new Promise<void>((next) => setImmediate(next)).then(write);
      return promise;
    },
    place: (destinationId, stream) => flushed().then(() => readPlace(pool, destinationId, stream)),
    parked: (destinationId) => flushed().then(() => readParked(pool, destinationId)),
    status: (destinationId) => flushed().then(() => readStatus(pool, destinationId)),
    batches: (destinationId) => flushed().then(() => readBatches(pool, destinationId)),
    async close() {
      while (writing) await writing;
    },
  };
}

async function writeChanges(tx: ClientBase, changes: readonly Change[]): Promise<void> {
  await writeDone(tx, changes);
  await writeCounts(tx, changes);
  // In their order: what is parked, let go and parked again within one commit stands as it was left.
  for (const change of changes) {
    if (change.unpark) await unpark(tx, change.destinationId, change.unpark);
    if (change.park) await park(tx, change, change.park);
    if (change.members) await writeMembers(tx, change, change.members);
    if (change.cursor) await moveCursor(tx, change, change.cursor);
    if (change.state) await writeState(tx, change, change.state);
    if (change.batch) await keepBatch(tx, change, change.batch);
    if (change.unbatch) await tx.query({ name: "delivery-unbatch", text: "delete from delivery_batch where destination_id = $1 and id = any($2::uuid[])", values: [change.destinationId, change.unbatch] });
  }
}

async function writeDone(tx: ClientBase, changes: readonly Change[]): Promise<void> {
  const groups = Map.groupBy(changes.filter((change) => (change.done?.entries.length ?? 0) > 0), ({ destinationId, done }) => `${destinationId} ${done?.stream} ${done?.block}`);
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first?.done === undefined ? [] : [{ ...first, ...first.done, entries: group.flatMap(({ done }) => done?.entries ?? []) }];
  });
  if (rows.length === 0) return;
  await tx.query({
    name: "delivery-done",
    text: `insert into delivery_done (workspace_id, destination_id, stream, block, entries)
      select * from unnest($1::integer[], $2::integer[], $3::text[], $4::bigint[], $5::json[])`,
    values: [
      rows.map((row) => row.workspaceId), rows.map((row) => row.destinationId), rows.map((row) => row.stream), rows.map((row) => row.block),
      rows.map((row) => JSON.stringify(row.entries)),
    ],
  });
}

async function writeCounts(tx: ClientBase, changes: readonly Change[]): Promise<void> {
  const sums = new Map<string, { readonly change: Change; readonly of: Count; readonly minuteMs: number; count: number }>();
  for (const change of changes) {
    for (const of of change.counts ?? []) {
      const minuteMs = change.atMs - (change.atMs % 60_000);
      const key = JSON.stringify([change.destinationId, of.subscriptionId, minuteMs, of.outcome, of.reason]);
      const sum = sums.get(key);
      if (sum) sum.count += of.count;
      else sums.set(key, { change, of, minuteMs, count: of.count });
    }
  }
  // Always in the same order, so that two writers never wait for each other.
  const rows = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  if (rows.length === 0) return;
  await tx.query({
    name: "delivery-counts",
    text: `insert into delivery_count (destination_id, subscription_id, minute, outcome, reason, workspace_id, count)
      select d, s, to_timestamp(m / 1000.0), o, r, w, c from unnest($1::integer[], $2::integer[], $3::float8[], $4::text[], $5::text[], $6::integer[], $7::bigint[]) as t (d, s, m, o, r, w, c)
      on conflict (destination_id, subscription_id, minute, outcome, reason) do update set count = delivery_count.count + excluded.count`,
    values: [
      rows.map((row) => row.change.destinationId), rows.map((row) => row.of.subscriptionId), rows.map((row) => row.minuteMs), rows.map((row) => row.of.outcome),
      rows.map((row) => row.of.reason), rows.map((row) => row.change.workspaceId), rows.map((row) => row.count),
    ],
  });
}

async function unpark(tx: ClientBase, destinationId: number, keys: readonly ParkedKey[]): Promise<void> {
  await tx.query({
    name: "delivery-unpark",
    text: `delete from delivery_parked p using unnest($2::text[], $3::integer[], $4::bigint[]) as k (stream, subscription_id, position)
      where p.destination_id = $1 and p.stream = k.stream and p.subscription_id = k.subscription_id and p.position = k.position`,
    values: [destinationId, keys.map((key) => key.stream), keys.map((key) => key.subscriptionId), keys.map((key) => key.position)],
  });
}

async function park(tx: ClientBase, { workspaceId, destinationId }: Change, rows: readonly Parked[]): Promise<void> {
  const column = <Value>(of: (row: Parked) => Value): Value[] => rows.map(of);
  await tx.query({
    name: "delivery-park",
    // A subscription that was removed meanwhile takes what waits for it along.
    text: `insert into delivery_parked (destination_id, workspace_id, stream, subscription_id, position, profile_id, person_id, attempts, first_at, next_at, code, detail, status)
      select $1, $2, t.stream, t.subscription_id, t.position, t.profile_id, t.person_id, t.attempts, to_timestamp(t.first_ms / 1000.0), to_timestamp(t.next_ms / 1000.0), t.code, t.detail, nullif(t.status, 0)
      from unnest($3::text[], $4::integer[], $5::bigint[], $6::uuid[], $7::integer[], $8::float8[], $9::float8[], $10::text[], $11::text[], $12::integer[], $13::uuid[])
        as t (stream, subscription_id, position, profile_id, attempts, first_ms, next_ms, code, detail, status, person_id)
      where exists (select from subscription s where s.id = t.subscription_id)
      on conflict (destination_id, stream, subscription_id, position) do update
        set person_id = excluded.person_id, attempts = excluded.attempts, next_at = excluded.next_at, code = excluded.code, detail = excluded.detail, status = excluded.status`,
    values: [
      destinationId, workspaceId, column((row) => row.stream), column((row) => row.subscriptionId), column((row) => row.position), column((row) => row.profileId),
      column((row) => row.attempts), column((row) => row.firstAtMs), column((row) => row.nextAtMs), column((row) => row.code), column((row) => row.detail),
      column((row) => row.status), column((row) => row.personId ?? null),
    ],
  });
}

async function writeMembers(tx: ClientBase, { workspaceId }: Change, members: NonNullable<Change["members"]>): Promise<void> {
  // Of one person the last counts.
  const last = [...new Map(members.map((one) => [`${one.subscriptionId} ${one.profileId}`, one])).values()];
  const gone = last.filter(({ person }) => person === null);
  const here = last.filter(({ person }) => person !== null);
  if (gone.length > 0) {
    await tx.query({
      name: "delivery-members-gone",
      text: "delete from delivery_member m using unnest($1::integer[], $2::uuid[]) as g (s, p) where m.subscription_id = g.s and m.profile_id = g.p",
      values: [gone.map((one) => one.subscriptionId), gone.map((one) => one.profileId)],
    });
  }
  if (here.length > 0) {
    await tx.query({
      name: "delivery-members-here",
      text: `insert into delivery_member (subscription_id, profile_id, workspace_id, person)
        select h.s, h.p, $3, h.person from unnest($1::integer[], $2::uuid[], $4::json[]) as h (s, p, person) where exists (select from subscription where id = h.s)
        on conflict (subscription_id, profile_id) do update set person = excluded.person`,
      values: [here.map((one) => one.subscriptionId), here.map((one) => one.profileId), workspaceId, here.map((one) => JSON.stringify(one.person))],
    });
  }
}

async function moveCursor(tx: ClientBase, { workspaceId, destinationId }: Change, { stream, nextBlock }: { readonly stream: StreamName; readonly nextBlock: number }): Promise<void> {
  await tx.query({
    name: "delivery-cursor",
    text: `insert into delivery_cursor (destination_id, stream, workspace_id, next_block) select id, $2, $3, $4 from destination where id = $1
      on conflict (destination_id, stream) do update set next_block = greatest(delivery_cursor.next_block, excluded.next_block)`,
    values: [destinationId, stream, workspaceId, nextBlock],
  });
}

async function writeState(tx: ClientBase, { workspaceId, destinationId }: Change, status: GateStatus): Promise<void> {
  await tx.query({
    name: "delivery-state",
    text: `insert into delivery_state (destination_id, workspace_id, state, since, code, detail, failures, next_at)
      select id, $2, $3, to_timestamp($4 / 1000.0), $5, $6, $7, to_timestamp($8 / 1000.0) from destination where id = $1
      on conflict (destination_id) do update set state = excluded.state, since = excluded.since, code = excluded.code, detail = excluded.detail,
        failures = excluded.failures, next_at = excluded.next_at`,
    values: [destinationId, workspaceId, status.state, status.sinceMs, status.code, status.detail, status.failures, status.nextAtMs ?? null],
  });
}

async function keepBatch(tx: ClientBase, { workspaceId, destinationId }: Change, { id, subscriptionId, stream, beforeBlock, items }: KeptBatch): Promise<void> {
  await tx.query({
    name: "delivery-batch",
    // A subscription that was removed meanwhile keeps none.
    text: `insert into delivery_batch (destination_id, id, workspace_id, subscription_id, stream, before_block, items)
      select destination_id, $1, $2, id, $3, $4, $5 from subscription where id = $6 and destination_id = $7`,
    values: [id, workspaceId, stream, beforeBlock, JSON.stringify(items), subscriptionId, destinationId],
  });
}

async function readBatches(pool: Pool, destinationId: number): Promise<readonly KeptBatch[]> {
  const { rows } = await pool.query<Omit<KeptBatch, "beforeBlock"> & { readonly beforeBlock: string }>(
    `select id, subscription_id as "subscriptionId", stream, before_block as "beforeBlock", items from delivery_batch where destination_id = $1 order by at`, [destinationId],
  );
  return rows.map((row) => ({ ...row, beforeBlock: Number(row.beforeBlock) }));
}

async function readPlace(pool: Pool, destinationId: number, stream: StreamName): Promise<Place> {
  const { rows } = await pool.query<{ next_block: string }>("select next_block from delivery_cursor where destination_id = $1 and stream = $2", [destinationId, stream]);
  const nextBlock = rows[0] === undefined ? undefined : Number(rows[0].next_block);
  const { rows: done } = await pool.query<{ entries: readonly Entry[] }>(
    "select entries from delivery_done where destination_id = $1 and stream = $2 and block >= $3", [destinationId, stream, nextBlock ?? 0],
  );
  return { nextBlock, done: new Set(done.flatMap(({ entries }) => entries.map(({ subscriptionId, position }) => `${subscriptionId} ${position}`))) };
}

async function readParked(pool: Pool, destinationId: number): Promise<readonly Parked[]> {
  const { rows } = await pool.query<Omit<Parked, "position" | "status" | "personId"> & { readonly position: string; readonly status: number | null; readonly personId: string | null }>(
    `select stream, subscription_id as "subscriptionId", position, profile_id as "profileId", person_id as "personId", attempts, extract(epoch from first_at)::float8 * 1000 as "firstAtMs",
       extract(epoch from next_at)::float8 * 1000 as "nextAtMs", code, detail, status
     from delivery_parked where destination_id = $1 order by position, subscription_id`, [destinationId],
  );
  return rows.map((row) => ({ ...row, position: Number(row.position), status: row.status ?? 0, personId: row.personId ?? undefined }));
}

async function readStatus(pool: Pool, destinationId: number): Promise<GateStatus | undefined> {
  const { rows } = await pool.query<Omit<GateStatus, "nextAtMs"> & { readonly nextAtMs: number | null }>(
    `select state, extract(epoch from since)::float8 * 1000 as "sinceMs", code, detail, failures, extract(epoch from next_at)::float8 * 1000 as "nextAtMs"
     from delivery_state where destination_id = $1`, [destinationId],
  );
  const [row] = rows;
  return row && { ...row, nextAtMs: row.nextAtMs ?? undefined };
}
