// What the address of the live debugger holds: the filters, and the event that is open.
export interface LiveSearch {
  readonly type?: string;
  readonly event?: string;
  readonly source?: number;
  readonly outcome?: string;
  readonly profile?: string;
  /** Anywhere in what was received. */
  readonly text?: string;
  /** The message id of the event in the panel. */
  readonly message?: string;
  /** Its row, where several events came under that id. */
  readonly row?: number;
}

const outcomes: ReadonlySet<unknown> = new Set(["stored", "duplicate", "quarantined", "dropped", "withdrawn"]);

export function liveSearch(search: Record<string, unknown>): LiveSearch {
  const { type, event, source, outcome, profile, text, message, row } = search;
  return {
    ...(isText(type) ? { type: String(type).slice(0, 20) } : {}),
    ...(isText(event) ? { event: String(event).slice(0, 512) } : {}),
    ...(Number.isInteger(Number(source)) && Number(source) > 0 ? { source: Number(source) } : {}),
    ...(outcomes.has(outcome) ? { outcome: String(outcome) } : {}),
    ...(isText(profile) ? { profile: String(profile).slice(0, 2200) } : {}),
    ...(isText(text) ? { text: String(text).slice(0, 200) } : {}),
    ...(isText(message) ? { message: String(message).slice(0, 1000), ...(Number.isSafeInteger(row) ? { row: Number(row) } : {}) } : {}),
  };
}

/** The part that the API filters by, also the key under which a stream stands. */
export function filtersOf({ message: _, row: __, ...filters }: LiveSearch): Omit<LiveSearch, "message" | "row"> {
  return filters;
}

/** The part that says which event is open. */
export function openOf({ message, row }: LiveSearch): LiveSearch {
  return { ...(message === undefined ? {} : { message }), ...(row === undefined ? {} : { row }) };
}

// The router reads `?event=5` as a number.
function isText(value: unknown): boolean {
  return (typeof value === "string" && value !== "") || typeof value === "number";
}
