import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger } from "../../core/logger.ts";
import { startTestPostgres } from "../testing.ts";
import { problemOf } from "./database-url.ts";
import { startPostgres, type Postgres } from "./postgres.ts";

const logger = createLogger("silent");
let server: Postgres & { readonly dataDir: string };

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

/** The test server's address as a URL, for a user, a password and a database of choice. */
function urlFor(change: { user?: string; password?: string; database?: string; host?: string } = {}): string {
  const probe = new pg.Client(server.connection);
  const url = new URL("postgresql://x/");
  url.username = change.user ?? probe.user ?? "";
  url.password = change.password ?? probe.password ?? "";
  url.pathname = `/${change.database ?? probe.database ?? ""}`;
  url.hostname = "localhost";
  url.searchParams.set("host", change.host ?? probe.host);
  url.searchParams.set("port", String(probe.port));
  return url.href;
}

function startAt(databaseUrl: string): Promise<Postgres> {
  return startPostgres({ dataDir: server.dataDir, databaseUrl, logger });
}

describe("a Postgres by URL", () => {
  test("is migrated and used, and is not stopped at the end", async () => {
    const postgres = await startAt(urlFor());
    expect(postgres.mode).toBe("url");
    expect((await postgres.pool("test", 1).query("select count(*)::integer as n from profile")).rows).toEqual([{ n: 0 }]);
    await postgres.stop();
    expect((await server.pool("test", 1).query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  });

  test("gives back its connections after one was cut off by the server", async () => {
    const postgres = await startAt(urlFor());
    const pool = postgres.pool("cut off", 1);
    await pool.query("select 1");
    await server.pool("test", 1).query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'tributary cut off'`);
    expect((await pool.query("select 1 as n").catch(() => pool.query("select 1 as n"))).rows).toEqual([{ n: 1 }]);
    await postgres.stop();
  });

  test("that does not answer is refused with what to check", async () => {
    await expect(startAt("postgresql://u:p@127.0.0.1:1/db")).rejects.toMatchObject({
      code: "engine_failed",
      hint: expect.stringContaining("listens"),
    });
    await expect(startAt(urlFor({ host: "/nonexistent" }))).rejects.toMatchObject({
      code: "engine_failed",
      hint: expect.stringContaining("listens"),
    });
  });

  test("whose database does not exist is refused with the statement that makes it", async () => {
    await expect(startAt(urlFor({ database: "nowhere" }))).rejects.toMatchObject({
      code: "engine_failed",
      hint: expect.stringContaining("create database"),
    });
  });

  test("never shows the password in an error", async () => {
    const error: unknown = await startAt(urlFor({ database: "nowhere", password: "hunter2-secret" })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "engine_failed" });
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2-secret");
  });

  test("whose user may not make roles is refused with the SQL to run, and accepted once that was run", async () => {
    const admin = server.pool("admin", 1);
    await admin.query("create database plain_owned");
    const role = `plain_${process.pid}`;
    await admin.query(`create role ${role} login password 'plain'; alter database plain_owned owner to ${role}`);
    const url = urlFor({ user: role, password: "plain", database: "plain_owned" });
    const refusal = await startAt(url).then(() => undefined, (error: unknown) => error);
    expect(refusal).toMatchObject({ code: "engine_failed", hint: expect.stringContaining(`grant tributary_app to "${role}"`) });
    await admin.query(`grant tributary_app to ${role}`);
    const postgres = await startAt(url);
    const client = await postgres.pool("test", 1).connect();
    await client.query("set role tributary_app");
    client.release(true);
    await postgres.stop();
    await admin.query(`drop database plain_owned with (force)`);
    await admin.query(`drop role ${role}`);
  });

  test("with the right to make roles needs no administrator", async () => {
    const admin = server.pool("admin", 1);
    const role = `maker_${process.pid}`;
    await admin.query(`create role ${role} login createrole password 'maker'`);
    await admin.query(`create database maker_owned owner ${role}`);
    const { rows } = await admin.query<{ missing: boolean }>("select to_regrole('tributary_app') is null as missing");
    expect(rows).toEqual([{ missing: false }]);
    const outcome = await startAt(urlFor({ user: role, password: "maker", database: "maker_owned" })).then(
      async (postgres) => void (await postgres.stop()), (error: unknown) => error);
    // From 16 on a maker of roles may only grant those it made itself; then the refusal names the grant.
    if (outcome !== undefined) expect(outcome).toMatchObject({
      code: "engine_failed",
      hint: expect.stringContaining("grant tributary_app"),
    });
    await admin.query("drop database maker_owned with (force)");
    await admin.query(`drop role ${role}`);
  });
});

describe("what is checked of a server", () => {
  const good = {
    version: "18.4", version_number: 180_004, user_name: "tributary", is_readonly: false,
    may_create: true, may_make_role: true, is_utf8: true, is_direct: true,
  };

  test("passes one that has everything", () => {
    expect(problemOf(good)).toBeUndefined();
    expect(problemOf({ ...good, version_number: 150_000 })).toBeUndefined();
  });

  test.each([
    { change: { version: "14.9", version_number: 140_009 }, hint: "Postgres 15 or newer" },
    { change: { is_readonly: true }, hint: "primary" },
    { change: { is_direct: false }, hint: "server's own address" },
    { change: { is_utf8: false }, hint: "encoding 'UTF8'" },
    { change: { may_create: false }, hint: 'grant create, usage on schema public to "tributary"' },
    { change: { may_make_role: false }, hint: 'grant tributary_app to "tributary"' },
  ])("refuses one with $change and says what to do", ({ change, hint }) => {
    expect(problemOf({ ...good, ...change })?.hint).toContain(hint);
  });
});
