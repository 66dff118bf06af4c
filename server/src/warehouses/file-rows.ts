// The rows of one file, as they come: CSV by its header, NDJSON by its objects, Parquet group by group.
import { gunzipSync, brotliDecompressSync, zstdDecompressSync, createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import type { SchemaElement } from "hyparquet";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import { linesOf } from "./lines.ts";
import type { SizedRow } from "./pulled-rows.ts";
import { instantOf, instantOfMs, plainOf } from "./values.ts";
import { WarehouseError, warehouseLimits as limits, type Column, type Value } from "./warehouse.ts";

/** A file in a store, whatever the store. */
export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  stream(): Promise<{ readonly body: AsyncIterable<Buffer>; cancel(): void }>;
  slice(from: number, to: number): Promise<Buffer>;
}

export interface FileRows {
  readonly columns: readonly Column[];
  readonly rows: AsyncGenerator<SizedRow>;
}

const broken = (file: StoredFile, what: string): WarehouseError => new WarehouseError("refused", `${file.name}: ${what}`);

async function* unpacked(file: StoredFile, isPacked: boolean): AsyncGenerator<Buffer> {
  const { body: source } = await file.stream();
  if (!isPacked) return yield* source;
  const unpack = createGunzip();
  const from = Readable.from(source, { objectMode: false });
  from.on("error", (error) => unpack.destroy(error));
  from.pipe(unpack);
  try {
    for await (const piece of unpack) yield piece as Buffer; // Streams of bytes give Buffers.
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("Z_")) throw broken(file, "It is damaged, or not packed by gzip.");
    throw error;
  } finally {
    from.destroy();
  }
}

// ── CSV ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** All columns are text; what is empty and not quoted is null. */
export async function csvRows(file: StoredFile, { isPacked, delimiter }: { readonly isPacked: boolean; readonly delimiter?: string | undefined }): Promise<FileRows> {
  const lines = linesOf(unpacked(file, isPacked));
  const first = await lines.next();
  const text = first.done === true ? "" : first.value.replace(/^\ufeff/, "");
  const by = delimiter ?? [",", ";", "\t", "|"].map((one) => ({ one, count: text.split(one).length })).sort((a, b) => b.count - a.count)[0]?.one ?? ",";
  const header = await record(file, text, lines, by);
  const names = header.map((name) => name ?? "");
  return { columns: names.map((name) => ({ name, type: "text", nativeType: "text" })), rows: csvRecords(file, lines, names, by) };
}

async function* csvRecords(file: StoredFile, lines: AsyncGenerator<string>, names: readonly string[], by: string): AsyncGenerator<SizedRow> {
  let nr = 1;
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    nr += 1;
    if (line.value === "") continue;
    const cells = await record(file, line.value, lines, by);
    if (cells.length !== names.length) throw broken(file, `Record ${nr} has ${cells.length} values, and there are ${names.length} columns.`);
    yield { row: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null])), bytes: line.value.length };
  }
}

/** A quoted value may go over several lines. */
async function record(file: StoredFile, begun: string, lines: AsyncGenerator<string>, by: string): Promise<(string | null)[]> {
  const cells: (string | null)[] = [];
  let text = begun;
  for (let at = 0; ;) {
    if (text[at] === '"') {
      let value = "";
      for (at += 1; ;) {
        const end = text.indexOf('"', at);
        if (end < 0) {
          value += `${text.slice(at)}\n`;
          const more = await lines.next();
          if (more.done === true) throw broken(file, "A quoted value has no end.");
          if (value.length > limits.rowBytesMax) throw new WarehouseError("too_large", `${file.name}: A record has more than ${limits.rowBytesMax} bytes; perhaps a quote has no end.`);
          [text, at] = [more.value, 0];
        } else if (text[end + 1] === '"') {
          value += text.slice(at, end + 1);
          at = end + 2;
        } else {
          value += text.slice(at, end);
          at = end + 1;
          break;
        }
      }
      cells.push(value);
      if (at < text.length && text[at] !== by) throw broken(file, "There is text behind a quoted value.");
    } else {
      const end = text.indexOf(by, at);
      const value = text.slice(at, end < 0 ? text.length : end);
      cells.push(value === "" ? null : value);
      at = end < 0 ? text.length : end;
    }
    if (at >= text.length) return cells;
    at += 1;
    if (at === text.length) return [...cells, null];
  }
}

