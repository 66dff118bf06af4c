// What the writer writes is what the engine reads: every type and the oddest values, through a real INSERT.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestClickHouse } from "../testing.ts";
import type { ClickHouse } from "./clickhouse.ts";
import { insertBlock } from "./insert-block.ts";
import { hash128, hash64Of } from "../../core/hash.ts";
import { RowBinaryWriter } from "./row-binary.ts";

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
});
afterAll(async () => {
  await clickhouse.stop();
});

type Write = (writer: RowBinaryWriter, i: number) => void;

/** Inserts one value per row in a column of the type, and reads the expression `select` of each, in order. */
async function roundTrip(type: string, count: number, write: Write, select = "v"): Promise<unknown[]> {
  const client = clickhouse.client("write");
  await client.command({ query: `create or replace table trip (i UInt32, v ${type}) engine = MergeTree order by i` });
  const writer = new RowBinaryWriter(16);
  for (let i = 0; i < count; i++) {
    writer.uint32(i);
    write(writer, i);
  }
  await insertBlock(client, { statement: "insert into trip (i, v) format RowBinary", body: writer.take() });
  const result = await client.query({ query: `select ${select} as v from trip order by i`, format: "JSONEachRow" });
  return (await result.json<{ v: unknown }>()).map((row) => row.v);
}

const texts = [
  "", "a", "é", "😀", "\0", "a\0b", "\n\n", ";\n\nselect 1", "x".repeat(127), "x".repeat(128), "é".repeat(64), "é".repeat(63),
  "€".repeat(43), "x".repeat(24), "x".repeat(23) + "é", "x".repeat(16_383), "x".repeat(16_384), "é".repeat(8_192), "x".repeat(2_097_152),
  "日本語 \u202e rtl", "\ufeff",
];

