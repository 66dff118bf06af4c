// The condition of a stage as the lines that all must hold, and back. Pure.
import { isRecord, type Leaf } from "../audiences/model/draft.ts";

export interface Part {
  readonly leaf: Leaf;
  readonly isNot: boolean;
}

/** Undefined where it is more than conditions that all must hold. */
export function partsOf(when: unknown): Part[] | undefined {
  const all = isRecord(when) && Array.isArray(when["all"]) ? when["all"] : [when];
  const parts = all.map(partOf);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function partOf(one: unknown): Part | undefined {
  const isNot = isRecord(one) && isRecord(one["not"]);
  const leaf = isNot ? one["not"] : one;
  return isRecord(leaf) && typeof leaf["kind"] === "string" ? { leaf: leaf as Leaf, isNot } : undefined; // Just looked at.
}

export function whenOf(parts: readonly Part[]): unknown {
  const all = parts.map(({ leaf, isNot }) => (isNot ? { not: leaf } : leaf));
  return all.length === 1 ? all[0] : { all };
}
