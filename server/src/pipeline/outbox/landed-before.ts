// Up to where the event table has everything, for readers that follow it. One statement, so that its parts are of one moment: a
// commit makes blocks and moves the number of the next one together.
import type { Pool } from "pg";
import { READER } from "../sequencer.ts";
import { blockIdOf } from "./block-builder.ts";

export interface Landing {
  /** Every block of the partition below this one has landed, or is set aside. */
  readonly landedBefore: number;
  /** The same, at the end of a batch; 0 where none is known. */
  readonly wholeBefore: number;
}

/**
 * Blocks of one batch are made in one transaction, and so at one time: a batch ends where, going back from the first block that has not
 * landed, a block is of another time. Where the outbox has forgotten everything before that block, it says itself when it has landed.
 */
export async function landing(pool: Pool, partition: number): Promise<Landing> {
  const { rows } = await pool.query<{ unsent: string | null; whole: string | null; next: string }>({
    name: "landed-before",
    text: `select first.block_id as unsent, coalesce((select next_block from log_offset where reader = $2 and partition = $1), 0) as next,
        (select b.block_id + 1 from ch_outbox b where b.partition = $1 and b.block_id >= $3 and b.block_id < first.block_id and b.created_at <> first.created_at order by b.block_id desc limit 1) as whole
      from (values (1)) as one left join lateral (select block_id, created_at from ch_outbox where partition = $1 and sent_at is null order by block_id limit 1) as first on true`,
    values: [partition, READER, blockIdOf(partition, 0)],
  });
  const [row] = rows;
  const decidedBefore = blockIdOf(partition, Number(row?.next ?? 0));
  return row?.unsent == null ? { landedBefore: decidedBefore, wholeBefore: decidedBefore } : { landedBefore: Number(row.unsent), wholeBefore: Number(row.whole ?? 0) };
}

/** Every block of the partition below this one has landed, or is set aside. */
export async function landedBefore(pool: Pool, partition: number): Promise<number> {
  return (await landing(pool, partition)).landedBefore;
}
