// What a warehouse does, whatever its kind: the contract between who reads (models) and the code that speaks to one kind of database or
// store of files. It only ever reads, keeps no state, and reaches the network by the guarded client alone.
import type { WarehouseDefinition } from "@tributary/schema/warehouse/definition.ts";
import type { ColumnType, WarehouseQuery } from "@tributary/schema/warehouse/query.ts";
import type { FieldProblem } from "@tributary/schema/destination/check-fields.ts";
import type { Exchange } from "../outbound/outbound.ts";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** As the warehouse calls it. */
  readonly nativeType: string;
  /** Why it can't be read, and what to write instead. */
  readonly problem?: string | undefined;
}

/** Plain JSON. What JSON can't say (NaN, infinities, years beyond four digits) is null. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Row = Readonly<Record<string, Value>>;

export interface Preview {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** There are more rows. */
  readonly isCut: boolean;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Rows of one batch, at most; fewer come when they are large. */
  readonly batchRows?: number;
  /** For the whole reading. */
  readonly timeoutMs?: number;
  /** Called once, before the first batch; what it throws ends the reading. */
  readonly onColumns?: (columns: readonly Column[]) => void;
}

export type WarehouseTest = ({ readonly isGood: true } | { readonly isGood: false; readonly detail: string }) & { readonly exchanges: readonly Exchange[] };

/** A table or view, or a file. */
export interface WarehouseTable {
  /** As a statement or a query of files names it. */
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly nativeType: string }[];
  /** Of a file. */
  readonly bytes?: number | undefined;
}

/** One that is set up. Everything but `test` throws WarehouseError, and nothing else for what the other side says or does. */
export interface Warehouse {
  test(signal: AbortSignal): Promise<WarehouseTest>;
  /** What there is, for completion: at most `limits.tablesMax`, those whose name holds `search`. */
  tables(options: { readonly search?: string | undefined; readonly signal: AbortSignal }): Promise<readonly WarehouseTable[]>;
  /** Of what a query gives; those that can't be read tell their `problem`. */
  columns(query: WarehouseQuery, options: { readonly signal: AbortSignal }): Promise<readonly Column[]>;
  preview(query: WarehouseQuery, options: { readonly signal: AbortSignal; readonly limit: number }): Promise<Preview>;
  /** Batches, none of them empty, in bounded memory: the next one is read when it is asked for. Leaving the loop ends it there, too. */
  read(query: WarehouseQuery, options: ReadOptions): AsyncIterable<readonly Row[]>;
}

export interface WarehouseKind {
  readonly definition: WarehouseDefinition;
  /** Problems of the settings, by field; empty: none. No network. */
  check(settings: Readonly<Record<string, unknown>>): readonly FieldProblem[];
  /** The same, and whether its addresses may be reached: looked up now. */
  checkPlaces(settings: Readonly<Record<string, unknown>>): Promise<readonly FieldProblem[]>;
  /** `settings` hold secrets and are never logged. */
  open(connection: WarehouseConnection): Warehouse;
}

export interface WarehouseConnection {
  readonly workspaceId: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

export type WarehouseFailure =
  /** User, password, key, or a right that is missing. */
  | "unauthorized"
  /** No connection, or an address that may not be reached. */
  | "unreachable"
  /** The warehouse doesn't take the query: its syntax, or what it names. */
  | "refused"
  /** A column of the query, or a value, that is not read. */
  | "unreadable"
  /** A row, a reply or a number of columns beyond a limit. */
  | "too_large"
  | "timeout" | "aborted"
  /** The connection ended in the middle. */
  | "cut"
  /** What answered speaks otherwise than this kind does. */
  | "broken"
  /** The warehouse itself failed, or has no room. */
  | "failed";

/** Why there is nothing, or no more, to read. The message is for people: no secret in it, and no value of a row. */
export class WarehouseError extends Error {
  readonly failure: WarehouseFailure;
  /** The same may work later, without anybody changing anything. */
  readonly isTemporary: boolean;
  /** Of what is wrong in the statement: the character, counted from 1. */
  readonly position: number | undefined;

  constructor(failure: WarehouseFailure, message: string, options: ErrorOptions & { readonly isTemporary?: boolean; readonly position?: number | undefined } = {}) {
    super(message, options);
    this.name = "WarehouseError";
    this.failure = failure;
    this.isTemporary = options.isTemporary ?? ["timeout", "cut", "failed"].includes(failure);
    this.position = options.position;
  }
}

export const warehouseLimits = {
  columnsMax: 1_000,
  batchRows: 1_000,
  batchRowsMax: 10_000,
  /** Of a batch, about: one row may make it longer. */
  batchBytes: 4 * 1024 * 1024,
  /** Of one row as it travels. */
  rowBytesMax: 16 * 1024 * 1024,
  previewRowsMax: 500,
  tablesMax: 500,
  tableColumnsMax: 10_000,
  /** Until a connection stands and answers. */
  connectMs: 15_000,
  /** Of a test, a look at columns or tables, a preview. */
  lookMs: 30_000,
  /** Of a whole reading, where the caller says nothing. */
  readMs: 2 * 60 * 60 * 1000,
} as const;
