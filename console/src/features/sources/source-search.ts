// What the address of a source's page holds: the SDK whose snippet is shown, and the span of the chart.
export interface SourceSearch {
  /** An id of snippets.ts, which is loaded with the page and not with every address. */
  readonly sdk?: string;
  readonly span?: "7d";
}

export function sourceSearch(search: Record<string, unknown>): SourceSearch {
  const { sdk, span } = search;
  return { ...(typeof sdk === "string" && sdk !== "" ? { sdk: sdk.slice(0, 40) } : {}), ...(span === "7d" ? { span } : {}) };
}
