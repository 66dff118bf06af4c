// MurmurHash3 of 32 bits, seed 0, of a text's UTF-8 bytes: ClickHouse's murmurHash3_32, so that both evaluators draw the same lots.

const encoder = new TextEncoder();

export function murmur32(text: string): number {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocksEnd = bytes.length - (bytes.length % 4);
  let hash = 0;
  for (let i = 0; i < blocksEnd; i += 4) hash = Math.imul(rotate(hash ^ scramble(view.getUint32(i, true)), 13), 5) + 0xe6546b64;
  let tail = 0;
  for (let i = bytes.length - 1; i >= blocksEnd; i--) tail = (tail << 8) | view.getUint8(i);
  if (blocksEnd < bytes.length) hash ^= scramble(tail);
  return finish(hash ^ bytes.length);
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
