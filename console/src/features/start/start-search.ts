// The guide's state, as it stands in the address: the chosen platform, and with it the step.
import { isPlatform, type Platform } from "../sources/snippets.ts";

export interface StartSearch {
  readonly platform?: Platform;
}

export function startSearch(search: Record<string, unknown>): StartSearch {
  return isPlatform(search["platform"]) ? { platform: search["platform"] } : {};
}
