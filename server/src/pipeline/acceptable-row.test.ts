// Held against the real engine: what the function lets through, ClickHouse takes, and what was legible stays legible.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import fc from "fast-check";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { insertBlock } from "../engines/clickhouse/insert-block.ts";
import { RowBinaryWriter } from "../engines/clickhouse/row-binary.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { acceptableJson } from "./acceptable-row.ts";
import { KnownPaths } from "./known-paths.ts";

let clickhouse: ClickHouse;
let nextId = 1;

beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  await clickhouse.client("write").command({
    query: "create table acceptable (id UInt32, p JSON(max_dynamic_paths = 64)) engine = MergeTree order by id",
  });
});

afterAll(async () => {
  await clickhouse.stop();
});

/** Inserts the texts as one block and gives the id of the first. */
async function insert(texts: readonly string[]): Promise<number> {
  const first = nextId;
  const writer = new RowBinaryWriter();
  for (const text of texts) {
    writer.uint32(nextId++);
    writer.string(text);
  }
  await insertBlock(clickhouse.client("write"), { statement: "INSERT INTO acceptable (id, p) FORMAT RowBinary", body: writer.take() });
  return first;
}

async function rows<T>(query: string, params: Record<string, unknown>): Promise<T[]> {
  const result = await clickhouse.client("api").query({ query, query_params: params, format: "JSONEachRow" });
  return await result.json<T>();
}

async function stored(value: Record<string, unknown>): Promise<string> {
  const id = await insert([acceptableJson(value, new KnownPaths())]);
  const [row] = await rows<{ p: string }>("select toString(p) as p from acceptable where id = {id:UInt32}", { id });
  return row?.p ?? "";
}

/** Any UTF-16 at all, half characters included. */
const anyText = fc.array(fc.oneof(fc.integer({ min: 0, max: 127 }), fc.integer({ min: 0, max: 0xffff })), { maxLength: 8 }).map((units) => String.fromCharCode(...units));

describe("ClickHouse takes", () => {
  test.each<[string, string, string]>([
    ["plain values", '{"a":"x","b":1,"c":true,"d":1.5}', '{"a":"x","b":1,"c":true,"d":1.5}'],
    ["nothing of null and of empty objects", '{"a":null,"b":{},"c":1}', '{"c":1}'],
    ["lists, also mixed ones", '{"a":[1,2],"b":[1,"x",[2]],"c":[]}', '{"a":[1,2],"b":[1,"x",[2]],"c":[]}'],
    ["numbers for truth values in a list of numbers", '{"a":[2,true,null,false],"b":[true,false],"c":[1,true,"x"]}', '{"a":[2,1,null,0],"b":[true,false],"c":[1,true,"x"]}'],
    ["lists of objects", '{"products":[{"sku":"a","price":1},{"sku":"b"}]}', '{"products":[{"price":1,"sku":"a"},{"sku":"b"}]}'],
    ["lists of objects without the nulls among them", '{"products":[null,{"sku":"a"}]}', '{"products":[{"sku":"a"}]}'],
    ["the nested one of two equal paths", '{"a.b":1,"a":{"b":2}}', '{"a":{"b":2}}'],
    ["the nested one of two equal paths in any order", '{"a":{"b":2},"a.b":1}', '{"a":{"b":2}}'],
    ["the more nested one of three equal paths", '{"a.b.c":1,"a.b":{"c":2},"a":{"b":{"c":3}}}', '{"a":{"b":{"c":3}}}'],
    ["the nested one inside a list", '{"l":[{"a.b":1,"a":{"b":2}}]}', '{"l":[{"a":{"b":2}}]}'],
    ["the nested one though the other is null", '{"a.b":null,"a":{"b":2}}', '{"a":{"b":2}}'],
    ["a null whose name can't be read", '{"\\ud800":null,"a":1}', '{"a":1}'],
    ["names with dots", '{"a.b":1}', '{"a":{"b":1}}'],
    ["floats where integers are too large", '{"a":12345678901234567890123,"b":18446744073709551616,"c":-9223372036854775809,"d":9223372036854775808}',
      '{"a":1.2345678901234568e22,"b":18446744073709552000,"c":-9223372036854776000,"d":9223372036854776000}'],
    ["numbers of any size", '{"a":1e308,"b":5e-324,"c":-0,"d":1e-7}', '{"a":1e308,"b":5e-324,"c":0,"d":1e-7}'],
    ["nothing of what is no number", '{"a":1e400,"b":[1e400,1],"c":1}', '{"b":[null,1],"c":1}'],
    ["text with a lone surrogate, made whole", '{"a":"x\\ud800y"}', '{"a":"x\ufffdy"}'],
    ["text with any escape", '{"a":"\\u0000\\u001f\\"\\\\\\/\\u2028"}', '{"a":"\\u0000\\u001F\\"\\\\\\/\u2028"}'],
    ["dates as text", '{"a":"2026-03-01","b":"2026-03-01T03:04:05+02:00"}', '{"a":"2026-03-01","b":"2026-03-01T03:04:05+02:00"}'],
    ["no empty names", '{"":1,"a":{"":2},"b.":3,".c":4,"d..e":5,"f":6}', '{"f":6}'],
    ["no names that are ids", '{"items":{"507f1f77bcf86cd799439011":1,"name":2},"1234567":3}', '{"items":{"name":2}}'],
    ["no lists nested without end", `{"a":${"[".repeat(60)}1${"]".repeat(60)},"b":1}`, '{"b":1}'],
    ["nothing at all", "{}", "{}"],
  ])("%s", async (_title, given, expected) => {
    expect(JSON.parse(await stored(JSON.parse(given) as Record<string, unknown>))).toEqual(JSON.parse(expected));
  });

  test("every row of every hostile block", async () => {
    const name = fc.oneof(
      fc.constantFrom("a", "b", "a.b", "a.b.c", "", ".", "a.", "..", "__proto__", "[]", "a[]", "a[].b", "^a", "`", "\0", "\ud800", "SKIP", "a:Int64", "b\"", "\\"),
      anyText, fc.string({ maxLength: 4 }),
    );
    const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64, 1e20, 1e21, 1e300, -0, Infinity, NaN));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, withCrossShrink: true }, number, anyText, fc.boolean(), fc.constant(null), fc.constantFrom("2026-03-01", "\ud800", "\0", "1e400"),
        fc.array(tie("value"), { maxLength: 4 }), fc.dictionary(name, tie("value"), { maxKeys: 5, noNullPrototype: true }),
      ),
    }));
    const object = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
    await fc.assert(fc.asyncProperty(fc.array(object, { minLength: 100, maxLength: 200 }), async (objects) => {
      const known = new KnownPaths();
      // The second time the paths are known, and the quick way is taken where it can be.
      const texts = objects.flatMap((properties) => [acceptableJson(properties, known), acceptableJson(properties, known)]);
      const first = await insert(texts);
      const [count] = await rows<{ n: number }>("select toUInt32(count()) as n from acceptable where id >= {first:UInt32}", { first });
      expect(count?.n).toBe(texts.length);
    }), { numRuns: 6, endOnFailure: true, reporter: shortReport });
    // Reading and merging what was taken must work, too.
    await clickhouse.client("write").command({ query: "optimize table acceptable final" });
    const all = await rows<{ text: string }>("select toString(p) as text from acceptable", {});
    expect(all.length).toBeGreaterThan(6 * 200);
    for (const { text } of all) expect(typeof JSON.parse(text)).toBe("object");
  });

  test("5,000 names of one tenant as 2,000 paths, and each row whole as far as they go", async () => {
    const known = new KnownPaths();
    const names = (row: number): string[] => Array.from({ length: 15 }, (_, i) => `property_${(row * 7 + i * 331) % 5_000}`);
    const texts = Array.from({ length: 4_000 }, (_, row) => acceptableJson(Object.fromEntries(names(row).map((name) => [name, row])), known));
    expect([known.size, known.remaining]).toEqual([2_000, 0]);
    const first = await insert(texts);
    await clickhouse.client("write").command({ query: "optimize table acceptable final" });
    const [seen] = await rows<{ n: number }>("select toUInt32(uniqExactArray(JSONAllPaths(p))) as n from acceptable where id >= {first:UInt32}", { first });
    expect(seen?.n).toBe(2_000);
    const kept = names(3_999).filter((name) => known.has(name)).sort();
    const [last] = await rows<{ paths: string[] }>("select JSONAllPaths(p) as paths from acceptable where id = {id:UInt32}", { id: first + 3_999 });
    expect(last?.paths.sort()).toEqual(kept);
  });
});

