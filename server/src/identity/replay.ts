// Resolves a list of events again, from nothing or from a given state: an unmerge (the same events, with a line drawn
// from the start), or the question who would be one person under other rules. It is `resolve` in a loop and nothing else,
// so that what is shown before a change is what happens after it.
import type { IdentityState } from "./identity-state.ts";
import { memoryIdentityState, type MemoryIdentityState } from "./memory-identity-state.ts";
import type { ResolveInput } from "./candidates.ts";
import { resolve, type MergeStep } from "./resolve.ts";
import type { IdentityRules } from "./rules.ts";

/** Identifier key → its sides: split id → side. */
export type Splits = ReadonlyMap<string, Readonly<Record<string, number>>>;

export interface ReplayOptions {
  /** Lines that are in force from the first event on. */
  readonly splits?: Splits;
  /**
   * The people and identifiers that the events also mention but that are not replayed; changed as by any event. Absent:
   * there are none.
   */
  readonly state?: MemoryIdentityState;
}

export interface Replayed {
  readonly state: MemoryIdentityState;
  /** row_id → the person who has the event in the end; null for events without a person. */
  readonly ownerOfRow: ReadonlyMap<number, string | null>;
  /** Merged away during the replay: loser → the person it is part of in the end. */
  readonly mergedInto: ReadonlyMap<string, string>;
  /** What the merge log would say. */
  readonly steps: readonly (MergeStep & { readonly rowId: number })[];
}

/** `events` stand in log order. */
export function replay(events: readonly ResolveInput[], rules: IdentityRules, options: ReplayOptions = {}): Replayed {
  const state = options.state ?? memoryIdentityState();
  if (options.splits) drawLines(events, options.splits, state);
  const first = new Map<number, string | null>();
  const direct = new Map<string, string>();
  const steps: (MergeStep & { rowId: number })[] = [];
  for (const event of events) {
    const resolution = resolve(event, rules, state);
    first.set(event.rowId, resolution.profileId);
    for (const step of resolution.steps) {
      steps.push({ ...step, rowId: event.rowId });
      if (step.kind === "merge" && step.other !== null) direct.set(step.other, step.survivor);
    }
  }
  const final = (id: string): string => {
    let current = id;
    for (let next = direct.get(current); next !== undefined; next = direct.get(current)) current = next;
    return current;
  };
  const ownerOfRow = new Map<number, string | null>();
  for (const [row, id] of first) ownerOfRow.set(row, id === null ? null : final(id));
  return { state, ownerOfRow, mergedInto: new Map([...direct.keys()].map((id) => [id, final(id)])), steps };
}

/**
 * Makes the identifiers that have sides known before their first event, so that no event can carry them across. Their
 * first sighting stays that of the events; an identifier that no event carries has none and is left out.
 */
function drawLines(events: readonly ResolveInput[], splits: Splits, state: IdentityState): void {
  for (const event of events) {
    for (const id of [...event.identifiers, ...event.previous]) {
      const sides = splits.get(id.key);
      if (sides === undefined) continue;
      const known = state.identifier(id.key);
      if (known) {
        Object.assign(known.splits, sides);
        if (known.profileId !== null) Object.assign(state.person(known.profileId)?.splits ?? {}, sides);
        continue;
      }
      state.addIdentifier({
        workspaceId: event.workspaceId, key: id.key, namespace: id.namespace, value: id.value, profileId: null, shared: false,
        yieldedTo: [], splits: { ...sides }, firstRow: event.rowId, firstAtMs: event.atMs, sourceId: event.sourceId,
      });
    }
  }
}

/** People who are several under one set of rules and one under the other. */
export interface PartitionChange {
  /** Each: one person of `after` who is several people in `before`. */
  readonly joined: readonly PeopleChange[];
  /** Each: one person of `before` who is several people in `after`. */
  readonly separated: readonly PeopleChange[];
}

export interface PeopleChange {
  readonly one: string;
  /** The ids of the several, the order of their identifiers in the one. */
  readonly several: readonly string[];
}

/** What a change of the rules would do to people: replay the same events under both and compare. */
export function comparePeople(before: MemoryIdentityState, after: MemoryIdentityState): PartitionChange {
  return { joined: severalIn(after, before), separated: severalIn(before, after) };
}

function severalIn(ones: MemoryIdentityState, others: MemoryIdentityState): PeopleChange[] {
  const changes: PeopleChange[] = [];
  for (const person of ones.people.values()) {
    const several = new Set<string>();
    for (const { key } of person.identifiers) {
      const owner = others.identifier(key)?.profileId;
      if (owner) several.add(owner);
    }
    if (several.size > 1) changes.push({ one: person.id, several: [...several] });
  }
  return changes;
}
