import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { asOwner, createWorkspace, findWorkspace, partitionFor, workspaceScopes, WORKSPACES_MAX } from "./workspaces.ts";

const PARTITIONS = 4;
let postgres: Postgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 8);
});
afterEach(() => pool.query("truncate workspace, source, write_key, api_token cascade"));
afterAll(() => postgres?.stop());

const make = (name: string, slug?: string) =>
  asOwner(pool, (db) =>
    createWorkspace(db, { name, partitions: PARTITIONS, token: { name: "first", scopes: workspaceScopes }, ...(slug === undefined ? {} : { slug }) }),
  );

test("many made at once by several processes get a slug each, and no partition has two more than another", async () => {
  await Promise.all(Array.from({ length: 8 }, () => pool.query("select pg_sleep(0.05)"))); // All connections are open.
  const made = await Promise.all(Array.from({ length: 18 }, () => make("Same")));
  expect(new Set(made.map(({ workspace }) => workspace.slug)).size).toBe(18);
  const counts = Array.from({ length: PARTITIONS }, (_, partition) => made.filter(({ workspace }) => workspace.partition === partition).length);
  expect(counts.toSorted()).toEqual([4, 4, 5, 5]);
});

test("a workspace takes its slug's own partition while all have as many, and the next free one after it", async () => {
  const own = partitionFor("alone", PARTITIONS);
  expect((await make("Alone")).workspace.partition).toBe(own);
  const rest = [];
  for (let i = 0; i < 3; i++) rest.push((await make(`Next ${i}`)).workspace.partition);
  expect([own, ...rest].toSorted()).toEqual([0, 1, 2, 3]);
});

test("one that ends at the limit is refused, and nothing of it is left", async () => {
  await pool.query("insert into workspace (slug, name, log_partition) select 'w' || n, 'W', 0 from generate_series(2, $1) n", [WORKSPACES_MAX]);
  expect((await make("Last")).workspace.slug).toBe("last");
  await expect(make("One more")).rejects.toMatchObject({ code: "limit_reached", message: expect.stringContaining(String(WORKSPACES_MAX)) });
  expect((await pool.query("select count(*)::int as n from source")).rows).toEqual([{ n: 1 }]);
  expect(await findWorkspace(pool, "one-more")).toBeUndefined();
});

test("names that are long, or of digits, or of no letter that a slug can hold, get slugs that can be found", async () => {
  const long = "x".repeat(200);
  for (const name of [long, long, long, "2027", "2027", "…", "…", `${"9".repeat(70)}`]) {
    const { workspace } = await make(name);
    expect(workspace.slug).toMatch(/^(?!\d+$)[a-z0-9][a-z0-9-]{0,62}$/);
    expect(await findWorkspace(pool, workspace.slug)).toEqual(workspace);
    expect(await findWorkspace(pool, String(workspace.id))).toEqual(workspace);
  }
  expect((await pool.query("select slug from workspace where slug not like 'x%' order by id")).rows.map(({ slug }) => slug)).toEqual([
    "workspace-2027", "workspace-2027-2", "workspace", "workspace-2", `workspace-${"9".repeat(53)}`,
  ]);
});
