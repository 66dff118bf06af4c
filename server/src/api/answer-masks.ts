// How answers about people look to callers without the scope `personal_data`. Each mask names the fields that may be shown;
// whatever an answer holds besides is hidden, so that a new field shows nothing until it is named here.
import { MASK, maskKindOf, maskTree, maskWithin, type MaskKind } from "../governance/governance.ts";
import type { FieldPlace } from "@tributary/schema/field.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { maskPayload, placeOf, type Masking } from "./mask-payload.ts";

export type Mask = (value: unknown, masking: Masking) => unknown;

type Fields = Readonly<Record<string, Mask>>;

/** Counts, times, positions, words of the program's own: nothing about a person. */
export const keep: Mask = (value) => value;
/** Everything within is hidden. */
export const hide: Mask = (value) => maskTree(value, maskKindOf);
/** One value of this kind. */
export const only = (kind: MaskKind): Mask => (value) => maskTree(value, () => kind);
/** A name of something, in which a sender may have put a person. */
export const within: Mask = (value) => (typeof value === "string" ? maskWithin(value) : value === null ? null : hide(value, noDecisions));
export const listOf = (mask: Mask): Mask => (value, masking) => (Array.isArray(value) ? value.map((item) => mask(item, masking)) : hide(value, masking));

const noDecisions: Masking = { decisions: { rows: [], standing: () => ({ personal: true, by: "nobody" }), isPersonal: () => true } };

/** An object with these fields; any other is hidden. */
export function fields(known: Fields): Mask {
  return (value, masking) => {
    if (!isRecord(value)) return hide(value, masking);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, (Object.hasOwn(known, name) ? known[name] ?? hide : hide)(inner, masking)]));
  };
}

/** An object whose names are ids of ours. */
const eachOf = (mask: Mask): Mask => (value, masking) =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).map(([id, one]) => [id, mask(one, masking)])) : hide(value, masking);

/** Values that senders gave, by what is decided about each. */
export const valuesOf = (place: FieldPlace, event = ""): Mask => (value, { decisions }) =>
  maskTree(value, (path) => (decisions.isPersonal(place, event, path) ? maskKindOf(path) : undefined));

/** An object whose fields tell how others of it are masked. */
export const byContent = (known: (value: Readonly<Record<string, unknown>>) => Fields): Mask => (value, masking) =>
  isRecord(value) ? fields(known(value))(value, masking) : hide(value, masking);

export const pageOf = (row: Mask): Mask => fields({ data: listOf(row), next_cursor: keep });

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export const kindOfNamespace = (namespace: unknown): MaskKind => (namespace === "email" || namespace === "phone" ? namespace : "id");

/** `{namespace, value}` with whatever else is told of it that is in `more`. */
export const identifierMask = (more: Fields = {}): Mask => byContent(({ namespace }) => ({ namespace: keep, value: only(kindOfNamespace(namespace)), ...more }));
const identifier: Mask = (value, masking) => (value === null ? null : identifierMask()(value, masking));

const origin: Fields = { row_id: keep, source_id: keep, at: keep };

const provenance: Mask = (value, masking) => {
  if (!isRecord(value)) return hide(value, masking);
  // Named as among the traits, so that each stays beside its value there.
  const names = Object.keys(valuesOf("trait")(Object.fromEntries(Object.keys(value).map((name) => [name, ""])), masking) as object);
  return Object.fromEntries(Object.entries(value).map(([name, one], index) => {
    const masked = fields({ ...origin, value: (inner, by) => Object.values(valuesOf("trait")({ [name]: inner }, by) as object)[0] })(one, masking);
    return [names[index] ?? MASK, masked];
  }));
};

/** What was decided by hand: who did it is somebody of the workspace's own. */
const decidedByHand = fields({ author_id: keep, author_name: keep, categories: keep, traits: valuesOf("trait"), previous: valuesOf("trait"), undoes: keep });

/** Hidden where a field that shows through it is; and still without anybody's address, wherever a sender put one. */
const computedOfPerson = byContent(({ personal }) => ({
  name: within, value: personal === false ? (value) => maskTree(value, () => undefined) : hide, at: keep, reason: keep, row_id: keep, version: keep, personal: keep,
}));

const timelineEvent = byContent(({ type, event }) => ({
  row_id: keep, message_id: within, type: keep, event: within, at: keep, received_at: keep, source_id: keep, page_url: only("url"), device_type: keep,
  is_historical: keep, properties: type === "control" ? decidedByHand : valuesOf(placeOf(type), placeOf(type) === "property" ? textOf(event) : ""),
}));

export const timelineMask = pageOf(timelineEvent);

/** Whichever trait it is of: by its look alone. */
export const traitHistoryMask = fields({
  data: listOf(fields({ value: hide, times: keep, in_force: keep, row_id: keep, source_id: keep, event: within, type: keep, at: keep })), complete: keep,
});
export const consentHistoryMask = fields({
  data: listOf(fields({ value: keep, times: keep, in_force: keep, row_id: keep, source_id: keep, event: within, type: keep, at: keep })), complete: keep,
});
export const traitNamesMask = fields({ data: listOf(fields({ name: within, people: keep })) });

const summary: Fields = {
  id: keep, is_anonymous: keep, first_seen_at: keep, last_seen_at: keep, event_count: keep, traits: valuesOf("trait"), identifiers: listOf(identifierMask()),
};

export const profileListMask = fields({ data: listOf(fields(summary)), next_cursor: keep, note: keep });

