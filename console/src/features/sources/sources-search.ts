// What the address of the list of sources holds: a word that the name has, and a state.
import type { SourceHealth } from "../ledger/hops.ts";

export interface SourcesSearch {
  readonly search?: string;
  readonly health?: SourceHealth;
}

export const healths = ["off", "quiet", "well", "held", "failed", "unbalanced"] as const satisfies readonly SourceHealth[];

export function sourcesSearch(search: Record<string, unknown>): SourcesSearch {
  const health = healths.find((one) => one === search["health"]);
  // The router reads `?search=5` as a number.
  const word = typeof search["search"] === "string" || typeof search["search"] === "number" ? String(search["search"]).slice(0, 200) : "";
  return { ...(word === "" ? {} : { search: word }), ...(health === undefined ? {} : { health }) };
}
