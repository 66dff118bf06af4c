// Comparing what people wrote: definitions and the like, as JSON.

/** Whether two definitions say the same, whatever order their names stand in. */
export function isSame(a: unknown, b: unknown): boolean {
  return orderedText(a) === orderedText(b);
}

/** One text for what says the same. */
export function orderedText(value: unknown): string | undefined {
  return JSON.stringify(ordered(value));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, ordered(inner)]));
}
