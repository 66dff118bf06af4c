// The values within a payload, by path, as the event table's JSON column names them: names joined by dots, and items of a list
// under the path of their list. Pure.

export interface Leaf {
  readonly path: string;
  readonly value: string | number | boolean;
}

const DEPTH_MAX = 32;
const LEAVES_MAX = 2_000;

/** Strings, numbers and booleans; at most so many. */
export function leavesOf(value: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  collect(value, "", 0, leaves);
  return leaves;
}

function collect(value: unknown, path: string, depth: number, leaves: Leaf[]): void {
  if (leaves.length >= LEAVES_MAX || depth > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, depth + 1, leaves);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) collect(inner, path === "" ? name : `${path}.${name}`, depth + 1, leaves);
  } else if (path !== "" && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")) {
    leaves.push({ path, value });
  }
}
