// The guide's state, as it stands in the address: the chosen platform, and with it the step.
export interface StartSearch {
  /** An id of snippets.ts, which is loaded with the page and not with every address. */
  readonly platform?: string;
}

export function startSearch({ platform }: Record<string, unknown>): StartSearch {
  return typeof platform === "string" && platform !== "" ? { platform: platform.slice(0, 40) } : {};
}
