// The server's side of a copy that is made while it runs. It keeps what the copier needs and sets the one moment that the
// copy shows: senders held, ClickHouse frozen (hard links), Postgres' backup stopped. The copy of Postgres recovers to that
// moment by itself, from the WAL listed here. Everything ends with the copier, who has to say from time to time that it lives,
// or with Postgres' session: a temporary slot and an unfinished backup leave nothing behind.
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PoolClient } from "pg";
import type { BackupCut, BackupOutcome } from "@tributary/schema/api/backups.ts";
import { AppError, assert } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";

export interface BackupHost {
  readonly dataDir: string;
  readonly postgres: Pick<Postgres, "mode" | "pool">;
  readonly clickhouse: Pick<ClickHouse, "mode" | "client">;
  /** See ProcessSupervisor.hold. */
  readonly hold: (withinMs: number) => Promise<(() => Promise<boolean>) | undefined>;
  readonly logger: Logger;
  readonly times?: Partial<BackupTimes>;
}

export interface BackupTimes {
  /** Without a word from the copier for so long, it is taken for dead. */
  readonly renewWithinMs: number;
  /** How long what is being sent to ClickHouse is waited for. */
  readonly holdWithinMs: number;
}

const defaultTimes: BackupTimes = { renewWithinMs: 30_000, holdWithinMs: 40_000 };

export interface BackupSessions {
  begin(): Promise<{ readonly id: string; readonly renewWithinMs: number }>;
  renew(id: string): void;
  cut(id: string): Promise<BackupCut>;
  end(id: string, outcome: BackupOutcome): Promise<void>;
  /** Gives up the one that there is. */
  stop(): Promise<void>;
}

interface Session {
  readonly id: string;
  /** Holds the backup mode and the slot. */
  readonly client: PoolClient;
  timer: NodeJS.Timeout | undefined;
  isCut: boolean;
}

/** Where ClickHouse puts what is frozen; a server that was killed may have left some there. */
const SHADOW = join("clickhouse", "shadow");

export async function createBackupSessions(host: BackupHost): Promise<BackupSessions> {
  await rm(join(host.dataDir, SHADOW), { recursive: true, force: true });
  const times = { ...defaultTimes, ...host.times };
  const pool = host.postgres.mode === "embedded" ? host.postgres.pool("backup", 1) : undefined;
  let current: Session | undefined;
  /** One request at a time works on it. */
  let isBusy = false;

  async function giveUp(session: Session): Promise<void> {
    if (current !== session) return;
    current = undefined;
    clearTimeout(session.timer);
    // Ended, not given back: the backup mode and the slot go with the session.
    session.client.release(true);
    await rm(join(host.dataDir, SHADOW, frozenAs(session.id)), { recursive: true, force: true });
  }

  function startTimer(session: Session): void {
    clearTimeout(session.timer);
    session.timer = setTimeout(() => {
      host.logger.warn({ backup: session.id }, "nothing is heard of a backup any more; it is given up");
      giveUp(session).catch((error: unknown) => host.logger.warn({ err: error }, "what was frozen for a backup could not be removed; the next start does it"));
    }, times.renewWithinMs).unref();
  }

  function find(id: string): Session {
    if (current?.id === id) return current;
    throw new AppError("not_found", {
      detail: "There is no such backup: it was ended, nothing was heard of it for too long, or the server was started again.", hint: "Begin a new one.",
    });
  }

  /** Nobody waits for the copier while it waits for us. */
  async function work<T>(id: string, action: (session: Session) => Promise<T>): Promise<T> {
    const session = find(id);
    if (isBusy) throw new AppError("conflict", { detail: "The backup is being worked on.", hint: "Wait for the answer to the request before." });
    isBusy = true;
    clearTimeout(session.timer);
    try {
      return await action(session);
    } finally {
      isBusy = false;
      if (current === session) startTimer(session);
    }
  }

  async function start(client: PoolClient): Promise<Session> {
    const id = randomBytes(8).toString("hex");
    // The slot first: from its place on all WAL is kept, and the backup begins behind it.
    await client.query("select pg_create_physical_replication_slot($1, true, true)", [slotOf(id)]);
    await client.query("select pg_backup_start($1, fast => true)", [`tributary ${id}`]);
    return { id, client, timer: undefined, isCut: false };
  }

  /** What runs between hold and release, in which both databases show one moment. */
  async function cutNow(session: Session): Promise<Omit<BackupCut, "held_ms">> {
    const name = frozenAs(session.id);
    const tables = await freeze(host.clickhouse, name);
    session.isCut = true;
    const { rows } = await session.client.query<{ labelfile: string; spcmapfile: string; stop: string }>(
      "select labelfile, spcmapfile, pg_walfile_name(lsn - 1) as stop from pg_backup_stop(wait_for_archive => false)",
    );
    const [row] = rows;
    assert(row, "the end of a backup has a label");
    if (row.spcmapfile) throw new AppError("copy_refused", { detail: "Postgres has tablespaces outside the data directory.", hint: "Move their tables back." });
    const wal = await session.client.query<{ name: string }>("select name from pg_ls_waldir() order by name");
    return { backup_label: row.labelfile, wal_files: neededWal(row.labelfile, row.stop, wal.rows), frozen_folder: join(SHADOW, name), tables };
  }

  return {
    async begin() {
      if (!pool || host.clickhouse.mode !== "embedded") {
        throw new AppError("copy_refused", {
          detail: "A database runs elsewhere (DATABASE_URL or CLICKHOUSE_URL), so the data directory is not everything.",
          hint: "See docs/backup.md for the order in which to copy both databases.",
        });
      }
      if (current || isBusy) {
        throw new AppError("conflict", {
          detail: "A backup is being made.", hint: `Wait for it. One whose command was killed is given up after ${times.renewWithinMs / 1000} seconds.`,
        });
      }
      isBusy = true;
      try {
        const client = await pool.connect();
        current = await start(client).catch((error: unknown) => {
          client.release(true);
          throw engineFailed(error);
        });
        startTimer(current);
        return { id: current.id, renewWithinMs: times.renewWithinMs };
      } finally {
        isBusy = false;
      }
    },
    renew(id) {
      const session = find(id);
      if (!isBusy) startTimer(session);
    },
    cut: (id) => work(id, async (session) => {
      if (session.isCut) throw new AppError("conflict", { detail: "The moment of this backup is set.", hint: "Begin a new one." });
      const release = await host.hold(times.holdWithinMs);
      if (!release) {
        throw new AppError("unavailable", {
          detail: `What was being sent to ClickHouse was not done within ${times.holdWithinMs / 1000} seconds.`,
          hint: "See /health/ready and the server's log for what keeps ClickHouse, and try again.",
        });
      }
      const heldAtMs = performance.now();
      try {
        const cut = await cutNow(session).finally(async () => {
          if (!(await release())) throw new AppError("copy_refused", { detail: "The pipeline did not stay held.", hint: "Begin a new backup." });
        });
        return { ...cut, held_ms: Math.round(performance.now() - heldAtMs) };
      } catch (error) {
        await giveUp(session);
        throw error instanceof AppError ? error : engineFailed(error);
      }
    }),
    end: (id, outcome) => work(id, async (session) => {
      try {
        if (outcome === "copied") await checkKept(session);
      } finally {
        await giveUp(session);
      }
    }),
    async stop() {
      if (current) await giveUp(current);
    },
  };
}

