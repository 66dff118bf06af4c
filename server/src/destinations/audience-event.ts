// What a destination hears of somebody who came or went: Segment's "Audience Entered" and "Audience Exited", or an identify call with the
// membership as a trait. `context.personas` says of which audience, as the vendors' lists expect it.
import type { IdentifierChoice, OutgoingEvent } from "@tributary/schema/destination/outgoing-event.ts";
import { consentsOut, traitsOut, type PersonNow } from "./outgoing-event.ts";

export interface AudienceChange {
  readonly messageId: string;
  readonly entered: boolean;
  readonly atMs: number;
}

export interface AudienceSending {
  readonly workspaceId: number;
  readonly audience: { readonly id: number; readonly slug: string };
  /** Of the list that the vendor made. */
  readonly externalId: string | undefined;
  /** The vendor's, of that list. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly as: "track" | "identify";
  readonly identifiers: IdentifierChoice;
}

export function audienceEvent({ messageId, entered, atMs }: AudienceChange, person: PersonNow, to: AudienceSending): OutgoingEvent {
  const key = to.audience.slug;
  const traits = traitsOut(person, to.identifiers);
  const idOf = (namespace: string): string | undefined => person.identifiers.findLast((one) => one.namespace === namespace)?.value;
  const [userId, anonymousId] = [idOf("user_id"), idOf("anonymous_id")];
  const at = new Date(atMs).toISOString();
  const email = traits["email"];
  return {
    messageId, type: to.as, timestamp: at, receivedAt: at,
    ...(userId === undefined ? {} : { userId }), ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(to.as === "track"
      ? { event: entered ? "Audience Entered" : "Audience Exited", properties: { audience_key: key, [key]: entered, ...(email === undefined ? {} : { email }) } }
      : { traits: { ...traits, [key]: entered } }),
    context: {
      personas: {
        computation_class: "audience", computation_key: key, computation_id: String(to.audience.id), namespace: "default", space_id: String(to.workspaceId),
        ...(to.externalId === undefined ? {} : { external_audience_id: to.externalId }), audience_settings: to.settings,
      },
      traits, ...consentsOut(person),
    },
  };
}
