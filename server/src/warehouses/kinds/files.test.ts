// Files in a folder and in a bucket: the same rows of either. The bucket is a server of this machine that answers as S3's documentation says.
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClickHouse } from "../../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../../engines/testing.ts";
import { createOutbound } from "../../outbound/outbound.ts";
import { readsAsContract, rowsOfAll } from "../testing-contract.ts";
import type { Warehouse } from "../warehouse.ts";
import { files } from "./files.ts";
import { s3 } from "./s3.ts";

let directory: string;
let engine: ClickHouse;
let bucket: ReturnType<typeof createHttpServer>;
const sockets = new Set<Socket>();
const objects = new Map<string, Buffer>();
const secret = "canary-s3-secret-key";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "trib-files-"));
  engine = await startTestClickHouse();
  const { body } = await fromEngine(`select number + 1 as n, concat('row ', toString(number)) as text, toDecimal64(number / 4, 2) as price, cast(number % 2 = 0 as Bool) as even, toDateTime64('2026-05-01 10:00:00.250001', 6, 'UTC') as at, toDate('2026-05-01') as day, [number, 1] as list,
    if(number = 0, null, number) as maybe from numbers(5000) format Parquet settings output_format_parquet_row_group_size = 2000, output_format_parquet_string_as_string = 1, output_format_parquet_compression_method = 'zstd'`);
  objects.set("in/orders/a.parquet", body);
  const lines = Array.from({ length: 50_000 }, (_none, index) => `${index + 1},${"x".repeat(90)}\n`);
  objects.set("in/many/1.csv.gz", gzipSync(`n,text\n${lines.join("")}`));
  objects.set("in/many/2.csv", Buffer.from(`n,text\n${Array.from({ length: 50_000 }, (_none, index) => `${index + 50_001},${"x".repeat(90)}\n`).join("")}`));
  objects.set("in/odd/a b+ä.csv", Buffer.from('\ufeffid;name;note\r\n1;"Ann; ""A""\nSmith";\r\n2;;""\r\n'));
  objects.set("in/odd/b.ndjson", Buffer.from('{"id":1,"tags":["a"],"gift":true}\n\n{"id":2.5,"tags":null,"__proto__":{"x":1}}\n'));
  objects.set("in/broken/a.csv", Buffer.from('a,b\n1\n'));
  objects.set("in/broken/b.ndjson", Buffer.from('{"a":1}\n[1]\n'));
  objects.set("in/broken/c.csv.gz", Buffer.from("not packed"));
  objects.set("in/broken/d.csv", Buffer.from('a\n"no end\n'));
  objects.set("in/broken/e.parquet", Buffer.from("PAR1 not really PAR1"));
  objects.set("in/broken/f.parquet", Buffer.concat([(objects.get("in/orders/a.parquet") ?? Buffer.alloc(0)).subarray(0, 500), (objects.get("in/orders/a.parquet") ?? Buffer.alloc(0)).subarray(900)]));
  objects.set("in/broken/g.csv.gz", gzipSync(Buffer.alloc(64_000_000, "x")));
  objects.set("in/mixed/1.csv", Buffer.from("a,b\n1,2\n"));
  objects.set("in/mixed/2.csv", Buffer.from("b,c\n3,4\n"));
  for (const [name, bytes] of objects) {
    await mkdir(join(directory, "1", name, ".."), { recursive: true });
    await writeFile(join(directory, "1", name), bytes);
  }
  await mkdir(join(directory, "2"));
  await writeFile(join(directory, "2", "theirs.csv"), "a\n1\n");
  await symlink(join(directory, "2"), join(directory, "1", "leads-out"));
  await symlink(join(directory, "2", "theirs.csv"), join(directory, "1", "in", "link.csv"));
  bucket = createHttpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    if (!String(request.headers.authorization).includes("Credential=reader/")) return void response.writeHead(403).end("<Error><Code>InvalidAccessKeyId</Code><Message>No such key</Message></Error>");
    const key = decodeURIComponent(pathname).replace(/^\/bucket\/?/, "");
    if (searchParams.get("list-type") === "2") {
      // Two a page.
      const all = [...objects].filter(([name]) => name.startsWith(searchParams.get("prefix") ?? "")).sort();
      const from = Number(searchParams.get("continuation-token") ?? 0);
      const page = all.slice(from, from + 2).map(([name, bytes]) => `<Contents><Key>${encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%20", "+")}</Key><Size>${bytes.length}</Size></Contents>`).join("");
      const more = from + 2 < all.length ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${from + 2}</NextContinuationToken>` : "<IsTruncated>false</IsTruncated>";
      return void response.end(`<?xml version="1.0"?><ListBucketResult>${more}${page}</ListBucketResult>`);
    }
    const bytes = objects.get(key);
    if (bytes === undefined) return void response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (range) response.writeHead(206).end(bytes.subarray(Number(range[1]), Number(range[2]) + 1));
    else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  });
  bucket.on("connection", (socket: Socket) => void sockets.add(socket.on("close", () => sockets.delete(socket))));
  await new Promise<void>((resolve) => bucket.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  bucket.closeAllConnections();
  bucket.close();
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A file as ClickHouse writes it. */
async function fromEngine(sql: string): Promise<{ readonly body: Buffer }> {
  const result = await engine.client("api").exec({ query: sql });
  const parts: Buffer[] = [];
  for await (const part of result.stream) parts.push(part as Buffer); // A stream of bytes gives Buffers.
  return { body: Buffer.concat(parts) };
}

const parts = () => ({ outbound: createOutbound({ privateHosts: ["127.0.0.1"] }), filesDirectory: directory, nowMs: Date.now });
const inFolder = (more: object = {}): Warehouse => files(parts()).open({ workspaceId: 1, settings: { folder: "in", ...more } });
const inBucket = (more: object = {}): Warehouse =>
  s3(parts()).open({ workspaceId: 1, settings: { endpoint: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`, region: "eu-central-1", bucket: "bucket", folder: "in", accessKeyId: "reader", secretAccessKey: secret, ...more } });
