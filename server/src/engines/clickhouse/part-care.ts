// Keeps the embedded engine's tables readable. chDB's build goes on after a write that failed, on a full disk for one: it reports
// success and keeps a part whose files are empty or cut (docs/decisions/0023). It counts such writes, though. So what ran while the
// count rose is answered with an error, and tables with a part that can't be read are read again from the disk, as a start does:
// ClickHouse then puts the part aside and takes those again that it was merged from. Meanwhile queries wait; none fails for it.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ChdbConnection, Environment } from "./chdb-connection.ts";
import { ClickHouseException } from "./http-protocol.ts";
import { quoteText } from "./sql-text.ts";
import { unreadableFolder } from "./unreadable.ts";

export interface Reload {
  readonly cause: "failed_writes" | "unreadable_part";
  readonly tables: readonly string[];
  /** `table/name` of what was put aside. */
  readonly putAside: readonly string[];
  /** What the query said that could not read a part. */
  readonly said?: string;
  /** Why it was not done, if it was not. */
  readonly failure?: string;
}

export interface PartCareLimits {
  /** How often the engine's background work is looked after. */
  readonly lookMs: number;
  /** Between two reloads of a table; doubled after each that puts nothing aside, and from the start again after the quiet time. */
  readonly pauseMsMin: number;
  /** Less than what a part was merged from stays (chdb-supervisor.ts). */
  readonly pauseMsMax: number;
  readonly quietMs: number;
  /** How long queries that run may go on before a reload ends them, and how long it waits for that. */
  readonly runMsMax: number;
  readonly endMsMax: number;
}

export const partCareLimits: PartCareLimits = {
  lookMs: 1_000, pauseMsMin: 1_000, pauseMsMax: 5 * 60_000, quietMs: 15 * 60_000, runMsMax: 5_000, endMsMax: 10_000,
};

export interface PartCareOptions {
  /** A connection of its own. */
  readonly connection: ChdbConnection;
  readonly report: (reload: Reload) => void;
  /** A table could not be opened again: only a new process can. */
  readonly giveUp: () => void;
  readonly limits?: PartCareLimits;
}

export interface PartCare {
  /** Runs a query once no table is being reloaded; again after a reload when a part could not be read and it may be repeated. */
  pass(run: () => Promise<void>, mayRepeat: () => boolean): Promise<void>;
  /** Runs what writes, on its connection. Throws when a write failed meanwhile, whatever it was for: nobody knows then what is on the disk. */
  writing<T>(connection: ChdbConnection, environment: Environment, run: () => Promise<T>): Promise<T>;
  stop(): void;
}

const environment: Environment = { settings: {}, parameters: {}, database: "default" };

class FailedWrites extends ClickHouseException {}

