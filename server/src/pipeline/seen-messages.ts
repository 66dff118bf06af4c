// Which messages were already accepted: exact in Postgres (one table a day of receivedAt), with a filter in memory per
// day that spares nearly all look-ups. The window is seven days of receivedAt, or fewer when more ids than `idsMax` would
// have to be kept; what is in force is readable with `window()`, and for other processes in `dedupe_window`. New ids are written in the batch's own transaction, so a
// crash leaves neither a forgotten nor a phantom id.
import type { ClientBase, Pool } from "pg";
import { arrayLiteral } from "./array-literal.ts";
import { createIdFilter, type IdFilter } from "./bloom-filter.ts";

export const DEDUPE_WINDOW_DAYS = 7;
const DAY_MS = 86_400_000;
const LOAD_ROWS = 50_000;

/** An id with the day (days since the epoch) on which the server received it. */
export interface MessageSighting {
  readonly id: string;
  readonly day: number;
}

export interface SeenMessages {
  /** Of these sightings, the ids that were accepted before, within the window before each sighting's day. */
  findSeen(db: ClientBase, sightings: readonly MessageSighting[]): Promise<ReadonlySet<string>>;
  /** From now on these are found, though they are not committed yet; until `forget`, which follows the commit or its failure. */
  hold(sightings: readonly MessageSighting[]): void;
  forget(sightings: readonly MessageSighting[]): void;
  /** Writes new ids in the caller's transaction. */
  write(tx: ClientBase, sightings: readonly MessageSighting[]): Promise<void>;
  /** Makes the tables that `write` needs; outside the transaction, so that no lock on the parent is held in it. */
  prepareDays(days: Iterable<number>): Promise<void>;
  /**
   * Drops days that have left the window and were not prepared since it was called last, and notes for others what is in force then.
   * `nowMs` may be earlier than the clock, never later than the true time: dropped ids don't come back.
   */
  dropExpired(nowMs: number): Promise<void>;
  /** Days in force and ids held; for the ledger. */
  window(): { readonly days: number; readonly ids: number };
}

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

