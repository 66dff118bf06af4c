// Reads chunks of the Postgres log in order. It goes straight to the table of the segment that holds the next offset, so that
// it costs the same with one segment as with seventy. Every chunk must have the offset that follows the one before, and pass
// its checksum: what is missing or damaged is an error with its place, never skipped.
import type pg from "pg";
import { decodeChunk } from "./chunk-codec.ts";
import type { LogLimits } from "./log-limits.ts";
import { segmentStarts, segmentTable, type SegmentStart } from "./log-segments.ts";
import type { Chunk } from "./log.ts";

/** A chunk whose bytes are not what was written. */
export class DamagedChunk extends Error {
  readonly partition: number;
  readonly offset: number;

  constructor(partition: number, offset: number, cause: unknown) {
    super(`The chunk at offset ${offset} of partition ${partition} is damaged.`, { cause });
    this.name = "DamagedChunk";
    this.partition = partition;
    this.offset = offset;
  }
}

/** An offset that the log should hold and does not: before its beginning, past its end, or a hole. */
export class MissingChunk extends Error {
  readonly partition: number;
  readonly offset: number;

  constructor(partition: number, offset: number, why: string) {
    super(`There is no chunk at offset ${offset} of partition ${partition}: ${why}.`);
    this.name = "MissingChunk";
    this.partition = partition;
    this.offset = offset;
  }
}

/** Codes of Postgres: the table was dropped since; a page's checksum or a value's parts are wrong. */
const MISSING_TABLE = "42P01";
const DATA_CORRUPTED = "XX001";

const DECODED_AT_ONCE = 4;

interface StoredChunk {
  readonly offset: number;
  readonly body: Buffer;
}

interface Page {
  readonly chunks: readonly StoredChunk[];
  /** In the same snapshot as the chunks. */
  readonly nextOffset: number;
}

export interface LogReader {
  read(partition: number, fromOffset: number, bytesMax: number): Promise<readonly Chunk[]>;
}

