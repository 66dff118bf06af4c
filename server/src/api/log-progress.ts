// How far the pipeline has come in a workspace's partition: what is accepted and not yet read, what is decided and not yet
// landed. Computed from positions in the log and from the outbox, not from counts that the pipeline keeps about itself.
import type { ClientBase, Pool } from "pg";
import { assert } from "../core/errors.ts";
import { positionsOf, type EventLog, type LogRecord } from "../log/log.ts";

/** How much of the unread log is opened to count one workspace's events in it. */
const COUNTED_BYTES_MAX = 16 * 1024 * 1024;
const READ_BYTES = 2 * 1024 * 1024;

export interface Progress {
  readonly partition: number;
  /** The offset that the next chunk gets. */
  readonly headOffset: number;
  /** The offset that the pipeline reads next. */
  readonly readOffset: number;
  readonly unsentBlocks: number;
}

export interface UnreadEvents {
  /** By source; control records count as source 0, as everywhere. */
  readonly bySource: ReadonlyMap<number, number>;
  /** False: there is more than is worth opening, and the counts are lower bounds. */
  readonly exact: boolean;
}

/** Which events are counted: by the time of receipt, and the source. */
export interface UnreadRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly source: number | undefined;
}

export interface LogProgress {
  of(workspaceId: number): Promise<Progress>;
  /** Events of this workspace between the pipeline's place and the head, by opening the chunks. */
  countUnread(workspaceId: number, progress: Progress, range: UnreadRange): Promise<UnreadEvents>;
}

export function createLogProgress(deps: { readonly pool: Pool; readonly log: EventLog; readonly pipelineReader: string }): LogProgress {
  return {
    async of(workspaceId) {
      const client = await deps.pool.connect();
      try {
        return await readProgress(client, workspaceId, deps.pipelineReader);
      } finally {
        client.release();
      }
    },

    async countUnread(workspaceId, progress, range) {
      const bySource = new Map<number, number>();
      let offset = progress.readOffset;
      let bytes = 0;
      while (offset < progress.headOffset && bytes < COUNTED_BYTES_MAX) {
        const chunks = await deps.log.read(progress.partition, offset, READ_BYTES);
        if (chunks.length === 0) break;
        for (const chunk of chunks) {
          if (chunk.offset >= progress.headOffset) break;
          for (const record of chunk.records) addRecord(bySource, record, workspaceId, range);
          offset = chunk.offset + 1;
        }
        bytes += READ_BYTES;
      }
      return { bySource, exact: offset >= progress.headOffset };
    },
  };
}

/** In one statement, so that the head is never behind the reader's place. */
export async function readProgress(db: ClientBase, workspaceId: number, reader: string): Promise<Progress> {
  const { rows } = await db.query<{ partition: number; head_offset: string; read_offset: string; unsent: string }>(
    `select w.log_partition as partition,
            coalesce((select next_offset from log_head h where h.partition = w.log_partition), 0) as head_offset,
            coalesce((select next_offset from log_offset o where o.partition = w.log_partition and o.reader = $2), 0) as read_offset,
            (select count(*) from ch_outbox b where b.partition = w.log_partition and b.sent_at is null) as unsent
       from workspace w where w.id = $1`,
    [workspaceId, reader],
  );
  const row = rows[0];
  assert(row !== undefined, "the workspace of a token exists");
  return {
    partition: row.partition,
    headOffset: Number(row.head_offset),
    readOffset: Number(row.read_offset),
    unsentBlocks: Number(row.unsent),
  };
}

function addRecord(bySource: Map<number, number>, record: LogRecord, workspaceId: number, range: UnreadRange): void {
  const { header } = record;
  const source = header.kind === "control" ? 0 : header.sourceId;
  const isAsked =
    header.workspaceId === workspaceId &&
    header.receivedAtMs >= range.fromMs &&
    header.receivedAtMs < range.toMs &&
    (range.source === undefined || range.source === source);
  if (isAsked) bySource.set(source, (bySource.get(source) ?? 0) + positionsOf(record));
}
