// An event on its way out: Segment's shape, as every destination knows it, made from what was received and what is known of the
// person by now.

export interface OutgoingEvent {
  readonly messageId: string;
  readonly type: "track" | "identify" | "page" | "screen" | "group" | "alias";
  /** Of track calls. */
  readonly event?: string;
  /** Of page and screen calls. */
  readonly name?: string;
  /** The event's own; without one, that of the person by now. */
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly groupId?: string;
  readonly previousId?: string;
  /** When it happened, corrected for the sender's clock; ISO 8601. */
  readonly timestamp: string;
  readonly receivedAt: string;
  /** As the sender wrote it, its clock being what it is. */
  readonly originalTimestamp?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly traits?: Readonly<Record<string, unknown>>;
  /** As received; `traits` holds the person's traits and identifiers (email, phone) as they are now, unless the event says its own; `consents` what they have decided here, by category. */
  readonly context: Readonly<Record<string, unknown>>;
  /** What senders say to single destinations, such as a session's number. */
  readonly integrations?: Readonly<Record<string, unknown>>;
  /** Whatever else stood at the event's root. */
  readonly [other: string]: unknown;
}

/** Of several e-mail addresses or phone numbers of one person, which go. */
export const identifierChoices = ["first", "last", "all"] as const;
export type IdentifierChoice = (typeof identifierChoices)[number];
