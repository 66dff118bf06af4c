// How deep a value is nested, without recursion: whoever walks through it later does so by functions that call themselves.

/** Whether objects and lists stand inside each other more often than this. */
export function isNestedDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const inner: unknown[] = [];
    for (const one of level) if (typeof one === "object" && one !== null) for (const each of Object.values(one)) inner.push(each);
    if (depth >= levels && level.some((one) => typeof one === "object" && one !== null)) return true;
    level = inner;
  }
  return false;
}
