// Hashes that name things: 128 bits of SHA-256, written as a UUID so that Postgres and ClickHouse hold 16 bytes.
import { hash } from "node:crypto";

/** Joins the parts so that no two different lists of parts give the same text. */
function join(parts: readonly (string | number)[]): string {
  let text = "";
  for (const part of parts) {
    const piece = String(part);
    text += `${piece.length}:${piece}`;
  }
  return text;
}

/** 128-bit hash of the parts as a lower-case UUID string. The same parts always give the same id. */
export function hash128(...parts: readonly (string | number)[]): string {
  const hex = hash("sha256", join(parts), "hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** The first 64 bits of a hash128, as the unsigned integer that ClickHouse keeps in `events.identifiers`. */
export function hash64Of(uuid: string): bigint {
  return BigInt(`0x${uuid.slice(0, 8)}${uuid.slice(9, 13)}${uuid.slice(14, 18)}`);
}
