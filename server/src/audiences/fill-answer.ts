// The answer about everybody, kept as the bytes in which it came: a few dozen a person instead of hundreds as objects.
import { NEVER } from "@tributary/schema/audience/window.ts";

export interface AnswerOfAll {
  readonly total: number;
  /** People not yet taken. */
  left(): number;
  /** The next ones. */
  take(count: number): OneOfAll[];
}

interface OneOfAll {
  readonly profileId: string;
  /** Which of the audiences, in the order in which they were asked for. */
  readonly members: readonly number[];
  readonly dueMs: number;
}

const NEVER_BIG = BigInt(NEVER);

/** RowBinary of `id` (UUID: two halves, each with its last byte first), `members` (Array(UInt16): how many, then each) and `due` (Int64). */
export function answerOf(bytes: Buffer): AnswerOfAll {
  const starts = countRows(bytes);
  let [at, taken] = [0, 0];
  const one = (): OneOfAll => {
    const profileId = uuidAt(bytes, at);
    let [count, shift] = [0, 0];
    at += 16;
    for (let byte = 0x80; (byte & 0x80) !== 0; shift += 7) count |= ((byte = bytes[at++] ?? 0) & 0x7f) << shift;
    const members = Array.from({ length: count }, (_, i) => bytes.readUInt16LE(at + i * 2));
    at += count * 2;
    const due = bytes.readBigInt64LE(at);
    at += 8;
    taken++;
    return { profileId, members, dueMs: due > NEVER_BIG ? NEVER : Number(due) };
  };
  return { total: starts, left: () => starts - taken, take: (count) => Array.from({ length: Math.min(count, starts - taken) }, one) };
}

function countRows(bytes: Buffer): number {
  let rows = 0;
  for (let at = 0; at < bytes.length; rows++) {
    let [count, shift] = [0, 0];
    at += 16;
    for (let byte = 0x80; (byte & 0x80) !== 0; shift += 7) count |= ((byte = bytes[at++] ?? 0) & 0x7f) << shift;
    at += count * 2 + 8;
  }
  return rows;
}

function uuidAt(bytes: Buffer, at: number): string {
  const high = bytes.readBigUInt64LE(at).toString(16).padStart(16, "0");
  const low = bytes.readBigUInt64LE(at + 8).toString(16).padStart(16, "0");
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-${high.slice(12)}-${low.slice(0, 4)}-${low.slice(4)}`;
}
