import { expect, test } from "vitest";
import { murmur32 } from "./murmur.ts";

test("the hash is MurmurHash3 x86 32 with seed 0, by its published values", () => {
  const published: readonly (readonly [text: string, hash: number])[] = [
    ["", 0], ["test", 0xba6bd213], ["Hello, world!", 0xc0363e43], ["The quick brown fox jumps over the lazy dog", 0x2e4ff723],
    ["abc", 0xb3dd93fa],
    // Zero to three bytes beyond the last whole block of four.
    ["\0\0\0\0", 0x2362f9de], ["\0", 0x514e28b7], ["\0\0", 0x30f4c306], ["\0\0\0", 0x85f0b427], ["!", 0x72661cf4], ["!C", 0xa0f7b07a], ["!Ce", 0x7e4a8634],
  ];
  for (const [text, hash] of published) expect(murmur32(text), text).toBe(hash);
});
