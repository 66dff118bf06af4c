// What identity resolution sees of the world: plain objects in memory, loaded before a batch and written after it. The
// resolver reads and changes them and nothing else, so the same function serves the pipeline, a preview and the oracle.

/** One identifier of one workspace. */
export interface IdentifierState {
  readonly workspaceId: number;
  readonly key: string;
  readonly namespace: string;
  readonly value: string;
  /** The person it belongs to; null while nobody has it: it was refused everywhere, or is shared without a person of its own. */
  profileId: string | null;
  /** Set aside: it joins nobody any more. Look-ups still find, through its edges, everybody it was seen with. */
  shared: boolean;
  /** People it was seen with but did not join, in the order that this happened; counts towards `sharedAfter`. */
  yieldedTo: string[];
  /** Sides of unmerges it was put on: split id → side. */
  readonly splits: Record<string, number>;
  readonly firstRow: number;
  readonly firstAtMs: number;
  readonly sourceId: number;
}

/** The part of a person that identity resolution needs. */
export interface PersonState {
  readonly workspaceId: number;
  readonly id: string;
  readonly firstRow: number;
  /** Its identifiers, in the order in which they were tied to it. */
  readonly identifiers: IdentifierState[];
  /** The sides of unmerges that it is on: the union of the splits of all identifiers that it has or had. */
  readonly splits: Record<string, number>;
  suppressed: boolean;
  /** People connected by the sign-in strategy `link`, by the ids they had then; some may have been merged since. */
  readonly links: string[];
}

export interface IdentityState {
  identifier(key: string): IdentifierState | undefined;
  person(id: string): PersonState | undefined;
  addIdentifier(identifier: IdentifierState): void;
  addPerson(person: PersonState): void;
  /** Takes a person who was merged away out of the state. */
  removePerson(id: string): void;
  /** Whether the pair (`a` < `b` as text) has an edge `claimed` and none `seen`. */
  isOnlyClaimed(a: string, b: string): boolean;
  /** Keeps the edge unless its pair has one of its kind. True when it is new, also where the state can't tell. */
  addEdge(edge: Edge): boolean;
}

/** Two identifiers of one event; an edge has no direction, so `a` is always the key that is smaller as text. */
export interface Edge {
  readonly workspaceId: number;
  readonly a: string;
  readonly b: string;
  readonly kind: "seen" | "claimed" | "link";
  readonly rowId: number;
  readonly atMs: number;
  readonly sourceId: number;
}
