// No kind of warehouse reaches an address that may not be reached: not when it is saved, not when it is tried, not when it is read, nor when
// its name leads elsewhere a moment later.
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { createOutbound } from "../outbound/outbound.ts";
import { hostileAddresses, hostileSpellings, startTestVendor } from "../outbound/testing.ts";
import { rowsOfAll } from "./testing-contract.ts";
import { warehouseKinds, type WarehouseKind } from "./warehouses.ts";

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const addressed = (host: string, port: number): Record<string, Record<string, unknown>> => {
  const url = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
  const database = { host, port, database: "d", user: "u", password: "p", tls: "none" };
  return {
    postgres: database, redshift: database, mysql: database, clickhouse: { url, database: "d", user: "u" }, snowflake: { url, account: "a", user: "u", privateKey: pem }, databricks: { url, warehouseId: "w", token: "t" },
    s3: { endpoint: url, region: "eu-central-1", bucket: "bucket", accessKeyId: "a", secretAccessKey: "s" },
  };
};
/** These go where Google is, or nowhere. */
const fixed = ["bigquery", "files"];
const queryFor = (kind: WarehouseKind) => (kind.definition.reads === "sql" ? { kind: "sql" as const, sql: "select 1" } : { kind: "files" as const, files: "*.csv" });

test("hostile addresses are refused when saved, when tried and when read", async () => {
  const inside = await startTestVendor(() => undefined);
  const kinds = warehouseKinds({ outbound: createOutbound({ privateHosts: ["127.0.0.9"] }), filesDirectory: "", nowMs: Date.now });
  const hosts = [...hostileAddresses.flatMap(([, , addresses]) => addresses), ...hostileSpellings];
  for (const [slug, kind] of kinds) {
    if (fixed.includes(slug)) continue;
    for (const host of hosts) {
      const settings = addressed(host, inside.port)[slug];
      if (settings === undefined) throw new Error(`${slug} is not covered by this test`);
      expect((await kind.checkPlaces(settings)).length, `${slug} ${host}`).toBeGreaterThan(0);
      const warehouse = kind.open({ workspaceId: 1, settings });
      expect(await warehouse.test(new AbortController().signal), `${slug} ${host}`).toMatchObject({ isGood: false });
      await expect(rowsOfAll(warehouse, queryFor(kind)), `${slug} ${host}`).rejects.toMatchObject({ failure: expect.stringMatching(/^(unreachable|refused)$/), isTemporary: false });
    }
  }
  expect(inside.connections()).toBe(0);
  await inside.stop();
});

test("a name that is public when it is saved, and leads inside when it is read, is not reached", async () => {
  const inside = await startTestVendor(() => undefined);
  for (const slug of Object.keys(addressed("x", 1))) {
    let asked = 0;
    const resolve = () => Promise.resolve([{ address: asked++ === 0 ? "8.8.8.8" : "127.0.0.1" }]);
    const kind = warehouseKinds({ outbound: createOutbound({ privateHosts: [], resolve }), filesDirectory: "", nowMs: Date.now }).get(slug);
    if (kind === undefined) continue;
    const settings = addressed("rebind.example.com", inside.port)[slug] ?? {};
    expect(await kind.checkPlaces(settings)).toEqual([]);
    await expect(rowsOfAll(kind.open({ workspaceId: 1, settings }), queryFor(kind)), slug).rejects.toMatchObject({ failure: "unreachable", isTemporary: false });
  }
  expect(inside.connections()).toBe(0);
  await inside.stop();
});
