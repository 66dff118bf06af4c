// What the generator gives: calls as the SDKs send them, each with where it comes from and what is true of it.

/** The systems that a shop collects from. */
export const demoSources = ["website", "app", "point of sale", "mail", "support"] as const;
export type DemoSource = (typeof demoSources)[number];

/** How an event was spoilt on purpose. `repeat`, and those whose outcome is `quarantined`, never become a stored event. */
export const dirtKinds = [
  "repeat", "late", "wrong clock", "wrong types", "upper-case mail", "spoken phone", "nobody's mail",
  "unknown type", "no event name", "nobody", "long id",
] as const;
export type DirtKind = (typeof dirtKinds)[number];

/** What a pipeline with the default settings must make of the call. */
export interface CallTruth {
  /** Who really did it: an index of people; null for what nobody did. */
  readonly person: number | null;
  /**
   * The parts of people that this call shows, the one it belongs to first: `12` is what is known of person 12, `12.web0` a
   * browser that nobody has signed in on yet. Several: this call shows that they are one person. Empty: it is nobody's.
   */
  readonly shows: readonly string[];
  readonly outcome: "stored" | "duplicate" | "quarantined";
  /** Of the quarantine; '' for all others. */
  readonly reason: string;
  readonly dirt: DirtKind | null;
}

export type WireEvent = Readonly<Record<string, unknown>>;

export interface Call {
  readonly source: DemoSource;
  /** When it reaches the collector, in milliseconds since the epoch: the order of calls, and the `receivedAt` of a played history. */
  readonly atMs: number;
  /** As sent: `JSON.stringify` of it always gives the same bytes. */
  readonly event: WireEvent;
  readonly truth: CallTruth;
  /** Breaks ties between calls of one millisecond; unique. */
  readonly key: string;
}

export function compareCalls(a: Call, b: Call): number {
  return a.atMs - b.atMs || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
