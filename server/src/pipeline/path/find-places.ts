// Where in a held event its fault lies, for people who look for it: by the reason that held it. Pure, and never throws,
// whatever the bytes are; the decision itself is made elsewhere.
import type { Limits } from "../../core/limits.ts";
import { isPlainObject } from "../normalise/read-field.ts";

export type JsonPath = readonly (string | number)[];

export interface Places {
  readonly places: readonly JsonPath[];
  /** Of what is no JSON: the character at which it can't be read any further. */
  readonly position: number | null;
}

const PLACES_MAX = 20;
const VALUES_MAX = 200_000;
const ids = ["userId", "anonymousId", "groupId", "previousId"] as const;
const nowhere: Places = { places: [], position: null };

export function findPlaces(reason: string, detail: string, raw: string, limits: Limits): Places {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch (error) {
    return { places: [], position: positionOf(error, raw) };
  }
  const at = (...places: JsonPath[]): Places => ({ places, position: null });
  switch (reason) {
    case "unknown_type":
      return at(["type"]);
    case "event_name_missing":
      return at(["event"]);
    case "id_too_long":
      return at(...ids.filter((name) => detail.startsWith(name)).map((name) => [name]));
    case "no_identifier":
      return at(...ids.filter((name) => isPlainObject(value) && name in value).map((name) => [name]));
    case "name_too_long":
      return at(...(isLongName(value, limits) ? [["event"]] : placesWhere(value, ({ path }) => String(path.at(-1) ?? "").length > limits.nameCharactersMax)));
    case "too_deep":
      return at(...placesWhere(value, ({ path, inner }) => path.length === limits.nestingMax && typeof inner === "object" && inner !== null));
    case "too_many_properties":
      return at(...largestObject(value));
    default:
      return nowhere;
  }
}

function isLongName(value: unknown, limits: Limits): boolean {
  return isPlainObject(value) && typeof value["event"] === "string" && value["event"].length > limits.nameCharactersMax;
}

interface Visit {
  readonly path: JsonPath;
  readonly inner: unknown;
}

/** Every value below the root, breadth first, within a bound. */
function* visits(root: unknown): Generator<Visit> {
  const waiting: Visit[] = [{ path: [], inner: root }];
  let seen = 0;
  for (let at = 0; at < waiting.length && seen < VALUES_MAX; at++) {
    const { path, inner } = waiting[at] ?? { path: [], inner: null };
    if (typeof inner !== "object" || inner === null) continue;
    const entries: Iterable<readonly [string | number, unknown]> = Array.isArray(inner) ? inner.entries() : Object.entries(inner);
    for (const [name, value] of entries) {
      if (++seen >= VALUES_MAX) return;
      const visit = { path: [...path, name], inner: value };
      yield visit;
      if (typeof value === "object" && value !== null) waiting.push(visit);
    }
  }
}

function placesWhere(root: unknown, isFault: (visit: Visit) => boolean): JsonPath[] {
  const found: JsonPath[] = [];
  for (const visit of visits(root)) {
    if (isFault(visit)) found.push(visit.path);
    if (found.length >= PLACES_MAX) break;
  }
  return found;
}

function largestObject(root: unknown): JsonPath[] {
  let largest: { readonly path: JsonPath; readonly size: number } | undefined;
  for (const { path, inner } of visits(root)) {
    const size = isPlainObject(inner) ? Object.keys(inner).length : 0;
    if (size > (largest?.size ?? 0)) largest = { path, size };
  }
  return largest ? [largest.path] : [];
}

function positionOf(error: unknown, raw: string): number | null {
  const message = error instanceof Error ? error.message : "";
  const found = /at position (\d+)/.exec(message);
  if (found) return Number(found[1]);
  if (message.includes("end of JSON")) return raw.length;
  // For short texts the engine names the character alone: its place when it stands there once.
  const token = /^Unexpected token '(.+?)'/su.exec(message)?.[1];
  const at = token === undefined ? -1 : raw.indexOf(token);
  return at >= 0 && at === raw.lastIndexOf(token ?? "") ? at : null;
}
