// Runs some work again and again, never twice at once: two writes of the same rows could lock them in different orders.

/** The result waits for the runs before it, whether they failed or not, and rejects as its own run does. */
export function oneAfterAnother<Args extends readonly unknown[]>(work: (...args: Args) => Promise<void>): (...args: Args) => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  return (...args) => {
    running = running.catch(() => undefined).then(() => work(...args));
    return running;
  };
}
