// What identity resolution sees of the world: plain objects in memory, loaded before a batch and written after it. The
// resolver reads and changes them and nothing else, so the same function serves the pipeline, a preview and the oracle.

/** One identifier of one workspace. */
export interface IdentifierState {
  readonly key: string;
  readonly namespace: string;
  readonly value: string;
  /** The person it belongs to; null while it is shared and no person of its own was made for it. */
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
  readonly id: string;
  readonly firstRow: number;
  /** Its identifiers, in the order in which they were tied to it. */
  readonly identifiers: IdentifierState[];
  /** Union of its identifiers' splits. */
  readonly splits: Record<string, number>;
  suppressed: boolean;
  /** People connected by the sign-in strategy `link`. */
  readonly links: string[];
}

export interface IdentityState {
  identifier(key: string): IdentifierState | undefined;
  person(id: string): PersonState | undefined;
  addIdentifier(identifier: IdentifierState): void;
  addPerson(person: PersonState): void;
  /** Takes a person who was merged away out of the state. */
  removePerson(id: string): void;
  /** Whether the pair was so far only claimed (see Trust), never seen in an event of full trust that identifies. */
  isOnlyClaimed(a: string, b: string): boolean;
  addEdge(edge: Edge): void;
}

export interface Edge {
  readonly a: string;
  readonly b: string;
  readonly kind: "seen" | "claimed" | "link";
  readonly rowId: number;
  readonly atMs: number;
  readonly sourceId: number;
}
