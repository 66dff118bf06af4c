// What became of one delivery, as it is kept: first in Postgres with the commit that decided it, a moment later in ClickHouse.

export type DeliveryOutcome =
  | "delivered"
  /** For good: a dead letter. */
  | "refused"
  /** Tried until there was no point any more: a dead letter too. */
  | "expired"
  /** Of the share of people who are never sent anything, to see what difference it makes. */
  | "held_out"
  /** Nothing had to be sent. */
  | "nothing"
  /** Tried again later; it gets another entry then. */
  | "parked";

export interface Entry {
  readonly subscriptionId: number;
  readonly subscriptionVersion: number;
  /** row_id of the event, or seq of the membership change. */
  readonly position: number;
  readonly messageId: string;
  /** Name of the event. */
  readonly event: string;
  /** In whose lane it went: of a model's row, an id of the row. */
  readonly profileId: string;
  /** Of a model's row: whom it is about. */
  readonly personId?: string | undefined;
  readonly outcome: DeliveryOutcome;
  readonly code: string;
  readonly detail: string;
  /** Of the last reply; 0: there was none. */
  readonly status: number;
  readonly attempts: number;
  readonly happenedAtMs: number;
  readonly receivedAtMs: number;
  readonly finishedAtMs: number;
  /** undefined: no request was made. */
  readonly requestId: string | undefined;
}

/** Of a detail that is kept. */
export const DETAIL_MAX = 500;

/** What an entry says of the item, whatever became of it. */
export interface EntryOf {
  readonly subscription: { readonly id: number; readonly version: number };
  readonly position: number;
  readonly messageId: string;
  readonly eventName: string;
  readonly profileId: string;
  readonly personId?: string | undefined;
  readonly happenedAtMs: number;
  readonly receivedAtMs: number;
  readonly attempts: number;
}

export interface EntryReason {
  readonly code: string;
  readonly detail: string;
  readonly status: number;
  readonly requestId: string | undefined;
}

export function entryFor(of: EntryOf, outcome: DeliveryOutcome, why: EntryReason, nowMs: number): Entry {
  return {
    subscriptionId: of.subscription.id, subscriptionVersion: of.subscription.version, position: of.position, messageId: of.messageId, event: of.eventName,
    profileId: of.profileId, personId: of.personId, outcome, code: why.code, detail: why.detail.slice(0, DETAIL_MAX), status: why.status, attempts: of.attempts,
    happenedAtMs: of.happenedAtMs, receivedAtMs: of.receivedAtMs, finishedAtMs: nowMs, requestId: why.requestId,
  };
}

/** Of what has its outcome before anything is sent. */
export function unsentEntries(unsent: readonly (Omit<EntryOf, "attempts"> & Pick<Entry, "outcome" | "messageId" | "code" | "detail">)[], nowMs: number): readonly Entry[] {
  return unsent.map((one) => entryFor({ ...one, attempts: 0 }, one.outcome, { code: one.code, detail: one.detail, status: 0, requestId: undefined }, nowMs));
}

export function countsOf(entries: readonly Entry[]): { readonly subscriptionId: number; readonly outcome: string; readonly reason: string; readonly count: number }[] {
  const groups = Map.groupBy(entries, ({ subscriptionId, outcome, code }) => JSON.stringify([subscriptionId, outcome, code]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ subscriptionId: first.subscriptionId, outcome: first.outcome, reason: first.code, count: group.length }];
  });
}
