// Control records that the program asks of itself: upkeep that must stand in order with events and changes by hand.
import type { Pool } from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { EventLog } from "../log/log.ts";

export interface SystemControlDeps {
  readonly pool: Pool;
  readonly log: EventLog;
  /** Name of the pipeline's place in the log. */
  readonly reader: string;
}

/** Where a record stands that was asked for. */
export interface AskedRecord {
  readonly partition: number;
  readonly offset: number;
}

/** Undefined when there is no such workspace. */
export async function askSystem({ pool, log }: SystemControlDeps, workspaceId: number, action: ControlAction, nowMs: number): Promise<AskedRecord | undefined> {
  const { rows } = await pool.query<{ log_partition: number }>(`select log_partition from workspace where id = $1`, [workspaceId]);
  const partition = rows[0]?.log_partition;
  if (partition === undefined) return undefined;
  const { offset } = await log.append(partition, {
    header: { kind: "control", workspaceId, receivedAtMs: nowMs, actor: "system", action }, events: [],
  });
  return { partition, offset };
}

/** Decided, and what it changes has been made. */
export async function isActedOn({ pool, reader }: SystemControlDeps, asked: AskedRecord): Promise<boolean> {
  const { rows } = await pool.query<{ done: boolean }>(
    `select next_offset > $3 and not exists (select from ch_outbox where partition = $2 and kind = 'statement' and sent_at is null) as done
     from log_offset where reader = $1 and partition = $2`, [reader, asked.partition, asked.offset],
  );
  return rows[0]?.done ?? false;
}
