// Warehouses over the API, on real engines: kept sealed, shown without secrets, and not put away while a model reads them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOutbound } from "../outbound/outbound.ts";
import { warehouseKinds } from "../warehouses/warehouses.ts";
import { startTestApi, type Called, type TestApi } from "./testing.ts";

let api: TestApi;
const canary = "canary-warehouse-password";
const settings = { host: "127.0.0.1", port: 1, database: "shop", user: "reader", password: canary, tls: "none" };
beforeAll(async () => {
  api = await startTestApi({ warehouseKinds: warehouseKinds({ outbound: createOutbound({ privateHosts: ["127.0.0.1:1"] }), filesDirectory: "", nowMs: Date.now }) });
});
afterAll(() => api?.stop());

const call = async (method: string, path: string, body?: unknown, options: object = {}): Promise<Called> => {
  const answer = await api.call(method, path, { ...(body === undefined ? {} : { body }), ...options });
  expect(JSON.stringify(answer.body)).not.toContain(canary);
  return answer;
};

test("a warehouse is connected, changed, tried and put away, and its secrets are shown nowhere", async () => {
  const { body: { data: kinds } } = await call("GET", "/warehouse-kinds");
  expect(kinds.find(({ slug }: { slug: string }) => slug === "postgres")).toMatchObject({ reads: "sql", proof: "server", secrets: ["password"] });
  expect((await call("POST", "/warehouse-kinds/postgres/check", { settings: { host: "db.example.com", colour: "red" } })).body).toMatchObject({ ok: false, problems: expect.arrayContaining([{ field: "colour", problem: expect.any(String) }]) });

  const made = await call("POST", "/warehouses", { name: "The shop's Postgres", kind: "postgres", settings });
  expect(made).toMatchObject({ status: 201, body: { slug: "the-shop-s-postgres", kind: "postgres", reads: "sql", version: 1, settings: { host: "127.0.0.1" }, secrets: { password: { last: "ord" } }, problems: [], models: [] } });
  const { rows: [stored] } = await api.pool.query("select * from warehouse");
  expect(JSON.stringify(stored)).not.toContain(canary);

  const at = `/warehouses/${made.body.slug}`;
  // Who may change where it is, and doesn't know the password, doesn't get it sent there.
  expect(await call("PATCH", at, { settings: { host: "8.8.8.8" } })).toMatchObject({ status: 400, body: { code: "invalid_settings", message: expect.stringContaining("must be sent again") } });
  expect((await call("PATCH", at, { settings: { database: "other" }, version: 1 })).body).toMatchObject({ changed: ["settings"], warehouse: { version: 2, settings: { database: "other" } } });
  expect((await call("PATCH", at, { name: "x", version: 1 })).status).toBe(409);
  expect((await call("PATCH", at, { name: "The shop" })).body).toMatchObject({ changed: ["name"], warehouse: { version: 2 } });

  expect((await call("POST", `${at}/test`)).body).toMatchObject({ ok: false, detail: expect.stringContaining("127.0.0.1") });
  expect(await call("GET", `${at}/tables`)).toMatchObject({ status: 502, body: { code: "vendor_refused" } });

  await api.pool.query(`insert into model (workspace_id, slug, name, definition, created_by, updated_by) values ($1, 'orders', 'Orders', '{"warehouse": "the-shop-s-postgres"}', 't', 't')`, [api.first.id]);
  expect((await call("GET", at)).body.models).toEqual(["orders"]);
  expect(await call("DELETE", at)).toMatchObject({ status: 409, body: { code: "in_use", message: expect.stringContaining("orders") } });
  await api.pool.query("update model set status = 'archived'");
  expect((await call("DELETE", at)).body).toMatchObject({ status: "archived", settings: {}, secrets: {} });
  expect((await call("POST", `${at}/test`)).status).toBe(409);
  expect((await call("GET", "/warehouses")).body.data).toEqual([]);

  const { rows: audit } = await api.pool.query("select action, detail from audit_log where target like 'warehouse:%' order by at, id");
  expect(audit.map(({ action }) => action)).toEqual(["warehouse.create", "warehouse.change", "warehouse.change", "warehouse.test", "warehouse.archive"]);
  expect(JSON.stringify(audit)).not.toContain(canary);
});

test("an address that may not be reached is refused when it is saved", async () => {
  const refused = await call("POST", "/warehouses", { name: "Inside", kind: "postgres", settings: { ...settings, host: "169.254.169.254" } });
  expect(refused).toMatchObject({ status: 400, body: { code: "invalid_settings", message: expect.stringContaining("metadata") } });
  expect((await api.pool.query("select 1 from warehouse where name = 'Inside'")).rowCount).toBe(0);
});
