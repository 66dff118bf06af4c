// One person as stored: the document that the fold keeps current in Postgres, one row a person.
import { z } from "zod";

/** A value with where it came from: the event (row_id), its source, and when it happened. */
const provenance = {
  row: z.int(),
  source: z.int(),
  atMs: z.int(),
};

/** `sinceMs`: since when it has this value, where it was told again at `atMs`. */
export const traitValue = z.object({ value: z.unknown(), ...provenance, sinceMs: z.int().optional() });
export type TraitValue = z.infer<typeof traitValue>;

export const profileIdentifier = z.object({
  key: z.guid(),
  namespace: z.string(),
  value: z.string(),
  /** The first event that tied it to this person. */
  row: z.int(),
  source: z.int(),
  firstAtMs: z.int(),
});
export type ProfileIdentifier = z.infer<typeof profileIdentifier>;

export const consentState = z.object({ granted: z.boolean(), ...provenance });
export type ConsentState = z.infer<typeof consentState>;

export const profileDocument = z.object({
  /** Shape of this document; an upgrade stands beside every change. */
  version: z.literal(1),
  /** Size of traits and accounts in characters of JSON, kept by the fold for its limit. */
  bytes: z.int().optional(),
  traits: z.record(z.string(), traitValue),
  identifiers: z.array(profileIdentifier),
  consents: z.record(z.string(), consentState),
  /** Accounts (groups) the person belongs to: group id → its traits as last told by this person's events. */
  accounts: z.record(z.string(), z.object({ traits: z.record(z.string(), z.unknown()), ...provenance })),
  /** The time zone that the latest event which named one was in. */
  timezone: z.object({ value: z.string(), row: z.int(), atMs: z.int() }).optional(),
  /** False until an event came that is neither a bot's nor internal; missing in documents that are older than this field: a human's. */
  isHuman: z.boolean().optional(),
  /** Devices seen, by device type, os and browser; the latest twenty. */
  devices: z.array(z.object({ type: z.string(), os: z.string(), browser: z.string(), firstAtMs: z.int(), lastAtMs: z.int() })),
  /** People kept apart by the sign-in strategy `link` but known to be connected. */
  links: z.array(z.guid()),
  /** Sides taken in unmerges: split id → side. A merge across two sides is refused. */
  splits: z.record(z.string(), z.int()),
  events: z.object({
    count: z.int(),
    firstAtMs: z.int(),
    lastAtMs: z.int(),
    /** Name and time of the ten latest by event time, the latest first. */
    latest: z.array(z.object({ name: z.string(), atMs: z.int(), row: z.int() })),
  }),
});
export type ProfileDocument = z.infer<typeof profileDocument>;
