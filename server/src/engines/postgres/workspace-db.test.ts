import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { startTestPostgres } from "../testing.ts";
import { createWorkspaceDb, type Postgres, type WorkspaceDb } from "./postgres.ts";

let postgres: Postgres;
let owner: pg.Pool;
let db: WorkspaceDb;
let ours: number;
let theirs: number;

beforeAll(async () => {
  postgres = await startTestPostgres();
  owner = postgres.pool("owner", 2);
  // One connection, so that every change of workspace happens on the same one.
  db = createWorkspaceDb(postgres, { max: 1 });
  const { rows } = await owner.query<{ id: number }>(`insert into workspace (slug, name, log_partition)
    values ('ours', 'Ours', 0), ('theirs', 'Theirs', 0) returning id`);
  [ours, theirs] = rows.map(({ id }) => id) as [number, number];
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  await owner.query("delete from source");
  await owner.query(`insert into source (workspace_id, slug, name, kind)
    values ($1, 'website', 'A', 'website'), ($2, 'website', 'B', 'website')`, [ours, theirs]);
});

async function namesSeenBy(workspaceId: number): Promise<string[]> {
  const { rows } = await db.run(workspaceId, (client) => client.query<{ name: string }>("select name from source"));
  return rows.map(({ name }) => name);
}

describe("a workspace's database", () => {
  test("shows each workspace its own rows, on the same connection in turn", async () => {
    expect(await namesSeenBy(ours)).toEqual(["A"]);
    expect(await namesSeenBy(theirs)).toEqual(["B"]);
    expect(await namesSeenBy(ours)).toEqual(["A"]);
    expect((await db.run(theirs, (client) => client.query("select slug from workspace"))).rows).toEqual([{ slug: "theirs" }]);
  });

  test("updates and deletes no row of another workspace", async () => {
    const updated = await db.run(ours, (client) => client.query("update source set name = 'C'"));
    expect(updated.rowCount).toBe(1);
    const deleted = await db.run(ours, (client) => client.query("delete from source where workspace_id = $1", [theirs]));
    expect(deleted.rowCount).toBe(0);
    expect((await owner.query("select name from source order by name")).rows).toEqual([{ name: "B" }, { name: "C" }]);
  });

  test("refuses to insert a row for another workspace or to move one there", async () => {
    const insert = "insert into source (workspace_id, slug, name, kind) values ($1, 'x', 'X', 'server')";
    for (const statement of [insert, "update source set workspace_id = $1"]) {
      await expect(db.run(ours, (client) => client.query(statement, [theirs]))).rejects.toThrow("row-level security");
    }
  });

  test("hides rows after an error inside a transaction, and undoes that transaction", async () => {
    await expect(db.transaction(ours, async (client) => {
      await client.query("update source set name = 'changed'");
      await client.query("select 1/0");
    })).rejects.toThrow("division by zero");
    expect(await namesSeenBy(theirs)).toEqual(["B"]);
    expect(await namesSeenBy(ours)).toEqual(["A"]);
  });

  test("says so when a transaction could not commit because a failed statement was ignored", async () => {
    await expect(db.transaction(ours, async (client) => {
      await client.query("update source set name = 'changed'");
      await client.query("select 1/0").catch(() => {});
    })).rejects.toThrow("rolled back");
    expect(await namesSeenBy(ours)).toEqual(["A"]);
  });

  test("does not hand on a connection that was left inside a transaction", async () => {
    await db.run(ours, (client) => client.query("begin"));
    expect(await namesSeenBy(theirs)).toEqual(["B"]);
    await db.transaction(theirs, async (client) => void (await client.query("rollback"))).catch(() => {});
    expect(await namesSeenBy(ours)).toEqual(["A"]);
  });

  test("commits what a transaction returns from", async () => {
    const { rows } = await db.transaction(ours, (client) => client.query("update source set name = 'D' returning name"));
    expect(rows).toEqual([{ name: "D" }]);
    expect(await namesSeenBy(ours)).toEqual(["D"]);
  });

  test("works as a role that owns nothing and sees nothing without a workspace", async () => {
    const statement = "select current_user, current_setting('tributary.workspace') as workspace";
    const { rows } = await db.run(ours, (client) => client.query(statement));
    expect(rows).toEqual([{ current_user: "tributary_app", workspace: String(ours) }]);
    await expect(db.run(ours, (client) => client.query("drop table source"))).rejects.toThrow("must be owner");
    await expect(db.run(ours, (client) => client.query("select * from log_chunk"))).rejects.toThrow("permission denied");
    const client = await owner.connect();
    await client.query("set role tributary_app");
    expect((await client.query("select * from source")).rows).toEqual([]);
    client.release(true);
  });

  test.each([0, -1, 1.5, Number.NaN])("does not run for %s, which is no workspace", async (workspaceId) => {
    await expect(db.run(workspaceId, (client) => client.query("select 1"))).rejects.toThrow("workspace id");
  });

  test("keeps workspaces apart when many work at the same time on few connections", async () => {
    const shared = createWorkspaceDb(postgres, { max: 3 });
    const seen = await Promise.all(Array.from({ length: 60 }, async (_, index) => {
      const workspaceId = index % 2 === 0 ? ours : theirs;
      const { rows } = await shared.run(workspaceId, (client) => client.query<{ workspace_id: number }>("select workspace_id from source"));
      return rows.every((row) => row.workspace_id === workspaceId) && rows.length === 1;
    }));
    expect(seen.every(Boolean)).toBe(true);
    await shared.end();
  });
});
