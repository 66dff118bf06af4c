// Long work of the pipeline's thread goes in short stretches: between two of them its sockets are written and read, so that Postgres and
// ClickHouse go on with what they are being sent instead of waiting for the rest of it.

/** How long a stretch is, about. */
const STRETCH_MS = 4;

/** Calls `each` for one item after the other, and lets other work of this thread in every few ms. */
export async function inStretches<T>(items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let untilMs = performance.now() + STRETCH_MS;
  for (const item of items) {
    each(item);
    if (performance.now() < untilMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    untilMs = performance.now() + STRETCH_MS;
  }
}
