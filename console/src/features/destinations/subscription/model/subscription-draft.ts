// A subscription while it is edited: its name and its definition, which may be unfinished. Pure.
import type { SubscriptionDetail, Suggestions, WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import type { Action, Preset } from "@tributary/schema/destination/definition.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { isUnfinished } from "./value-form.ts";

export type Trigger = WrittenSubscription["trigger"];
export type EventsTrigger = Extract<Trigger, { kind: "events" }>;
export type AudienceTrigger = Extract<Trigger, { kind: "audience" }>;
export type ModelTrigger = Extract<Trigger, { kind: "model" }>;

export interface SubscriptionDraft {
  readonly name: string;
  readonly definition: WrittenSubscription;
}

export const draftOf = ({ name, definition }: Pick<SubscriptionDetail, "name" | "definition">): SubscriptionDraft => ({ name, definition });

/** Nobody has chosen what begins it; events are likelier, unless the vendor keeps lists. */
export const anyTrack: EventsTrigger = { kind: "events", types: ["track"] };
export const someAudience: AudienceTrigger = { kind: "audience", audience: "", settings: {}, on: "both", as: "track", backfill: true, holdOut: 0, stopShare: 0.3 };
export const someModel: ModelTrigger = { kind: "model", model: "", mode: "upsert", backfill: true };

export interface Beginning {
  readonly action: Pick<Action, "key" | "name">;
  readonly preset: Pick<Preset, "key" | "name"> | undefined;
  readonly suggestions: Suggestions;
}

export function newDraft({ action, preset, suggestions }: Beginning): SubscriptionDraft {
  const chosen = suggestions.presets.find(({ key }) => key === preset?.key);
  const trigger = triggerOf(chosen);
  return {
    name: preset?.name ?? action.name,
    definition: {
      action: action.key, trigger, mapping: (chosen?.mapping ?? suggestions.mapping) as Mapping, consent: [], historical: false, late: false, identifiers: "last", // JSON, as definitions are.
      ...(suggestions.sync_mode === null ? {} : { syncMode: suggestions.sync_mode }),
    },
  };
}

const callTypes: ReadonlySet<string> = new Set(["track", "identify", "page", "screen", "group", "alias"]);
type CallType = NonNullable<EventsTrigger["types"]>[number];

/** As the vendor suggests it, as far as it can be said in ours. */
function triggerOf(preset: Suggestions["presets"][number] | undefined): Trigger {
  if (preset === undefined) return anyTrack;
  const on = { audience_entered: "entered", audience_exited: "exited", audience_changed: "both" } as const;
  if (preset.trigger in on) return { ...someAudience, on: on[preset.trigger as keyof typeof on], ...(preset.trigger === "audience_changed" ? { as: "identify" as const } : {}) };
  const rows = { model_row_new: "insert", model_row_changed: "update", model_row_deleted: "mirror" } as const;
  if (preset.trigger in rows) return { ...someModel, mode: rows[preset.trigger as keyof typeof rows] };
  const filter = isRecord(preset.filter) ? preset.filter : {};
  const types = listOf(filter["types"]).filter((type): type is CallType => callTypes.has(type));
  const names = listOf(filter["names"]);
  return { kind: "events", ...(types.length > 0 ? { types } : {}), ...(names.length > 0 ? { names } : {}) };
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);

/** For another action of the same destination: the trigger stays, and of the mapping what both take. */
export function withAction({ name, definition }: SubscriptionDraft, action: Action, suggestions: Suggestions): SubscriptionDraft {
  const { syncMode: _, batch: __, ...rest } = definition;
  const taken = Object.fromEntries(Object.entries(definition.mapping).filter(([key]) => action.fields.some((one) => one.key === key)));
  const mapping = { ...(suggestions.mapping as Mapping), ...taken }; // As above.
  return { name, definition: { ...rest, action: action.key, mapping, ...(suggestions.sync_mode === null ? {} : { syncMode: suggestions.sync_mode }) } };
}

/** Why it can't even be tried: what nobody has filled in yet. */
export function openParts({ name, definition: { trigger, mapping } }: SubscriptionDraft): readonly ("name" | "audience" | "model" | "path")[] {
  return [
    ...(name.trim() === "" ? ["name" as const] : []),
    ...(trigger.kind === "audience" && trigger.audience === "" ? ["audience" as const] : []),
    ...(trigger.kind === "model" && trigger.model === "" ? ["model" as const] : []),
    ...(Object.values(mapping).some(isUnfinished) ? ["path" as const] : []),
  ];
}

/** The same but for its mapping: what is looked at while somebody maps. */
export const wholeEvent: Mapping = { event: { "@path": "$" } };

export function isSameDraft(a: SubscriptionDraft, b: SubscriptionDraft): boolean {
  return a.name === b.name && inOrder(a.definition) === inOrder(b.definition);
}

/** JSON in which the order of keys says nothing. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isRecord(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner)) ?? "";
}
