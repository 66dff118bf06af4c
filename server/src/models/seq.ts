// What the changes of a model are numbered by: the number of the reading within the model, and that of the change within the reading.
// A reading that a stop cut off is begun anew under another number, so no two changes ever share one. A safe integer for 33 million
// readings: one a minute for sixty years.
import { assert } from "../core/errors.ts";

/** Changes that one reading may find. */
export const CHANGES_PER_READING_MAX = 2 ** 28 - 1;

/** `n` from 1. */
export function seqOf(nr: number, n: number): number {
  assert(nr > 0 && nr < 2 ** 25 && n >= 0 && n <= CHANGES_PER_READING_MAX, "a reading and a change that have numbers");
  return nr * 2 ** 28 + n;
}

/** The reading that a change is of. */
export function readingOf(seq: number): number {
  return Math.floor(seq / 2 ** 28);
}