// ── NDJSON ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Its columns are what its first rows have. */
const NDJSON_LOOKED_AT = 200;

export async function ndjsonRows(file: StoredFile, { isPacked }: { readonly isPacked: boolean }): Promise<FileRows> {
  const all = ndjsonRecords(file, linesOf(unpacked(file, isPacked)));
  const begun: SizedRow[] = [];
  const types = new Map<string, ColumnType>();
  while (begun.length < NDJSON_LOOKED_AT) {
    const { done, value } = await all.next();
    if (done === true) break;
    begun.push(value);
    for (const [name, one] of Object.entries(value.row)) {
      const type = jsonType(one);
      const before = types.get(name);
      if (type !== undefined) types.set(name, before === undefined || before === type ? type : "json");
      else if (before === undefined) types.set(name, "json");
    }
  }
  return {
    columns: [...types].map(([name, type]) => ({ name, type, nativeType: "JSON" })),
    rows: (async function* () {
      yield* begun;
      yield* all;
    })(),
  };
}

async function* ndjsonRecords(file: StoredFile, lines: AsyncGenerator<string>): AsyncGenerator<SizedRow> {
  let nr = 0;
  for await (const line of lines) {
    nr += 1;
    const text = line.trim();
    if (text === "") continue;
    yield { row: jsonObject(file, text, nr), bytes: text.length };
  }
}

function jsonObject(file: StoredFile, text: string, nr: number): Readonly<Record<string, Value>> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    if (isRecord(value)) return value as Record<string, Value>; // JSON.parse gave it.
  } catch {
    // Said below.
  }
  throw broken(file, `Line ${nr} is no JSON object.`);
}

function jsonType(value: Value): ColumnType | undefined {
  if (value === null) return undefined;
  return typeof value === "string" ? "text" : typeof value === "number" ? "number" : typeof value === "boolean" ? "boolean" : "json";
}

// ── Parquet ───────────────────────────────────────────────────────────────────────────────────────────────────────

const SLICE_BYTES_MAX = 256 * 1024 * 1024;
const PAGE_BYTES_MAX = 64 * 1024 * 1024;
const PARQUET_ROWS = 2_000;

