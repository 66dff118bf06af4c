// What the server and the threads that run destinations say to each other: plain data, one answer to each job.
import type { AudienceAtVendor, Connection, Exchange, Outcome, SendItem, SendRequest, Tokens } from "../../destination.ts";

export type Person = { readonly userId?: string | undefined; readonly anonymousId?: string | undefined };

export type Job = { readonly connection: Connection } & (
  | { readonly kind: "send"; readonly subscription: SendRequest["subscription"]; readonly audience?: AudienceAtVendor | undefined; readonly items: readonly SendItem[] }
  | { readonly kind: "test" }
  | { readonly kind: "refresh" }
  | { readonly kind: "create_audience"; readonly audience: Omit<AudienceAtVendor, "externalId"> }
  | { readonly kind: "choices"; readonly action: string; readonly field: string; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly kind: "forget"; readonly person: Person }
);

/** Of everything but a send: what came of it, or why nothing did. */
export type Failure = Exclude<Outcome, { readonly kind: "delivered" | "nothing" }>;

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export type Answer =
  | { readonly kind: "outcomes"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "passed" }
  | { readonly kind: "tokens"; readonly tokens: Tokens }
  | { readonly kind: "audience"; readonly externalId: string | undefined }
  | { readonly kind: "choices"; readonly choices: readonly Choice[] }
  | { readonly kind: "failed"; readonly failure: Failure };

export type ToThread =
  | { readonly kind: "run"; readonly id: number; readonly job: Job; readonly timeoutMs: number }
  | { readonly kind: "abort"; readonly id: number };

export type FromThread =
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer; readonly exchanges: readonly Exchange[] }
  /** Something failed that no job waited for; it ends nothing. */
  | { readonly kind: "stray"; readonly problem: string };

/** How a thread comes by destinations, and by its way out: a file and what its function is called with. */
export interface ThreadPart {
  readonly file: string;
  readonly options: unknown;
}

export interface ThreadData {
  readonly definitions: ThreadPart;
  readonly client: ThreadPart;
  /** Counted up by the thread as long as it comes to it. */
  readonly pulse: Int32Array;
  readonly requestTimeoutMs: number;
}

export const PULSE_EVERY_MS = 100;
