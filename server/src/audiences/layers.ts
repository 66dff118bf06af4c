// Named expressions that refer to each other, as layers: each layer's refer to earlier layers alone. ClickHouse puts in whatever a name
// stands for wherever it is used, so a chain of names that use each other several times grows with each link, to where reading the query
// takes seconds; from one select to the next it does not.

/** Characters that ClickHouse may come to by putting in before it pays to divide the query. */
const EXPANDED_MAX = 20_000;

export interface Named {
  readonly name: string;
  readonly expression: string;
}

/** One layer where that is as good. `all`: each refers to earlier ones alone. */
export function layersOf(all: readonly Named[]): Named[][] {
  const levels = new Map<string, number>();
  const sizes = new Map<string, number>();
  for (const { name, expression } of all) {
    const used = [...expression.matchAll(/\bv\d+\b/g)].map(([word]) => word).filter((word) => sizes.has(word));
    levels.set(name, Math.max(-1, ...used.map((word) => levels.get(word) ?? 0)) + 1);
    sizes.set(name, used.reduce((sum, word) => sum + (sizes.get(word) ?? 0), expression.length));
  }
  if ([...sizes.values()].reduce((sum, size) => sum + size, 0) <= EXPANDED_MAX) return [[...all]];
  const byLevel = Map.groupBy(all, ({ name }) => levels.get(name) ?? 0);
  return [...byLevel].toSorted(([a], [b]) => a - b).map(([, layer]) => layer);
}
