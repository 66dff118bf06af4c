// Who waits for something new in a partition, and what wakes them: an append in this process at once, one of another
// process by looking at the head. While nobody waits, nothing is looked at.
import { setTimeout as sleep } from "node:timers/promises";
import type { LogLimits } from "./log-limits.ts";

export interface AppendWaiters {
  /** True once the partition's next offset is larger than `offset`; false after `timeoutMs`, or when closed. */
  wait(partition: number, offset: number, timeoutMs: number): Promise<boolean>;
  /** The partition's next offset is at least this. Whoever is told needs to look only rarely. */
  poke(partition: number, nextOffset: number): void;
  close(): void;
}

/** Each look without news makes the pause before the next one this much longer. */
const POLL_GROWTH = 1.1;

interface Waiter {
  readonly partition: number;
  readonly offset: number;
  settle(isThere: boolean): void;
}

/** `heads` gives the next offset of every partition; when it fails it is asked again later. */
export function createAppendWaiters(
  heads: () => Promise<readonly { readonly partition: number; readonly nextOffset: number }[]>,
  limits: Pick<LogLimits, "pollMsMin" | "pollMsMax">,
): AppendWaiters {
  const waiters = new Set<Waiter>();
  const known = new Map<number, number>();
  let polling = false;
  let closed = false;
  let pollMs = limits.pollMsMin;

  /** Returns whether that is news. */
  function reach(partition: number, nextOffset: number): boolean {
    if (nextOffset <= (known.get(partition) ?? 0)) return false;
    known.set(partition, nextOffset);
    for (const waiter of waiters) if (waiter.partition === partition && nextOffset > waiter.offset) waiter.settle(true);
    return true;
  }

  async function poll(): Promise<void> {
    while (waiters.size > 0 && !closed) {
      pollMs = Math.min(pollMs * POLL_GROWTH, limits.pollMsMax);
      try {
        // Somebody appends who does not tell.
        for (const head of await heads()) if (reach(head.partition, head.nextOffset)) pollMs = limits.pollMsMin;
      } catch {
        pollMs = limits.pollMsMax;
      }
      if (waiters.size > 0) await sleep(pollMs, undefined, { ref: false });
    }
    polling = false;
  }

  return {
    poke(partition, nextOffset) {
      if (reach(partition, nextOffset)) pollMs = limits.pollMsMax;
    },
    wait(partition, offset, timeoutMs) {
      if ((known.get(partition) ?? 0) > offset) return Promise.resolve(true);
      if (closed || timeoutMs <= 0) return Promise.resolve(false);
      return new Promise((resolve) => {
        const timer = setTimeout(() => waiter.settle(false), timeoutMs);
        const waiter: Waiter = {
          partition, offset,
          settle(isThere) {
            clearTimeout(timer);
            waiters.delete(waiter);
            resolve(isThere);
          },
        };
        waiters.add(waiter);
        if (!polling) {
          polling = true;
          void poll();
        }
      });
    },
    close() {
      closed = true;
      for (const waiter of waiters) waiter.settle(false);
    },
  };
}
