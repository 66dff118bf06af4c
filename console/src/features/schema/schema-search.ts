// What the addresses of these pages hold: what is shown, what it is filtered by, and which field is open.
import type { ObservedField } from "@tributary/schema/api/observed.ts";

export const schemaTabs = ["events", "decide", "traits", "context"] as const;
export type SchemaTab = (typeof schemaTabs)[number];

export interface FieldsSearch {
  readonly find?: string;
  readonly changed?: boolean;
  /** The field in the panel: place, event, path. */
  readonly field?: readonly [place: string, event: string, path: string];
}

export interface SchemaSearch extends FieldsSearch {
  readonly tab?: SchemaTab;
}

export function fieldsSearch({ find, changed, field }: Record<string, unknown>): FieldsSearch {
  const [place, event, path, ...more]: readonly unknown[] = Array.isArray(field) ? field : [];
  const isField = typeof place === "string" && typeof event === "string" && typeof path === "string" && more.length === 0;
  return {
    // The router reads `?find=404` as a number.
    ...((typeof find === "string" && find !== "") || typeof find === "number" ? { find: String(find).slice(0, 200) } : {}),
    ...(changed === true ? { changed: true } : {}),
    ...(isField ? { field: [place, event, path] as const } : {}),
  };
}

export function schemaSearch(search: Record<string, unknown>): SchemaSearch {
  const tab = schemaTabs.find((one) => one === search["tab"]);
  return { ...fieldsSearch(search), ...(tab === undefined || tab === "events" ? {} : { tab }) };
}

export function keyOf({ place, event, path }: Pick<ObservedField, "place" | "event" | "path">): string {
  return JSON.stringify([place, event, path]);
}

/** By any part of the name, whatever its case. */
export function matches(find: string | undefined, ...names: readonly string[]): boolean {
  const wanted = find?.trim().toLowerCase() ?? "";
  return wanted === "" || names.some((name) => name.toLowerCase().includes(wanted));
}
