// What the addresses of models hold.
export const modelTabs = ["runs", "rows", "definition"] as const;

export interface ModelsSearch {
  readonly search?: string;
  readonly status?: "archived";
}

export function modelsSearch({ search, status }: Record<string, unknown>): ModelsSearch {
  return { ...(typeof search === "string" && search !== "" ? { search: search.slice(0, 200) } : {}), ...(status === "archived" ? { status } : {}) };
}

export interface ModelSearch {
  readonly tab?: Exclude<(typeof modelTabs)[number], "runs">;
  /** Changes of this run alone. */
  readonly run?: number;
  readonly change?: "added" | "changed" | "removed";
  /** The row in the panel, by its key: a JSON array of texts. */
  readonly key?: string;
}

export function modelSearch({ tab, run, change, key }: Record<string, unknown>): ModelSearch {
  return {
    ...(tab === "rows" || tab === "definition" ? { tab } : {}), ...(Number.isSafeInteger(run) && Number(run) > 0 ? { run: Number(run) } : {}),
    ...(change === "added" || change === "changed" || change === "removed" ? { change } : {}), ...(typeof key === "string" && key !== "" ? { key: key.slice(0, 4_000) } : {}),
  };
}
