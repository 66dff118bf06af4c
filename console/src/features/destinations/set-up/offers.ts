// What can be sent to a destination, as things to choose: what its makers suggest, each of its actions, and an audience. What becomes of
// one that is chosen is a subscription. Pure.
import type { WrittenSubscription } from "@tributary/schema/api/destinations.ts";
import { checkFields } from "@tributary/schema/destination/check-fields.ts";
import { checkMapping } from "@tributary/schema/destination/check-mapping.ts";
import type { Action, DestinationDefinition, Field, Preset, SyncMode } from "@tributary/schema/destination/definition.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { isRecord } from "@tributary/schema/is-record.ts";
import { isNothing, type Problem } from "./form-fields.ts";

export const callTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type CallType = (typeof callTypes)[number];

/** Which events are taken; nothing named: any. */
export interface Takes {
  readonly types: readonly CallType[];
  readonly names: readonly string[];
}

export interface Offer {
  readonly key: string;
  /** `suggested`: by its makers; `actions`: one of what it can do; `audience`: who comes and goes. */
  readonly group: "suggested" | "actions" | "audience";
  readonly name: string;
  /** What can be done with it; the first unless another is chosen. */
  readonly actions: readonly Action[];
  readonly preset: Preset | undefined;
  readonly kind: "events" | "audience";
  /** Of events; undefined: its makers' filter can't be said in ours. */
  readonly takes: Takes | undefined;
  readonly on: "both" | "entered" | "exited";
  readonly as: "track" | "identify";
}

const audienceTriggers = { audience_entered: "entered", audience_exited: "exited", audience_changed: "both" } as const;
/** Where nothing says which action takes audiences, one of so few is easily chosen. */
const ACTIONS_SUGGESTED_MAX = 6;
const listWord = /audience|cohort|list|member|sync/i;

/** An action that only adds, told of who went, would add them. */
export function onOf({ key, name }: Pick<Action, "key" | "name">): Offer["on"] {
  const adds = /(^|[^A-Za-z])([Aa]dd|[Ss]ubscribe)(?![a-z])/.test(`${key} ${name}`);
  const removes = /remove|delete|unsubscribe/i.test(`${key} ${name}`);
  return adds === removes ? "both" : adds ? "entered" : "exited";
}

export function offersOf(definition: DestinationDefinition): Offer[] {
  const visible = definition.actions.filter(({ isHidden }) => !isHidden);
  const suggested = definition.presets.flatMap((preset) => offerOfPreset(preset, definition.actions));
  const covered = new Set(suggested.filter(({ kind }) => kind === "events").flatMap(({ preset }) => preset?.action ?? []));
  const actions = visible.filter(({ key }) => !covered.has(key)).map((action): Offer => ({
    key: `action:${action.key}`, group: "actions", name: action.name, actions: [action], preset: undefined, kind: "events", takes: { types: [], names: [] }, on: "both", as: "track",
  }));
  return [...suggested, ...actions, ...audienceOffer(definition, visible, suggested)];
}

function offerOfPreset(preset: Preset, actions: readonly Action[]): Offer[] {
  const action = actions.find(({ key }) => key === preset.action);
  if (action === undefined) return [];
  const common = { key: `preset:${preset.key}`, group: "suggested" as const, name: preset.name, actions: [action], preset };
  if (preset.trigger === "events") return [{ ...common, kind: "events", takes: takesOf(preset.filter), on: "both", as: "track" }];
  if (preset.trigger !== "audience_entered" && preset.trigger !== "audience_exited" && preset.trigger !== "audience_changed") return [];
  return [{ ...common, kind: "audience", takes: undefined, on: audienceTriggers[preset.trigger], as: preset.trigger === "audience_changed" ? "identify" : "track" }];
}

