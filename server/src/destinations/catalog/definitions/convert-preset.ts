// What Segment suggests to send, as ours: which events, by their types and names, and the mapping to start from. Its filter language
// is read here and nowhere else; a filter that says more than types and names is left to the person.
import type { Preset } from "@tributary/schema/destination/definition.ts";
import { own } from "../own-marks.ts";
import type { PackageFields, PackagePreset } from "../package-shapes.ts";

/** A node of the parsed filter. */
export interface FilterNode {
  readonly type: string;
  readonly operator?: string;
  readonly value?: unknown;
  readonly children?: readonly FilterNode[];
  readonly error?: unknown;
}

const eventTriggers: Readonly<Record<string, Preset["trigger"]>> = {
  warehouse_entity_added_track: "model_row_new",
  warehouse_entity_updated_track: "model_row_changed",
  warehouse_entity_removed_track: "model_row_deleted",
  warehouse_audience_entered_track: "audience_entered",
  warehouse_audience_exited_track: "audience_exited",
  warehouse_audience_membership_changed_identify: "audience_changed",
  journeys_step_entered_track: "journey_step_entered",
};

export function convertPreset(preset: PackagePreset, at: number, fields: PackageFields, parse: (text: string) => FilterNode): Preset {
  const trigger = preset.type === "specificEvent" ? eventTriggers[preset.eventSlug ?? ""] : "events";
  if (!trigger) throw new Error(`The preset ${preset.name ?? at} is sent for ${preset.eventSlug ?? "nothing"}, which is not known.`);
  // Some of its authors wrote AND, which its own parser reads as part of a name.
  const filter = trigger === "events" ? filterOf(parse((preset.subscribe ?? "").replaceAll(" AND ", " and "))) : undefined;
  const mapping = preset.mapping ?? Object.fromEntries(Object.entries(fields).flatMap(([key, field]) => field.default === undefined ? [] : [[key, field.default]]));
  return {
    key: `${preset.partnerAction}-${at}`,
    name: preset.name ?? preset.partnerAction,
    action: preset.partnerAction,
    trigger,
    ...(filter ? { filter } : {}),
    mapping: Object.fromEntries(Object.entries(mapping).flatMap(([key, value]) => {
      const ours = own.fieldDefault(key, value);
      return ours === undefined ? [] : [[key, ours]];
    })),
  };
}

interface TypesAndNames {
  readonly types?: readonly string[];
  readonly names?: readonly string[];
}

function filterOf(node: FilterNode): TypesAndNames | undefined {
  if (node.error !== undefined) return undefined;
  if (node.type === "event-type" && node.operator === "=") return { types: [String(node.value)] };
  if (node.type === "event" && node.operator === "=") return { types: ["track"], names: [String(node.value)] };
  const parts = (node.children ?? []).map(filterOf);
  if (node.type !== "group" || parts.length === 0 || !parts.every((one) => one !== undefined)) return undefined;
  return node.operator === "or" ? parts.reduce(either) : parts.reduce(both);
}

function either(one: TypesAndNames, other: TypesAndNames): TypesAndNames {
  // "Any track call, or page calls": the names of one must not narrow the other.
  const names = one.names && other.names ? { names: [...new Set([...one.names, ...other.names])] } : {};
  return { types: [...new Set([...one.types ?? [], ...other.types ?? []])], ...names };
}

function both(one: TypesAndNames, other: TypesAndNames): TypesAndNames {
  const types = one.types && other.types ? one.types.filter((type) => other.types?.includes(type)) : one.types ?? other.types ?? [];
  const names = one.names && other.names ? one.names.filter((name) => other.names?.includes(name)) : one.names ?? other.names;
  return { types, ...(names ? { names } : {}) };
}
