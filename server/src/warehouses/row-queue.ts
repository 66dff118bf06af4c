// Between a connection that pushes rows and a reader that asks for batches: while a whole batch lies here unread, the connection is told to
// wait, so that a slow reader fills no memory.
import type { Row } from "./warehouse.ts";

export interface RowQueueOptions {
  readonly batchRows: number;
  readonly batchBytes: number;
  /** Asks the connection to send no more for now. What still comes is kept. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export interface RowQueue {
  /** `bytes`: about, as it travelled. */
  push(row: Row, bytes: number): void;
  /** No more comes; with an error: after what came, the reader gets it. */
  end(error?: unknown): void;
  /** Undefined: that was all. */
  next(): Promise<readonly Row[] | undefined>;
  /** Nothing more comes. */
  readonly isOver: boolean;
}

export function createRowQueue({ batchRows, batchBytes, pause, resume }: RowQueueOptions): RowQueue {
  const whole: Row[][] = [];
  let rows: Row[] = [];
  let bytes = 0;
  let ended: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const cut = (): void => {
    if (rows.length > 0) whole.push(rows);
    [rows, bytes] = [[], 0];
  };
  return {
    push(row, size) {
      rows.push(row);
      bytes += size;
      if (rows.length < batchRows && bytes < batchBytes) return;
      cut();
      pause();
      wake?.();
    },
    end(error) {
      if (ended) return;
      cut();
      ended = { error };
      wake?.();
    },
    get isOver() {
      return ended !== undefined;
    },
    async next() {
      for (;;) {
        const batch = whole.shift();
        if (batch) return batch;
        if (ended) {
          if (ended.error !== undefined) throw ended.error;
          return undefined;
        }
        const woken = new Promise<void>((resolve) => void (wake = resolve));
        resume();
        await woken;
      }
    },
  };
}
