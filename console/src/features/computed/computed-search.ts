// What the addresses of computed traits hold.
export interface ComputedSearch {
  readonly show?: "templates";
  readonly search?: string;
  readonly status?: "archived";
}

export function computedSearch({ show, search, status }: Record<string, unknown>): ComputedSearch {
  const text = typeof search === "string" || typeof search === "number" ? String(search).slice(0, 200) : "";
  return { ...(show === "templates" ? { show } : {}), ...(text === "" ? {} : { search: text }), ...(status === "archived" ? { status } : {}) };
}

export interface NewComputedSearch {
  /** A template to begin with. */
  readonly template?: string;
}

export function newComputedSearch({ template }: Record<string, unknown>): NewComputedSearch {
  return typeof template === "string" ? { template: template.slice(0, 100) } : {};
}
