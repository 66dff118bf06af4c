// What the address of Merges holds.
export const shows = ["all", "merge", "refused", "shared", "unmerge"] as const;
export type Show = (typeof shows)[number];

export interface MergesSearch {
  readonly show?: Exclude<Show, "all">;
  readonly namespace?: string;
}

export function mergesSearch({ show, namespace }: Record<string, unknown>): MergesSearch {
  const known = shows.find((one) => one === show);
  return {
    ...(known === undefined || known === "all" ? {} : { show: known }),
    ...(typeof namespace === "string" && namespace !== "" ? { namespace: namespace.slice(0, 63) } : {}),
  };
}
