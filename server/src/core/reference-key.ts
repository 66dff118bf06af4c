// How order, receipt and ticket numbers are found again: 64 bits of a hash of the value in the one form in which it is
// compared. The event table keeps these under an index, and never the values a second time.
import { hash128 } from "./hash.ts";

/** A longer text is no number that somebody reads out. */
const REFERENCE_CHARACTERS_MAX = 200;

/** As a UUID, of which the first 64 bits are kept; undefined for what can be no reference. */
export function referenceKey(value: unknown): string | undefined {
  const text = typeof value === "string" ? value : typeof value === "number" && Number.isSafeInteger(value) ? String(value) : "";
  const compared = comparedReference(text);
  return compared === "" || text.length > REFERENCE_CHARACTERS_MAX ? undefined : hash128("reference", compared);
}

/** Without case, and without the marks and spaces that people write around a number: `#w10000-901 ` is `w10000-901`. */
export function comparedReference(text: string): string {
  return text.trim().replace(/^#\s*/, "").normalize("NFC").toLowerCase();
}