export async function parquetRows(file: StoredFile, wanted: readonly string[] | undefined): Promise<FileRows> {
  // Loaded when it is needed: most installations read none.
  const { parquetMetadataAsync, parquetReadObjects, snappyUncompress } = await import("hyparquet");
  const failed = (error: unknown): never => {
    if (error instanceof WarehouseError || (error instanceof Error && error.name === "OutboundError")) throw error;
    throw broken(file, "It is no Parquet file, is damaged, or is packed in a way that is not known.");
  };
  const source = {
    byteLength: file.bytes,
    async slice(from: number, to: number = file.bytes): Promise<ArrayBuffer> {
      if (to - from > SLICE_BYTES_MAX) throw new WarehouseError("too_large", `${file.name}: A group of rows has more than ${SLICE_BYTES_MAX} bytes. Write it with smaller ones.`);
      const bytes = await file.slice(from, to);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer; // A Buffer of ours is never shared.
    },
  };
  const bounded = (length: number): { readonly maxOutputLength: number } => {
    if (length > PAGE_BYTES_MAX) throw new WarehouseError("too_large", `${file.name}: A page has more than ${PAGE_BYTES_MAX} bytes.`);
    return { maxOutputLength: Math.max(1, length) };
  };
  const compressors = {
    SNAPPY: (input: Uint8Array, length: number) => {
      bounded(length);
      const output = new Uint8Array(length);
      snappyUncompress(input, output);
      return output;
    },
    GZIP: (input: Uint8Array, length: number) => gunzipSync(input, bounded(length)), ZSTD: (input: Uint8Array, length: number) => zstdDecompressSync(input, bounded(length)),
    BROTLI: (input: Uint8Array, length: number) => brotliDecompressSync(input, bounded(length)),
  };
  const metadata = await parquetMetadataAsync(source).catch(failed);
  const columns = topLevel(metadata.schema);
  const names = wanted?.filter((name) => columns.some((column) => column.name === name)) ?? columns.filter(({ type }) => type !== "binary").map(({ name }) => name);
  async function* rows(): AsyncGenerator<SizedRow> {
    let from = 0;
    for (const group of metadata.row_groups) {
      const end = from + Number(group.num_rows);
      for (; from < end; from = Math.min(end, from + PARQUET_ROWS)) {
        const rowEnd = Math.min(end, from + PARQUET_ROWS);
        const some = await parquetReadObjects({ file: source, metadata, columns: names, rowStart: from, rowEnd, compressors, parsers, useOffsetIndex: true }).catch(failed);
        for (const one of some) yield { row: Object.fromEntries(names.map((name) => [name, plainOf(one[name])])), bytes: names.length * 16 };
      }
    }
  }
  return { columns, rows: rows() };
}

const parsers = {
  timestampFromMilliseconds: (millis: bigint) => instantOfMs(Number(millis)),
  timestampFromMicroseconds: (micros: bigint) => fractionOf(micros, 1_000_000n, 6),
  timestampFromNanoseconds: (nanos: bigint) => fractionOf(nanos, 1_000_000_000n, 9),
  dateFromDays: (days: number) => instantOfMs(days * 86_400_000)?.slice(0, 10) ?? null,
};

function fractionOf(count: bigint, perSecond: bigint, digits: number): string | null {
  const seconds = count / perSecond - (count % perSecond < 0n ? 1n : 0n);
  const iso = instantOfMs(Number(seconds) * 1000);
  return iso === null ? null : instantOf(`${iso.slice(0, 19)}.${String(count - seconds * perSecond).padStart(digits, "0")}Z`);
}

/** The columns of the rows; what is within them is theirs. */
function topLevel(schema: readonly SchemaElement[]): Column[] {
  const columns: Column[] = [];
  const skip = (index: number): number => {
    let next = index + 1;
    for (let child = 0; child < (schema[index]?.num_children ?? 0); child += 1) next = skip(next);
    return next;
  };
  for (let index = 1; index < schema.length; index = skip(index)) {
    const element = schema[index];
    if (element !== undefined) columns.push({ name: element.name, ...parquetType(element) });
  }
  return columns;
}

function parquetType({ type, num_children: children, repetition_type: repetition, converted_type: converted, logical_type: logical }: SchemaElement): { readonly type: ColumnType; readonly nativeType: string } {
  const nativeType = logical?.type ?? converted ?? type ?? "group";
  if ((children ?? 0) > 0 || repetition === "REPEATED" || nativeType === "JSON") return { type: "json", nativeType };
  if (type === "BOOLEAN") return { type: "boolean", nativeType };
  if (nativeType.startsWith("TIMESTAMP") || type === "INT96") return { type: "instant", nativeType };
  if (nativeType === "DATE") return { type: "date", nativeType };
  // Decimals, too: the reader gives them as numbers.
  if (type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY") return { type: nativeType.startsWith("TIME") ? "text" : "number", nativeType };
  if (nativeType === "DECIMAL") return { type: "number", nativeType };
  return { type: type === "FIXED_LEN_BYTE_ARRAY" && nativeType !== "UUID" ? "binary" : "text", nativeType };
}
