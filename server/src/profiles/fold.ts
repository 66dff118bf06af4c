// Folds one event into one person's document. Pure: the same events in the same order give the same document, so a
// rebuild, an unmerge and the live path share these functions. Within a trait the latest event time wins, ties go to the
// later position in the log; order of arrival therefore does not matter for traits. (Since when a value has held is told as
// it was known: a change that is told of late does not shorten it.)
import type { ConsentState, ProfileDocument, TraitValue } from "@tributary/schema/profile.ts";
import { isTimeZone, listedZone } from "@tributary/schema/time-zone.ts";

/** The part of an event that the fold reads (a NormalisedEvent has it all). */
export interface FoldEvent {
  readonly rowId: number;
  readonly sourceId: number;
  readonly type: string;
  readonly event: string;
  readonly timestampMs: number;
  readonly groupId: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly traits: Readonly<Record<string, unknown>>;
  readonly consent: Readonly<Record<string, boolean>>;
  readonly context: { readonly deviceType: string; readonly os: string; readonly browser: string; readonly timezone: string };
  readonly isBot: boolean;
  readonly isInternal: boolean;
}

export interface FoldRules {
  /** Whether a null from this source removes a trait and an empty text empties it; false for files, where both are holes. */
  readonly nullErases: boolean;
  /** Ranks of sources, by id, for a trait: where two sources tell it, the smaller rank wins whatever the time; no rank is the last. */
  readonly rankOf: (sourceId: number, trait: string) => number | undefined;
  /** Whether an event of this source shows that the person was there; what an agent records about them does not. */
  readonly showsActivity: boolean;
  readonly traitsMax: number;
  readonly accountsMax: number;
  readonly consentsMax: number;
  /** One value, in characters of JSON. */
  readonly traitBytesMax: number;
  /** All traits and accounts of a person together, in characters of JSON. */
  readonly documentBytesMax: number;
}

/** What one person may hold. What is beyond is not taken, and the event says so; the payload as received keeps it. */
export const profileLimits = { traitsMax: 2_000, accountsMax: 1_000, consentsMax: 1_000, traitBytesMax: 32_768, documentBytesMax: 1_048_576 } as const;

export interface FoldResult {
  /** A trait, consent, account, the zone, or whether they are human changed, so that the person's snapshot in ClickHouse is out of date. */
  readonly changed: boolean;
  /** Something was not taken, because the person holds as much as the limits allow. */
  readonly isFull: boolean;
}

const DEVICES_MAX = 20;
const LATEST_MAX = 10;

export function emptyDocument(): ProfileDocument {
  return {
    version: 1, traits: {}, identifiers: [], consents: {}, accounts: {}, isHuman: false, devices: [], links: [], splits: {},
    events: { count: 0, firstAtMs: 0, lastAtMs: 0, latest: [] },
  };
}

/** Changes `doc` in place. */
export function foldEvent(doc: ProfileDocument, event: FoldEvent, rules: FoldRules): FoldResult {
  if (rules.showsActivity) foldActivity(doc, event);
  foldDevice(doc, event);
  let isFull = false;
  let changed = rules.showsActivity && foldZone(doc, event);
  if (doc.isHuman === false && !event.isBot && !event.isInternal) {
    doc.isHuman = true;
    changed = true;
  }
  for (const [name, value] of Object.entries(event.traits)) {
    const taken = foldTrait(doc, name, value, { row: event.rowId, source: event.sourceId, atMs: event.timestampMs }, rules);
    if (taken === "changed") changed = true;
    if (taken === "full") isFull = true;
  }
  for (const [category, granted] of Object.entries(event.consent)) {
    const taken = setConsent(doc, category, { granted, row: event.rowId, source: event.sourceId, atMs: event.timestampMs }, rules);
    if (taken === "changed") changed = true;
    if (taken === "full") isFull = true;
  }
  if (event.type === "group" && event.groupId !== "") {
    const taken = foldAccount(doc, event, rules);
    if (taken === "changed") changed = true;
    if (taken === "full") isFull = true;
  }
  return { changed, isFull };
}

interface Provenance {
  readonly row: number;
  readonly source: number;
  readonly atMs: number;
}

/** What became of a value: it changed something, it was no news, or there is no room for it. */
export type Taken = "changed" | "older" | "full";

/** Sets one trait if the new value is later (or better ranked) than the one that is there. */
export function foldTrait(doc: ProfileDocument, name: string, value: unknown, from: Provenance, rules: FoldRules): Taken {
  const current = ownValue(doc.traits, name);
  if (!rules.nullErases && (value === null || value === "")) return "older";
  if (current !== undefined && !replaces(name, from, current, rules)) return "older";
  if (current === undefined && Object.keys(doc.traits).length >= rules.traitsMax) return "full";
  if (!makeRoom(doc, name, value, current?.value, rules)) return "full";
  // An erased trait stays as null with its provenance, so that an older value arriving late does not bring it back.
  if (current === undefined || !isSame(current.value, value)) {
    setOwn(doc.traits, name, { value, ...from });
    return "changed";
  }
  // Told again, which is no news, wherever a batch ends.
  setOwn(doc.traits, name, { value, ...from, sinceMs: sinceOf(current) });
  return "older";
}

