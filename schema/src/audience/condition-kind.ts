// What a kind of condition is: one object in one file of kinds/. Adding a kind is adding such a file and naming it in kinds.ts.
import type { z } from "zod";
import type { Condition } from "./condition.ts";
import type { Definition } from "./definition.ts";
import type { Explaining, Explanation } from "./explain.ts";
import type { Money } from "./money.ts";
import type { ValueSql } from "./computed-kind.ts";
import type { Language } from "./sentence.ts";
import type { Bind, Raw } from "./value.ts";

// ── The plain model, over which conditions are evaluated in TypeScript ────────────────────────────────────────────

export interface EventFacts {
  readonly event: string;
  readonly ms: number;
  /** Breaks ties of time. */
  readonly row: number;
  readonly properties: Readonly<Record<string, unknown>>;
  /** What stands beside the properties, by the names of `contextFields`; "" is not set. */
  readonly context: Readonly<Record<string, string>>;
  readonly isBot: boolean;
  readonly isInternal: boolean;
}

/** What the workspace calls things: see vocabulary.ts. */
export interface Words {
  readonly roles: Readonly<Record<string, {
    readonly events: readonly string[];
    readonly properties: Readonly<Partial<Record<string, readonly string[]>>>;
    /** Only those of the events that have one of these values in one of these properties; null: all. */
    readonly where: { readonly paths: readonly string[]; readonly values: readonly string[] } | null;
  }>>;
  readonly money: Money;
}

export interface PersonFacts {
  readonly id: string;
  /** Of the person; "" when none was told. */
  readonly zone: string;
  readonly traits: Readonly<Record<string, unknown>>;
  /** When each trait's value was told. */
  readonly traitTimes: Readonly<Record<string, number>>;
  /** `namespace:value`. */
  readonly identifiers: readonly string[];
  readonly isAnonymous: boolean;
  readonly isHuman: boolean;
  readonly consents: Readonly<Record<string, boolean>>;
  readonly accounts: readonly string[];
  /** Stored events, in any order. Conditions see only those that their audience lets in. */
  readonly events: readonly EventFacts[];
}

/** What a condition may look at besides the person. */
export interface World {
  readonly nowMs: number;
  /** The workspace's zone. */
  readonly zone: string;
  readonly words: Words;
  /** Everybody, for conditions on accounts. */
  readonly people: readonly PersonFacts[];
  readonly audience: (slug: string) => Definition | undefined;
  readonly list: (slug: string) => ReadonlySet<string> | undefined;
  /** What a computed trait is for somebody, as JSON text; none: not set. */
  readonly computed: (slug: string, person: PersonFacts) => readonly Raw[];
  /** Evaluates a condition inside a condition. */
  readonly holds: (condition: Condition, person: PersonFacts) => boolean;
  /** Whether somebody is in an audience: its condition and whom it is drawn from. */
  readonly isMember: (definition: Definition, person: PersonFacts) => boolean;
}

// ── SQL ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Two SQL expressions over one person: whether the condition holds, and the earliest instant at which that could change by time alone. */
export interface Branch {
  /** UInt8. */
  readonly member: string;
  /** Int64 in milliseconds; NEVER when no instant is known. */
  readonly next: string;
}

/** Columns of one event, while aggregates over a person's events are made. */
export const eventColumns = {
  event: "event",
  /** Milliseconds, Int64. */
  ms: "ms",
  row: "row_id",
  properties: "properties",
} as const;

/** Columns of one person. */
export const personColumns = {
  id: "profile_id",
  traits: "traits",
  /** Map(String, Int64). */
  traitTimes: "trait_times",
  identifiers: "identifiers",
  isAnonymous: "is_anonymous",
  /** Map(String, UInt8). */
  consents: "consents",
  accounts: "accounts",
  zone: "timezone",
} as const;

export interface EventsWanted {
  /** Names that may matter; undefined: every event of a person. */
  readonly names: readonly string[] | undefined;
  /** Nothing before this instant matters; undefined: everything does. */
  readonly boundMs: number | undefined;
  /** An aggregate over `eventColumns` and the columns of `contextFields`, of one person's events. Without any event it is the default of its type. */
  readonly aggregate: string;
}

/** What a kind makes its SQL with. */
export interface SqlScope {
  readonly bind: Bind;
  readonly nowMs: number;
  /** The workspace's zone. */
  readonly zone: string;
  readonly words: Words;
  /** Makes an aggregate over each person's events; gives its name. Equal ones are made once. */
  readonly events: (wanted: EventsWanted) => string;
  /** Names an expression over one person, so that it is computed once; gives the name. */
  readonly name: (expression: string) => string;
  /** Says that a column of `personColumns` is read. */
  readonly person: (column: keyof typeof personColumns) => string;
  /** A condition inside a condition. */
  readonly condition: (condition: Condition) => Branch;
  /** An audience by its name: whom it is drawn from, and its condition. */
  readonly audience: (slug: string) => Branch;
  /** A computed trait's value over one person, and when it could change by time. */
  readonly computed: (slug: string) => ValueSql;
  /** UInt8: whether the person is on a list. */
  readonly list: (slug: string) => string;
  /** Of the people of each of the person's accounts: how many there are and for how many a condition holds, and the least `next` among them. */
  readonly accounts: (condition: Condition) => { readonly people: string; readonly holding: string; readonly next: string };
  /** An instant at which the truth may change for many people at once: everybody is evaluated then, and `next` need not say it. */
  readonly boundary: (ms: number) => void;
}

// ── Kinds ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What can change a condition's truth, besides time. */
export interface Reads {
  /** Event names; "any": every event. */
  readonly events?: readonly string[] | "any";
  /** Whether anything of the snapshot matters: traits, consents, identifiers, accounts. */
  readonly snapshot?: boolean;
  readonly audiences?: readonly string[];
  readonly lists?: readonly string[];
  readonly computed?: readonly string[];
  /** Whether other people of the same account matter. */
  readonly accounts?: boolean;
}

export interface ConditionKind<Schema extends z.ZodType = z.ZodType, One = z.infer<Schema>> {
  readonly kind: string;
  readonly schema: Schema;
  /** Conditions that stand inside one. */
  readonly inner?: (condition: One) => readonly Condition[];
  /** Without what is read by those inside. */
  readonly reads: (condition: One, words: Words) => Reads;
  readonly sql: (condition: One, scope: SqlScope) => Branch;
  readonly evaluate: (condition: One, person: PersonFacts, world: World) => boolean;
  /** `inner` says a condition inside. */
  readonly sentence: (condition: One, say: Language, inner: (condition: Condition) => string) => string;
  /** Whether it holds of who never did what it asks about; undefined where that is no question, or just what is asked. */
  readonly ofNever?: (condition: One) => boolean | undefined;
  /** Audiences of which `explain` asks whether somebody is in them. */
  readonly explainedBy?: (condition: One) => readonly string[];
  /** What this kind knows of why it holds of somebody or not; without it, only whether, and until when. */
  readonly explain?: (condition: One, person: PersonFacts, world: World, explaining: Explaining) => Explanation;
  /** For the documentation, and for tests that every example parses, compiles and reads well. */
  readonly examples: readonly One[];
}
