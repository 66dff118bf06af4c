// The event log: what an acknowledgement rests on. This file is its whole contract; `log/contract-suite.ts` holds every
// implementation to it.
//
// A log has partitions. A partition is a sequence of chunks with offsets 0, 1, 2, … without holes; a chunk holds records
// (one request each) of at most EVENTS_PER_CHUNK_MAX events together, or one control record alone. A workspace writes to one
// partition for ever.
import type { RecordHeader } from "@tributary/schema/log-record.ts";

export interface LogRecord {
  readonly header: RecordHeader;
  /** The bytes of each event exactly as received; empty for a control record, which takes one position itself. */
  readonly events: readonly Buffer[];
  /** Where it begins in its chunk; left out when it follows the record before. Only a rebuild from the event table needs it. */
  readonly index?: number;
}

/** How many positions a record takes in its chunk. */
export function positionsOf(record: LogRecord): number {
  return record.header.kind === "control" ? 1 : record.events.length;
}

export interface Chunk {
  readonly partition: number;
  readonly offset: number;
  readonly records: readonly LogRecord[];
}

/** Where a record landed: its first position; event i of it has index + i. */
export interface Appended {
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
}

export interface PartitionState {
  readonly partition: number;
  /** The offset that the next chunk gets; all smaller ones are durable and readable (down to `firstOffset`). */
  readonly nextOffset: number;
  /** The smallest offset still held; equal to nextOffset when nothing is held. */
  readonly firstOffset: number;
}

export interface EventLog {
  /** How many partitions there are; fixed when the data directory is made. */
  readonly partitions: number;

  /**
   * Resolves when the record is durable (survives a power cut) and readable. Rejects with AppError `overloaded` (and a
   * Retry-After) when too much is waiting to be written or read, or the disk is nearly full: then nothing was stored.
   * Any other rejection leaves open whether it was stored; the sender repeats it and the pipeline removes duplicates.
   */
  append(partition: number, record: LogRecord): Promise<Appended>;

  /** Chunks from `fromOffset` on, in order, without holes, until `bytesMax` (of stored body) is passed; at least one if there is one. */
  read(partition: number, fromOffset: number, bytesMax: number): Promise<readonly Chunk[]>;

  state(): Promise<readonly PartitionState[]>;

  /** Resolves true soon after something was appended to the partition past `offset`, or false after `timeoutMs`. */
  waitForAppend(partition: number, offset: number, timeoutMs: number): Promise<boolean>;

  /** Drops whole segments that are older or larger than the horizon allows and that every reader has passed. */
  dropExpired(nowMs: number): Promise<{ readonly segmentsDropped: number }>;

  /** Waits for what is being appended, then refuses more. */
  close(): Promise<void>;
}
