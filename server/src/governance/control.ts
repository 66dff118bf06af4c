// Changes that the pipeline must see in order with the events: they are appended to the workspace's partition of the log as
// control records, and answered when the pipeline has acted on them, or as accepted when that takes too long.
import type { ClientBase } from "pg";
import type { ControlAction } from "@tributary/schema/control.ts";
import type { Clock } from "../core/clock.ts";
import { assert } from "../core/errors.ts";
import { rowId } from "../core/position.ts";
import type { WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import type { EventLog } from "../log/log.ts";
import { recordAudit, type AuditEntry } from "./audit.ts";

/** How long a caller waits for the pipeline before it is told "accepted". */
export const CONTROL_WAIT_MS = 10_000;

/** Resolves true once everything up to and with the chunk at `offset` has been decided; false after `timeoutMs`. */
export interface Processed {
  waitFor(partition: number, offset: number, timeoutMs: number): Promise<boolean>;
}

export interface ControlReceipt {
  readonly row_id: number;
  /** False: durable and in order, but the pipeline has not come to it yet. */
  readonly processed: boolean;
}

export interface ControlDeps {
  readonly workspaceDb: WorkspaceDb;
  readonly log: EventLog;
  readonly processed: Processed;
  readonly clock: Clock;
}

export interface Control {
  /**
   * Appends the action and records it in the audit log, through `db` when the caller is in a transaction of its own. Throws
   * `overloaded` when the log takes nothing in: then nothing was changed.
   */
  append(action: ControlAction, audit: AuditEntry, db?: ClientBase): Promise<AppendedControl>;
  /** The same, then waits until the pipeline has acted on it, for CONTROL_WAIT_MS at most. */
  submit(action: ControlAction, audit: AuditEntry): Promise<ControlReceipt>;
}

export interface AppendedControl {
  readonly row_id: number;
  /** Waits until the pipeline has acted on it. */
  receipt(): Promise<ControlReceipt>;
}

export function createControl(deps: ControlDeps): Control {
  const partitions = new Map<number, number>();

  async function partitionOf(workspaceId: number, db: ClientBase): Promise<number> {
    const known = partitions.get(workspaceId);
    if (known !== undefined) return known;
    const { rows } = await db.query<{ log_partition: number }>("select log_partition from workspace where id = $1", [workspaceId]);
    const partition = rows[0]?.log_partition;
    assert(partition !== undefined, "a workspace that changes something exists");
    partitions.set(workspaceId, partition);
    return partition;
  }

  async function appendThrough(db: ClientBase, action: ControlAction, audit: AuditEntry): Promise<AppendedControl> {
    const partition = await partitionOf(audit.workspaceId, db);
    const nowMs = deps.clock.nowMs();
    const { offset, index } = await deps.log.append(partition, {
      header: { kind: "control", workspaceId: audit.workspaceId, receivedAtMs: nowMs, actor: audit.actor, action },
      events: [],
    });
    const row = rowId(offset, index);
    // After the append: the audit log never names a change that did not happen. A crash between the two leaves the change
    // with its actor in the event table, where control records are kept too.
    await recordAudit(db, { ...audit, detail: { ...audit.detail, row_id: row } }, nowMs);
    return {
      row_id: row,
      receipt: async () => ({ row_id: row, processed: await deps.processed.waitFor(partition, offset, CONTROL_WAIT_MS) }),
    };
  }

  const append: Control["append"] = (action, audit, db) =>
    db ? appendThrough(db, action, audit) : deps.workspaceDb.run(audit.workspaceId, (own) => appendThrough(own, action, audit));
  return { append, submit: async (action, audit) => (await append(action, audit)).receipt() };
}
