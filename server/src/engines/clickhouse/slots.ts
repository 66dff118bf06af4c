// Slots for a bounded number of holders, with a bounded queue in arrival order.

export interface Slots<T> {
  /** Resolves with a free item, at once or in turn. Throws what `refuse` gives when the queue is full, or the signal's reason. */
  take(signal: AbortSignal): Promise<T>;
  give(item: T): void;
  /** Nothing is taken. */
  readonly isIdle: () => boolean;
}

export function slots<T>(items: readonly T[], queueMax: number, refuse: () => Error): Slots<T> {
  const free = [...items];
  const waiting: ((item: T) => void)[] = [];
  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const item = free.pop();
      if (item !== undefined) return Promise.resolve(item);
      if (waiting.length >= queueMax) return Promise.reject(refuse());
      return new Promise((resolve, reject) => {
        const turn = (given: T) => {
          signal.removeEventListener("abort", leave);
          resolve(given);
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal.reason);
        };
        signal.addEventListener("abort", leave, { once: true });
        waiting.push(turn);
      });
    },
    give(item) {
      const next = waiting.shift();
      if (next) next(item);
      else free.push(item);
    },
    isIdle: () => free.length === items.length,
  };
}
