// Where the evaluator stands in a log partition. Whoever begins raises the epoch; each of its transactions names it, so of two
// evaluators only the later one writes. `now` never goes back: not within one evaluator, nor from one to the next.
import type { ClientBase, Pool } from "pg";
import { firstBlocks } from "../pipeline/outbox/audience-outbox.ts";

export interface Place {
  readonly partition: number;
  readonly epoch: number;
  /** The first block of the pipeline that was not read. */
  readonly blockId: number;
  /** The first block of audiences' own in which no member of a list was looked for. */
  readonly listBlockId: number;
  readonly nowMs: number;
}

export class EvaluatorFenced extends Error {
  constructor({ partition }: Place) {
    super(`Another process evaluates the audiences of partition ${partition}; this one stops.`);
    this.name = "EvaluatorFenced";
  }
}

interface PlaceRow {
  readonly epoch: string;
  readonly block_id: string;
  readonly list_block_id: string;
  readonly now_ms: string;
}

/** Takes a partition over. */
export async function claimPlace(pool: Pool, partition: number): Promise<Place> {
  const { rows } = await pool.query<PlaceRow>(
    `insert into audience_place as p (partition, epoch) values ($1, 1) on conflict (partition) do update set epoch = p.epoch + 1
     returning epoch, block_id, list_block_id, now_ms`, [partition],
  );
  const row = rows[0]!; // Made or changed.
  const first = firstBlocks(partition);
  return {
    partition, epoch: Number(row.epoch), nowMs: Number(row.now_ms),
    blockId: Math.max(first.pipeline, Number(row.block_id)), listBlockId: Math.max(first.audiences, Number(row.list_block_id)),
  };
}

/** Within the caller's transaction, which from here on holds the partition's lock. Throws EvaluatorFenced, and nothing may stand. */
export async function movePlace(tx: ClientBase, place: Place, next: Pick<Place, "blockId" | "listBlockId" | "nowMs">): Promise<Place> {
  const { rowCount } = await tx.query({
    name: "audience-place-move",
    text: "update audience_place set block_id = $3, list_block_id = $4, now_ms = $5 where partition = $1 and epoch = $2",
    values: [place.partition, place.epoch, next.blockId, next.listBlockId, next.nowMs],
  });
  if (rowCount !== 1) throw new EvaluatorFenced(place);
  return { ...place, ...next };
}
