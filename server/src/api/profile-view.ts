// From the stored document to what the API shows. On the hot path, so it is plain code; the tests hold it to the schema.
import type { z } from "zod";
import type { ProfileAnswer, ProfileSummary, profileAnswer } from "@tributary/schema/api/profiles.ts";
import type { ProfileDocument } from "@tributary/schema/profile.ts";
import type { WorkspaceSettings } from "@tributary/schema/settings.ts";
import { iso } from "./iso.ts";
import type { FoundProfile } from "./profile-store.ts";

/** Namespaces that say which device or browser it was, not who, unless the settings say otherwise. */
const deviceNamespaces: ReadonlySet<string> = new Set(["anonymous_id", "device_id", "advertising_id"]);

export interface ProfileView {
  readonly consentWhenAbsent: WorkspaceSettings["consentWhenAbsent"];
  readonly withProvenance: boolean;
  readonly deviceNamespaces: ReadonlySet<string>;
}

/** The namespaces that name devices under these settings. */
export function deviceNamespacesOf(settings: WorkspaceSettings): ReadonlySet<string> {
  let names = namesBySettings.get(settings);
  if (names === undefined) {
    const rules = settings.identity.namespaces.filter((rule) =>
      rule.about === undefined ? deviceNamespaces.has(rule.name) : rule.about === "device",
    );
    names = new Set(rules.map((rule) => rule.name));
    namesBySettings.set(settings, names);
  }
  return names;
}

/** By the settings object, which the cache of settings hands out again and again. */
const namesBySettings = new WeakMap<WorkspaceSettings, ReadonlySet<string>>();

export function profileView({ id, doc }: Pick<FoundProfile, "id" | "doc">, computed: ProfileAnswer["computed"], view: ProfileView): ProfileAnswer & z.input<typeof profileAnswer> {
  return {
    id,
    is_anonymous: isAnonymous(doc, view.deviceNamespaces),
    ...seen(doc),
    traits: plainTraits(doc),
    identifiers: doc.identifiers.map((identifier) => ({
      namespace: identifier.namespace,
      value: identifier.value,
      first_seen_at: iso(identifier.firstAtMs),
      source_id: identifier.source,
      row_id: identifier.row,
      ...(view.withProvenance ? { key: identifier.key } : {}),
    })),
    consents: Object.fromEntries(
      Object.entries(doc.consents).map(([category, state]) => [category, { granted: state.granted, ...origin(state) }]),
    ),
    consent_when_absent: view.consentWhenAbsent,
    accounts: Object.entries(doc.accounts).map(([account, state]) => ({ id: account, traits: state.traits, ...origin(state) })),
    devices: doc.devices.map((device) => ({
      type: device.type,
      os: device.os,
      browser: device.browser,
      first_seen_at: iso(device.firstAtMs),
      last_seen_at: iso(device.lastAtMs),
    })),
    latest_events: doc.events.latest.map((event) => ({ event: event.name, at: iso(event.atMs), row_id: event.row })),
    linked_profiles: doc.links,
    audiences: [],
    computed,
    ...(view.withProvenance ? { provenance: provenance(doc) } : {}),
  };
}

export function profileSummary(id: string, doc: ProfileDocument, devices: ReadonlySet<string>): ProfileSummary {
  return {
    id,
    is_anonymous: isAnonymous(doc, devices),
    ...seen(doc),
    traits: plainTraits(doc),
    identifiers: doc.identifiers.map(({ namespace, value }) => ({ namespace, value })),
  };
}

function seen(doc: ProfileDocument): { first_seen_at: string | null; last_seen_at: string | null; event_count: number } {
  const { count, firstAtMs, lastAtMs } = doc.events;
  return { first_seen_at: count === 0 ? null : iso(firstAtMs), last_seen_at: count === 0 ? null : iso(lastAtMs), event_count: count };
}

function isAnonymous(doc: ProfileDocument, devices: ReadonlySet<string>): boolean {
  return doc.identifiers.every((identifier) => devices.has(identifier.namespace));
}

/**
 * Values alone. A trait that was erased stays in the document as null and is not shown. `fromEntries` makes own properties, whatever the
 * name.
 */
function plainTraits(doc: ProfileDocument): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(doc.traits)
      .filter(([, trait]) => trait.value !== null)
      .map(([name, trait]) => [name, trait.value]),
  );
}

function provenance(doc: ProfileDocument): NonNullable<ProfileAnswer["provenance"]> {
  return Object.fromEntries(
    Object.entries(doc.traits)
      .filter(([, trait]) => trait.value !== null)
      .map(([name, trait]) => [name, { value: trait.value, ...origin(trait) }]),
  );
}

function origin(from: { readonly row: number; readonly source: number; readonly atMs: number }): {
  row_id: number;
  source_id: number;
  at: string;
} {
  return { row_id: from.row, source_id: from.source, at: iso(from.atMs) };
}
