// What the addresses of Profiles hold.
import type { ProfileSort } from "@tributary/schema/api/profiles.ts";
import { identitySearch, type IdentitySearch } from "../identity/identity-search.ts";

export interface ProfilesSearch {
  readonly search?: string;
  readonly sort?: Exclude<ProfileSort, "changed">;
  /** Names of traits, as JSON. */
  readonly cols?: readonly string[];
}

const COLUMNS_MAX = 12;

export function profilesSearch({ search, sort, cols }: Record<string, unknown>): ProfilesSearch {
  const text = textOf(search, 500);
  const names = Array.isArray(cols) ? cols.filter((name) => typeof name === "string" && name !== "").slice(0, COLUMNS_MAX) : undefined;
  return {
    ...(text === "" ? {} : { search: text }),
    ...(sort === "newest" || sort === "oldest" ? { sort } : {}),
    ...(names === undefined ? {} : { cols: names }),
  };
}

export type PersonTab = "service" | "overview" | "identity" | "sent" | "raw";

export interface PersonSearch extends IdentitySearch {
  readonly tab?: PersonTab;
  /** What is looked for in the timeline: a text, kinds of calls, a source, and what came before an event. */
  readonly q?: string;
  readonly kind?: string;
  readonly source?: number;
  readonly before?: number;
}

export function personSearch(search: Record<string, unknown>): PersonSearch {
  const { tab, q, kind, source, before } = search;
  if (tab === "identity") return { tab, ...identitySearch(search) };
  const text = textOf(q, 200);
  return {
    ...(tab === "service" || tab === "overview" || tab === "sent" || tab === "raw" ? { tab } : {}),
    ...(text === "" ? {} : { q: text }),
    ...(typeof kind === "string" && /^[a-z]+(,[a-z]+)*$/.test(kind) ? { kind } : {}),
    ...(isWhole(source) ? { source } : {}),
    ...(isWhole(before) ? { before } : {}),
  };
}

/** The router reads `?search=5` as a number. */
function textOf(value: unknown, charactersMax: number): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, charactersMax) : "";
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
