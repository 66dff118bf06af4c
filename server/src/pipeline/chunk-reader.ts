// Hands the sequencer its chunks: reads ahead, so that the next ones are fetched and unpacked while the last are worked on,
// and cuts what was read into portions; a control record always comes alone.
import { positionsOf, type Chunk, type EventLog } from "../log/log.ts";

export interface ChunkReader {
  /** The next chunks, up to about `eventsMax` events and BATCH_BYTES_MAX; a control record comes alone. Empty when there are none. */
  next(eventsMax: number): Promise<readonly Chunk[]>;
  /** Resolves when there may be more, or after a while. */
  more(): Promise<unknown>;
  restart(fromOffset: number): void;
}

/** What the rows of a batch may come to in memory, with the envelope that each event carries; passed by one chunk at most. */
const BATCH_BYTES_MAX = 32 * 1024 * 1024;
const IDLE_WAIT_MS = 1_000;

function bytesOf(chunk: Chunk): number {
  let bytes = 0;
  for (const { header, events } of chunk.records) {
    for (const event of events) bytes += event.length;
    // Batch-level fields stand beside every event.
    if (header.kind === "events") bytes += events.length * ((header.context?.length ?? 0) + (header.integrations?.length ?? 0));
  }
  return bytes;
}

/** `bytesMax`: of stored chunks, for one read. */
export function createChunkReader(log: EventLog, partition: number, fromOffset: number, bytesMax: number): ChunkReader {
  let waiting: Chunk[] = [];
  let readOffset = fromOffset;
  let ahead: Promise<readonly Chunk[]> | undefined;

  function readAhead(): void {
    ahead ??= log.read(partition, readOffset, bytesMax);
    ahead.catch(() => undefined);
  }

  return {
    async next(eventsMax) {
      if (waiting.length === 0) {
        readAhead();
        const chunks = (await ahead) ?? [];
        ahead = undefined;
        if (chunks.length === 0) return [];
        waiting = [...chunks];
        readOffset = (chunks.at(-1)?.offset ?? readOffset) + 1;
        // A full read means more is there.
        if (chunks.length > 1) readAhead();
      }
      let events = 0;
      let bytes = 0;
      let count = 0;
      for (const chunk of waiting) {
        const isControl = chunk.records.some((record) => record.header.kind === "control");
        if (isControl && count > 0) break;
        const positions = chunk.records.reduce((sum, record) => sum + positionsOf(record), 0);
        if (count > 0 && (events + positions > eventsMax || bytes > BATCH_BYTES_MAX)) break;
        events += positions;
        bytes += bytesOf(chunk);
        count++;
        if (isControl) break;
      }
      const taken = waiting.slice(0, count);
      waiting = waiting.slice(count);
      return taken;
    },
    more: () => log.waitForAppend(partition, readOffset, IDLE_WAIT_MS),
    restart(offset) {
      waiting = [];
      ahead = undefined;
      readOffset = offset;
    },
  };
}
