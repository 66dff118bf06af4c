// Reads a reply's body, unpacked where it came packed, and never more of it than was asked for: what unpacks to gigabytes is
// ended as soon as it is too much.
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { OutboundError } from "./outbound-client.ts";

export interface ReplyHead {
  readonly host: string;
  readonly method: string;
  readonly status: number;
  readonly contentEncoding: string | undefined;
}

const unpackers: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip, "x-gzip": createGunzip, deflate: createInflate, br: createBrotliDecompress, zstd: createZstdDecompress,
};

/** Whether the body is told apart from what was sent: then its length and packing are no longer those of the headers. */
export function isPacked({ method, status, contentEncoding }: ReplyHead): boolean {
  const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
  return hasBody && !["", "identity"].includes(packingOf(contentEncoding));
}

const packingOf = (contentEncoding: string | undefined): string => (contentEncoding ?? "").trim().toLowerCase();

/** Throws OutboundError `reply_too_large`, `reply_broken`, and what the stream fails with. */
export async function readReply(body: Readable, head: ReplyHead, bytesMax: number): Promise<Buffer> {
  const { host, status } = head;
  const source = unpackedBody(body, head);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of source) {
    const chunk: Buffer = part; // Streams of bytes give Buffers.
    bytes += chunk.length;
    if (bytes > bytesMax) throw new OutboundError("reply_too_large", `${host} sent a reply of more than ${bytesMax} bytes.`, { status });
    parts.push(chunk);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}

/** The body, unpacked where it came packed. */
export const unpackedBody = (body: Readable, head: ReplyHead): Readable => (isPacked(head) ? unpacked(body, head) : body);

function unpacked(body: Readable, { host, status, contentEncoding }: ReplyHead): Readable {
  const packing = packingOf(contentEncoding);
  const unpack = Object.hasOwn(unpackers, packing) ? unpackers[packing] : undefined;
  if (!unpack) {
    // Given up, it fails, and nobody reads that.
    body.on("error", () => undefined).destroy();
    throw new OutboundError("reply_broken", `${host} packed its reply in a way that is not known.`, { status });
  }
  // The error comes out of what is read.
  return pipeline(body, unpack(), () => undefined);
}
