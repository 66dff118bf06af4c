// Reads of people in the audit log. Somebody signed in: one entry for each thing they looked at, written before they see it;
// looking again within some minutes raises its count. A token, which may ask thousands of times a second: one entry a minute
// for each kind of thing it read, with how often and whom, gathered in memory, so that a look-up costs no write.
import type { ClientBase } from "pg";
import { apartMs, type Clock } from "../core/clock.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";

/** Within this long after the first, looking again at the same is the same entry. */
export const AGAIN_WITHIN_MS = 10 * 60_000;
const FLUSH_MS = 60_000;
/** People that one entry of a token names; beyond it they are only counted. */
const PEOPLE_NAMED_MAX = 200;
/** Entries held in memory; beyond it the oldest stand as they are. */
const ENTRIES_MAX = 20_000;

export interface ReadEntry {
  /** A dotted word such as `person.open`. */
  readonly action: string;
  /** What was read: `profile:<id>`, `event:<row_id>`, `workspace`. */
  readonly target: string;
  /** Never a value of a person. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Reader {
  readonly workspaceId: number;
  readonly actor: string;
  readonly kind: "token" | "account";
}

export interface ReadAudit {
  /** Resolves when it may be answered: of an account, once it is written. */
  record(reader: Reader, entry: ReadEntry): Promise<void>;
  /** Writes what is gathered. */
  flush(): Promise<void>;
  /** Flushes for the last time. */
  close(): Promise<void>;
}

/** What an account looked at: the row that stands, and how often since. */
interface Seen {
  readonly id: Promise<number>;
  readonly workspaceId: number;
  readonly firstAtMs: number;
  lastAtMs: number;
  count: number;
  isChanged: boolean;
}

/** What a token did since the last flush. */
interface Gathered {
  readonly reader: Reader;
  readonly action: string;
  readonly fromMs: number;
  readonly people: Set<string>;
  reads: number;
}

interface Row {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly atMs: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** `onFailure`: what was gathered could not be written, and is lost. */
export function createReadAudit(deps: { readonly workspaceDb: WorkspaceDb; readonly clock: Clock; readonly onFailure: (error: unknown) => void }): ReadAudit {
  const { workspaceDb, clock } = deps;
  const seen = new Map<string, Seen>();
  let gathered = new Map<string, Gathered>();
  const timer = setInterval(() => void flush(), FLUSH_MS).unref();

  function gather(reader: Reader, { action, target }: ReadEntry): void {
    const key = `${reader.workspaceId} ${reader.actor} ${action}`;
    let entry = gathered.get(key);
    if (entry === undefined) gathered.set(key, (entry = { reader, action, fromMs: clock.nowMs(), people: new Set(), reads: 0 }));
    entry.reads++;
    if (entry.people.size <= PEOPLE_NAMED_MAX && target.startsWith("profile:")) entry.people.add(target);
  }

  async function look(reader: Reader, entry: ReadEntry): Promise<void> {
    const nowMs = clock.nowMs();
    const { workspaceId } = reader;
    const key = JSON.stringify([workspaceId, reader.actor, entry.action, entry.target, entry.detail ?? null]);
    const before = seen.get(key);
    if (before !== undefined && apartMs(nowMs, before.firstAtMs) < AGAIN_WITHIN_MS) {
      await before.id;
      before.count++;
      before.lastAtMs = nowMs;
      before.isChanged = true;
      return;
    }
    const row = { actor: reader.actor, action: entry.action, target: entry.target, atMs: nowMs, detail: entry.detail ?? {} };
    const id = workspaceDb.run(workspaceId, (db) => insert(db, workspaceId, row));
    makeRoom();
    seen.set(key, { id, workspaceId, firstAtMs: nowMs, lastAtMs: nowMs, count: 1, isChanged: false });
    // What could not be written is no entry to count on.
    await id.catch((error: unknown) => {
      seen.delete(key);
      throw error;
    });
  }

  function makeRoom(): void {
    if (seen.size < ENTRIES_MAX) return;
    for (const oldest of seen.keys()) {
      seen.delete(oldest);
      return;
    }
  }

  async function flush(): Promise<void> {
    const nowMs = clock.nowMs();
    const tokens = [...gathered.values()];
    gathered = new Map();
    const again = [...seen.values()].filter((one) => one.isChanged);
    for (const one of again) one.isChanged = false;
    for (const [key, one] of seen) if (apartMs(nowMs, one.firstAtMs) >= AGAIN_WITHIN_MS) seen.delete(key);
    for (const entry of tokens) await attempt(entry.reader.workspaceId, (db) => insert(db, entry.reader.workspaceId, ofToken(entry, nowMs)));
    for (const one of again) await attempt(one.workspaceId, async (db) => raise(db, one.workspaceId, await one.id, one));
  }

  async function attempt(workspaceId: number, work: (db: ClientBase) => Promise<unknown>): Promise<void> {
    try {
      await workspaceDb.run(workspaceId, work);
    } catch (error) {
      deps.onFailure(error);
    }
  }

  return {
    record: (reader, entry) => {
      if (reader.kind === "account") return look(reader, entry);
      gather(reader, entry);
      return Promise.resolve();
    },
    flush,
    close() {
      clearInterval(timer);
      return flush();
    },
  };
}

function ofToken({ reader, action, people, reads, fromMs }: Gathered, nowMs: number): Row {
  const named = [...people].slice(0, PEOPLE_NAMED_MAX);
  const whom = people.size === 0 ? {} : { people: named, more_people: people.size > PEOPLE_NAMED_MAX };
  return { actor: reader.actor, action, target: "workspace", atMs: nowMs, detail: { count: reads, since: new Date(fromMs).toISOString(), ...whom } };
}

async function insert(db: ClientBase, workspaceId: number, row: Row): Promise<number> {
  const { rows } = await db.query<{ id: string }>({
    name: "audit-read",
    text: "insert into audit_log (workspace_id, at, actor, action, target, detail) values ($1, $2, $3, $4, $5, $6) returning id",
    values: [workspaceId, new Date(row.atMs), row.actor, row.action, row.target, JSON.stringify(row.detail)],
  });
  return Number(rows[0]?.id);
}

async function raise(db: ClientBase, workspaceId: number, id: number, { count, lastAtMs }: Seen): Promise<void> {
  await db.query("update audit_log set detail = (detail::jsonb || $3::jsonb)::json where workspace_id = $1 and id = $2", [
    workspaceId, id, JSON.stringify({ count, until: new Date(lastAtMs).toISOString() }),
  ]);
}
