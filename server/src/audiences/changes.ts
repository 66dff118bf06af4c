// Who entered and left, as a stream: for everything that acts on memberships. Rows come in the order in which they were decided,
// block by block; whoever reads keeps the block at which it goes on.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Pool } from "pg";
import { audienceLandedBefore, firstBlocks, type AudienceLogRow } from "../pipeline/outbox/audience-outbox.ts";

export interface MembershipChange extends AudienceLogRow {
  /** Greater than that of every earlier change of its log partition. */
  readonly seq: number;
}

export interface ChangesRead {
  readonly changes: readonly MembershipChange[];
  /** Where to go on; the same as before when nothing has landed. */
  readonly nextBlock: number;
}

/** Blocks of one read; each holds as many changes as one commit made, or a part of them. */
const BLOCKS_AT_ONCE = 1_000;

/** What landed from this of audiences' own blocks on; 0 begins with the first. */
export async function readMembershipChanges(
  deps: { readonly pool: Pool; readonly clickhouse: ClickHouseClient }, partition: number, fromBlock: number,
): Promise<ChangesRead> {
  const first = Math.max(fromBlock, firstBlocks(partition).audiences);
  const beforeBlock = Math.min(await audienceLandedBefore(deps.pool, partition), first + BLOCKS_AT_ONCE);
  if (beforeBlock <= first) return { changes: [], nextBlock: first };
  const result = await deps.clickhouse.query({
    query: `select workspace_id as workspaceId, audience_id as audienceId, toString(profile_id) as profileId, toUnixTimestamp64Milli(at) as atMs,
        entered = 1 as entered, reason, cause_row as causeRow, version, seq
      from audience_log where block_id >= {from:UInt64} and block_id < {before:UInt64} order by seq`,
    query_params: { from: first, before: beforeBlock }, format: "JSONEachRow",
  });
  const rows = await result.json<Omit<MembershipChange, "entered"> & { readonly entered: number | boolean }>();
  return { changes: rows.map((row) => ({ ...row, entered: Boolean(row.entered) })), nextBlock: beforeBlock };
}
