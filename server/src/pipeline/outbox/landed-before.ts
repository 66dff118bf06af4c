// Up to where the event table has everything, for readers that follow it. One statement, so that its parts are of one moment: a
// commit makes blocks and moves the number of the next one together.
import type { Pool } from "pg";
import { READER } from "../sequencer.ts";
import { blockIdOf } from "./block-builder.ts";

export interface Landing {
  /** Every block of the partition below this one has landed, or is set aside. */
  readonly landedBefore: number;
  /** The block that comes next: here ends what was decided by now, which is whole batches. */
  readonly decidedBefore: number;
}

export async function landing(pool: Pool, partition: number): Promise<Landing> {
  const { rows } = await pool.query<{ unsent: string | null; next: string }>({
    name: "landed-before",
    text: `select (select min(block_id) from ch_outbox where partition = $1 and sent_at is null) as unsent,
      coalesce((select next_block from log_offset where reader = $2 and partition = $1), 0) as next`,
    values: [partition, READER],
  });
  const [row] = rows;
  const decidedBefore = blockIdOf(partition, Number(row?.next ?? 0));
  return { decidedBefore, landedBefore: row?.unsent == null ? decidedBefore : Number(row.unsent) };
}

/** Every block of the partition below this one has landed, or is set aside. */
export async function landedBefore(pool: Pool, partition: number): Promise<number> {
  return (await landing(pool, partition)).landedBefore;
}
