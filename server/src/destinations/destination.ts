// What a destination does, whoever wrote it: the contract between the queue, which decides what is sent when, and the code that
// speaks to one vendor. A destination keeps no state of deliveries, never retries by itself, and reaches the network only by the
// client that it is handed.
import type { DestinationDefinition, SyncMode } from "@tributary/schema/destination/definition.ts";
import type { OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import type { Exchange } from "../outbound/outbound.ts";

/** What a vendor gave for this connection. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  readonly expiresAtMs?: number | undefined;
  /** Of the app that they were given to: they are of no use to any other, and are shown to none. */
  readonly appIdentity?: string | undefined;
}

export { exchangeBytesMax, type Exchange } from "../outbound/outbound.ts";

/** A destination as a workspace set it up. `settings` are opened: they hold secrets and are never logged. */
export interface Connection {
  readonly workspaceId: number;
  readonly destinationId: number;
  /** Of the definition. */
  readonly slug: string;
  /** Greater with every change of the settings. */
  readonly version: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly oauth?: Tokens | undefined;
  /** The app that the workspace registered with the vendor, which tokens are renewed with. */
  readonly app?: { readonly clientId: string; readonly clientSecret: string } | undefined;
  /** Switches of the catalog's destinations, such as an API version. */
  readonly features?: Readonly<Record<string, boolean>>;
}

export interface SendItem {
  readonly event: OutgoingEvent;
  /** What the mapping made of the event. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The same for every attempt of the same delivery, and for no other. */
  readonly idempotencyKey: string;
  /** A row of a model: what it is known by, the same for all of its changes, and whether it is gone. */
  readonly row?: { readonly key: string; readonly isRemoved: boolean } | undefined;
}

/** The list at the vendor that an audience became. */
export interface AudienceAtVendor {
  readonly key: string;
  readonly id: number;
  readonly name: string;
  readonly externalId: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SendRequest {
  readonly connection: Connection;
  readonly subscription: { readonly id: number; readonly version: number; readonly action: string; readonly syncMode?: SyncMode | undefined };
  readonly audience?: AudienceAtVendor | undefined;
  /** In order; of one person at most as often as the action's batch allows. More than one only if the action takes batches. */
  readonly items: readonly SendItem[];
  /** Of a destination with fixed batches: the same for every attempt of these items, and for no others. */
  readonly batchId?: string | undefined;
}

/** What became of one item. */
export type Outcome =
  | { readonly kind: "delivered"; readonly status?: number | undefined }
  /** May work later: 408, 423, 429, 5xx but 501, no answer. `isOfDestination`: nothing else would have come through either. */
  | { readonly kind: "retry"; readonly code: string; readonly detail: string; readonly status?: number | undefined; readonly afterMs?: number | undefined; readonly isOfDestination: boolean }
  /** Will never work as it is: the vendor or a check refused this item. */
  | { readonly kind: "refused"; readonly code: string; readonly detail: string; readonly status?: number | undefined }
  /** The key or token is not taken (401, 403 of the whole account): a person must act, nothing is lost meanwhile. */
  | { readonly kind: "unauthorized"; readonly detail: string; readonly status?: number | undefined }
  /** Nothing had to be sent. */
  | { readonly kind: "nothing"; readonly detail: string };

/** New tokens, to be kept before anything else is sent. */
export type RefreshedTokens = Tokens;

export interface SendResult {
  /** One for each item, in order. */
  readonly outcomes: readonly Outcome[];
  readonly exchanges: readonly Exchange[];
  readonly refreshed?: RefreshedTokens | undefined;
}

export type TestResult = ({ readonly isGood: true } | { readonly isGood: false; readonly detail: string }) & {
  readonly exchanges: readonly Exchange[];
  readonly refreshed?: RefreshedTokens | undefined;
};

/** The list that an audience became at the vendor. */
export interface MadeAudience {
  /** Undefined: the vendor needs none. */
  readonly externalId: string | undefined;
  readonly exchanges: readonly Exchange[];
  readonly refreshed?: RefreshedTokens | undefined;
}

/** What became of a list as a whole. */
export interface EmptiedAudience {
  /** `delivered`: nobody is in it any more. */
  readonly outcome: Outcome;
  /** The list itself is gone, so that its external id leads nowhere any more. */
  readonly isGone: boolean;
  readonly exchanges: readonly Exchange[];
  readonly refreshed?: RefreshedTokens | undefined;
}

export interface Destination {
  readonly definition: DestinationDefinition;
  /**
   * What goes with one request is one thing there, such as a file: items that were once sent together go together again, after a failure as after a kill, under one `batchId`. All that fails
   * there is a failure of the destination.
   */
  readonly hasFixedBatches?: boolean;
  /** Problems of the settings, by field; empty: none. No network. */
  check(settings: Readonly<Record<string, unknown>>): readonly { readonly field: string; readonly problem: string }[];
  test(connection: Connection, signal: AbortSignal): Promise<TestResult>;
  /** Never throws for what a vendor says or does; throws AppError for what is wrong with the request itself. */
  send(request: SendRequest, signal: AbortSignal): Promise<SendResult>;
  /** Makes the list that an audience becomes. Throws AppError `vendor_refused` when there is none. */
  createAudience?(connection: Connection, audience: Omit<AudienceAtVendor, "externalId">, signal: AbortSignal): Promise<MadeAudience>;
  /**
   * Takes everybody out of the list at once. Absent: the vendor has no request for that, and whoever is in it leaves one by one, by events
   * of leaving. Never throws for what a vendor says or does.
   */
  emptyAudience?(connection: Connection, audience: AudienceAtVendor, signal: AbortSignal): Promise<EmptiedAudience>;
  /** Choices of a dynamic field. */
  choices?(connection: Connection, action: string, field: string, payload: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<readonly { readonly value: string; readonly label: string }[]>;
  forget?(connection: Connection, person: { readonly userId?: string | undefined; readonly anonymousId?: string | undefined }, signal: AbortSignal): Promise<SendResult>;
}

/** All destinations, by slug. */
export interface Catalog {
  list(): Promise<readonly DestinationDefinition[]>;
  /** Undefined: there is no such destination. */
  find(slug: string): Promise<Destination | undefined>;
  close(): Promise<void>;
}
