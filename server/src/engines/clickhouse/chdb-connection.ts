// One chDB connection: runs one query at a time, with the settings, parameters and database that the query asks for and
// nothing left over from the one before. The data of an INSERT go in by a file of their own, because in the text of a
// statement the engine takes an empty line for their end and runs the rest as SQL.
import { rm, writeFile } from "node:fs/promises";
import type { ChdbNative, NativeConnection, NativeResult, NativeStream } from "./chdb-native.ts";
import { quoteText } from "./sql-text.ts";

let inserts = 0;

/** Long bound values travel as SET statements, so the engine's own bound is wide; the protocol holds queries to theirs. */
const statementBytesMax = 256 * 1024 * 1024;
/** Values longer than this are not left standing in a connection after their query. */
const keptParameterLength = 4096;
const fixedSettings: Readonly<Record<string, string>> = { max_query_size: String(statementBytesMax), implicit_select: "0" };

export interface Environment {
  readonly settings: Readonly<Record<string, string>>;
  /** Values in ClickHouse's escaped form, as `param_…` carries them. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly database: string;
}

export interface InsertStatement {
  /** `INSERT INTO t (columns)` */
  readonly head: string;
  /** `SETTINGS … FORMAT RowBinary` */
  readonly tail: string;
}

/** A file that somebody else wrote, and removes. */
export interface RowsFile {
  readonly file: string;
}

export interface ChdbConnection {
  query(sql: string, format: string, environment: Environment): Promise<NativeResult>;
  /** The statement in two parts, between which the engine is told where the data are: given, or in a file of the working folder. */
  insert(statement: InsertStatement, data: Buffer | RowsFile, environment: Environment): Promise<NativeResult>;
  /** Chunks of whole rows. Ends the query when the consumer stops early. */
  stream(sql: string, format: string, environment: Environment): AsyncGenerator<Uint8Array, void, undefined>;
  /** Only when nothing runs on it. */
  close(): void;
}

export function openChdbConnection(native: ChdbNative, path: string, args: readonly string[]): ChdbConnection {
  const connection = native.CreateConnection(path, args);
  const session = sessionState(native, connection);
  return {
    async query(sql, format, environment) {
      await session.enter(environment);
      const result = await native.QueryAsyncConnection(connection, sql, format);
      await session.leave(environment);
      return result;
    },
    async insert(statement, data, environment) {
      await session.enter(environment);
      // A name in the working folder of the child: a whole path could hold characters that the engine takes for a pattern.
      const file = Buffer.isBuffer(data) ? `insert-${++inserts}` : data.file;
      try {
        if (Buffer.isBuffer(data)) await writeFile(file, data, { mode: 0o600 });
        const sql = `${statement.head} FROM INFILE '${file}' COMPRESSION 'none' ${statement.tail}`;
        const result = await native.QueryAsyncConnection(connection, sql, "Null");
        await session.leave(environment);
        return result;
      } finally {
        if (Buffer.isBuffer(data)) await rm(file, { force: true });
      }
    },
    async *stream(sql, format, environment) {
      await session.enter(environment);
      try {
        yield* chunksOf(native, native.StreamQuery(connection, sql, format));
      } catch (error) {
        // A query that was ended from outside stays in the engine's list until its connection runs another one.
        await native.QueryAsyncConnection(connection, "SELECT 1", "Null").catch(() => undefined);
        throw error;
      }
      await session.leave(environment);
    },
    close: () => native.CloseConnection(connection),
  };
}

async function* chunksOf(native: ChdbNative, stream: NativeStream): AsyncGenerator<Uint8Array, void, undefined> {
  // A stream that failed has released itself; cancelling it again crashes the process.
  let isLive = true;
  try {
    for (;;) {
      isLive = false;
      const chunk = await native.StreamFetch(stream);
      if (chunk.done) return;
      isLive = true;
      yield chunk.bytes;
    }
  } finally {
    if (isLive) native.StreamCancel(stream);
  }
}

/** Keeps track of what SET and USE left in the connection, so that most queries need neither. */
function sessionState(native: ChdbNative, connection: NativeConnection) {
  const current = new Map<string, string>();
  let currentDatabase = "default";
  const run = (sql: string) => native.QueryAsyncConnection(connection, sql, "Null");

  async function applySettings(wanted: ReadonlyMap<string, string>): Promise<void> {
    const assignments: string[] = [];
    const changed: string[] = [];
    for (const [name, value] of wanted) {
      if (current.get(name) === value) continue;
      assignments.push(`${name} = ${quoteText(value)}`);
      changed.push(name);
    }
    for (const name of current.keys()) {
      if (!wanted.has(name)) {
        assignments.push(`${name} = DEFAULT`);
        changed.push(name);
      }
    }
    if (assignments.length === 0) return;
    try {
      await run(`SET ${assignments.join(", ")}`);
    } catch (error) {
      for (const name of changed) await reset(name);
      throw error;
    }
    for (const name of changed) {
      const value = wanted.get(name);
      if (value === undefined) current.delete(name);
      else current.set(name, value);
    }
  }

  async function reset(name: string): Promise<void> {
    current.delete(name);
    // A name that the engine does not know has nothing to reset.
    await run(`SET ${name} = DEFAULT`).catch(() => undefined);
  }

  return {
    async enter(environment: Environment): Promise<void> {
      await applySettings(new Map(Object.entries({ ...environment.settings, ...fixedSettings })));
      if (environment.database !== currentDatabase) {
        await run(`USE \`${environment.database.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``);
        currentDatabase = environment.database;
      }
      const parameters = Object.entries(environment.parameters);
      if (parameters.length === 0) return;
      await run(`SET ${parameters.map(([name, value]) => `param_${name} = ${quoteText(value)}`).join(", ")}`);
    },
    async leave(environment: Environment): Promise<void> {
      const long = Object.entries(environment.parameters).filter(([, value]) => value.length > keptParameterLength);
      if (long.length > 0) await run(`SET ${long.map(([name]) => `param_${name} = ''`).join(", ")}`);
    },
  };
}
