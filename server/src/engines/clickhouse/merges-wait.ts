// Where cores are few, merges go when nobody else of the engine does: they are most of what its threads work on, and nobody waits for
// them. Linux alone gives a thread a priority of its own; elsewhere they share the engine's.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";

const THREADS = "/proc/self/task";
/** The engine's name for the threads that merge parts and rewrite them. */
const MERGING = "MergeMutate";
/** Below the engine's own (chdb-child.ts), and enough for merges to go on while both cores are busy. */
const NICENESS = 12;
const LOOK_MS = 5_000;

/** The engine makes its threads with its first tables, and may make others later. */
export function lowerMerges(): void {
  if (!existsSync(THREADS)) return;
  lower();
  setInterval(lower, LOOK_MS).unref();
}

function lower(): void {
  for (const thread of readdirSync(THREADS)) {
    try {
      if (readFileSync(`${THREADS}/${thread}/comm`, "latin1").trimEnd() === MERGING) setPriority(Number(thread), NICENESS);
    } catch {
      // It ended between the two looks, or may not be changed.
    }
  }
}