/** Since when a trait has its value. */
export function sinceOf(trait: TraitValue): number {
  return trait.sinceMs ?? trait.atMs;
}

/** Counts a value that replaces another in the document's size; false, and nothing is counted, when it is too large. */
function makeRoom(doc: ProfileDocument, name: string, value: unknown, replaced: unknown, rules: FoldRules): boolean {
  const bytes = sizeOf(value);
  if (bytes > rules.traitBytesMax) return false;
  const total = (doc.bytes ?? 0) + bytes + (replaced === undefined ? name.length : -sizeOf(replaced));
  if (total > rules.documentBytesMax) return false;
  doc.bytes = total;
  return true;
}

function sizeOf(value: unknown): number {
  return typeof value === "string" ? value.length : typeof value === "object" && value !== null ? JSON.stringify(value).length : 8;
}

function replaces(trait: string, candidate: Provenance, current: Provenance, rules: FoldRules): boolean {
  if (candidate.source !== current.source) {
    // Sources without a rank come last, so that one order holds among all and none depends on who spoke first.
    const mine = rules.rankOf(candidate.source, trait) ?? Number.POSITIVE_INFINITY;
    const theirs = rules.rankOf(current.source, trait) ?? Number.POSITIVE_INFINITY;
    if (mine !== theirs) return mine < theirs;
  }
  return isLater(candidate, current);
}

function isLater(candidate: { atMs: number; row: number }, current: { atMs: number; row: number }): boolean {
  return candidate.atMs > current.atMs || (candidate.atMs === current.atMs && candidate.row >= current.row);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));
}

function foldActivity(doc: ProfileDocument, event: FoldEvent): void {
  const activity = doc.events;
  const atMs = event.timestampMs;
  activity.firstAtMs = activity.count === 0 ? atMs : Math.min(activity.firstAtMs, atMs);
  activity.lastAtMs = activity.count === 0 ? atMs : Math.max(activity.lastAtMs, atMs);
  activity.count++;
  insertLatest(activity.latest, { name: event.event, atMs, row: event.rowId });
}

function insertLatest(latest: ProfileDocument["events"]["latest"], entry: { name: string; atMs: number; row: number }): void {
  let at = 0;
  while (at < latest.length && !isLater(entry, latest[at] ?? entry)) at++;
  if (at >= LATEST_MAX) return;
  latest.splice(at, 0, entry);
  if (latest.length > LATEST_MAX) latest.length = LATEST_MAX;
}

/** Returns whether the person is in another zone than before. */
function foldZone(doc: ProfileDocument, { context: { timezone: value }, rowId: row, timestampMs: atMs }: FoldEvent): boolean {
  if (value === "") return false;
  const current = doc.timezone;
  if (current !== undefined && !isLater({ atMs, row }, current)) return false;
  if (current?.value === value) {
    current.atMs = atMs;
    current.row = row;
    return false;
  }
  if (!isTimeZone(value)) return false;
  doc.timezone = { value, row, atMs };
  return true;
}

/** The person's zone, by its listed name: what they said, else where they were last; '' when nobody knows. */
export function zoneOf(doc: ProfileDocument): string {
  const said = ownValue(doc.traits, "timezone")?.value;
  const zone = typeof said === "string" && isTimeZone(said) ? said : (doc.timezone?.value ?? "");
  return isTimeZone(zone) ? listedZone(zone) : "";
}

function foldDevice(doc: ProfileDocument, event: FoldEvent): void {
  const { deviceType, os, browser } = event.context;
  if (deviceType === "" && os === "" && browser === "") return;
  const known = doc.devices.find((device) => device.type === deviceType && device.os === os && device.browser === browser);
  if (known) {
    known.firstAtMs = Math.min(known.firstAtMs, event.timestampMs);
    known.lastAtMs = Math.max(known.lastAtMs, event.timestampMs);
    return;
  }
  doc.devices.push({ type: deviceType, os, browser, firstAtMs: event.timestampMs, lastAtMs: event.timestampMs });
  trimDevices(doc);
}

function trimDevices(doc: ProfileDocument): void {
  if (doc.devices.length <= DEVICES_MAX) return;
  doc.devices.sort((a, b) => b.lastAtMs - a.lastAtMs);
  doc.devices.length = DEVICES_MAX;
}

/** Takes a consent decision unless a newer one is known. */
export function setConsent(doc: ProfileDocument, category: string, decision: ConsentState, rules: FoldRules): Taken {
  const current = ownValue(doc.consents, category);
  if (current !== undefined && !isLater(decision, current)) return "older";
  if (current === undefined && Object.keys(doc.consents).length >= rules.consentsMax) return "full";
  setOwn(doc.consents, category, decision);
  return current?.granted === decision.granted ? "older" : "changed";
}

