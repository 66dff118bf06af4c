// Imports over HTTP, as any client sends them: in parts, gzipped, broken off, wrong.
import { gzipSync } from "node:zlib";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorkspaceDb, type WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { systemClock } from "../core/clock.ts";
import { createControl, SOURCES_MAX } from "../governance/governance.ts";
import { createImports, type Imports } from "../sources/import/import.ts";
import { importRoutes } from "./imports.ts";
import { startTestApi, testSecret, type TestApi } from "./testing.ts";

let api: TestApi;
let workspaceDb: WorkspaceDb;
let url: string;
let imports: Imports;

beforeAll(async () => {
  api = await startTestApi({
    moreRoutes: importRoutes({
      create: (...all) => imports.create(...all), receive: (...all) => imports.receive(...all), get: (...all) => imports.get(...all),
      list: (...all) => imports.list(...all), errors: (...all) => imports.errors(...all), withdraw: (...all) => imports.withdraw(...all),
      previewWithdraw: (...all) => imports.previewWithdraw(...all), sample: (...all) => imports.sample(...all),
    }),
  });
  workspaceDb = createWorkspaceDb(api.postgres, { max: 3 });
  const processed = { waitFor: async () => true };
  const control = createControl({ workspaceDb, log: api.log, clock: systemClock, processed });
  imports = createImports({ previewWithdraw: async () => ({ events: 0, people: 0, gone: 0, complete: true }), workspaceDb, log: api.log, processed, clock: systemClock, secret: testSecret, control });
  url = await api.server.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(async () => {
  await workspaceDb.end();
  await api.stop();
});

async function make(body: Record<string, unknown> = {}): Promise<number> {
  const answer = await api.call("POST", "/imports", { body: { name: "People", format: "csv", ...body } });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

interface Sent {
  readonly status: number;
  readonly body: any; // looked into freely by the tests
}

function send(id: number, content: Buffer | string, headers: Record<string, string> = {}, query = "", token = api.first.token): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/api/v1/imports/${id}/content${query}`, { method: "PUT", headers: { authorization: `Bearer ${token}`, ...headers } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part)).on("end", () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(String(Buffer.concat(parts))) }));
    });
    sending.on("error", reject);
    sending.end(content);
  });
}

const people = "userId,traits.email\nu1,ada@example.com\nu2,bob@example.com\nu3,eve@example.com\n";

test("a cursor that somebody made up is refused", async () => {
  const id = await make({ name: "Paged" });
  const cursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");
  for (const place of [[99_999_999_999], [-1]]) {
    expect(await api.call("GET", `/imports?cursor=${cursor(place)}`)).toMatchObject({ status: 400, body: { code: "bad_request" } });
    expect((await api.call("GET", `/imports/${id}/errors?cursor=${cursor([...place, 1, "x"])}`)).status).toBe(400);
  }
});

test("an import makes no source beyond the limit, and none under a name that no source may have", async () => {
  const create = (source: string) => api.call("POST", "/imports", { body: { name: "Bounded", format: "csv", source } });
  for (const source of ["No Slug", "-x", "a".repeat(64), "ä"]) {
    expect(await create(source)).toMatchObject({ status: 400, body: { code: "bad_request" } });
  }
  expect((await create("there-already")).status).toBe(201);
  const { rowCount } = await api.pool.query(
    `insert into source (workspace_id, slug, name, kind, settings)
     select $1, 'full-' || n, 'full', 'import', '{}' from generate_series(1, $2 - (select count(*)::int from source where workspace_id = $1)) n`,
    [api.first.id, SOURCES_MAX],
  );
  expect(rowCount).toBeGreaterThan(0);
  expect(await create("one-more")).toMatchObject({ status: 422, body: { code: "limit_reached" } });
  expect((await create("there-already")).status, "one that is there is used").toBe(201);
  await api.pool.query("delete from source where slug like 'full-%'");
});

test("content is taken gzipped and of any type", async () => {
  const sent = await send(await make(), gzipSync(people), { "content-encoding": "gzip", "content-type": "text/csv" });
  expect(sent).toMatchObject({ status: 200, body: { import: { status: "done", lines: 3, accepted: 3, source: "people" } } });
});

test("content comes in ranges, each from where the one before was read to", async () => {
  const id = await make();
  const half = await send(id, people.slice(0, 50), { "content-range": `bytes 0-49/${people.length}` });
  expect(half.body.import).toMatchObject({ status: "running", file: 0, bytes_done: 39, accepted: 1 });
  const gap = await send(id, people.slice(50), { "content-range": `bytes 50-${people.length - 1}/${people.length}` });
  expect(gap).toMatchObject({ status: 409, body: { code: "conflict", message: expect.stringContaining("byte 39") } });
  const rest = await send(id, people.slice(39), { "content-range": `bytes 39-${people.length - 1}/${people.length}` });
  expect(rest.body.import).toMatchObject({ status: "done", accepted: 3, lines: 3 });
  expect((await send(id, people, { "content-range": "lines 1-2" })).status).toBe(400);
});

test("a file that is not what was said is answered at once, while it is still being sent", async () => {
  const id = await make();
  const sent = await send(id, `nobody,nothing\n${"x,y\n".repeat(2_000_000)}`);
  expect(sent).toMatchObject({ status: 400, body: { code: "bad_request", message: expect.stringContaining("not Segment-shaped") } });
  expect((await api.call("GET", `/imports/${id}`)).body).toMatchObject({ status: "failed", accepted: 0 });
});

test("gzip that is none, and other codings, are refused and change nothing", async () => {
  const id = await make();
  expect(await send(id, people, { "content-encoding": "gzip" })).toMatchObject({ status: 400, body: { code: "unsupported_encoding", message: expect.stringContaining("gzip") } });
  expect((await send(id, people, { "content-encoding": "br" })).body.code).toBe("unsupported_encoding");
  expect((await send(id, people)).body.import).toMatchObject({ status: "done", accepted: 3 });
});

test("a gzip bomb costs time but no memory", async () => {
  const id = await make({ format: "ndjson" });
  const bomb = gzipSync(Buffer.alloc(200_000_000, "x"));
  const before = process.memoryUsage.rss();
  const sent = await send(id, bomb, { "content-encoding": "gzip" });
  expect(sent.body.import).toMatchObject({ lines: 1, accepted: 0, refused: 1 });
  expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000);
});

test("errors are paged in the order of the lines", async () => {
  const id = await make();
  await send(id, "userId,traits.email\n,\nu,a@example.com,x\n,\n");
  const first = await api.call("GET", `/imports/${id}/errors?limit=2`);
  const second = await api.call("GET", `/imports/${id}/errors?limit=2&cursor=${first.body.next_cursor}`);
  const codes = [...first.body.data, ...second.body.data].map((error: { line: number; code: string }) => [error.line, error.code]);
  expect(codes).toEqual([[2, "no_identifier"], [3, "wrong_column_count"], [4, "no_identifier"]]);
  expect(second.body.next_cursor).toBeNull();
});

test("imports are listed, shown and withdrawn, and each workspace sees its own", async () => {
  const id = await make({ files: [{ name: "a.csv" }, { name: "b.csv" }] });
  const list = await api.call("GET", "/imports?limit=1");
  expect(list.body.data).toMatchObject([{ id, file_count: 2, status: "uploading" }]);
  expect(list.body.data[0].files).toBeUndefined();
  expect((await api.call("GET", `/imports/${id}?include=files`)).body.files).toEqual([{ name: "a.csv" }, { name: "b.csv" }]);
  for (const path of [`/imports/${id}`, `/imports/${id}/errors`]) expect((await api.call("GET", path, { token: api.second.token })).status).toBe(404);
  expect((await send(id, people, {}, "", api.second.token)).status).toBe(404);
  expect((await api.call("POST", `/imports/${id}/withdraw`, { token: api.second.token })).status).toBe(404);
  expect((await api.call("GET", "/imports", { token: api.second.token })).body.data).toEqual([]);
  expect((await api.call("POST", `/imports/${id}/withdraw`)).body).toMatchObject({ import: { status: "withdrawn" }, change: { processed: true } });
  expect((await send(id, people)).body.code).toBe("conflict");
});

test("a wish that can't be met is refused before anything is made", async () => {
  const before = (await api.call("GET", "/imports?limit=1")).body.data[0].id;
  const wishes = [
    { name: "x" }, { name: "x", format: "xml" }, { name: "x", format: "csv", time_zone: "Middle/Earth" },
    { name: "x", mapping: { version: 1, format: "csv", events: [{ name: "A" }], properties: { n: { column: "n", type: "number" } } } },
    { name: "x", format: "csv", mapping: { version: 1, events: [] } }, { name: "x", format: "csv", surprise: true },
  ];
  for (const body of wishes) expect((await api.call("POST", "/imports", { body })).status, JSON.stringify(body)).toBe(400);
  expect((await api.call("GET", "/imports?limit=1")).body.data[0].id).toBe(before);
});

test("needs the right to write", async () => {
  const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
  expect((await api.call("POST", "/imports", { body: { name: "x", format: "csv" }, token: reader })).status).toBe(403);
  const id = await make();
  expect((await send(id, people, {}, "", reader)).status).toBe(403);
});
