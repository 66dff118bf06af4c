// What the addresses of Profiles hold.
export interface ProfilesSearch {
  readonly search?: string;
}

export function profilesSearch({ search }: Record<string, unknown>): ProfilesSearch {
  // The router reads `?search=5` as a number.
  const text = typeof search === "string" || typeof search === "number" ? String(search).slice(0, 500) : "";
  return text === "" ? {} : { search: text };
}

export type PersonTab = "overview" | "identity" | "raw";

export function personSearch({ tab }: Record<string, unknown>): { readonly tab?: PersonTab } {
  return tab === "identity" || tab === "raw" ? { tab } : {};
}
