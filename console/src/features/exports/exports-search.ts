// What the address of the exports holds: which of the two lists, whom it is about, what is open, and what is being begun with what.
export interface ExportsSearch {
  readonly tab?: "shares";
  /** A person: an id, or an identifier with its kind. */
  readonly person?: string;
  /** Id of the export that is open. */
  readonly open?: string;
  readonly new?: "file" | "share";
  /** Begun with: an audience's slug; a statement. */
  readonly audience?: string;
  readonly statement?: string;
}

const LENGTHS = { person: 300, open: 64, audience: 200, statement: 20_000 } as const;

export function exportsSearch(search: Record<string, unknown>): ExportsSearch {
  const texts = Object.entries(LENGTHS).flatMap(([name, max]) => {
    const value = search[name];
    // The router reads `?person=5` as a number.
    const text = typeof value === "string" || typeof value === "number" ? String(value).slice(0, max) : "";
    return text === "" ? [] : [[name, text] as const];
  });
  return {
    ...Object.fromEntries(texts),
    ...(search["tab"] === "shares" ? { tab: "shares" as const } : {}),
    ...(search["new"] === "file" || search["new"] === "share" ? { new: search["new"] } : {}),
  };
}
