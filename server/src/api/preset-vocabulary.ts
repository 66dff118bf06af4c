// Presets in a workspace's own words: the events that it calls orders or refunds, and where they say what.
import type { Vocabulary } from "@tributary/schema/audience/vocabulary.ts";
import type { PropertyName } from "@tributary/schema/audience/vocabulary-names.ts";
import type { Preset } from "@tributary/schema/destination/definition.ts";
import { isRecord } from "@tributary/schema/is-record.ts";

/** Longer chains nobody reads. */
const PATHS_MAX = 3;
/** What a preset says → the property that it means. */
const meant: Readonly<Record<string, PropertyName>> = { "$.properties.order_id": "order_id", "$.properties.total": "value", "$.properties.currency": "currency" };

export function inOwnWords(preset: Preset, { roles }: Pick<Vocabulary, "roles">): Preset {
  const role = preset.role === undefined ? undefined : roles[preset.role];
  if (role === undefined) return preset;
  const property = (name: PropertyName): unknown => chainOf((role.properties[name] ?? []).filter((path) => /^[\w.]{1,200}$/.test(path)).slice(0, PATHS_MAX));
  const worded = (value: unknown): unknown => {
    if (!isRecord(value)) return value;
    const path = value["@path"];
    const name = typeof path === "string" && Object.hasOwn(meant, path) ? meant[path] : undefined;
    if (name !== undefined) return property(name) ?? value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, worded(one)]));
  };
  const filter = role.events.length === 0 ? preset.filter : { types: ["track"], names: [...role.events] };
  return { ...preset, filter, mapping: Object.fromEntries(Object.entries(preset.mapping).map(([key, one]) => [key, worded(one)])) };
}

/** The first that an event has. */
function chainOf([first, ...others]: readonly string[]): unknown {
  if (first === undefined) return undefined;
  const path = { "@path": `$.properties.${first}` };
  return others.length === 0 ? path : { "@if": { exists: path, then: path, else: chainOf(others) } };
}
