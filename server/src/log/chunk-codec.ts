// One chunk of the log as one buffer: version, checksum, content size, then the zstd-compressed content. The checksum covers
// every other stored byte and is checked before anything is decompressed, so a flipped bit is found and never interpreted.
// Event bytes are kept verbatim; headers as JSON.
//
//   stored   = version u8 · crc32 u32 · contentBytes u32 · zstd(content)
//   content  = recordCount u32 · record*
//   record   = headerBytes u32 · eventCount u32 · eventBytes u32 * eventCount · header · event*
import { constants, crc32, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import { promisify } from "node:util";
import type { RecordHeader } from "@tributary/schema/log-record.ts";
import { logLimits } from "./log-limits.ts";
import type { LogRecord } from "./log.ts";

const VERSION = 1;
const PREFIX_BYTES = 9;
const U32 = 4;

/** Below this size, handing the work to libuv's pool takes longer than doing it. */
const POOL_BYTES_MIN = 32_768;

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The chunk's bytes are not what was written. */
export class ChunkCodecError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`The chunk can't be decoded: ${reason}.`, options);
    this.name = "ChunkCodecError";
  }
}

/** A record with its header already written, so that its size is known before it is encoded. */
export interface FramedRecord {
  readonly record: LogRecord;
  readonly header: Buffer;
  /** What it adds to a chunk's content. */
  readonly bytes: number;
}

export function frameRecord(record: LogRecord): FramedRecord {
  const header = Buffer.from(JSON.stringify(record.header));
  let bytes = U32 * (2 + record.events.length) + header.length;
  for (const event of record.events) bytes += event.length;
  return { record, header, bytes };
}

/** Compresses in libuv's pool unless it is a trifle. The records must fit `contentBytesMax` of the decoder. */
export async function encodeChunk(frames: readonly FramedRecord[]): Promise<Buffer> {
  const content = writeContent(frames);
  const packed = content.length < POOL_BYTES_MIN ? zstdCompressSync(content, compression) : await compress(content, compression);
  const stored = Buffer.allocUnsafe(PREFIX_BYTES + packed.length);
  stored.writeUInt8(VERSION, 0);
  stored.writeUInt32LE(content.length, 5);
  packed.copy(stored, PREFIX_BYTES);
  stored.writeUInt32LE(checksum(stored), 1);
  return stored;
}

/**
 * The records of a stored chunk. Their events are views into one buffer. Throws ChunkCodecError when a byte differs from what
 * was written, or when the content would be larger than `contentBytesMax`.
 */
export async function decodeChunk(
  stored: Buffer, contentBytesMax: number = logLimits.chunkContentBytesMax,
): Promise<readonly LogRecord[]> {
  if (stored.length < PREFIX_BYTES) throw new ChunkCodecError("it is cut off");
  if (stored.readUInt32LE(1) !== checksum(stored)) throw new ChunkCodecError("its checksum does not match");
  const version = stored.readUInt8(0);
  if (version !== VERSION) throw new ChunkCodecError(`its version is ${version}, this program reads ${VERSION}`);
  const contentBytes = stored.readUInt32LE(5);
  if (contentBytes > contentBytesMax) throw new ChunkCodecError(`its content has ${contentBytes} bytes, the limit is ${contentBytesMax}`);
  const content = await unpack(stored.subarray(PREFIX_BYTES), contentBytes);
  return readContent(content);
}

function checksum(stored: Buffer): number {
  return crc32(stored.subarray(5), crc32(stored.subarray(0, 1)));
}

async function unpack(packed: Buffer, contentBytes: number): Promise<Buffer> {
  // One output buffer of the right size: nothing is joined, and nothing beyond it is accepted.
  const limits = { maxOutputLength: Math.max(contentBytes, 1), chunkSize: Math.max(contentBytes, constants.Z_MIN_CHUNK) };
  let content: Buffer;
  try {
    content = contentBytes < POOL_BYTES_MIN ? zstdDecompressSync(packed, limits) : await decompress(packed, limits);
  } catch (error) {
    throw new ChunkCodecError("it does not decompress", { cause: error });
  }
  if (content.length !== contentBytes) throw new ChunkCodecError("its content has another size than stated");
  return content;
}

function writeContent(frames: readonly FramedRecord[]): Buffer {
  const content = Buffer.allocUnsafe(frames.reduce((bytes, frame) => bytes + frame.bytes, U32));
  let at = content.writeUInt32LE(frames.length, 0);
  for (const { record, header } of frames) {
    at = content.writeUInt32LE(header.length, at);
    at = content.writeUInt32LE(record.events.length, at);
    for (const event of record.events) at = content.writeUInt32LE(event.length, at);
    at += header.copy(content, at);
    for (const event of record.events) at += event.copy(content, at);
  }
  return content;
}

function readContent(content: Buffer): LogRecord[] {
  let at = 0;
  const skip = (length: number): number => {
    if (length > content.length - at) throw new ChunkCodecError("a length points past its end");
    at += length;
    return at - length;
  };
  const number = (): number => content.readUInt32LE(skip(U32));
  const bytes = (length: number): Buffer => content.subarray(skip(length), at);

  const records: LogRecord[] = [];
  for (let left = number(); left > 0; left--) {
    const headerBytes = number();
    const eventCount = number();
    const lengthsAt = skip(eventCount * U32);
    // Written by this file from a RecordHeader and guarded by the checksum: not an edge, so not parsed again.
    const header = JSON.parse(bytes(headerBytes).toString("utf8")) as RecordHeader;
    const events: Buffer[] = [];
    for (let i = 0; i < eventCount; i++) events.push(bytes(content.readUInt32LE(lengthsAt + i * U32)));
    records.push({ header, events });
  }
  if (at !== content.length) throw new ChunkCodecError("there are bytes after its last record");
  return records;
}
