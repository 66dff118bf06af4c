import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Pool } from "pg";
import { manualClock } from "../core/clock.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import { createPostgresLog } from "../log/postgres-log.ts";
import { appendBootstrapControls, bootstrap, type BootstrapOptions } from "./bootstrap.ts";
import { createTokenDirectory, hashSecret } from "./tokens.ts";
import { asOwner, createWorkspace, partitionFor, workspaceScopes } from "./workspaces.ts";

describe("the first start", () => {
  let postgres: Postgres;
  let pool: Pool;
  const nowMs = Date.UTC(2026, 0, 1);
  const start = (options: Partial<BootstrapOptions> = {}) => bootstrap({ pool, partitions: 3, nowMs, ...options });
  const count = async (table: string) => Number((await pool.query(`select count(*) from ${table}`)).rows[0].count);

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = postgres.pool("test", 4);
  });
  afterEach(() => pool.query("truncate workspace, source, write_key, api_token, audit_log, pipeline_config, auth_user cascade"));
  afterAll(() => postgres.stop());

  test("makes a workspace, a source, a write key and a token with all scopes, and gives the secrets once", async () => {
    const made = await start();
    expect(made).toMatchObject({
      isFirstStart: true,
      partition: partitionFor("default", 3),
      controls: [{ kind: "workspace.set" }, { kind: "source.set", sourceId: made.sourceId }],
    });
    expect(made.print.writeKey).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(made.print.apiToken).toMatch(/^trib_api_[A-Za-z0-9]{32}$/);
    expect(await createTokenDirectory(pool).find(made.print.apiToken ?? "", nowMs)).toMatchObject({
      workspaceId: made.workspaceId,
      scopes: ["read", "write", "admin", "personal_data", "service", "installation"],
    });
    expect(
      (
        await pool.query("select s.slug, k.revoked_at from write_key k join source s on s.id = k.source_id where key_hash = $1", [
          hashSecret(made.print.writeKey ?? ""),
        ])
      ).rows,
    ).toEqual([{ slug: "website", revoked_at: null }]);
    const again = await start();
    expect(again).toMatchObject({ isFirstStart: false, print: {}, workspaceId: made.workspaceId, sourceId: made.sourceId });
  });

  test("two starts at once make one of each, and only one prints", async () => {
    // Connections that are open already, so that none of the three has a head start.
    await Promise.all([1, 2, 3].map(() => pool.query("select pg_sleep(0.05)")));
    const both = await Promise.all([start(), start(), start()]);
    expect(both.filter((made) => made.isFirstStart)).toHaveLength(1);
    expect(both.filter((made) => made.print.apiToken !== undefined)).toHaveLength(1);
    for (const table of ["workspace", "source", "write_key", "api_token", "auth_user", "auth_account", "member"]) expect(await count(table), table).toBe(1);
  });

  test("takes the operator's secrets, prints none of them, and makes no others", async () => {
    const given = {
      writeKey: "dev-write-key", apiToken: "dev-api-token-0123", adminEmail: "boss@example.com", adminPassword: "dev-password",
    };
    expect((await start(given)).print).toEqual({});
    expect((await start(given)).print).toEqual({});
    expect(await count("write_key")).toBe(1);
    expect(await count("api_token")).toBe(1);
    expect(await createTokenDirectory(pool).find(given.apiToken, nowMs)).toBeDefined();
    await start({ ...given, writeKey: "another-write-key" });
    expect(await count("write_key")).toBe(2);
  });

  test("refuses a secret that is short, revoked or another workspace's", async () => {
    await expect(start({ apiToken: "short" })).rejects.toMatchObject({ code: "invalid_config" });
    await expect(start({ writeKey: "short" })).rejects.toMatchObject({ code: "invalid_config" });
    expect(await count("workspace")).toBe(0);
    const { workspaceId } = await start({ writeKey: "dev-write-key", apiToken: "dev-api-token-0123" });
    await pool.query("update write_key set revoked_at = now()");
    await expect(start({ writeKey: "dev-write-key" })).rejects.toThrow("TRIBUTARY_WRITE_KEY was revoked");
    const token = { name: "theirs", scopes: workspaceScopes };
    const { workspace: other } = await asOwner(pool, (db) => createWorkspace(db, { name: "Other", partitions: 3, token }));
    await pool.query("update api_token set workspace_id = $1 where workspace_id = $2", [other.id, workspaceId]);
    await expect(start({ apiToken: "dev-api-token-0123" })).rejects.toThrow("TRIBUTARY_API_TOKEN belongs to another workspace");
  });

  test("makes an owner who may act for the installation, and prints their password once", async () => {
    const made = await start();
    expect(made.print.owner).toEqual({ email: "owner@localhost.localdomain", password: expect.stringMatching(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/) });
    const owners = await pool.query("select u.email, u.is_operator, m.workspace_id, m.role, m.by_whom from member m join auth_user u on u.id = m.account_id");
    expect(owners.rows).toEqual([
      { email: "owner@localhost.localdomain", is_operator: true, workspace_id: made.workspaceId, role: "owner", by_whom: "system" },
    ]);
    const { rows } = await pool.query("select password from auth_account");
    expect(rows[0].password).not.toContain(made.print.owner?.password);
    expect((await start()).print).toEqual({});
  });

  test("makes an owner of the given address at a later start, and leaves one that is there as it is", async () => {
    await start();
    const given = { adminEmail: "Boss@Example.com", adminPassword: "dev-password" };
    expect((await start(given)).print).toEqual({});
    const read = async () => (await pool.query("select u.email, m.role, a.password from auth_user u join member m on m.account_id = u.id join auth_account a on a.user_id = u.id where email like 'boss%'")).rows;
    const before = await read();
    expect(before).toMatchObject([{ email: "boss@example.com", role: "owner" }]);
    await pool.query("update member set role = 'viewer' where account_id = (select id from auth_user where email = 'boss@example.com')");
    await start({ ...given, adminPassword: "another password" });
    expect(await read()).toEqual([{ ...before[0], role: "viewer" }]);
    // With no owner at all there is nobody who could make one.
    await pool.query("update member set role = 'viewer'");
    expect((await start(given)).print).toEqual({});
    expect(await read()).toEqual(before);
    expect((await start({ adminEmail: "second@example.com" })).print.owner).toEqual({ email: "second@example.com", password: expect.any(String) });
  });

  test("leaves the settings to the log as control records until they are in force", async () => {
    const made = await start();
    const log = await createPostgresLog({ pool, partitions: 3, clock: manualClock(nowMs), logger: quietLogger });
    await appendBootstrapControls(log, made, nowMs);
    const [chunk] = await log.read(made.partition, 0, 1_000_000);
    expect(chunk?.records[0]?.header).toMatchObject({
      kind: "control",
      workspaceId: made.workspaceId,
      actor: "system",
      action: { kind: "workspace.set" },
    });
    await log.close();
    expect((await start()).controls).toHaveLength(2);
    await pool.query("insert into pipeline_config (workspace_id, settings, row_id) values ($1, '{}', 0)", [made.workspaceId]);
    expect((await start()).controls).toEqual([]);
  });
});