function foldAccount(doc: ProfileDocument, event: FoldEvent, rules: FoldRules): Taken {
  const current = ownValue(doc.accounts, event.groupId);
  const from = { row: event.rowId, source: event.sourceId, atMs: event.timestampMs };
  if (current === undefined && Object.keys(doc.accounts).length >= rules.accountsMax) return "full";
  const isNewer = current === undefined || isLater(from, current);
  const traits = isNewer ? { ...current?.traits, ...event.properties } : { ...event.properties, ...current.traits };
  if (!makeRoom(doc, event.groupId, traits, current?.traits, rules)) return "full";
  setOwn(doc.accounts, event.groupId, { traits, ...(isNewer ? from : { row: current.row, source: current.source, atMs: current.atMs }) });
  return "changed";
}

/**
 * Folds the person `loser` into `survivor`, in place. Traits as if one person had sent all events; for consent the
 * stricter state holds, dated as the later of both, until a newer decision.
 */
export function mergeDocuments(survivor: ProfileDocument, loser: ProfileDocument, rules: FoldRules): void {
  for (const [name, trait] of Object.entries(loser.traits)) mergeTrait(survivor, name, trait, rules);
  for (const [category, decision] of Object.entries(loser.consents)) mergeConsent(survivor, category, decision, rules);
  for (const [id, account] of Object.entries(loser.accounts)) mergeAccount(survivor, id, account, rules);
  for (const device of loser.devices) mergeDevice(survivor, device);
  trimDevices(survivor);
  mergeActivity(survivor, loser);
  if (loser.timezone && (!survivor.timezone || isLater(loser.timezone, survivor.timezone))) survivor.timezone = { ...loser.timezone };
  if (loser.isHuman !== false) survivor.isHuman = true;
}

function mergeTrait(survivor: ProfileDocument, name: string, trait: TraitValue, rules: FoldRules): void {
  const mine = ownValue(survivor.traits, name);
  const isSameValue = mine !== undefined && isSame(mine.value, trait.value);
  const sinceMs = isSameValue ? Math.min(sinceOf(mine), sinceOf(trait)) : undefined;
  if (mine !== undefined && !replaces(name, trait, mine, rules)) {
    if (sinceMs !== undefined && sinceMs < sinceOf(mine)) setOwn(survivor.traits, name, { ...mine, sinceMs });
    return;
  }
  if (mine === undefined && Object.keys(survivor.traits).length >= rules.traitsMax) return;
  if (makeRoom(survivor, name, trait.value, mine?.value, rules)) setOwn(survivor.traits, name, sinceMs === undefined ? trait : { ...trait, sinceMs });
}

function mergeAccount(survivor: ProfileDocument, id: string, account: ProfileDocument["accounts"][string], rules: FoldRules): void {
  const mine = ownValue(survivor.accounts, id);
  if (mine === undefined && Object.keys(survivor.accounts).length >= rules.accountsMax) return;
  const [older, newer] = mine === undefined || isLater(account, mine) ? [mine, account] : [account, mine];
  const merged = { ...newer, traits: { ...older?.traits, ...newer.traits } };
  if (makeRoom(survivor, id, merged.traits, mine?.traits, rules)) setOwn(survivor.accounts, id, merged);
}

function mergeConsent(survivor: ProfileDocument, category: string, decision: ConsentState, rules: FoldRules): void {
  const mine = ownValue(survivor.consents, category);
  if (mine === undefined) return void setConsent(survivor, category, decision, rules);
  const newer = isLater(decision, mine) ? decision : mine;
  const stricter = mine.granted === decision.granted ? newer : mine.granted ? decision : mine;
  setOwn(survivor.consents, category, { ...stricter, atMs: newer.atMs });
}

function mergeDevice(survivor: ProfileDocument, device: ProfileDocument["devices"][number]): void {
  const mine = survivor.devices.find((known) => known.type === device.type && known.os === device.os && known.browser === device.browser);
  if (!mine) return void survivor.devices.push({ ...device });
  mine.firstAtMs = Math.min(mine.firstAtMs, device.firstAtMs);
  mine.lastAtMs = Math.max(mine.lastAtMs, device.lastAtMs);
}

function mergeActivity(survivor: ProfileDocument, loser: ProfileDocument): void {
  const [mine, theirs] = [survivor.events, loser.events];
  if (theirs.count === 0) return;
  mine.firstAtMs = mine.count === 0 ? theirs.firstAtMs : Math.min(mine.firstAtMs, theirs.firstAtMs);
  mine.lastAtMs = mine.count === 0 ? theirs.lastAtMs : Math.max(mine.lastAtMs, theirs.lastAtMs);
  mine.count += theirs.count;
  for (const entry of theirs.latest) insertLatest(mine.latest, entry);
}

// Names come from outside: `__proto__` must be a plain name.
function ownValue<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function setOwn<T>(record: Record<string, T>, name: string, value: T): void {
  if (name === "__proto__") Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  else record[name] = value;
}