describe("a row written is the row read", () => {
  test("text of every length and alphabet", async () => {
    expect(await roundTrip("String", texts.length, (writer, i) => writer.string(texts[i] ?? ""))).toEqual(texts);
  });

  test("lone surrogates become U+FFFD, so that the text is always valid", async () => {
    const broken = ["\ud800", "a\udc00b", "x".repeat(40) + "\ud83d", "\ude00\ud83d".repeat(20)];
    const read = await roundTrip("String", broken.length, (writer, i) => writer.string(broken[i] ?? ""));
    expect(read).toEqual(broken.map((text) => text.toWellFormed()));
  });

  test("bytes as they are, valid text or not", async () => {
    const bytes = [Buffer.from([0, 255, 254, 10, 10, 59]), Buffer.alloc(0), Buffer.alloc(70_000, 0x0a)];
    const read = await roundTrip("String", bytes.length, (writer, i) => writer.string(bytes[i] ?? Buffer.alloc(0)), "hex(v)");
    expect(read).toEqual(bytes.map((each) => each.toString("hex").toUpperCase()));
  });

  test("integers to their ends", async () => {
    const numbers = [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
    const read = await roundTrip("UInt64", numbers.length, (writer, i) => writer.uint64(numbers[i] ?? 0), "toString(v)");
    expect(read).toEqual(numbers.map(String));
    expect(await roundTrip("UInt64", 1, (writer) => writer.uint64(2n ** 64n - 1n), "toString(v)")).toEqual(["18446744073709551615"]);
    expect(await roundTrip("UInt8", 2, (writer, i) => writer.uint8(i * 255))).toEqual([0, 255]);
    expect(await roundTrip("UInt16", 2, (writer, i) => writer.uint16(i * 65_535))).toEqual([0, 65_535]);
    expect(await roundTrip("UInt32", 2, (writer, i) => writer.uint32(i * 0xffff_ffff))).toEqual([0, 0xffff_ffff]);
    const floats = [0, -0.5, 1e308, 5e-324, 0.1];
    expect(await roundTrip("Float64", floats.length, (writer, i) => writer.float64(floats[i] ?? 0))).toEqual(floats);
  });

  test("times before 1970, far ahead and to the millisecond", async () => {
    const leapDay = Date.UTC(2024, 1, 29, 12, 34, 56, 789);
    const times = [0, 1, -1, -86_400_001, Date.UTC(1900, 0, 1), leapDay, Date.UTC(2299, 11, 31, 23, 59, 59, 999)];
    const read = await roundTrip("DateTime64(3, 'UTC')", times.length, (writer, i) => writer.dateTime64(times[i] ?? 0));
    expect(read).toEqual(times.map((ms) => new Date(ms).toISOString().replace("T", " ").replace("Z", "")));
    const far = [253_402_300_799_999, -62_135_596_800_000];
    const write: Write = (writer, i) => writer.dateTime64(far[i] ?? 0);
    expect(await roundTrip("DateTime64(3, 'UTC')", far.length, write, "toUnixTimestamp64Milli(v)")).toEqual(far);
  });

  test("UUIDs, with or without dashes, in either case", async () => {
    const ids = [
      "00000000-0000-0000-0000-000000000000", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF",
      "0123456789abcdef0123456789abcdef",
    ];
    expect(await roundTrip("UUID", ids.length, (writer, i) => writer.uuid(ids[i] ?? ""))).toEqual([
      ids[0], ids[1], "ffffffff-ffff-ffff-ffff-ffffffffffff", "01234567-89ab-cdef-0123-456789abcdef",
    ]);
  });

  test("lists and maps", async () => {
    const uuids = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-0000-000000000000", "01234567-89ab-cdef-8000-000000000000"];
    const lists = [[], uuids, Array.from({ length: 300 }, (_, i) => hash128(i))];
    const write: Write = (writer, i) => writer.uuidHeads(lists[i] ?? []);
    const read = await roundTrip("Array(UInt64)", lists.length, write, "arrayMap(x -> toString(x), v)");
    expect(read).toEqual(lists.map((list) => list.map((uuid) => String(hash64Of(uuid)))));
    expect(() => new RowBinaryWriter().uuidHeads(["01234567-89ab-cdeg-8000-000000000000"])).toThrow("Not a UUID");
    const twice = new RowBinaryWriter();
    twice.uuid(uuids[2] ?? "");
    twice.repeat(16);
    expect(twice.copy().subarray(16)).toEqual(twice.copy().subarray(0, 16));
    const words = [[], ["", "a", "😀"], Array.from({ length: 200 }, () => "w")];
    expect(await roundTrip("Array(String)", words.length, (writer, i) => writer.stringArray(words[i] ?? []))).toEqual(words);
    const map = { gclid: "abc", "": "empty", "é'": "\\" };
    expect(await roundTrip("Map(LowCardinality(String), String)", 1, (writer) => writer.stringMap(map))).toEqual([map]);
    const consent: Write = (writer) => writer.uint8Map({ ads: true, email: false, other: 7 });
    expect(await roundTrip("Map(LowCardinality(String), UInt8)", 1, consent)).toEqual([{ ads: 1, email: 0, other: 7 }]);
  });

  test("JSON columns are read from text", async () => {
    const json = ['{"a":1,"s":"\\n\\n","list":[{"x":1},{"x":"2"}],"t":"2024-01-02"}', "{}"];
    const read = await roundTrip("JSON(max_dynamic_paths=64)", json.length, (writer, i) => writer.string(json[i] ?? ""));
    expect(read).toEqual([{ a: 1, s: "\n\n", list: [{ x: 1 }, { x: "2" }], t: "2024-01-02" }, {}]);
  });
});

describe("the writer", () => {
  test("refuses what is no UUID and stays where it was", () => {
    const writer = new RowBinaryWriter();
    for (const text of ["", "abc", "61f0c404-5cb3-11e7-907b-a6006ad3dbag", "61f0c404-5cb3-11e7-907b-a6006ad3dba0f", "é".repeat(32)]) {
      expect(() => writer.uuid(text)).toThrow("Not a UUID");
      expect(writer.length).toBe(0);
    }
  });

  test("takes a half-written row back", () => {
    const writer = new RowBinaryWriter();
    writer.uint8(1);
    const start = writer.length;
    writer.string("half");
    writer.truncate(start);
    writer.uint8(2);
    expect([...writer.copy()]).toEqual([1, 2]);
  });

  test("what was taken does not change when more is written", () => {
    const writer = new RowBinaryWriter(8);
    writer.string("first");
    const taken = writer.take();
    writer.string("other");
    expect(taken.toString("latin1")).toBe("\x05first");
    expect(writer.take().toString("latin1")).toBe("\x05other");
  });
});