function engineFailed(cause: unknown): AppError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AppError("copy_refused", { detail: `A database failed while it was copied: ${why}`, hint: "See the server's log, and begin a new backup.", cause });
}

/** Letters and digits: the folder has the same name. */
function frozenAs(id: string): string {
  return `backup${id}`;
}

function slotOf(id: string): string {
  return `backup_${id}`;
}

/** Hard links to every table's parts; the tables' folders below `clickhouse`. */
async function freeze(clickhouse: BackupHost["clickhouse"], name: string): Promise<string[]> {
  // The connection of the senders: what one of them left behind would be waited for.
  const client = clickhouse.client("write");
  const result = await client.query({
    query: "select name, data_paths from system.tables where database = currentDatabase() and engine like '%MergeTree'", format: "JSONEachRow",
  });
  const tables = await result.json<{ name: string; data_paths: string[] }>();
  const folders: string[] = [];
  for (const table of tables) {
    const folder = /\/(store\/[0-9a-f]{3}\/[0-9a-f-]{36})\/?$/.exec(table.data_paths[0] ?? "")?.[1];
    assert(folder !== undefined && table.data_paths.length === 1, "an embedded table lies in one folder below store");
    // ClickHouse takes no parameter for the name, which is letters and digits.
    await client.command({ query: `alter table {table:Identifier} freeze with name '${name}'`, query_params: { table: table.name } });
    folders.push(folder);
  }
  return folders;
}

/** Of 16 MiB each: so many have the same middle eight digits. */
const WAL_FILES_PER_ID = 0x100;

/** All files from where the backup began to where it stopped, none missing. */
function neededWal(label: string, stop: string, there: readonly { readonly name: string }[]): string[] {
  const start = /\(file ([0-9A-F]{24})\)/.exec(label)?.[1];
  assert(start !== undefined, "a backup's label names the first file of the WAL");
  const numberOf = (name: string): number => Number.parseInt(name.slice(8, 16), 16) * WAL_FILES_PER_ID + Number.parseInt(name.slice(16), 16);
  const names = there.map(({ name }) => name).filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= start && name <= stop);
  if (names.length === numberOf(stop) - numberOf(start) + 1) return names;
  throw new AppError("copy_refused", { detail: "Postgres has not kept the WAL that the copy needs.", hint: "Begin a new backup, to a faster disk." });
}

/** Postgres drops the slot of a session that died, and gives up one that would keep too much. */
async function checkKept(session: Session): Promise<void> {
  const { rows } = await session.client.query<{ is_kept: boolean }>(
    "select wal_status in ('reserved', 'extended', 'unreserved') as is_kept from pg_replication_slots where slot_name = $1", [slotOf(session.id)],
  ).catch(() => ({ rows: [] }));
  if (session.isCut && rows[0]?.is_kept) return;
  throw new AppError("copy_refused", { detail: "Postgres did not keep its files for as long as they were copied.", hint: "Begin a new backup, to a faster disk." });
}
