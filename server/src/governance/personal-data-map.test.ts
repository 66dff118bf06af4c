import { watch } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { startClickHouse, type ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import { startServer } from "../server.ts";
import { personalDataMap } from "./personal-data-map.ts";

type Columns = Record<string, string[]>;

function declared(engine: "postgres" | "clickhouse"): Columns {
  return Object.fromEntries(
    personalDataMap
      .filter((place) => place.engine === engine)
      .map((place) => [place.name, [...Object.keys(place.personal), ...place.other].toSorted()]),
  );
}

function grouped(rows: readonly { readonly name: string; readonly column: string }[]): Columns {
  const columns: Columns = {};
  for (const row of rows) (columns[row.name] ??= []).push(row.column);
  return Object.fromEntries(Object.entries(columns).map(([name, list]) => [name, list.toSorted()]));
}

describe("the map of personal data", () => {
  let postgres: Postgres & { readonly dataDir: string };
  let clickhouse: ClickHouse;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    // In one data directory, as the server starts them.
    const url = process.env["TEST_CLICKHOUSE_URL"];
    clickhouse = await startClickHouse({ dataDir: postgres.dataDir, logger: quietLogger, ...(url ? { clickhouseUrl: url } : {}) });
  });
  afterAll(async () => {
    await clickhouse.stop();
    await postgres.stop();
  });

  test("decides about every column of every table of Postgres, and about none that is not there", async () => {
    // Partitions have the columns of their parent.
    const { rows } = await postgres.pool("map", 1).query<{ name: string; column: string }>(
      `select c.relname as name, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'm', 'v') and not c.relispartition and
          a.attnum > 0 and not a.attisdropped`,
    );
    expect(declared("postgres")).toEqual(grouped(rows));
  });

  test("decides about every column of every table of ClickHouse, and about none that is not there", async () => {
    const result = await clickhouse
      .client("api")
      .query({ query: "select table, name from system.columns where database = currentDatabase()", format: "JSONEachRow" });
    const rows = await result.json<{ table: string; name: string }>();
    expect(declared("clickhouse")).toEqual(grouped(rows.map(({ table, name }) => ({ name: table, column: name }))));
  });

  test("decides about everything that a server leaves in its data directory, at any moment of its life", async () => {
    const places = new Set(personalDataMap.filter((place) => place.engine === "file").map((place) => place.name));
    const dataDir = await mkdtemp(join(tmpdir(), "trib-map-"));
    const seen = new Set<string>();
    // The directory itself is named, too, when its rights change.
    const look = (_event: string, name: string | null) => void (name !== null && name !== basename(dataDir) && seen.add(name));
    const watcher = watch(dataDir, look);
    try {
      // Logs beyond their limit, so that each is cut at the start.
      for (const name of ["postgres.log", "clickhouse.log"]) await writeFile(join(dataDir, name), Buffer.alloc(12_000_000));
      const server = await startServer({ config: readConfig({ TRIBUTARY_DATA_DIR: dataDir, PORT: "0" }), logger: quietLogger });
      for (const name of await readdir(dataDir)) seen.add(name);
      await server.stop();
      for (const name of await readdir(dataDir)) seen.add(name);
    } finally {
      watcher.close();
      await rm(dataDir, { recursive: true, force: true });
    }
    expect([...seen].filter((name) => !places.has(name))).toEqual([]);
    // What only a full start makes, and only for a moment: else this test looked too early or too late.
    expect([...seen]).toEqual(expect.arrayContaining(["running", "secret", "server.json", "postgres.log.1", "clickhouse.log.1", "postgres.new.password"]));
  });

  test("says for every place how a person's rows are found, exported and erased, and no column is both", () => {
    for (const place of personalDataMap) {
      for (const text of [place.find, place.export, place.erase]) expect(text.length, place.name).toBeGreaterThan(5);
      expect(
        Object.keys(place.personal).filter((column) => place.other.includes(column)),
        place.name,
      ).toEqual([]);
    }
  });
});
