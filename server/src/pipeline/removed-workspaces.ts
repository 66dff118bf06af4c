// Workspaces that were removed: what the log still holds of one is passed over, whoever reads it and however often, so that
// it neither fails nor brings anything back. Which ones, Postgres says (`removed_workspace`): one sequencer adds to it, with
// the commit of the control record, and a rebuild finds all of them from its beginning on.
import type { ClientBase, Pool } from "pg";
import { positionsOf, type Chunk, type LogRecord } from "../log/log.ts";

export interface LeftOut {
  /** The same chunks; their other records stand where they stood. */
  readonly chunks: readonly Chunk[];
  /** The workspaces of what was left out. */
  readonly workspaceIds: ReadonlySet<number>;
}

export interface RemovedWorkspaces {
  leaveOut(chunks: readonly Chunk[]): LeftOut;
  /** After the commit of its removal. */
  add(workspaceId: number): void;
  /** After a commit whose answer was lost: it may have been a removal. */
  refresh(): Promise<void>;
}

export async function loadRemovedWorkspaces(pool: Pool): Promise<RemovedWorkspaces> {
  const removed = new Set<number>();
  async function refresh(): Promise<void> {
    const { rows } = await pool.query<{ workspace_id: number }>("select workspace_id from removed_workspace where row_id is not null");
    for (const row of rows) removed.add(row.workspace_id);
  }
  await refresh();
  return {
    refresh,
    leaveOut(chunks) {
      const workspaceIds = new Set<number>();
      if (removed.size === 0) return { chunks, workspaceIds };
      return { chunks: chunks.map((chunk) => withoutThem(chunk, removed, workspaceIds)), workspaceIds };
    },
    add: (workspaceId) => void removed.add(workspaceId),
  };
}

function withoutThem(chunk: Chunk, removed: ReadonlySet<number>, left: Set<number>): Chunk {
  const isRemoved = ({ header }: LogRecord): boolean => removed.has(header.workspaceId);
  if (!chunk.records.some(isRemoved)) return chunk;
  const records: LogRecord[] = [];
  let next = 0;
  for (const record of chunk.records) {
    const index = record.index ?? next;
    next = index + positionsOf(record);
    if (isRemoved(record)) left.add(record.header.workspaceId);
    else records.push({ ...record, index });
  }
  return { ...chunk, records };
}

/** Taking events in counts them; that stood in Postgres before the event could be read, so now it can go. */
export async function forgetReceived(tx: ClientBase, workspaceIds: ReadonlySet<number>): Promise<void> {
  if (workspaceIds.size > 0) await tx.query("delete from ledger where workspace_id = any($1::integer[])", [[...workspaceIds]]);
}