export function createPartCare({ connection, report, giveUp, limits = partCareLimits }: PartCareOptions): PartCare {
  const gate = createGate();
  const pauses = createPauses(limits);
  /** Failed writes that were looked after. */
  let known = 0;
  /** Failed writes at the last count. */
  let counted = 0;
  let soundMs = Date.now();
  let reloads = 0;
  let looking: Promise<unknown> = Promise.resolve();
  const seenAside = new Set<string>();

  async function rows(query: string): Promise<string[][]> {
    const { bytes } = await connection.query(query, "TabSeparated", environment);
    return Buffer.from(bytes).toString("utf8").split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
  }

  async function count(on: ChdbConnection, given: Environment): Promise<number> {
    const failed = await failedWrites(on, given);
    counted = Math.max(counted, failed);
    return failed;
  }

  async function newlyAside(): Promise<string[]> {
    const found = await rows("SELECT table, name FROM system.detached_parts WHERE database = 'default' AND startsWith(reason, 'broken')");
    const fresh = found.map(([table, name]) => `${table}/${name}`).filter((each) => !seenAside.has(each));
    for (const each of fresh) seenAside.add(each);
    return fresh;
  }

  /** One at a time. */
  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = looking.then(action);
    looking = done.catch(() => undefined);
    return done;
  }

  async function killRunning(): Promise<void> {
    await connection.query("KILL QUERY WHERE query NOT LIKE 'KILL%' ASYNC", "Null", environment);
  }

  async function reopen(table: string): Promise<void> {
    const [[path] = []] = await rows(`SELECT data_paths[1] FROM system.tables WHERE database = 'default' AND name = ${quoteText(table)}`);
    if (path === undefined) return;
    await connection.query(`DETACH TABLE \`${table}\` SYNC`, "Null", environment);
    removeUnreadableMutations(path);
    try {
      await connection.query(`ATTACH TABLE \`${table}\``, "Null", environment);
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  /** False when it was not the time for it, or did not succeed. */
  async function reload(tables: readonly string[], why: Pick<Reload, "cause" | "said">): Promise<boolean> {
    if (tables.length === 0) return true;
    for (const table of tables) pauses.begin(table);
    try {
      await newlyAside();
      await gate.alone({ ...limits, killRunning }, async () => {
        for (const table of tables) await reopen(table);
      });
      reloads++;
      const putAside = await newlyAside();
      // It helped; only what does not help is done ever more rarely.
      if (putAside.length > 0) for (const table of tables) pauses.helped(table);
      report({ ...why, tables, putAside });
      return true;
    } catch (error) {
      report({ ...why, tables, putAside: [], failure: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }

  /** Reads the tables again that were written since no write had failed. */
  async function look(): Promise<void> {
    const nowMs = Date.now();
    const failed = await count(connection, environment);
    if (failed > known) {
      const since = Math.floor(soundMs / 1000) - 2;
      const written = await rows(
        `SELECT DISTINCT table FROM system.parts WHERE database = 'default' AND active AND modification_time >= fromUnixTimestamp(${since})`,
      );
      const tables = written.flatMap(([table]) => (table === undefined ? [] : [table]));
      // Those that must wait are looked after by a later look, and others with them once more.
      if (!tables.every((table) => pauses.isOver(table)) || !(await reload(tables, { cause: "failed_writes" }))) return;
    }
    known = failed;
    soundMs = nowMs;
  }

  const timer = setInterval(() => void inTurn(look).catch(() => undefined), limits.lookMs);
  timer.unref();

  async function readAgain(folder: string, reloadsBefore: number, error: unknown): Promise<boolean> {
    if (reloads > reloadsBefore) return true;
    const [[table] = []] = await rows(`SELECT name FROM system.tables WHERE database = 'default' AND endsWith(data_paths[1], ${quoteText(folder)})`);
    if (table === undefined || !pauses.isOver(table)) return false;
    return reload([table], { cause: "unreadable_part", said: error instanceof Error ? error.message : String(error) });
  }

  return {
    async pass(run, mayRepeat) {
      const before = reloads;
      try {
        return await gate.pass(run);
      } catch (error) {
        if (error instanceof FailedWrites) await inTurn(look).catch(() => undefined);
        const folder = unreadableFolder(error);
        if (folder === undefined || !(await inTurn(() => readAgain(folder, before, error))) || !mayRepeat()) throw error;
      }
      await gate.pass(run);
    },
    async writing(on, given, run) {
      // A merge's failure since the last count is held against what runs now, which then is verified for nothing; so one question is enough.
      const before = counted;
      const result = await run();
      // Under the settings of what ran, which else would be set anew for each question.
      if ((await count(on, given)) > before) {
        throw new FailedWrites(75, "CANNOT_WRITE_TO_FILE_DESCRIPTOR", "A write to the disk failed while this ran; what of it is stored is not known.");
      }
      return result;
    },
    stop: () => clearInterval(timer),
  };
}

async function failedWrites(connection: ChdbConnection, environment: Environment): Promise<number> {
  const query = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'";
  const { bytes } = await connection.query(query, "TabSeparated", environment);
  return Number(Buffer.from(bytes).toString("latin1").trim());
}

interface Alone {
  readonly runMsMax: number;
  readonly endMsMax: number;
  readonly killRunning: () => Promise<void>;
}

/** Any number may pass, or one be alone, for whom those that run are waited for and then ended. */
function createGate() {
  let running = 0;
  let closed: Promise<void> | undefined;
  let onIdle: (() => void) | undefined;

  async function isIdleWithin(ms: number): Promise<boolean> {
    if (running === 0) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ms);
    onIdle = () => resolve(true);
    const isIdle = await promise;
    clearTimeout(timer);
    onIdle = undefined;
    return isIdle;
  }

  return {
    async pass(run: () => Promise<void>): Promise<void> {
      while (closed) await closed;
      running++;
      try {
        await run();
      } finally {
        running--;
        if (running === 0) onIdle?.();
      }
    },
    /** Never two at once. */
    async alone({ runMsMax, endMsMax, killRunning }: Alone, action: () => Promise<void>): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      closed = promise;
      try {
        if (!(await isIdleWithin(runMsMax))) {
          await killRunning();
          if (!(await isIdleWithin(endMsMax))) throw new Error("A query that runs does not end.");
        }
        await action();
      } finally {
        closed = undefined;
        resolve();
      }
    },
  };
}

function createPauses({ pauseMsMin, pauseMsMax, quietMs }: PartCareLimits) {
  const last = new Map<string, { readonly atMs: number; readonly pauseMs: number }>();
  return {
    isOver(table: string): boolean {
      const before = last.get(table);
      return before === undefined || performance.now() - before.atMs >= before.pauseMs;
    },
    helped(table: string): void {
      last.set(table, { atMs: performance.now(), pauseMs: pauseMsMin });
    },
    begin(table: string): void {
      const before = last.get(table);
      const isQuiet = before === undefined || performance.now() - before.atMs > quietMs;
      last.set(table, { atMs: performance.now(), pauseMs: isQuiet ? pauseMsMin : Math.min(before.pauseMs * 2, pauseMsMax) });
    },
  };
}

/**
 * A change of rows that was begun stands in a file, and a table with one that is empty or cut does not open. Whoever began it was told
 * that it failed, and begins it again.
 */
export function removeUnreadableMutations(tableFolder: string): void {
  for (const name of readdirSync(tableFolder)) {
    if (!/^mutation_\d+\.txt$/.test(name)) continue;
    const text = readFileSync(join(tableFolder, name), "utf8");
    if (!text.startsWith("format version:") || !text.endsWith("\n")) rmSync(join(tableFolder, name));
  }
}
