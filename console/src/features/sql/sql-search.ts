// What of the page for SQL stands in its address.

export interface SqlSearch {
  /** The statement that was run last. */
  readonly q?: string;
}

export function sqlSearch(raw: Readonly<Record<string, unknown>>): SqlSearch {
  return typeof raw["q"] === "string" && raw["q"] !== "" ? { q: raw["q"] } : {};
}
