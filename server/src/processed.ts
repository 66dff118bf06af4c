// How far the pipeline has come, as the other roles see it: told by the process thread of this process, and read from
// Postgres when the pipeline runs in another process.
import type { Pool } from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { Processed } from "./governance/governance.ts";

export interface ProcessedOffsets extends Processed {
  advance(partition: number, nextOffset: number): void;
}

const POLL_MS = 50;

export function createProcessed(pool: Pool, reader: string, isPipelineHere: () => boolean): ProcessedOffsets {
  const offsets = new Map<number, number>();
  const waiters = new Set<() => void>();

  async function ask(partition: number): Promise<void> {
    const { rows } = await pool.query<{ next_offset: string }>(`select next_offset from log_offset where reader = $1 and partition = $2`, [reader, partition]);
    const next = Number(rows[0]?.next_offset ?? 0);
    if (next > (offsets.get(partition) ?? 0)) offsets.set(partition, next);
  }

  return {
    advance(partition, nextOffset) {
      offsets.set(partition, nextOffset);
      for (const wake of waiters) wake();
    },
    async waitFor(partition, offset, timeoutMs) {
      const deadlineMs = performance.now() + timeoutMs;
      while ((offsets.get(partition) ?? 0) <= offset) {
        const leftMs = deadlineMs - performance.now();
        if (leftMs <= 0) return false;
        if (!isPipelineHere()) {
          await ask(partition);
          if ((offsets.get(partition) ?? 0) <= offset) await sleep(Math.min(POLL_MS, leftMs));
          continue;
        }
        await new Promise<void>((resolve) => {
          const done = (): void => {
            clearTimeout(timer);
            waiters.delete(done);
            resolve();
          };
          const timer = setTimeout(done, Math.min(leftMs, 1_000));
          waiters.add(done);
        });
      }
      return true;
    },
  };
}
