// The line that an unmerge draws through one person: some identifiers on side 1, all its others on side 0. Afterwards no
// person may hold identifiers of both sides. The line is drawn first and the events are replayed then (see replay.ts),
// so that each side gets exactly what it would have had if the two had never met.
import type { IdentifierState, PersonState } from "./identity-state.ts";

export type SplitSides =
  | { readonly kind: "split"; readonly chosen: readonly IdentifierState[]; readonly rest: readonly IdentifierState[] }
  /** `not_theirs`: none of the chosen is this person's (any more). `nothing_left`: all are chosen, so nothing is split. */
  | { readonly kind: "refused"; readonly reason: "not_theirs" | "nothing_left" };

/**
 * Which identifiers fall on which side. Chosen ones that are not this person's are passed over: between the request and
 * its place in the log they may have moved.
 */
export function splitSides(person: PersonState, chosenKeys: Iterable<string>): SplitSides {
  const wanted = new Set(chosenKeys);
  const chosen = person.identifiers.filter(({ key }) => wanted.has(key));
  const rest = person.identifiers.filter(({ key }) => !wanted.has(key));
  if (chosen.length === 0) return { kind: "refused", reason: "not_theirs" };
  if (rest.length === 0) return { kind: "refused", reason: "nothing_left" };
  return { kind: "split", chosen, rest };
}

/** Writes the line into the identifiers. `splitId` is the row_id of the control record; returns them as `replay` takes them. */
export function markSplit(sides: Extract<SplitSides, { kind: "split" }>, splitId: number): Map<string, Readonly<Record<string, number>>> {
  const marked = new Map<string, Readonly<Record<string, number>>>();
  for (const [side, identifiers] of [sides.rest, sides.chosen].entries()) {
    for (const identifier of identifiers) {
      identifier.splits[String(splitId)] = side;
      marked.set(identifier.key, { ...identifier.splits });
    }
  }
  return marked;
}
