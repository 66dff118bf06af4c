import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Pool } from "pg";
import { startTestPostgres } from "../../engines/testing.ts";
import { READER } from "../sequencer.ts";
import { blockIdOf } from "./block-builder.ts";
import { landing } from "./landed-before.ts";

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let pool: Pool;

beforeAll(async () => {
  postgres = await startTestPostgres();
  pool = postgres.pool("test", 2);
});
afterAll(() => postgres?.stop());
beforeEach(() => pool.query("delete from ch_outbox"));

/** One batch's blocks of a partition. */
async function batch(partition: number, numbers: readonly number[]): Promise<void> {
  await pool.query(
    `insert into ch_outbox (block_id, partition, kind, table_name, statement, schema_version, rows, counts) select unnest($1::bigint[]), $2, 'insert', 'events', '', 1, 1, '[]'`,
    [numbers.map((number) => blockIdOf(partition, number)), partition],
  );
  await pool.query(
    "insert into log_offset (reader, partition, next_offset, next_block) values ($1, $2, 0, $3) on conflict (reader, partition) do update set next_block = excluded.next_block",
    [READER, partition, Math.max(...numbers) + 1],
  );
}

const sent = (partition: number, ...numbers: readonly number[]): Promise<unknown> =>
  pool.query("update ch_outbox set sent_at = now() where block_id = any($1::bigint[])", [numbers.map((number) => blockIdOf(partition, number))]);

test("what has landed ends with whole batches, in whatever order their blocks land", async () => {
  await batch(0, [90, 91]);
  await batch(1, [10, 11]);
  await batch(1, [12, 13, 14]);
  await batch(1, [15]);
  const at = async (): Promise<readonly [landed: number, whole: number]> => {
    const { landedBefore, wholeBefore } = await landing(pool, 1);
    return [landedBefore - blockIdOf(1, 0), Math.max(-1, wholeBefore - blockIdOf(1, 0))];
  };
  expect(await at(), "nothing").toEqual([10, -1]);
  await sent(1, 10, 12, 15);
  expect(await at(), "events of all, and of nobody the snapshot").toEqual([11, -1]);
  await sent(1, 11);
  expect(await at(), "the first batch, and a part of the second").toEqual([13, 12]);
  await sent(1, 14);
  expect(await at()).toEqual([13, 12]);
  await sent(1, 13);
  expect(await at(), "all that was decided").toEqual([16, 16]);
  await batch(1, [16, 17]);
  expect(await at(), "the next batch has not landed").toEqual([16, 16]);
  await pool.query("delete from ch_outbox where sent_at is not null");
  expect(await at(), "what came before is forgotten").toEqual([16, -1]);
});
