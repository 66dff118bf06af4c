// When imports were withdrawn, as the event table tells: in a rebuild the table is as it was left in the end, so a row that
// is marked as withdrawn counted still until the control record that withdrew it.
import type { ClickHouseClient } from "@clickhouse/client";
import { controlHeader } from "@tributary/schema/log-record.ts";

/** Import → the positions of its withdrawals, in order. */
export type Withdrawals = ReadonlyMap<number, readonly number[]>;

export async function readWithdrawals(clickhouse: ClickHouseClient, workspaceId: number): Promise<Withdrawals> {
  const result = await clickhouse.query({
    query: `select toString(row_id) as position, envelope from events
      where workspace_id = {workspace:UInt32} and event = 'import.withdraw' and outcome = 'control' order by row_id`,
    query_params: { workspace: workspaceId },
    format: "JSONEachRow",
  });
  const withdrawals = new Map<number, number[]>();
  for (const row of await result.json<{ position: string; envelope: string }>()) {
    const { action } = controlHeader.parse(JSON.parse(row.envelope));
    if (action.kind !== "import.withdraw") continue;
    const positions = withdrawals.get(action.importId);
    if (positions) positions.push(Number(row.position));
    else withdrawals.set(action.importId, [Number(row.position)]);
  }
  return withdrawals;
}

/** Imports that are withdrawn at or after a position: before it, rows marked as withdrawn may still count. */
export function withdrawnLater(withdrawals: Withdrawals, position: number): number[] {
  return [...withdrawals].filter(([, positions]) => positions.some((at) => at >= position)).map(([importId]) => importId);
}

/** The last withdrawal of an import before a position: its rows up to there are set aside by then. -1: there is none. */
export function lastWithdrawal(withdrawals: Withdrawals, importId: number, position: number): number {
  return withdrawals.get(importId)?.findLast((at) => at < position) ?? -1;
}
