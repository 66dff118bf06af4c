// Rows of the log of memberships, as delivery reads them: of one audience, in the order in which they were decided.
import type { ClickHouseClient } from "@clickhouse/client";
import type { MembershipTold } from "./consent-feed.ts";

export interface MembershipRow extends MembershipTold {
  readonly blockId: number;
}

export interface OfAudience {
  readonly clickhouse: ClickHouseClient;
  readonly workspaceId: number;
  readonly audienceId: number;
}

const SETTINGS = { max_threads: 1 } as const;
const COLUMNS = "toString(profile_id) as profileId, toUnixTimestamp64Milli(at) as atMs, entered = 1 as entered, reason, seq, block_id as blockId";
export const OF_AUDIENCE = "workspace_id = {workspace:UInt32} and audience_id = {audience:UInt32}";

export async function askLog<Row>({ clickhouse, workspaceId, audienceId }: OfAudience, query: string, params: Readonly<Record<string, unknown>> = {}): Promise<Row[]> {
  const result = await clickhouse.query({ query, query_params: { workspace: workspaceId, audience: audienceId, ...params }, format: "JSONEachRow", clickhouse_settings: SETTINGS });
  return result.json<Row>();
}

async function askRows(of: OfAudience, query: string, params: Readonly<Record<string, unknown>>): Promise<MembershipRow[]> {
  const rows = await askLog<Omit<MembershipRow, "entered"> & { readonly entered: number | boolean }>(of, query, params);
  return rows.map((row) => ({ ...row, entered: Boolean(row.entered) }));
}

/** By their numbers. */
export function readRows(of: OfAudience, seqs: readonly number[]): Promise<MembershipRow[]> {
  return askRows(of, `select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and seq in {seqs:Array(UInt64)} order by seq`, { seqs });
}

/** What stands in these blocks, about `rowsMax` rows of it; a block is never cut. */
export async function readBlocks(of: OfAudience, fromBlock: number, beforeBlock: number, rowsMax: number): Promise<{ readonly rows: readonly MembershipRow[]; readonly nextBlock: number }> {
  const read = (from: number, before: number, limit: string): Promise<MembershipRow[]> =>
    askRows(of, `select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and block_id >= {from:UInt64} and block_id < {before:UInt64} order by seq ${limit}`, { from, before });
  const rows = await read(fromBlock, beforeBlock, `limit ${rowsMax}`);
  const [first, last] = [rows[0]?.blockId ?? 0, rows.at(-1)?.blockId ?? 0];
  if (rows.length < rowsMax) return { rows, nextBlock: beforeBlock };
  if (first === last) return { rows: await read(first, first + 1, ""), nextBlock: first + 1 };
  return { rows: rows.filter(({ blockId }) => blockId < last), nextBlock: last };
}

/** Those who are in it by the rows for which `where` holds, from a number on: the first row of all has the number 0. */
export function readLastRows(of: OfAudience, where: string, params: Readonly<Record<string, unknown>>, fromSeq: number, rowsMax: number): Promise<MembershipRow[]> {
  return askRows(
    of, `select * from (select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and ${where} order by seq desc limit 1 by profile_id) where entered and seq >= {after:UInt64} order by seq limit ${rowsMax}`,
    { ...params, after: fromSeq },
  );
}

/** Whose going is not to wait. */
export function readDeletions(of: OfAudience, fromBlock: number, beforeBlock: number): Promise<MembershipRow[]> {
  return askRows(
    of, `select ${COLUMNS} from audience_log where ${OF_AUDIENCE} and block_id >= {from:UInt64} and block_id < {before:UInt64} and entered = 0 and reason = 'deletion' order by seq`,
    { from: fromBlock, before: beforeBlock },
  );
}
