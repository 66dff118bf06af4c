// What the addresses of Profiles hold.
import { identitySearch, type IdentitySearch } from "../identity/identity-search.ts";

export interface ProfilesSearch {
  readonly search?: string;
}

export function profilesSearch({ search }: Record<string, unknown>): ProfilesSearch {
  // The router reads `?search=5` as a number.
  const text = typeof search === "string" || typeof search === "number" ? String(search).slice(0, 500) : "";
  return text === "" ? {} : { search: text };
}

export type PersonTab = "overview" | "identity" | "raw";

export function personSearch(search: Record<string, unknown>): { readonly tab?: PersonTab } & IdentitySearch {
  const { tab } = search;
  if (tab === "identity") return { tab, ...identitySearch(search) };
  return tab === "raw" ? { tab } : {};
}
