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
