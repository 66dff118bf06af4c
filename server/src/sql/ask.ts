// Runs what the guard wrote, within limits, and ends it when whoever asked is gone. The one way from a statement to the engine: the API, the
// endpoint for clients, and models go through here.
import { createHash, randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { createWorkspaceCache, recordAudit, type FieldDecisionsCache } from "../governance/governance.ts";
import type { Clock } from "../core/clock.ts";
import { compile, type Compiled } from "./compile.ts";
import { readEngineFacts, readFacts } from "./facts.ts";
import { createHiddenRows, type SuppressedIn } from "./hidden-rows.ts";
import { readsModelRows } from "./model-views.ts";
import { SqlRefused } from "./refused.ts";
import type { QueryLimits } from "./sql-limits.ts";
import { Turns } from "./turns.ts";
import { viewsOf } from "./views.ts";
import type { View } from "./view.ts";
import { PEOPLE_COLUMN } from "./whose.ts";

const FACTS_CACHE_MS = 5_000;

export interface SqlOptions {
  /** With connections of its own, so that a long question is in nobody's way. */
  readonly clickhouse: ClickHouseClient;
  readonly workspaceDb: WorkspaceDb;
  readonly decisions: FieldDecisionsCache;
  readonly clock: Clock;
  /** Whom rows of models must not be shown of. */
  readonly suppressedIn: SuppressedIn;
}

export interface Asker {
  readonly workspaceId: number;
  /** Sees values of people as masks. */
  readonly isMasked: boolean;
}

export interface Question extends Asker {
  readonly statement: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly limits: QueryLimits;
  /** Of the rows at most so many, without an error for those beyond. */
  readonly rowsMax?: number;
  /** When the statement names none. */
  readonly format: string;
  /** Formats that may be asked for. */
  readonly formats?: ReadonlySet<string>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whose rows the answer holds: told beside each row, in a last column; or handed over before the answer begins, by a run of its own. */
  readonly people?: "beside" | PeopleTaker;
}

/** Takes ids of people; resolves when it has kept them. */
export type PeopleTaker = (ids: readonly string[]) => Promise<void>;

/** As the engine tells it: numbers as texts. */
export type Summary = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly queryId: string;
  readonly format: string;
  readonly views: readonly string[];
  readonly hash: string;
  readonly stream: Readable;
  /** Its last column is `__people`: the ids of those whose row it is. */
  readonly tellsPeople: boolean;
  /** What the engine tells of a result that it gives whole. */
  readonly summary: Summary | undefined;
}

/** For the audit log: who asked what, by its hash alone, for a statement may name somebody. */
export interface Asked {
  readonly workspaceId: number;
  readonly actor: string;
  readonly hash: string;
  readonly views: readonly string[];
  readonly via: "console" | "endpoint";
  readonly isMasked: boolean;
  readonly rows: number | null;
  readonly bytes: number;
  readonly durationMs: number;
  readonly failure?: string;
  /** Under which whose rows came out is kept. */
  readonly exportId?: string | undefined;
}

export interface SqlService {
  views(asker: Asker): Promise<ReadonlyMap<string, View>>;
  /** Throws SqlRefused, or what the engine says as an EngineSaid. The stream has to be read or destroyed. */
  ask(question: Question): Promise<Answered>;
  record(asked: Asked): Promise<void>;
}

/** What the engine said, without how the views are written. */
export class EngineSaid extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly text: string;

  constructor(code: number, codeName: string, text: string) {
    super(`Code: ${code}. DB::Exception: ${text} (${codeName})`);
    this.name = "EngineSaid";
    this.code = code;
    this.codeName = codeName;
    this.text = text;
  }
}

export function createSql({ clickhouse, workspaceDb, decisions, clock, suppressedIn }: SqlOptions): SqlService {
  const facts = createWorkspaceCache(workspaceDb, FACTS_CACHE_MS, async (db, workspaceId) => ({ ...(await readFacts(db, workspaceId)), ...(await readEngineFacts(clickhouse, workspaceId)) }));
  const hiddenRows = createHiddenRows({ clickhouse, suppressedIn });
  const turns = new Turns();

  async function views({ workspaceId, isMasked }: Asker, statement = ""): Promise<ReadonlyMap<string, View>> {
    const nowMs = clock.nowMs();
    const { suppressed, ...known } = await facts.get(workspaceId, nowMs);
    const hidden = known.hasSuppressed && readsModelRows(statement) ? await hiddenRows(workspaceId, known.models, suppressed) : undefined;
    return viewsOf({ ...known, decisions: await decisions.get(workspaceId, nowMs), hiddenRows: hidden }, isMasked);
  }

  async function ask(question: Question): Promise<Answered> {
    const { statement, signal, workspaceId } = question;
    const compiled = compile(statement, { views: await views(question, statement), tells: question.people !== undefined, ...(question.parameters === undefined ? {} : { parameters: question.parameters }) });
    const format = compiled.format ?? question.format;
    if (question.formats !== undefined && !question.formats.has(format)) throw new SqlRefused("UNKNOWN_FORMAT", `The format ${format} is not given here. There are ${[...question.formats].join(", ")}.`);
    const release = await turns.take(workspaceId, signal);
    try {
      const queryId = randomUUID();
      const tellsPeople = question.people === "beside" && compiled.telling !== undefined;
      // Two runs of the same, so both take the rows in their order.
      const settings = typeof question.people === "function" && compiled.telling !== undefined && compiled.isLoose ? { ...question.settings, max_threads: "1" } : question.settings;
      const running = { ...question, ...(settings === undefined ? {} : { settings }) };
      if (typeof question.people === "function") await tellPeople(clickhouse, compiled, running, question.people);
      const { stream, summary } = await run(clickhouse, (tellsPeople ? compiled.telling : undefined) ?? compiled.sql, { ...running, format, queryId });
      stream.once("close", release);
      // Whoever reads hears of it as well; after they left nobody does.
      stream.on("error", () => undefined);
      return { queryId, format, views: compiled.views, hash: hashOf(statement), stream, tellsPeople, summary };
    } catch (error) {
      release();
      throw said(error, signal);
    }
  }

  return {
    views: (asker) => views(asker),
    ask,
    async record({ workspaceId, actor, hash, views: read, via, isMasked, rows, bytes, durationMs, failure, exportId }) {
      const detail = { hash, views: read, via, masked: isMasked, rows, bytes, duration_ms: Math.round(durationMs), ...(failure === undefined ? {} : { failure }), ...(exportId === undefined ? {} : { export: exportId }) };
      await workspaceDb.run(workspaceId, (db) => recordAudit(db, { workspaceId, actor, action: "sql.query", target: "workspace", detail }, clock.nowMs()));
    },
  };
}