/** What its makers suggest for audiences says which action is for whom. Else a place that keeps lists takes them by any of its actions, and any other hears of who comes and goes as of events. */
function audienceOffer({ audience }: DestinationDefinition, visible: readonly Action[], suggested: readonly Offer[]): Offer[] {
  const isSuggested = suggested.some(({ kind }) => kind === "audience");
  if (visible.length === 0 || isSuggested || (audience === undefined && visible.length > ACTIONS_SUGGESTED_MAX)) return [];
  const forLists = audience === undefined ? [] : visible.filter(({ key, name }) => listWord.test(`${key} ${name}`));
  return [{ key: "audience", group: "audience", name: "", actions: [...forLists, ...visible.filter((one) => !forLists.includes(one))], preset: undefined, kind: "audience", takes: undefined, on: "both", as: "track" }];
}

function takesOf(filter: unknown): Takes | undefined {
  if (!isRecord(filter)) return undefined;
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
  return { types: texts(filter["types"]).flatMap((one) => callTypes.find((type) => type === one) ?? []), names: texts(filter["names"]) };
}

/** What somebody makes of an offer before it is a subscription. */
export interface Choice {
  readonly name: string;
  readonly action: string;
  readonly takes: Takes;
  readonly audience: string;
  /** Whether it is told of who comes, who goes, or both. */
  readonly on: Offer["on"];
  /** Of the list at the vendor. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly syncMode: SyncMode | undefined;
  /** Values that the suggested mapping leaves open, as they were typed. */
  readonly values: Readonly<Record<string, unknown>>;
}

export function choiceOf(offer: Offer): Choice {
  const [action] = offer.actions;
  const presetMode = offer.preset?.mapping["__segment_internal_sync_mode"];
  return {
    name: offer.name, action: action?.key ?? "", takes: offer.takes ?? { types: [], names: [] }, audience: "", on: offer.preset || !action ? offer.on : onOf(action), settings: {}, values: {},
    syncMode: action?.syncModes?.choices.find((one) => one === presetMode) ?? action?.syncModes?.default,
  };
}

/** The subscription that it becomes. `suggested`: the mapping to begin with. */
export function subscriptionOf({ kind, as }: Offer, choice: Choice, suggested: Mapping): WrittenSubscription {
  const { takes: { types, names }, on, syncMode } = choice;
  const typed = Object.fromEntries(Object.entries(choice.values).filter(([, value]) => !isNothing(value)));
  const settings = Object.fromEntries(Object.entries(choice.settings).filter(([, value]) => !isNothing(value)));
  return {
    action: choice.action, mapping: { ...suggested, ...typed } as Mapping, ...(syncMode === undefined ? {} : { syncMode }), consent: [], historical: false, late: false, identifiers: "last",
    trigger: kind === "events"
      ? { kind, ...(types.length === 0 ? {} : { types: [...types] }), ...(names.length === 0 ? {} : { names: [...names] }) }
      : { kind, audience: choice.audience, settings, on, as, backfill: true, holdOut: 0, stopShare: 0.3 },
  };
}

/** Fields that the suggested mapping leaves open, and that have to be filled in here. */
export function openFields(action: Action, suggested: Mapping, syncMode: SyncMode | undefined): Field[] {
  const open = new Set(checkMapping(suggested, action, syncMode).map(({ field }) => field.split(".")[0]));
  return action.fields.filter(({ key }) => open.has(key));
}

/** What is wrong with it, by field: of the mapping, of the list's settings (`settings.…`), and of the choice itself. */
export function choiceProblems(definition: DestinationDefinition, { kind }: Offer, choice: Choice, suggested: Mapping): Problem[] {
  const action = definition.actions.find(({ key }) => key === choice.action);
  if (action === undefined) return [];
  const typed = Object.fromEntries(Object.entries(choice.values).filter(([, value]) => !isNothing(value)));
  const list = kind === "audience" ? checkFields(definition.audience?.settings ?? [], choice.settings).map((one) => ({ ...one, field: `settings.${one.field}` })) : [];
  return [...checkMapping({ ...suggested, ...typed } as Mapping, action, choice.syncMode), ...list];
}
