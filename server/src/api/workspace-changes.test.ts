// Making and changing workspaces by the API: who may, what comes of it, and what is left when it fails.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../core/errors.ts";
import { createTokenDirectory, hashSecret } from "../governance/governance.ts";
import { startTestApi, type TestApi } from "./testing.ts";

const ownScopes = ["read", "write", "admin", "personal_data", "service"];

let api: TestApi;
/** May do everything in the first workspace, and nothing beyond it. */
let ownToken: string;
const log = { isFull: false };

beforeAll(async () => {
  api = await startTestApi(({ log: real }) => ({
    log: {
      ...real,
      append: (partition, record) => (log.isFull ? Promise.reject(new AppError("overloaded")) : real.append(partition, record)),
    },
  }));
  ownToken = (await api.call("POST", "/tokens", { body: { name: "own", scopes: ownScopes } })).body.secret;
});
afterAll(() => api?.stop());

const make = (body: object, headers: Record<string, string> = {}, token?: string) =>
  api.call("POST", "/workspaces", { body, headers, ...(token === undefined ? {} : { token }) });
const countOf = async (table: string): Promise<number> => (await api.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n;

describe("making a workspace", () => {
  test("gives the workspace, its source with a write key, and a token for it, with its settings in its partition of the log", async () => {
    const { status, body } = await make({ name: "Web shop (DE)" });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      workspace: { slug: "web-shop-de", name: "Web shop (DE)" },
      source: { slug: "website", kind: "website", enabled: true },
      token: { scopes: ownScopes, revoked_at: null },
    });
    const { id } = body.workspace;
    expect(await createTokenDirectory(api.pool).find(body.secret, Date.now())).toMatchObject({ workspaceId: id, scopes: ownScopes });
    const { rows: keys } = await api.pool.query("select workspace_id, source_id from write_key where key_hash = $1", [hashSecret(body.key.write_key)]);
    expect(keys).toEqual([{ workspace_id: id, source_id: body.source.id }]);
    const { rows } = await api.pool.query("select log_partition from workspace where id = $1", [id]);
    const chunks = await api.log.read(rows[0].log_partition, 0, 1_000_000);
    const headers = chunks.flatMap((chunk) => chunk.records.map(({ header }) => header)).filter((header) => header.workspaceId === id);
    expect(headers).toMatchObject([
      { kind: "control", action: { kind: "workspace.set" } },
      { kind: "control", action: { kind: "source.set", sourceId: body.source.id } },
    ]);
  });

  test("stands in the audit log of the new workspace, and in that of the token which made it", async () => {
    const { body } = await make({ name: "Audited" });
    const target = `workspace:${body.workspace.id}`;
    const theirs = (await api.call("GET", "/audit", { token: body.secret })).body.data;
    expect(theirs.map((entry: { action: string }) => entry.action).toSorted()).toEqual(["source.create", "workspace.create"]);
    const entry = { actor: expect.stringMatching(/^token:\d+$/), action: "workspace.create", target };
    expect(theirs).toContainEqual(expect.objectContaining({ ...entry, detail: expect.objectContaining({ slug: "audited" }) }));
    const ours = await api.call("GET", `/audit?target=${target}`);
    expect(ours.body.data).toMatchObject([{ ...entry, detail: {} }]);
  });

  test("needs the scope installation, which nobody can give who has it not", async () => {
    const first = (await make({ name: "Of a customer" })).body.secret;
    const before = await countOf("workspace");
    for (const token of [ownToken, first]) {
      expect(await make({ name: "Another" }, {}, token)).toMatchObject({ status: 403, body: { message: expect.stringContaining("installation") } });
      const granting = await api.call("POST", "/tokens", { token, body: { name: "more", scopes: ["read", "installation"] } });
      expect(granting).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
    expect(await countOf("workspace")).toBe(before);
    const given = await api.call("POST", "/tokens", { body: { name: "for a script", scopes: ["installation"] } });
    expect((await make({ name: "By a script" }, {}, given.body.secret)).status).toBe(201);
    const read = await api.call("GET", "/events", { token: given.body.secret });
    expect(read.status, "the scope reads nothing by itself").toBe(403);
  });

  test("takes the slug that is wished, refuses one that is taken or looks like an id, and finds a free one by itself", async () => {
    expect((await make({ name: "Shop", slug: "shop" })).body.workspace.slug).toBe("shop");
    expect(await make({ name: "Other", slug: "shop" })).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await make({ name: "Other", slug: "2027" })).status).toBe(400);
    expect((await make({ name: "Shop" })).body.workspace.slug).toBe("shop-2");
    expect((await make({ name: "2027" })).body.workspace.slug).toBe("workspace-2027");
    expect((await make({ name: "店" })).body.workspace.slug).toBe("workspace");
    expect((await make({ name: "  " })).status).toBe(400);
  });

  test("spreads workspaces over the partitions, also many at once, and each stays where it is", async () => {
    const placed = async () => (await api.pool.query("select id, log_partition from workspace order by id")).rows;
    const before = await placed();
    // The scene has put two into one partition: they are made up for first.
    await Promise.all(Array.from({ length: 10 }, (_, index) => make({ name: `At once ${index}` })));
    const after = await placed();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(before.length + 10);
    const taken = [0, 1].map((partition) => after.filter((row) => row.log_partition === partition).length);
    expect(Math.abs((taken[0] ?? 0) - (taken[1] ?? 0))).toBeLessThanOrEqual(1);
  });

  test("is made once however often it is asked for with one idempotency key", async () => {
    const before = await countOf("workspace");
    const answers = await Promise.all(Array.from({ length: 4 }, () => make({ name: "Once" }, { "idempotency-key": "once" })));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.secret} ${body.key.write_key}`)).size).toBe(1);
    expect((await make({ name: "Once" }, { "idempotency-key": "once" })).headers["idempotent-replayed"]).toBe("true");
    expect(await make({ name: "Twice" }, { "idempotency-key": "once" })).toMatchObject({ status: 409, body: { code: "idempotency_mismatch" } });
    expect(await countOf("workspace")).toBe(before + 1);
  });

  test("comes about whole or not at all: nothing is left of it when the log takes nothing in", async () => {
    const tables = ["workspace", "source", "write_key", "api_token", "audit_log"];
    const counts = () => Promise.all(tables.map(countOf));
    const before = await counts();
    log.isFull = true;
    expect(await make({ name: "Too late" }, { "idempotency-key": "later" })).toMatchObject({ status: 429, body: { code: "overloaded" } });
    expect(await counts()).toEqual(before);
    log.isFull = false;
    expect((await make({ name: "Too late" }, { "idempotency-key": "later" })).status).toBe(201);
  });
});

describe("the workspaces that a token may see", () => {
  test("are its own, found by id and by slug; with the scope installation all, a page at a time", async () => {
    const { body: made } = await make({ name: "Seen" });
    for (const ref of ["seen", String(made.workspace.id)]) {
      expect((await api.call("GET", `/workspaces/${ref}`, { token: made.secret })).body).toEqual(made.workspace);
      expect((await api.call("GET", `/workspaces/${ref}`)).body).toEqual(made.workspace);
      expect((await api.call("GET", `/workspaces/${ref}`, { token: ownToken })).status).toBe(404);
    }
    expect((await api.call("GET", "/workspaces", { token: made.secret })).body).toEqual({ data: [made.workspace], next_cursor: null });
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { data: { slug: string }[]; next_cursor: string | null } = (await api.call("GET", `/workspaces?limit=2${cursor ? `&cursor=${cursor}` : ""}`)).body;
      seen.push(...page.data.map(({ slug }) => slug));
      cursor = page.next_cursor;
    }
    expect(seen).toHaveLength(await countOf("workspace"));
    expect(seen).toEqual(expect.arrayContaining(["default", "second", "seen"]));
    for (const ref of ["99999999999999999999", "nowhere", "0"]) expect((await api.call("GET", `/workspaces/${ref}`)).status).toBe(404);
  });
});

describe("renaming a workspace", () => {
  const rename = (ref: string, body: object, token: string) => api.call("PATCH", `/workspaces/${ref}`, { body, token });

  test("changes the name and not the slug, by an admin of it, and is audited", async () => {
    const { body: made } = await make({ name: "Before" });
    expect((await rename("before", { name: "After" }, made.secret)).body).toEqual({ ...made.workspace, name: "After" });
    expect((await api.call("GET", "/workspace", { token: made.secret })).body).toMatchObject({ name: "After", slug: "before" });
    const audit = await api.call("GET", "/audit?action=workspace.rename", { token: made.secret });
    expect(audit.body.data).toMatchObject([{ target: `workspace:${made.workspace.id}`, detail: { name: "After" } }]);
    expect((await rename("before", { name: "After", slug: "after" }, made.secret)).status, "a slug stays").toBe(400);
    const reader = (await api.call("POST", "/tokens", { token: made.secret, body: { name: "reader", scopes: ["read"] } })).body.secret;
    expect((await rename("before", { name: "Read" }, reader)).status).toBe(403);
  });

  test("of another workspace takes the scope installation, and stands in both audit logs", async () => {
    const { body: made } = await make({ name: "Far" });
    expect((await rename("far", { name: "Taken over" }, ownToken)).status).toBe(404);
    expect((await rename("far", { name: "Near" }, api.first.token)).body.name).toBe("Near");
    const target = `workspace:${made.workspace.id}`;
    const path = `/audit?action=workspace.rename&target=${target}`;
    expect((await api.call("GET", path, { token: made.secret })).body.data).toMatchObject([{ detail: { name: "Near" } }]);
    expect((await api.call("GET", path, { token: ownToken })).body.data, "without the name").toMatchObject([{ detail: {} }]);
    expect((await api.call("GET", path, { token: ownToken })).text).not.toContain("Near");
  });
});
