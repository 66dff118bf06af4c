// A Postgres of somebody else's, reached over TCP as a warehouse and as a destination, whose certificate is of an authority of their own: it is
// trusted where that authority stands in the settings, for its name alone; whatever else it is, the settings' test says so in a sentence.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownDestinations, type Destination } from "../server/src/destinations/destinations.ts";
import { startTestTcpPostgres, type TcpPostgres } from "../server/src/engines/testing.ts";
import { createOutbound } from "../server/src/outbound/outbound.ts";
import { makeTestAuthority } from "../server/src/outbound/testing.ts";
import { warehouseKinds, type Warehouse, type WarehouseKind } from "../server/src/warehouses/warehouses.ts";

const authority = makeTestAuthority();
const NAME = "db.example.com";
const parts = { outbound: createOutbound({ privateHosts: ["127.0.0.1", NAME, "other.example.com"], resolve: async () => [{ address: "127.0.0.1", family: 4 }] }), filesDirectory: "", nowMs: Date.now };
const { signal } = new AbortController();

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("There is no such kind.");
  return thing;
}

describe.skipIf(authority === undefined)("Postgres with TLS", () => {
  let server: TcpPostgres;
  let settings: Record<string, unknown>;

  beforeAll(async () => {
    // One name that people know it by, and one by which no connection of ours may be fooled.
    server = await startTestTcpPostgres(authority?.certificateFor(`DNS:${NAME}`, "DNS:localhost") ?? { cert: "", key: "" });
    const { port, user, password, database } = server;
    settings = { host: NAME, port, database, user, password, tls: "verified", certificates: authority?.ca };
    await server.speaksTls(true);
  });
  afterAll(() => server?.stop());

  const kinds = warehouseKinds(parts);
  const ways = ["postgres", "redshift"] as const;
  const kindOf = (way: (typeof ways)[number]): WarehouseKind => present(kinds.get(way));
  const warehouse = (more: object = {}, way: (typeof ways)[number] = "postgres"): Warehouse => kindOf(way).open({ workspaceId: 1, settings: { ...settings, ...more } });
  const connection = (more: object = {}) => ({ workspaceId: 1, destinationId: 2, slug: "postgres", version: 1, settings: { ...settings, table: "sent_by_us", ...more } });
  const destination = (): Destination => present(ownDestinations({ ...parts, timeoutMs: 5_000 }).find(({ definition }) => definition.slug === "postgres"));
  const send = async (v: string, more: object = {}) => {
    const event = { messageId: "message-1", type: "track" as const, event: "Order Completed", timestamp: "2026-05-01T09:59:00.000Z", receivedAt: "2026-05-01T09:59:01.000Z", properties: {}, context: {} };
    return destination().send({ connection: connection(more), subscription: { id: 3, version: 1, action: "upsert" }, items: [{ event, payload: { data: { v } }, idempotencyKey: `key-${v}` }] }, signal);
  };

  test("with its authority it is trusted for its name, and what is read and written goes over TLS", async () => {
    const query = { kind: "sql" as const, sql: "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()" };
    for (const way of ways) {
      const [row] = (await warehouse({}, way).preview(query, { signal, limit: 1 })).rows;
      expect(row).toMatchObject({ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) });
    }
    expect((await send("a")).outcomes).toEqual([{ kind: "delivered" }]);
    expect((await server.pool.query("select v from sent_by_us")).rows).toEqual([{ v: "a" }]);
    expect((await destination().test(connection(), signal)).isGood).toBe(true);
  });

  test("who leaves lets the statement go over TLS, too", async () => {
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 200);
    await expect(warehouse().preview({ kind: "sql", sql: "select pg_sleep(60)" }, { signal: leaving.signal, limit: 1 })).rejects.toMatchObject({ failure: "aborted" });
    await expect.poll(async () => (await server.pool.query("select from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()")).rowCount).toBe(0);
  });

  const others: readonly (readonly [settings: object, says: RegExp])[] = [
    [{ certificates: "" }, /authority that is not trusted here/],
    [{ certificates: makeTestAuthority()?.ca }, /authority that is not trusted here/],
    [{ host: "other.example.com" }, /certificate of another name/],
    // An address, of which no certificate says anything.
    [{ host: "127.0.0.1" }, /certificate of another name/],
  ];
  async function isRefused(more: object, says: RegExp): Promise<void> {
    for (const way of ways) {
      await expect(warehouse(more, way).columns({ kind: "sql", sql: "select 1 as n" }, { signal })).rejects.toMatchObject({ name: "WarehouseError", failure: "unreachable", isTemporary: false, message: expect.stringMatching(says) });
      expect(await warehouse(more, way).test(signal)).toMatchObject({ isGood: false, detail: expect.stringMatching(says) });
    }
    const tested = await destination().test(connection(more), signal);
    expect(tested).toMatchObject({ isGood: false, detail: expect.stringMatching(says) });
    const { outcomes } = await send("b", more);
    expect(outcomes).toMatchObject([{ kind: "retry", code: "tls_failed", isOfDestination: true, detail: expect.stringMatching(says) }]);
    expect(JSON.stringify([tested, outcomes])).not.toContain(String(settings["password"]));
  }

  test("certificates of anybody else, and for anything else, are refused, and the reason is told", async () => {
    for (const [more, says] of others) await isRefused(more, says);
    // Nothing is taken for a certificate that is none.
    for (const certificates of ["no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]) {
      expect(destination().check({ ...connection().settings, certificates })).toMatchObject([{ field: "certificates" }]);
      expect(kindOf("postgres").check({ ...settings, certificates })).toMatchObject([{ field: "certificates" }]);
    }
  });

  test("a server without TLS is not spoken to where TLS is asked for, and is where it is not", async () => {
    await server.speaksTls(false);
    await isRefused({}, /speaks no TLS there/);
    expect(await warehouse({ tls: "none" }).test(signal)).toMatchObject({ isGood: true });
    expect((await server.pool.query("select v from sent_by_us")).rows).toEqual([{ v: "a" }]);
  });
});
