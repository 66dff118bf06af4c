import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../../core/logger.ts";
import { startTestPostgres } from "../testing.ts";
import { migrate, readMigrations, type Migration } from "./migrate.ts";
import type { Postgres } from "./postgres.ts";

const logger = createLogger("silent");
const first: Migration = { version: 1, name: "first", sql: "create table one (n integer)" };
const second: Migration = { version: 2, name: "second", sql: "alter table one add m integer; insert into one values (1, 2)" };

let postgres: Postgres;
let client: pg.PoolClient;

beforeAll(async () => {
  postgres = await startTestPostgres();
  client = await postgres.pool("test", 4).connect();
});
afterAll(async () => {
  client.release();
  await postgres.stop();
});

describe("migrations of our own", () => {
  test("can be run again, each file from its first statement, and change nothing", async () => {
    const shape = async (): Promise<unknown> => (await client.query(`select table_name, column_name, data_type
      from information_schema.columns where table_schema = 'public' and table_name <> 'schema_version' order by 1, 2`)).rows;
    const before = await shape();
    const migrations = await readMigrations();
    await migrate(client, migrations, logger);
    await client.query("delete from schema_version");
    await migrate(client, migrations, logger);
    expect(await shape()).toEqual(before);
    const { rows } = await client.query("select version, name from schema_version order by version");
    expect(rows).toEqual(migrations.map(({ version, name }) => ({ version, name })));
  });

  test("put every table with a workspace_id, except internal ones, under row-level security", async () => {
    const { rows } = await client.query<{ name: string }>(`select c.relname as name
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attname = 'workspace_id'
        and not c.relrowsecurity and has_table_privilege('tributary_app', c.oid, 'select, insert, update, delete')`);
    expect(rows).toEqual([]);
  });
});

describe("the runner", () => {
  beforeEach(async () => {
    await client.query("drop schema if exists trial cascade; create schema trial; set search_path to trial");
  });

  test("applies each file once, in order, and only what is missing", async () => {
    await migrate(client, [first], logger);
    await migrate(client, [first, second], logger);
    await migrate(client, [first, second], logger);
    expect((await client.query("select n, m from one")).rows).toEqual([{ n: 1, m: 2 }]);
  });

  test("applies each file once when two programs start at the same moment", async () => {
    const other = await postgres.pool("other", 1).connect();
    await other.query("set search_path to trial");
    await Promise.all([migrate(client, [first, second], logger), migrate(other, [first, second], logger)]);
    other.release();
    expect((await client.query("select n, m from one")).rows).toEqual([{ n: 1, m: 2 }]);
  });

  test("leaves nothing of a file that fails", async () => {
    const broken: Migration = { version: 2, name: "broken", sql: "alter table one add m integer; select 1/0" };
    await expect(migrate(client, [first, broken], logger)).rejects.toThrow("division by zero");
    expect((await client.query("select version from schema_version")).rows).toEqual([{ version: 1 }]);
    await migrate(client, [first, second], logger);
  });

  test("refuses data of a newer program and changes nothing", async () => {
    await migrate(client, [first, second], logger);
    const older: readonly Migration[] = [first];
    await expect(migrate(client, older, logger)).rejects.toMatchObject({
      code: "newer_data",
      message: expect.stringMatching(/version 2.*up to 1/),
    });
    expect((await client.query("select version from schema_version order by 1")).rows).toEqual([{ version: 1 }, { version: 2 }]);
  });
});
