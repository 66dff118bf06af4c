// What the addresses of destinations hold.
export interface DestinationsSearch {
  readonly search?: string;
  readonly status?: "archived";
}

export function destinationsSearch(search: Record<string, unknown>): DestinationsSearch {
  const word = textOf(search["search"]);
  return { ...(word === "" ? {} : { search: word }), ...(search["status"] === "archived" ? { status: "archived" } : {}) };
}

export const catalogChoices = ["ready", "own_app", "hidden"] as const;

export interface CatalogSearch {
  readonly search?: string;
  readonly category?: string;
  /** Without it: all that can be used. */
  readonly show?: (typeof catalogChoices)[number];
  /** The slug of what is shown beside the list. */
  readonly open?: string;
}

export function catalogSearch(search: Record<string, unknown>): CatalogSearch {
  const [word, category, open] = [textOf(search["search"]), textOf(search["category"]), textOf(search["open"])];
  const show = catalogChoices.find((one) => one === search["show"]);
  return { ...(word === "" ? {} : { search: word }), ...(category === "" ? {} : { category }), ...(show === undefined ? {} : { show }), ...(open === "" ? {} : { open }) };
}

/** The router reads `?search=5` as a number. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : "";
}

export const destinationTabs = ["overview", "subscriptions", "deliveries", "problems", "settings"] as const;
export const periods = [1, 24, 168] as const;
export const outcomes = ["delivered", "refused", "expired", "held_out", "nothing"] as const;

export interface DestinationSearch {
  readonly tab?: Exclude<(typeof destinationTabs)[number], "overview">;
  /** Hours; without it, a day. */
  readonly hours?: 1 | 168;
  readonly outcome?: (typeof outcomes)[number];
  readonly code?: string;
  readonly event?: string;
  /** Which delivery is shown beside the list: its subscription and its place. */
  readonly open?: string;
}

export function destinationSearch({ tab, hours, outcome, code, event, open }: Record<string, unknown>): DestinationSearch {
  const shown = destinationTabs.find((one) => one === tab);
  const found = outcomes.find((one) => one === outcome);
  const [byCode, byEvent, opened] = [textOf(code), textOf(event), textOf(open)];
  return {
    ...(shown === undefined || shown === "overview" ? {} : { tab: shown }), ...(hours === 1 || hours === 168 ? { hours } : {}), ...(found === undefined ? {} : { outcome: found }),
    ...(byCode === "" ? {} : { code: byCode }), ...(byEvent === "" ? {} : { event: byEvent }), ...(opened === "" ? {} : { open: opened }),
  };
}
