// What the page of the problems keeps in its address: which rule is open.

export interface ProblemsSearch {
  readonly rule?: string;
}

export function problemsSearch({ rule }: Record<string, unknown>): ProblemsSearch {
  return typeof rule === "string" && /^[a-z][a-z0-9_]{0,62}$/.test(rule) ? { rule } : {};
}
