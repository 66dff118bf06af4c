// Reads rows of a block back: a row that ClickHouse refused is to be listed with what it was, and may have to be changed before
// it is sent again. The columns stand in the block's own INSERT, so blocks of an older shape are read as well.

type ColumnType = "uint8" | "uint16" | "uint32" | "uint64" | "dateTime64" | "uuid" | "string" | "stringArray" | "uint64Array" | "stringMap" | "uint8Map" | "int64Map";

/** How each column of our tables is encoded. Text is what is not named here. */
const columnTypes: Readonly<Record<string, ColumnType>> = {
  workspace_id: "uint32", ingest_profile_id: "uuid", profile_id: "uuid", survivor_id: "uuid", timestamp: "dateTime64", received_at: "dateTime64",
  updated_at: "dateTime64", first_seen: "dateTime64", source_id: "uint32", click_ids: "stringMap", is_bot: "uint8", is_internal: "uint8",
  is_historical: "uint8", is_anonymous: "uint8", deleted: "uint8", import_id: "uint32", consent: "uint8Map", log_partition: "uint16",
  row_id: "uint64", block_id: "uint64", block_row: "uint32", reference_keys: "uint64Array",
  consents: "uint8Map", accounts: "stringArray", trait_times: "int64Map", is_human: "uint8",
  audience_id: "uint32", at: "dateTime64", entered: "uint8", cause_row: "uint64", version: "uint32", seq: "uint64", list_id: "uint32", added: "uint8",
};

function typeOf(table: string, column: string): ColumnType {
  if (column === "identifiers") return table === "events" ? "uint64Array" : "stringArray";
  return columnTypes[column] ?? "string";
}

export type ColumnValue = string | number | readonly string[];

export interface ReadRow {
  readonly table: string;
  /** Text, numbers, UUIDs as text, lists of numbers as decimal text; times in milliseconds. Maps are left out. */
  readonly values: Readonly<Record<string, ColumnValue>>;
  /** Where each column stands in the row's bytes. */
  readonly spans: ReadonlyMap<string, readonly [from: number, to: number]>;
}

/** Undefined when the bytes are not one whole row of that INSERT. */
export function readRow(statement: string, body: Buffer): ReadRow | undefined {
  const [, table, columns] = /^INSERT INTO (\w+) \(([^)]*)\) FORMAT RowBinary$/.exec(statement) ?? [];
  if (table === undefined || columns === undefined) return undefined;
  const cursor = new Cursor(body);
  const values: Record<string, ColumnValue> = {};
  const spans = new Map<string, readonly [number, number]>();
  try {
    for (const column of columns.split(", ")) {
      const from = cursor.at;
      const value = cursor.read(typeOf(table, column));
      if (value !== undefined) values[column] = value;
      spans.set(column, [from, cursor.at]);
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return cursor.at === body.length ? { table, values, spans } : undefined;
}

/** The row with other bytes in some of its columns. */
export function withColumns(row: ReadRow, body: Buffer, changes: Readonly<Record<string, Buffer>>): Buffer {
  const parts = [...row.spans].map(([column, [from, to]]) => changes[column] ?? body.subarray(from, to));
  return Buffer.concat(parts);
}

/** Throws RangeError when the bytes end too early. */
class Cursor {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(type: ColumnType): ColumnValue | undefined {
    switch (type) {
      case "uint8":
        return this.#take(1).readUInt8();
      case "uint16":
        return this.#take(2).readUInt16LE();
      case "uint32":
        return this.#take(4).readUInt32LE();
      case "uint64":
        return Number(this.#take(8).readBigUInt64LE());
      case "dateTime64":
        return Number(this.#take(8).readBigInt64LE());
      case "uuid":
        return this.#uuid();
      case "string":
        return this.#text();
      case "stringArray":
        return this.#list(() => this.#text());
      case "uint64Array":
        return this.#list(() => String(this.#take(8).readBigUInt64LE()));
      case "stringMap":
        return void this.#list(() => this.#text() + this.#text());
      case "uint8Map":
        return void this.#list(() => this.#text() + String(this.#take(1)));
      case "int64Map":
        return void this.#list(() => this.#text() + String(this.#take(8)));
    }
  }

  #take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new RangeError("the row ends too early");
    return this.#bytes.subarray(this.at, (this.at += length));
  }

  #varint(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      if (shift > 28) throw new RangeError("a length is too long");
      const byte = this.#take(1).readUInt8();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  #text(): string {
    return this.#take(this.#varint()).toString("utf8");
  }

  #uuid(): string {
    // Two 64-bit halves, each little-endian.
    const hex = [this.#take(8), this.#take(8)].map((half) => half.toReversed().reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #list(one: () => string): string[] {
    const count = this.#varint();
    const list: string[] = [];
    for (let i = 0; i < count; i++) list.push(one());
    return list;
  }
}