/** A block of hostile rows is not worth printing; the engine names the row. */
function shortReport<T>(run: fc.RunDetails<T>): void {
  if (run.failed) throw new Error(`seed ${run.seed}, path ${run.counterexamplePath ?? ""}: ${String(run.errorInstance)}`);
}

describe("The quick way and the thorough way", () => {
  const sample = { name: "a", price: 1, nested: { x: 1, y: { z: "t" } }, tags: ["a", "b"], products: [{ sku: "a", sizes: [1, 2] }, { sku: "b", color: "red" }], grid: [[1], [2]] };

  test("say the same to ClickHouse", async () => {
    const known = new KnownPaths();
    const thorough = acceptableJson(sample, known);
    const quick = acceptableJson(sample, known);
    expect(quick).toBe(JSON.stringify(sample));
    expect(thorough).not.toBe(quick);
    const first = await insert([thorough, quick]);
    const texts = await rows<{ text: string }>("select toString(p) as text, JSONAllPathsWithTypes(p) as types from acceptable where id >= {first:UInt32} order by id", { first });
    expect(texts[0]).toEqual(texts[1]);
  });

  test("leave out the same nulls", () => {
    const known = new KnownPaths();
    const text = () => acceptableJson({ products: [null, { sku: "a" }], tags: [null, 1] }, known);
    expect([text(), text()]).toEqual(Array(2).fill('{"products":[{"sku":"a"}],"tags":[null,1]}'));
  });

  test("know the same paths", () => {
    const known = new KnownPaths();
    acceptableJson(sample, known);
    expect(known.takeAdded()).toEqual([
      "name", "price", "nested.x", "nested.y.z", "tags", "products", "products[].sku", "products[].sizes", "products[].color", "grid",
    ]);
  });

  test("leave out what is not admitted, also inside lists", () => {
    const known = new KnownPaths(["products", "products[].sku", ...Array.from({ length: 1_998 }, (_, i) => `p${i}`)]);
    expect(acceptableJson({ products: [{ sku: "a", color: "red" }], other: 1, p1: 2 }, known)).toBe('{"products":[{"sku":"a"}],"p1":2}');
    expect(acceptableJson({ products: [{ sku: "a" }], p1: 2 }, known)).toBe('{"products":[{"sku":"a"}],"p1":2}');
  });
});
