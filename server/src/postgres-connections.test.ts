import { expect, test } from "vitest";
import { EMBEDDED_CONNECTIONS_MAX } from "./engines/postgres/postgres.ts";
import { connectionsMax } from "./postgres-connections.ts";

test("the embedded Postgres takes all connections that a server may open, however many partitions it has, and some of backups and `psql`", () => {
  expect([connectionsMax(4), connectionsMax(256)], "as docs/configuration.md says").toEqual([94, 172]);
  for (const partitions of [1, 4, 256]) expect(connectionsMax(partitions) + 10).toBeLessThan(EMBEDDED_CONNECTIONS_MAX);
});
