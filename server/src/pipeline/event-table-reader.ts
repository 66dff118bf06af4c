// Reads a log partition back out of the event table: the same chunks, in the same order, with the same positions as the
// log had, for a rebuild where the log no longer reaches. What became of each event then is left out: the pipeline decides
// again. One exception: of an event of a suppressed person only salted keys are left (the header's `suppressed`).
import type { ClickHouseClient } from "@clickhouse/client";
import { controlHeader, eventsHeader, type RecordHeader } from "@tributary/schema/log-record.ts";
import { EVENTS_PER_CHUNK_MAX, rowPosition } from "../core/position.ts";
import type { Chunk, LogRecord } from "../log/log.ts";

export interface EventTableReader {
  /**
   * Chunks from `fromOffset` on and before `beforeOffset`, until `bytesMax` of payload is passed; at least one. Offsets that
   * the table does not have are left out; when none is left, the last one comes as a chunk without records.
   */
  read(fromOffset: number, beforeOffset: number, bytesMax: number): Promise<readonly Chunk[]>;
}

/** Rows looked at for one window, and payload held in memory of them: a window is read with one pass over the table. */
const WINDOW_ROWS = 50_000;
const WINDOW_BYTES = 32 * 1024 * 1024;

interface StoredRow {
  readonly position: string;
  readonly envelope: string;
  readonly raw: string;
}

interface PlannedChunk {
  readonly chunk_offset: string;
  readonly bytes: string;
}

interface HeldChunk {
  readonly chunk: Chunk;
  readonly bytes: number;
}

export function createEventTableReader(options: { readonly clickhouse: ClickHouseClient; readonly partition: number }): EventTableReader {
  const { clickhouse, partition } = options;
  let held: HeldChunk[] = [];

  async function ask<Row>(query: string, params: Record<string, number>): Promise<Row[]> {
    const result = await clickhouse.query({ query, query_params: { partition, ...params }, format: "JSONEachRow" });
    return result.json<Row>();
  }

  /** The last offset of a window that begins with `from`: bounded in rows, then in bytes; undefined when the table has no more. */
  async function windowEnd(from: number, before: number): Promise<number | undefined> {
    const [range] = await ask<{ rows: string; last: string }>(
      `select count() as rows, max(row_id) as last from (
         select row_id from events where log_partition = {partition:UInt16} and row_id >= {from:UInt64} and row_id < {before:UInt64}
         order by row_id limit {limit:UInt32})`,
      { from: from * EVENTS_PER_CHUNK_MAX, before: before * EVENTS_PER_CHUNK_MAX, limit: WINDOW_ROWS },
    );
    if (!range || Number(range.rows) === 0) return undefined;
    const last = rowPosition(Number(range.last)).offset;
    const planned = await ask<PlannedChunk>(
      `select intDiv(row_id, ${EVENTS_PER_CHUNK_MAX}) as chunk_offset, sum(length(raw) + length(envelope)) as bytes from events
       prewhere log_partition = {partition:UInt16} and row_id >= {from:UInt64} and row_id < {before:UInt64}
       group by chunk_offset order by chunk_offset`,
      { from: from * EVENTS_PER_CHUNK_MAX, before: (last + 1) * EVENTS_PER_CHUNK_MAX },
    );
    let bytes = 0;
    let end: number | undefined;
    for (const chunk of planned) {
      bytes += Number(chunk.bytes);
      if (end !== undefined && bytes > WINDOW_BYTES) break;
      end = Number(chunk.chunk_offset);
    }
    return end;
  }

  async function fetchWindow(from: number, before: number): Promise<void> {
    const end = await windowEnd(from, before);
    if (end === undefined) {
      held = [{ chunk: { partition, offset: before - 1, records: [] }, bytes: 0 }];
      return;
    }
    const rows = await ask<StoredRow>(
      // Base64: the payload as received may be any bytes.
      `select toString(row_id) as position, envelope, base64Encode(raw) as raw from events
       prewhere log_partition = {partition:UInt16} and row_id >= {from:UInt64} and row_id < {before:UInt64} order by row_id`,
      { from: from * EVENTS_PER_CHUNK_MAX, before: (end + 1) * EVENTS_PER_CHUNK_MAX },
    );
    held = chunksOf(partition, rows);
  }

  return {
    async read(fromOffset, beforeOffset, bytesMax) {
      held = held.filter(({ chunk }) => chunk.offset >= fromOffset);
      if (held.length === 0) await fetchWindow(fromOffset, beforeOffset);
      let bytes = 0;
      let count = 0;
      while (count < held.length && (count === 0 || bytes <= bytesMax)) bytes += held[count++]?.bytes ?? 0;
      return held.splice(0, count).map(({ chunk }) => chunk);
    },
  };
}

/**
 * Rows in order → chunks. Rows that follow each other with the same envelope become one record again; where rows are missing
 * (ClickHouse refused them for good), those behind keep their positions.
 */
function chunksOf(partition: number, rows: readonly StoredRow[]): HeldChunk[] {
  const chunks: HeldChunk[] = [];
  let open: { offset: number; bytes: number; next: number; records: OpenRecord[] } | undefined;
  const close = (): void => {
    if (open) chunks.push({ chunk: { partition, offset: open.offset, records: open.records.map(closeRecord) }, bytes: open.bytes });
  };
  for (const row of rows) {
    const { offset, index } = rowPosition(Number(row.position));
    if (open?.offset !== offset) {
      close();
      open = { offset, bytes: 0, next: 0, records: [] };
    }
    // The same row twice would be a fault elsewhere; it must not count twice here.
    if (index < open.next) continue;
    const last = open.records.at(-1);
    const raw = Buffer.from(row.raw, "base64");
    if (last?.isShared && last.envelope === row.envelope && index === open.next) last.events.push(raw);
    else open.records.push(openRecord(row.envelope, index, raw));
    open.next = index + 1;
    open.bytes += row.envelope.length + raw.length;
  }
  close();
  return chunks;
}

interface OpenRecord {
  readonly envelope: string;
  readonly header: RecordHeader;
  readonly index: number;
  readonly events: Buffer[];
  /** Whether further rows with this envelope may belong to the same record. */
  readonly isShared: boolean;
}

function openRecord(envelope: string, index: number, raw: Buffer): OpenRecord {
  const parsed: unknown = JSON.parse(envelope);
  if (typeof parsed === "object" && parsed !== null && "kind" in parsed && parsed.kind === "control") {
    return { envelope, header: controlHeader.parse(parsed), index, events: [], isShared: false };
  }
  const header = eventsHeader.parse(parsed);
  // What was found wrong with one event, and what is left of a suppressed one, is said of that event alone.
  return { envelope, header, index, events: [raw], isShared: header.problems === undefined && header.suppressed === undefined };
}

function closeRecord({ header, index, events }: OpenRecord): LogRecord {
  return { header, events, index };
}
