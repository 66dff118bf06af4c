// Makes a kind of warehouse of what is particular to it: columns, previews and whole readings are all the same opened query, and checks,
// deadlines, recording and the cutting out of secrets stand here once.
import { checkFields, type FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import { isSecret } from "@tributary/schema/destination/secret-settings.ts";
import { warehouseDefinition } from "@tributary/schema/warehouse/definition.ts";
import type { WarehouseQuery } from "@tributary/schema/warehouse/query.ts";
import type { z } from "zod";
import { createSecretCutter, exchangeBytesMax, OutboundError, recordExchanges, refusalToKeep, secretTexts, type Exchange, type Outbound, type OutboundReply, type OutboundRequest, type StreamedReply } from "../outbound/outbound.ts";
import {
  WarehouseError, warehouseLimits as limits, type Column, type Row, type WarehouseConnection, type WarehouseFailure, type WarehouseKind, type WarehouseTable,
} from "./warehouse.ts";

/** What composition hands to all kinds. */
export interface WarehouseParts {
  readonly outbound: Outbound;
  /** Files that may be read here lie below it, those of each workspace in a folder named by its id. */
  readonly filesDirectory: string;
  readonly nowMs: () => number;
}

/** One use of a warehouse. */
export interface At extends WarehouseConnection {
  readonly parts: WarehouseParts;
  /** The caller's, and the deadline. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Throws OutboundError. */
  fetch(request: Omit<OutboundRequest, "signal">): Promise<OutboundReply>;
  /** A reply that is read as it comes. Throws OutboundError, as does its body. */
  stream(request: Omit<OutboundRequest, "signal">): Promise<StreamedReply>;
  /** Of what is not HTTP. */
  record(exchange: Exchange): void;
  /** Text of the other side without secrets, before anything of it is cut short. */
  clean(text: string): string;
}

export interface Want {
  readonly batchRows: number;
  /** No more are looked at, so no more need be asked for; 0: columns alone. Undefined: all. */
  readonly rowsMax: number | undefined;
}

/** A query that was taken. Throws WarehouseError or OutboundError. */
export interface Reading {
  readonly columns: readonly Column[];
  /** Undefined: that was all. */
  next(): Promise<readonly Row[] | undefined>;
  /** Whether all was read or not. Never throws. */
  close(): Promise<void>;
}

type Settings = Readonly<Record<string, unknown>>;

export interface OwnWarehouse extends z.input<typeof warehouseDefinition> {
  check?(settings: Settings): readonly FieldProblem[];
  /** Where its connections go, as addresses with their ports; `field`: which setting says so. */
  places(settings: Settings): readonly { readonly field: string; readonly url: string }[];
  test(at: At): Promise<void>;
  open(at: At, query: WarehouseQuery, want: Want): Promise<Reading>;
  tables(at: At, search: string): Promise<readonly WarehouseTable[]>;
}

export function defineWarehouse(own: OwnWarehouse): (parts: WarehouseParts) => WarehouseKind {
  const { check, places, test, open, tables, ...described } = own;
  const definition = warehouseDefinition.parse(described);
  const secretFields = definition.settings.filter((field) => isSecret(field)).map(({ key }) => key);
  const problemsOf = (settings: Settings): readonly FieldProblem[] => {
    const ofFields = checkFields(definition.settings, settings);
    return ofFields.length > 0 ? ofFields : check?.(settings) ?? [];
  };
  return (parts) => ({
    definition,
    check: problemsOf,
    async checkPlaces(settings) {
      const problems = problemsOf(settings);
      if (problems.length > 0) return problems;
      const refusals = await Promise.all(places(settings).map(async ({ field, url }) => ({ field, problem: refusalToKeep(await parts.outbound.checkAddress(url)) })));
      return refusals.flatMap(({ field, problem }) => (problem === undefined ? [] : [{ field, problem }]));
    },
    open: (connection) => openWarehouse({ own, parts, connection, problemsOf, secretFields }),
  });
}

interface Opened {
  readonly own: OwnWarehouse;
  readonly parts: WarehouseParts;
  readonly connection: WarehouseConnection;
  readonly problemsOf: (settings: Settings) => readonly FieldProblem[];
  readonly secretFields: readonly string[];
}

function openWarehouse(opened: Opened): ReturnType<WarehouseKind["open"]> {
  const { own } = opened;
  /** Columns and rows of a query, closed when `use` is done. */
  async function looked<T>(query: WarehouseQuery, signal: AbortSignal, rowsMax: number, use: (reading: Reading) => Promise<T>): Promise<T> {
    return calling(opened, signal, limits.lookMs, async ({ at }) => {
      const reading = await checkedReading(own, at, query, { batchRows: Math.min(Math.max(rowsMax, 1), limits.batchRows), rowsMax });
      try {
        return await use(reading);
      } finally {
        await reading.close();
      }
    });
  }
  return {
    async test(signal) {
      let exchanges: () => readonly Exchange[] = () => [];
      try {
        const call = callOf(opened, signal, limits.lookMs, true);
        exchanges = call.exchanges;
        await own.test(call.at).catch((error: unknown) => Promise.reject(call.failed(error)));
        return { isGood: true, exchanges: exchanges() };
      } catch (error) {
        if (!(error instanceof WarehouseError)) throw error;
        return { isGood: false, detail: error.message, exchanges: exchanges() };
      }
    },
    tables: ({ search = "", signal }) => calling(opened, signal, limits.lookMs, async ({ at }) => (await own.tables(at, search)).slice(0, limits.tablesMax)),
    columns: (query, { signal }) => looked(query, signal, 0, ({ columns }) => Promise.resolve(columns)),
    preview: (query, { signal, limit }) => {
      const rowsMax = Math.min(Math.max(1, limit), limits.previewRowsMax);
      return looked(query, signal, rowsMax + 1, async (reading) => {
        refuseUnreadable(reading.columns);
        const rows: Row[] = [];
        while (rows.length <= rowsMax) {
          const batch = await reading.next();
          if (batch === undefined) break;
          rows.push(...batch);
        }
        return { columns: reading.columns, rows: rows.slice(0, rowsMax), isCut: rows.length > rowsMax };
      });
    },
    read: (query, options) => readAll(opened, query, options),
  };
}

async function* readAll(opened: Opened, query: WarehouseQuery, { signal, batchRows = limits.batchRows, timeoutMs = limits.readMs, onColumns }: Parameters<ReturnType<WarehouseKind["open"]>["read"]>[1]): AsyncGenerator<readonly Row[]> {
  const { at, failed } = callOf(opened, signal, timeoutMs);
  let reading: Reading | undefined;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => work().catch((error: unknown) => Promise.reject(failed(error)));
  try {
    const taken = await guarded(() => checkedReading(opened.own, at, query, { batchRows: Math.min(Math.max(1, batchRows), limits.batchRowsMax), rowsMax: undefined }));
    reading = taken;
    refuseUnreadable(taken.columns);
    onColumns?.(taken.columns);
    for (;;) {
      const batch = await guarded(() => (at.signal.aborted ? Promise.reject(new WarehouseError("aborted", "")) : taken.next()));
      if (batch === undefined) return;
      if (batch.length > 0) yield batch;
    }
  } finally {
    await reading?.close();
  }
}

interface Call {
  readonly at: At;
  readonly exchanges: () => readonly Exchange[];
  /** The error as one of ours; a bug stays what it is. */
  readonly failed: (error: unknown) => unknown;
}

async function calling<T>(opened: Opened, signal: AbortSignal, timeoutMs: number, work: (call: Call) => Promise<T>): Promise<T> {
  const call = callOf(opened, signal, timeoutMs);
  try {
    return await work(call);
  } catch (error) {
    throw call.failed(error);
  }
}

function callOf({ parts, connection, problemsOf, secretFields }: Opened, caller: AbortSignal, timeoutMs: number, isTest = false): Call {
  const [problem] = problemsOf(connection.settings);
  if (problem) throw new WarehouseError("refused", `The settings are not good: ${problem.problem}`);
  const deadline = AbortSignal.timeout(timeoutMs);
  const secrets = secretTexts(secretFields.map((key) => connection.settings[key]));
  const cutter = createSecretCutter(secrets);
  // A reading has too many of them to be kept: a test alone shows them.
  const recording = isTest ? recordExchanges(parts.outbound, { secrets, nowMs: parts.nowMs }) : { client: parts.outbound, exchanges: [] };
  const others: Exchange[] = [];
  const signal = AbortSignal.any([caller, deadline]);
  return {
    at: {
      ...connection, parts, signal, timeoutMs, clean: (text) => cutter.text(text),
      fetch: (request) => recording.client.fetch({ timeoutMs: limits.lookMs, ...request, signal }),
      stream: (request) => parts.outbound.stream({ timeoutMs: limits.lookMs, ...request, signal }),
      record: (exchange) => void (isTest && others.push({ ...exchange, requestBody: cutter.text(exchange.requestBody, exchangeBytesMax), responseBody: cutter.text(exchange.responseBody, exchangeBytesMax) })),
    },
    exchanges: () => [...recording.exchanges, ...others],
    failed(error) {
      const isOurs = error instanceof WarehouseError || error instanceof OutboundError;
      if (!isOurs) return error;
      if (caller.aborted) return new WarehouseError("aborted", "It was no longer waited for.", { cause: error });
      if (deadline.aborted) return new WarehouseError("timeout", `It was not done within ${Math.round(timeoutMs / 1000)} seconds.`, { cause: error });
      const { failure, isTemporary, position } = error instanceof OutboundError ? { ...ofOutbound(error), position: undefined } : error;
      return new WarehouseError(failure, cutter.text(error.message), { isTemporary, position });
    },
  };
}

function ofOutbound({ failure, status }: OutboundError): { readonly failure: WarehouseFailure; readonly isTemporary: boolean } {
  if (failure === "timeout") return { failure: "timeout", isTemporary: true };
  if (failure === "reply_too_large") return { failure: "too_large", isTemporary: false };
  if (failure === "reply_broken") return { failure: status === undefined ? "broken" : "cut", isTemporary: status !== undefined };
  return { failure: "unreachable", isTemporary: failure === "connection_failed" || failure === "no_such_host" };
}

/** With what is wrong with its columns said at them. */
async function checkedReading(own: OwnWarehouse, at: At, query: WarehouseQuery, want: Want): Promise<Reading> {
  if (query.kind !== own.reads) throw new WarehouseError("refused", own.reads === "sql" ? `${own.name} takes SQL.` : `${own.name} takes names of files, and no SQL.`);
  const reading = await own.open(at, query, want);
  if (reading.columns.length > limits.columnsMax) {
    await reading.close();
    throw new WarehouseError("too_large", `There are ${reading.columns.length} columns; at most ${limits.columnsMax} are read. Name those that are needed.`);
  }
  const count = new Map<string, number>();
  for (const { name } of reading.columns) count.set(name, (count.get(name) ?? 0) + 1);
  return { ...reading, columns: reading.columns.map((column) => ({ ...column, ...problemOf(column, count.get(column.name) ?? 1) })) };
}

function problemOf({ name, type, nativeType, problem }: Column, count: number): { readonly problem?: string } {
  if (problem !== undefined) return {};
  if (name === "") return { problem: "A column has no name: give it one with AS." };
  if (count > 1) return { problem: `${count} columns are called ${name}: give each a name of its own with AS.` };
  return type === "binary" ? { problem: `${name} holds bytes (${nativeType}), which are not read: leave it out, or turn it into text, as hexadecimal or base64.` } : {};
}

function refuseUnreadable(columns: readonly Column[]): void {
  const bad = columns.find(({ problem }) => problem !== undefined);
  if (bad?.problem !== undefined) throw new WarehouseError("unreadable", bad.problem);
}