export function hashOf(statement: string): string {
  return createHash("sha256").update(statement).digest("hex").slice(0, 32);
}

const PEOPLE_BATCH = 20_000;

/** Everybody whose rows will be answered, each once. */
async function tellPeople(client: ClickHouseClient, { telling }: Compiled, running: Question, take: PeopleTaker): Promise<void> {
  if (telling === undefined) return;
  const rows = running.rowsMax === undefined ? telling : `select * from (${telling}) limit ${Math.trunc(running.rowsMax)}`;
  const { rowsMax: _, ...whole } = running;
  const { stream } = await run(client, `select distinct arrayJoin(${PEOPLE_COLUMN}) as id from (${rows})`, {
    // Whole before its first byte: an error behind it would be a part of it.
    ...whole, settings: { ...running.settings, wait_end_of_query: "1" }, format: "TabSeparated", queryId: randomUUID(),
  });
  let ids: string[] = [];
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split("\n");
    rest = lines.pop() ?? "";
    ids.push(...lines);
    if (ids.length < PEOPLE_BATCH) continue;
    await take(ids);
    ids = [];
  }
  if (ids.length > 0) await take(ids);
}

interface Running extends Question {
  readonly queryId: string;
}

async function run(client: ClickHouseClient, sql: string, { format, limits, rowsMax, settings, signal, queryId }: Running): Promise<{ stream: Readable; summary: Summary | undefined }> {
  const result = await client.exec({
    query: `${sql}\nFORMAT ${format}`, query_id: queryId, abort_signal: signal,
    clickhouse_settings: {
      ...settings,
      max_execution_time: limits.seconds, timeout_overflow_mode: "throw", max_memory_usage: String(limits.memoryBytes),
      max_rows_to_read: String(limits.rowsRead), max_bytes_to_read: String(limits.bytesRead), read_overflow_mode: "throw",
      max_result_rows: String(limits.resultRows + 1), max_result_bytes: String(limits.resultBytes), result_overflow_mode: "throw",
      // Nothing is put on disk on the way.
      max_bytes_before_external_group_by: "0", max_bytes_before_external_sort: "0", max_bytes_ratio_before_external_group_by: 0, max_bytes_ratio_before_external_sort: 0,
      function_range_max_elements_in_block: "50000000", max_subquery_depth: "100", max_ast_elements: "50000", max_expanded_ast_elements: "200000",
      allow_introspection_functions: 0, allow_ddl: 1, union_default_mode: "DISTINCT", ...(rowsMax === undefined ? {} : { limit: String(rowsMax) }),
      // A server of its own ends what nobody reads any more; our child does so by itself.
      cancel_http_readonly_queries_on_client_close: 1,
    },
  });
  return { stream: result.stream as Readable, summary: result.summary === undefined ? undefined : { ...result.summary } }; // In Node it is one.
}

/** As people may read it. */
export function said(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return new SqlRefused("QUERY_WAS_CANCELLED", "Whoever asked went away.");
  if (error instanceof SqlRefused || error instanceof EngineSaid) return error;
  if (!(error instanceof Error) || !("code" in error) || !/^\d+$/.test(String(error.code))) return error;
  const type = "type" in error && typeof error.type === "string" ? error.type : "UNKNOWN_EXCEPTION";
  return new EngineSaid(Number(error.code), type, withoutViews(error.message));
}

/** The engine quotes the statement as it was written anew, views and all; what was wrong stands before that. */
export function withoutViews(message: string): string {
  const text = message.replace(/^Code: \d+\. DB::Exception: /, "").split(/:? (?:in|In) scope |: [Ww]hile |: In query |: \(in file/, 1)[0] ?? "";
  return text.replaceAll(/\b__\w+\./g, "").replace(/\s*\([A-Z_]+\)\s*$/, "").slice(0, 1_000).trim();
}
