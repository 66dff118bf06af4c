// Work that several wait for at once, and that is stopped when the last of them has gone.

export class SharedWork<T> {
  readonly #stop = new AbortController();
  readonly #result: Promise<T>;
  #waiting = 0;
  #isDone = false;
  #isFailed = false;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = work(this.#stop.signal).finally(() => {
      this.#isDone = true;
    });
    // Whoever waits is told; nobody may be left to.
    this.#result.catch(() => (this.#isFailed = true));
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get isFailed(): boolean {
    return this.#isFailed;
  }

  /** Rejects with the signal's reason when that comes first. */
  async wait(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#waiting++;
    let leave: (() => void) | undefined;
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason instanceof Error ? signal.reason : new Error("Nobody waits any more."));
      signal.addEventListener("abort", leave, { once: true });
    });
    try {
      return await Promise.race([this.#result, gone]);
    } finally {
      if (leave) signal.removeEventListener("abort", leave);
      this.#waiting--;
      if (this.#waiting === 0 && !this.#isDone) this.#stop.abort(new Error("Nobody waits any more."));
    }
  }
}