/** Of one person, or of everybody a shared identifier was seen with. */
export const profileMask = fields({
  ...summary,
  identifiers: listOf(identifierMask({ key: keep, first_seen_at: keep, source_id: keep, row_id: keep })),
  consents: keep,
  consent_when_absent: keep,
  accounts: listOf(fields({ id: only("id"), traits: valuesOf("account"), ...origin })),
  devices: keep,
  latest_events: listOf(fields({ event: within, at: keep, row_id: keep })),
  linked_profiles: keep,
  audiences: keep,
  computed: eachOf(computedOfPerson),
  provenance,
  events: timelineMask,
  shared: keep,
  identifier,
  hint: keep,
  href: () => `/api/v1/identifiers/${MASK}`,
  profiles: listOf(fields(summary)),
});

export const identifierLookupMask = fields({
  identifier, key: keep, shared: keep, first_seen_at: keep, source_id: keep, profiles: listOf(fields(summary)), more: keep,
});

/** An event, as evidence names it; null where there is none. */
const evidenceEvent = fields({ row_id: keep, message_id: within, type: keep, event: within, at: keep, source_id: keep });
const cause: Mask = (value, masking) => (value === null ? null : evidenceEvent(value, masking));
export const evidenceMask = fields({ total: keep, last_at: keep, data: listOf(evidenceEvent) });

const merge = fields({
  row_id: keep, step: keep, kind: keep, at: keep, survivor: keep, other: keep, reason: keep, identifier, detail: fields({ actor: keep }), cause,
});
/** By ids of theirs. */
const people = eachOf(fields(summary));

export const mergeListMask = pageOf(merge);
export const mergeFeedMask = fields({ data: listOf(merge), people, next_cursor: keep });
export const sharedListMask = pageOf(fields({ key: keep, identifier, first_seen_at: keep, source_id: keep, people: keep, profiles: listOf(fields(summary)) }));

const graphIdentifier: Fields = { key: keep, shared: keep, first_seen_at: keep, row_id: keep, source_id: keep, yielded_to: keep };

export const graphMask = fields({
  profile_id: keep,
  identifiers: listOf(identifierMask(graphIdentifier)),
  neighbours: listOf(identifierMask({ ...graphIdentifier, profile_id: keep })),
  edges: listOf(fields({ a: keep, b: keep, kind: keep, row_id: keep, at: keep, source_id: keep, events: keep, first: cause })),
  cannot_link: keep,
  merges: listOf(merge),
  refusals: listOf(merge),
  people,
  complete: keep,
});

const eventRow: Fields = {
  row_id: keep, message_id: within, type: keep, event: within, source_id: keep, outcome: keep, reason: keep, at: keep, received_at: keep, profile_id: keep,
  user_id: only("id"), anonymous_id: only("id"), library: keep, is_historical: keep,
};

/** A row of the list, and one of the live tail. */
export const eventRowMask = fields(eventRow);
export const eventListMask = pageOf(eventRowMask);

/** Why something was held. Of a failure it is what an engine or a stage said, which may quote the event. */
export const detailBy = (reason: unknown): Mask => (reason === "pipeline_error" || reason === "control_failed" ? only("secret") : within);

/** What was received, parsed and masked: its bytes can't be shown. Says so beside it. */
const withPayload = (known: Fields): Mask => (value, masking) => {
  const row = isRecord(value) ? value : {};
  const raw: Mask = (bytes) => (typeof bytes === "string" && bytes !== "" ? maskPayload(bytes, textOf(row["type"]), masking) : bytes);
  const masked = fields({ ...known, raw, detail: detailBy(row["reason"]) })(value, masking);
  return isRecord(masked) && textOf(row["raw"]) !== "" ? { ...masked, raw_masked: true } : masked;
};

const refusedWrite: Fields = {
  id: keep, kind: keep, status: keep, table: keep, reason: keep, engine: fields({ code: keep, message: only("secret") }), at: keep,
  resolved_at: keep, whole_installation: keep, row_id: keep, source_id: keep, received_at: keep, message_id: within, event: within, outcome: keep, profile_id: keep,
};

export const eventFateMask = fields({
  message_id: within, status: keep, more: keep, waiting: keep,
  rows: listOf(withPayload({ ...eventRow, position: keep, status: keep, refused_write: keep, time_note: keep, import_id: keep })),
});

export const quarantineMask = pageOf(
  withPayload({ row_id: keep, source_id: keep, received_at: keep, message_id: within, event: within, reason: keep, status: keep }),
);
export const heldGroupsMask = fields({
  data: listOf(byContent(({ reason }) => ({
    reason: keep, count: keep, first_at: keep, last_at: keep, detail: detailBy(reason), sources: keep, as_received: keep,
  }))),
});

export const refusedWritesMask = pageOf(withPayload(refusedWrite));

const importState: Fields = {
  id: keep, name: within, source: keep, status: keep, dry_run: keep, historical: keep, file_count: keep, files: listOf(fields({ name: within, bytes: keep })), file: keep,
  bytes_done: keep, lines: keep, accepted: keep, refused: keep, skipped: keep, failure: within, created_at: keep, updated_at: keep,
};

/** Names of files and of columns may be somebody's; what stands in a file, its errors never tell. */
export const importMask = fields(importState);
export const importListMask = pageOf(importMask);
export const importErrorsMask = pageOf(fields({ file: within, line: keep, code: keep, message: within }));
