// The three states of an event on its way through the pipeline. A stage takes one state and gives the next, or an outcome.
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import type { EventIdentifier, Trust } from "../identity/identity.ts";

export const callTypes = ["track", "page", "screen", "identify", "group", "alias"] as const;
export type CallType = (typeof callTypes)[number];

/** As read from the log. */
export interface ReceivedEvent {
  readonly partition: number;
  readonly rowId: number;
  readonly header: EventsHeader;
  /** Position within its record; `header.problems` is keyed by it. */
  readonly indexInRecord: number;
  readonly raw: Buffer;
}

export type { EventIdentifier, Trust };

/** The columns that the context gives; empty text when absent. */
export interface ContextColumns {
  readonly ip: string;
  readonly country: string;
  readonly locale: string;
  readonly timezone: string;
  readonly deviceType: string;
  readonly os: string;
  readonly browser: string;
  readonly pageUrl: string;
  readonly pagePath: string;
  readonly pageReferrer: string;
  readonly campaignSource: string;
  readonly campaignMedium: string;
  readonly campaignName: string;
  readonly campaignTerm: string;
  readonly campaignContent: string;
  readonly clickIds: Readonly<Record<string, string>>;
  readonly library: string;
  readonly libraryVersion: string;
}

export const noContext: ContextColumns = {
  ip: "", country: "", locale: "", timezone: "", deviceType: "", os: "", browser: "", pageUrl: "", pagePath: "", pageReferrer: "",
  campaignSource: "", campaignMedium: "", campaignName: "", campaignTerm: "", campaignContent: "", clickIds: {}, library: "", libraryVersion: "",
};

/** Checked and brought into one form; everything that later stages need, nothing decided about who it is. */
export interface NormalisedEvent {
  readonly partition: number;
  readonly rowId: number;
  readonly workspaceId: number;
  readonly sourceId: number;
  readonly receivedAtMs: number;
  readonly type: CallType;
  /** The track name; the call type for all others. */
  readonly event: string;
  readonly messageId: string;
  /** When it happened by the server's clock; what all evaluation uses. */
  readonly timestampMs: number;
  /** '' | 'skew_corrected' | 'future' | 'unreadable' | 'missing' | 'too_old' | 'clamped': what was done about its time. */
  readonly timeNote: string;
  readonly userId: string;
  readonly anonymousId: string;
  readonly groupId: string;
  readonly previousId: string;
  /** Properties of track, page and screen; traits of identify and group. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Traits to fold into the person: of identify, and context.traits of the others. */
  readonly traits: Readonly<Record<string, unknown>>;
  readonly context: ContextColumns;
  /** Consent decisions that it carries, by category. */
  readonly consent: Readonly<Record<string, boolean>>;
  readonly isBot: boolean;
  readonly isInternal: boolean;
  readonly isHistorical: boolean;
  readonly importId: number;
  /** Sorted by the priority of their namespaces, the strongest first; blocked values are left out. */
  readonly identifiers: readonly EventIdentifier[];
  readonly trust: Trust;
}

/** Why an event goes no further. `detail` is for people: the rule or limit, and what to do. */
export interface Refusal {
  readonly outcome: "quarantined" | "dropped" | "duplicate";
  readonly reason: string;
  readonly detail: string;
}