export async function createSeenMessages(pool: Pool, idsMax: number): Promise<SeenMessages> {
  const filters = new Map<number, IdFilter>();
  // Days that history is being played into: its own repeats are found though the window has passed them by.
  let inUse = new Set<number>();
  let dropping: Promise<unknown> = Promise.resolve();
  const uncommitted = new Set<string>();
  const note = createWindowNote(pool);
  let windowDays = DEDUPE_WINDOW_DAYS;
  /** The latest day that was dropped because there were too many ids; the window begins after it. */
  let droppedForSize = await readDroppedForSize(pool);
  for (const day of await existingDays(pool)) filters.set(day, await loadFilter(pool, day));

  return {
    async findSeen(db, sightings) {
      const seen = new Set<string>();
      const [ids, days]: [string[], number[]] = [[], []];
      for (const { id, day } of sightings) {
        if (uncommitted.has(id)) seen.add(id);
        for (const [heldDay, filter] of filters) {
          if (heldDay < day - DEDUPE_WINDOW_DAYS || !filter.mayHave(id)) continue;
          ids.push(id);
          days.push(heldDay);
        }
      }
      if (ids.length === 0) return seen;
      const { rows } = await db.query<{ id: string }>({
        name: "seen-find",
        text: `select s.id from unnest($1::int[], $2::uuid[]) as p (d, i) join message_seen s on s.day = date '1970-01-01' + p.d and s.id = p.i`,
        values: [days, ids],
      });
      for (const { id } of rows) seen.add(id);
      return seen;
    },
    async write(tx, sightings) {
      if (sightings.length === 0) return;
      // Into the day's own table: finding it anew for every row is a good part of the work.
      await Promise.all([...Map.groupBy(sightings, ({ day }) => day)].map(([day, ofDay]) => tx.query({
        name: `seen-write-${day}`,
        text: `insert into ${tableOf(day)} (day, id) select date '1970-01-01' + ${day}, i from unnest($1::uuid[]) as s (i)`,
        values: [arrayLiteral(ofDay.map(({ id }) => id))],
      })));
    },
    hold(sightings) {
      for (const { id, day } of sightings) {
        filters.get(day)?.add(id);
        uncommitted.add(id);
      }
    },
    forget(sightings) {
      for (const { id } of sightings) uncommitted.delete(id);
    },
    async prepareDays(days) {
      const wanted = [...days];
      for (const day of wanted) inUse.add(day);
      for (const day of wanted) {
        if (filters.has(day)) continue;
        await dropping;
        await pool.query(`create table if not exists ${tableOf(day)} partition of message_seen for values in (date '1970-01-01' + ${day})`);
        // Another partition may have come first, and its filter may hold ids already.
        if (!filters.has(day)) filters.set(day, createIdFilter());
      }
    },
    async dropExpired(nowMs) {
      const today = dayOf(nowMs);
      let total = 0;
      for (const day of [...filters.keys()].sort((a, b) => b - a)) {
        total += filters.get(day)?.size ?? 0;
        const isTooMany = total > idsMax && day < today;
        if (isTooMany && day > droppedForSize) {
          // Noted first: a window is never said to be longer than it is.
          await pool.query(`comment on table message_seen is '${DROPPED_NOTE}${day}'`);
          droppedForSize = day;
        }
        if (!isTooMany && (day >= today - DEDUPE_WINDOW_DAYS - 1 || inUse.has(day))) continue;
        const filter = filters.get(day);
        // At once: whoever prepares this day from now on waits, and makes it anew.
        filters.delete(day);
        const drop = pool.query(`drop table if exists ${tableOf(day)}`);
        dropping = drop.catch(() => filter && filters.set(day, filter));
        await drop;
      }
      inUse = new Set();
      windowDays = Math.max(0, Math.min(DEDUPE_WINDOW_DAYS, today - droppedForSize - 1));
      await note.write(windowDays, Math.min(today, ...[...filters.keys()].filter((day) => day >= today - DEDUPE_WINDOW_DAYS - 1)));
    },
    window: () => ({ days: windowDays, ids: [...filters.values()].reduce((sum, filter) => sum + filter.size, 0) }),
  };
}

/** Keeps the row of `dedupe_window` as the window is; written only when it changed. */
function createWindowNote(pool: Pool): { write(days: number, firstDay: number): Promise<void> } {
  let written = "";
  return {
    async write(days, firstDay) {
      if (written === `${days} ${firstDay}`) return;
      await pool.query(
        `insert into dedupe_window (days, first_day) values ($1, date '1970-01-01' + $2::integer)
         on conflict (only_row) do update set days = excluded.days, first_day = excluded.first_day`, [days, firstDay],
      );
      written = `${days} ${firstDay}`;
    },
  };
}

/** Stands before the day in the table's comment, so that the next process knows where the window begins. */
const DROPPED_NOTE = "dropped for size up to day ";

async function readDroppedForSize(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ note: string | null }>(`select obj_description('message_seen'::regclass, 'pg_class') as note`);
  const note = rows[0]?.note;
  return note?.startsWith(DROPPED_NOTE) ? Number(note.slice(DROPPED_NOTE.length)) : Number.NEGATIVE_INFINITY;
}

function tableOf(day: number): string {
  return `message_seen_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

async function existingDays(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent where p.relname = 'message_seen'`,
  );
  return rows.map(({ name }) => {
    const text = name.slice(-8);
    return dayOf(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8))));
  });
}

async function loadFilter(pool: Pool, day: number): Promise<IdFilter> {
  const filter = createIdFilter();
  const client = await pool.connect();
  let isWhole = false;
  try {
    await client.query("begin");
    await client.query(`declare ids no scroll cursor for select id from ${tableOf(day)}`);
    for (;;) {
      const { rows } = await client.query<{ id: string }>(`fetch ${LOAD_ROWS} from ids`);
      for (const { id } of rows) filter.add(id);
      if (rows.length < LOAD_ROWS) break;
    }
    await client.query("commit");
    isWhole = true;
    return filter;
  } finally {
    // A connection left in a transaction is not used again.
    client.release(!isWhole);
  }
}
