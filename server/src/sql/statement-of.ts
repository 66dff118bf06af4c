// A view as a statement, with the columns that were chosen of it.
import { SqlRefused } from "./refused.ts";
import type { View } from "./view.ts";

/** Throws SqlRefused for what there is not. The guard reads what it gives like any other statement. */
export function statementOf(views: ReadonlyMap<string, View>, table: string, columns: readonly string[] | undefined): string {
  const view = views.get(table);
  if (view === undefined || view.kind === "system") throw new SqlRefused("UNKNOWN_TABLE", `There is no view ${table}. GET /sql/views lists those that there are.`);
  const known = view.columns.map(({ name }) => name);
  const missing = columns?.find((name) => !known.includes(name));
  if (missing !== undefined) throw new SqlRefused("UNKNOWN_IDENTIFIER", `The view ${table} has no column ${missing}.`);
  return `select ${(columns ?? known).map((name) => `\`${name}\``).join(", ")} from \`${table}\``;
}
