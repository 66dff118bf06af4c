// What the removal of a workspace waits for, and who can help when ClickHouse refuses it. That everything goes, through kills too, is
// shown in demo-shop.test.ts.
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../server/src/core/clock.ts";
import { createWorkspaceDb, type Postgres } from "../server/src/engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "../server/src/engines/testing.ts";
import { createPostgresLog, type PostgresLog } from "../server/src/log/postgres-log.ts";
import { asOwner, askRemoval, createRemovals, createWorkspace, workspaceScopes } from "../server/src/governance/governance.ts";
import { putStatementAside } from "../server/src/pipeline/outbox/refused.ts";

const PARTITION = 0;
let postgres: Postgres;
let pool: Pool;
let log: PostgresLog;
beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 4);
  log = await createPostgresLog({ pool, partitions: 1, clock: systemClock, logger: quietLogger });
});
afterAll(async () => {
  await log?.close();
  await postgres?.stop();
});

test("it is not done while ClickHouse could not be told to remove its rows; every workspace sees that, and can have it sent again", async () => {
  const make = (name: string) => asOwner(pool, (db) => createWorkspace(db, { name, partitions: 1, token: { name: "first", scopes: workspaceScopes } }));
  const [{ workspace: { id } }, { workspace: stays }] = [await make("Goes"), await make("Stays")];
  await asOwner(pool, (db) => askRemoval(db, id, null));
  await pool.query("update removed_workspace set row_id = 1, blocks_below = 10 where workspace_id = $1", [id]);
  const refuse = (blockId: number, statement: string) => putStatementAside(pool, { blockId, table: "events", statement }, PARTITION, new Error("no disk"));
  await refuse(7, `ALTER TABLE events DELETE WHERE workspace_id = ${id} AND timestamp < 1`);
  await refuse(9, `ALTER TABLE events DELETE WHERE workspace_id = ${id}`);
  const removals = createRemovals({ pool, log, clock: systemClock });
  const done = async (): Promise<boolean> => {
    while (await removals.advance());
    return (await pool.query("select from removed_workspace where workspace_id = $1 and done_at is not null", [id])).rowCount === 1;
  };
  expect(await done()).toBe(false);
  const workspaceDb = createWorkspaceDb(postgres, { max: 1 });
  const { rows } = await workspaceDb.run(stays.id, (db) => db.query<{ block_id: string }>("select block_id from ch_refused where status = 'open'"));
  await workspaceDb.end();
  // What only changed rows of the workspace that goes is nobody's any more.
  expect(rows).toEqual([{ block_id: "9" }]);
  await pool.query("update ch_refused set status = 'landed' where block_id = 9");
  expect(await done()).toBe(true);
});
