// A reader's place in the log. It always lives in Postgres, whichever log is used, because it is committed in the same
// transaction as everything that the reader decided.
import type { ClientBase } from "pg";

export interface ReaderClaim {
  readonly reader: string;
  readonly partition: number;
  /** Raised by every claim. A commit under an older epoch changes nothing and throws: someone else took over. */
  readonly epoch: number;
  readonly nextOffset: number;
  /** The last `now` this reader decided with, in ms; the next is never smaller. */
  readonly nowMs: number;
  /** The number that the reader's next outbox block gets in this partition. */
  readonly nextBlock: number;
}

/** Takes over a reader's place in a partition, at offset 0 if it never read there. Whoever held it can no longer commit. */
export async function claimReader(db: ClientBase, reader: string, partition: number): Promise<ReaderClaim> {
  const { rows } = await db.query<{ next_offset: string; epoch: string; now_ms: string; next_block: string }>(
    `insert into log_offset (reader, partition, epoch) values ($1, $2, 1)
     on conflict (reader, partition) do update set epoch = log_offset.epoch + 1
     returning next_offset, epoch, now_ms, next_block`,
    [reader, partition],
  );
  const row = rows[0]!;
  return {
    reader, partition, epoch: Number(row.epoch), nextOffset: Number(row.next_offset), nowMs: Number(row.now_ms), nextBlock: Number(row.next_block),
  };
}

export class ReaderFenced extends Error {
  constructor(claim: ReaderClaim) {
    super(`Another process reads partition ${claim.partition} as ${claim.reader}; this one stops.`);
    this.name = "ReaderFenced";
  }
}

/** Moves the place forward by compare-and-set, inside the caller's transaction. Throws ReaderFenced, and the caller rolls back. */
export async function commitOffset(
  tx: ClientBase, claim: ReaderClaim, next: { nextOffset: number; nowMs: number; nextBlock: number },
): Promise<ReaderClaim> {
  const result = await tx.query({
    name: "log_offset_move",
    text: `update log_offset set next_offset = $5, now_ms = $6, next_block = $7
      where reader = $1 and partition = $2 and epoch = $3 and next_offset = $4`,
    values: [claim.reader, claim.partition, claim.epoch, claim.nextOffset, next.nextOffset, next.nowMs, next.nextBlock],
  });
  if (result.rowCount !== 1) throw new ReaderFenced(claim);
  return { ...claim, ...next };
}