export function createLogReader(pool: pg.Pool, limits: Pick<LogLimits, "readChunksMax" | "chunkContentBytesMax" | "readContentBytesMax">): LogReader {
  const segments = new Map<number, readonly SegmentStart[]>();

  async function refresh(partition: number): Promise<readonly SegmentStart[]> {
    const starts = await segmentStarts(pool, partition);
    segments.set(partition, starts);
    return starts;
  }

  /** The segment that holds or will hold this offset, and where the next one begins as far as is known. */
  async function segmentOf(partition: number, offset: number, isSurelyNewer: boolean): Promise<{ segment: number; endOffset: number }> {
    const find = (starts: readonly SegmentStart[]) => starts.findLastIndex((one) => one.firstOffset <= offset);
    let starts = segments.get(partition) ?? (await refresh(partition));
    let at = find(starts);
    if (at < 0 || (isSurelyNewer && at === starts.length - 1)) {
      starts = await refresh(partition);
      at = find(starts);
    }
    const found = starts[at];
    if (!found) throw new MissingChunk(partition, offset, `the log begins at ${starts[0]?.firstOffset ?? "no offset"}`);
    return { segment: found.segment, endOffset: starts[at + 1]?.firstOffset ?? Infinity };
  }

  async function page(
    at: { partition: number; segment: number; fromOffset: number }, bytesMax: number, chunksMax: number = limits.readChunksMax,
  ): Promise<Page | "dropped"> {
    try {
      return await fetchPage(at, bytesMax, chunksMax);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === MISSING_TABLE) return "dropped";
      if (code !== DATA_CORRUPTED) throw error;
      // Postgres found a damaged page. What stands before it can still be had, one by one.
      if (chunksMax === 1) throw new DamagedChunk(at.partition, at.fromOffset, error);
      return page(at, bytesMax, 1);
    }
  }

  async function fetchPage(
    at: { partition: number; segment: number; fromOffset: number }, bytesMax: number, chunksMax: number,
  ): Promise<Page> {
    const { partition, segment, fromOffset } = at;
    const { rows } = await pool.query<{ next_offset: string; chunk_offset: string | null; body: Buffer }>(
      `select h.next_offset, c.chunk_offset, c.body
       from log_head h left join lateral (
         select chunk_offset, body from (
           select chunk_offset, body, sum(octet_length(body)) over (order by chunk_offset) - octet_length(body) as bytes_before
           from (
             select chunk_offset, body from ${segmentTable(segment)}
             where segment = $1 and partition = $2 and chunk_offset >= $3 order by chunk_offset limit $5
           ) run
         ) sized where bytes_before < $4
       ) c on true
       where h.partition = $2 order by c.chunk_offset`,
      [segment, partition, fromOffset, bytesMax, chunksMax],
    );
    const chunks = rows.filter((row) => row.chunk_offset !== null).map((row) => ({ offset: Number(row.chunk_offset), body: row.body }));
    return { chunks, nextOffset: Number(rows[0]?.next_offset ?? 0) };
  }

  async function stored(partition: number, fromOffset: number, bytesMax: number): Promise<readonly StoredChunk[]> {
    const found: StoredChunk[] = [];
    let expected = fromOffset;
    let bytesLeft = bytesMax;
    let isSurelyNewer = false;
    let wasDropped = false;
    while (found.length === 0 || bytesLeft > 0) {
      const { segment, endOffset } = await segmentOf(partition, expected, isSurelyNewer);
      const next = await page({ partition, segment, fromOffset: expected }, Math.max(bytesLeft, 1)).catch((error: unknown) => {
        if (error instanceof DamagedChunk && found.length > 0) return "damaged" as const;
        throw error;
      });
      if (next === "damaged") break;
      if (next === "dropped") {
        if (wasDropped) throw new MissingChunk(partition, expected, `the table of segment ${segment} is gone`);
        wasDropped = true;
        segments.delete(partition);
        continue;
      }
      const before = expected;
      for (const chunk of next.chunks) {
        if (chunk.offset !== expected) throw new MissingChunk(partition, expected, `the next one there is ${chunk.offset}`);
        found.push(chunk);
        expected += 1;
        bytesLeft -= chunk.body.length;
      }
      if (expected > next.nextOffset) throw new MissingChunk(partition, expected, `the log ends before ${next.nextOffset}`);
      if (expected === next.nextOffset) break;
      if (expected > before || expected === endOffset) {
        isSurelyNewer = false;
        continue;
      }
      // Nothing came although there is more: it is in a segment opened since, or it is missing.
      if (isSurelyNewer || endOffset !== Infinity) throw new MissingChunk(partition, expected, `the log goes on to ${next.nextOffset}`);
      isSurelyNewer = true;
    }
    return found;
  }

  return {
    async read(partition, fromOffset, bytesMax) {
      const chunks = await stored(partition, fromOffset, bytesMax);
      const whole: Chunk[] = [];
      let contentBytes = 0;
      // A few at a time: what is small as stored may be very large unpacked, and only so much is given at once.
      for (let at = 0; at < chunks.length && contentBytes < limits.readContentBytesMax; at += DECODED_AT_ONCE) {
        const decoded = await Promise.allSettled(chunks.slice(at, at + DECODED_AT_ONCE).map((chunk) => decodeChunk(chunk.body, limits.chunkContentBytesMax)));
        for (const [index, result] of decoded.entries()) {
          const offset = fromOffset + at + index;
          if (result.status === "rejected") {
            // What stands before it is given; the next read begins with it and throws.
            if (whole.length > 0) return whole;
            throw new DamagedChunk(partition, offset, result.reason);
          }
          whole.push({ partition, offset, records: result.value });
          for (const { events } of result.value) for (const event of events) contentBytes += event.length;
        }
      }
      return whole;
    },
  };
}