const named = (pattern: string, more: object = {}) => ({ kind: "files" as const, files: pattern, ...more });
const { signal } = new AbortController();

describe("a bucket", () => {
  readsAsContract({
    open: inBucket, many: named("many/*"), missing: named("nowhere/*.csv"), wrongPassword: { accessKeyId: "nobody", secretAccessKey: "canary-wrong-key" },
    // The next file is not there any more, too.
    cut: () => {
      sockets.forEach((socket) => socket.destroy());
    },
  });
});

test.each([["folder", inFolder], ["bucket", inBucket]] as const)("CSV, NDJSON and Parquet of a %s are read by their names", async (_where, open) => {
  expect(await rowsOfAll(open(), named("odd/*.csv"))).toEqual([{ id: "1", name: 'Ann; "A"\nSmith', note: null }, { id: "2", name: null, note: "" }]);
  expect(await rowsOfAll(open(), named("odd/b.ndjson", { columns: ["tags", "id"] }))).toEqual([{ tags: ["a"], id: 1 }, { tags: null, id: 2.5 }]);
  const columns = await open().columns(named("orders/*.parquet"), { signal });
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual(["n number", "text text", "price number", "even boolean", "at instant", "day date", "list json", "maybe number"]);
  const rows = await rowsOfAll(open(), named("orders/{a,z}.parquet"));
  expect(rows).toHaveLength(5_000);
  expect(rows[4_999]).toEqual({ n: 5_000, text: "row 4999", price: 1249.75, even: false, at: "2026-05-01T10:00:00.250001Z", day: "2026-05-01", list: [4_999, 1], maybe: 4_999 });
  expect(rows[0]?.["maybe"]).toBeNull();
  expect((await rowsOfAll(open(), named("orders/*.parquet", { columns: ["text"] })))[1]).toEqual({ text: "row 1" });
  expect((await open().tables({ search: "ORDERS", signal }).then((all) => all.map(({ name }) => name)))).toEqual(expect.arrayContaining(_where === "folder" ? ["orders/a.parquet"] : []));
});

test("a file that is damaged, or has other columns, ends the reading and is named", async () => {
  for (const name of ["a.csv", "b.ndjson", "c.csv.gz", "d.csv", "e.parquet", "f.parquet"]) {
    await expect(rowsOfAll(inFolder(), named(`broken/${name}`)), name).rejects.toMatchObject({ name: "WarehouseError", failure: "refused", message: expect.stringContaining(name) });
  }
  await expect(rowsOfAll(inFolder(), named("broken/g.csv.gz"))).rejects.toMatchObject({ failure: "too_large" });
  await expect(rowsOfAll(inFolder(), named("mixed/*.csv"))).rejects.toMatchObject({ failure: "refused", message: expect.stringContaining("2.csv has a column c") });
  expect(await rowsOfAll(inFolder(), named("mixed/*.csv", { columns: ["a", "b"] }))).toEqual([{ a: "1", b: "2" }, { a: null, b: "3" }]);
});

test("nobody reads beyond the folder of the workspace", async () => {
  const kind = files(parts());
  for (const folder of ["..", "../2", "in/../../2", "/etc", "a\\b", "in//../.."]) expect(kind.check({ folder }), folder).not.toEqual([]);
  await expect(rowsOfAll(inFolder({ folder: "leads-out" }), named("*.csv"))).rejects.toMatchObject({ failure: "refused" });
  for (const pattern of ["../2/theirs.csv", "link.csv", "/etc/passwd", "../**"]) await expect(rowsOfAll(inFolder(), named(pattern)), pattern).rejects.toMatchObject({ failure: "refused" });
  expect((await readFile(join(directory, "2", "theirs.csv"), "utf8")).length).toBeGreaterThan(0);
});
