// Which values of a masked payload are hidden, by their dotted paths, as the API reveals them. Pure.
export interface HiddenValue {
  readonly path: string;
  readonly value: string;
}

const MASK = "•••";

/** In the order in which they stand. What stands below a name that is masked itself can't be asked for. */
export function hiddenIn(raw: string): readonly HiddenValue[] {
  const found: HiddenValue[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value === "string" && value.includes(MASK)) found.push({ path, value });
    if (typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (!name.includes(MASK)) look(inner, path === "" ? name : `${path}.${name}`);
    }
  };
  try {
    look(JSON.parse(raw), "");
  } catch {
    return [];
  }
  return found.filter(({ path }) => path !== "");
}
