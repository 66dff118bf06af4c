import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { RecordHeader } from "@tributary/schema/log-record.ts";
import { ChunkCodecError, decodeChunk, encodeChunk, frameRecord } from "./chunk-codec.ts";
import type { LogRecord } from "./log.ts";

const eventBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const text = fc.string({ unit: "binary", maxLength: 40 });
const header: fc.Arbitrary<RecordHeader> = fc.oneof(
  fc.record({
    kind: fc.constant("events" as const),
    workspaceId: fc.nat(), sourceId: fc.nat(), receivedAtMs: fc.nat(), userAgent: text, context: text,
  }),
  fc.record({
    kind: fc.constant("control" as const), workspaceId: fc.nat(), receivedAtMs: fc.nat(), actor: text,
    action: fc.record({ kind: fc.constant("import.withdraw" as const), importId: fc.nat() }),
  }),
);
const records: fc.Arbitrary<LogRecord[]> =
  fc.array(fc.record({ header, events: fc.array(eventBytes, { maxLength: 8 }) }), { maxLength: 12 });

const encode = (list: readonly LogRecord[]): Promise<Buffer> => encodeChunk(list.map(frameRecord));

const sample: LogRecord[] = [1, 2, 3].map((n) => ({
  header: { kind: "events", workspaceId: 1, sourceId: n, receivedAtMs: 1_700_000_000_000 },
  events: [Buffer.from(`{"n":${n}}`), Buffer.from([0, 255, 0xc3, 0x28]), Buffer.alloc(0)],
}));

describe("the chunk codec", () => {
  test("gives back every record byte for byte, whatever the bytes are", async () => {
    await fc.assert(fc.asyncProperty(records, async (list) => {
      expect(await decodeChunk(await encode(list))).toEqual(list);
    }), { numRuns: 200 });
  });

  test("does so for chunks large enough to be packed by other threads", async () => {
    const events = Array.from({ length: 4_000 }, (_, i) => Buffer.from(`{"n":${i},"${"x".repeat(i % 97)}":1}`));
    const large = [{ header: sample[0]!.header, events }];
    expect(await decodeChunk(await encode(large))).toEqual(large);
    expect(await decodeChunk(await encode([]))).toEqual([]);
  });

  test("says beforehand how many bytes a record adds to the content", async () => {
    await fc.assert(fc.asyncProperty(records, async (list) => {
      const stored = await encode(list);
      expect(stored.readUInt32LE(5)).toBe(4 + list.map(frameRecord).reduce((sum, frame) => sum + frame.bytes, 0));
    }), { numRuns: 50 });
  });

  test("notices any change of any stored byte", async () => {
    const stored = await encode(sample);
    for (let at = 0; at < stored.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(stored);
        damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
        await expect(decodeChunk(damaged), `byte ${at} xor ${flip}`).rejects.toThrow(ChunkCodecError);
      }
    }
  });

  test("notices a chunk that was cut off or has something behind it", async () => {
    const stored = await encode(sample);
    for (let length = 0; length < stored.length; length++) {
      await expect(decodeChunk(stored.subarray(0, length))).rejects.toThrow(ChunkCodecError);
    }
    await expect(decodeChunk(Buffer.concat([stored, Buffer.from([0])]))).rejects.toThrow(ChunkCodecError);
  });

  test("never decompresses more than its limit", async () => {
    const stored = await encode([{ header: sample[0]!.header, events: [Buffer.alloc(2_000_000)] }]);
    expect(stored.length).toBeLessThan(2_000);
    await expect(decodeChunk(stored, 1_000_000)).rejects.toThrow(/limit is 1000000/);
  });
});
