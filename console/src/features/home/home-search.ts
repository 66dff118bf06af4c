// What the address of Home holds: which group of problems is open.
export interface HomeSearch {
  readonly open?: "refused" | "rejected" | "waiting";
}

export function homeSearch(search: Record<string, unknown>): HomeSearch {
  const { open } = search;
  return open === "refused" || open === "rejected" || open === "waiting" ? { open } : {};
}
