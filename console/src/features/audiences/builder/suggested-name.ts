// A name for an audience that nobody has named yet, from what its conditions say: "Order Completed: red, dress". Pure.
import { eventLeaf, isAnyFilter, isItem, isNotFilter, isRole, namesOf, type Filter, type PropertyFilter } from "../model/condition.ts";
import { rowsOf, type Draft, type RowNode } from "../model/draft.ts";

const CHARACTERS_MAX = 80;

export function suggestedName({ root }: Draft, not: string): string {
  const name = rowsOf(root).slice(0, 3).map((row) => (row.isNot ? `${not} ${partOf(row)}` : partOf(row))).filter((part) => part !== "").join(", ");
  return name.length > CHARACTERS_MAX ? `${name.slice(0, CHARACTERS_MAX)}…` : name;
}

function partOf({ leaf }: RowNode): string {
  if (leaf.kind !== "event") return valuesOf(leaf).slice(0, 2).join(": ");
  const one = eventLeaf(leaf);
  const values = (one.where ?? []).flatMap(testsOf).flatMap((test) => valuesOf({ value: test.value, values: test.values })).slice(0, 4);
  const name = isRole(one.event) ? one.event.role : (namesOf(one.event)[0] ?? "");
  return values.length === 0 ? name : `${name}: ${values.join(", ")}`;
}

function testsOf(filter: Filter): readonly PropertyFilter[] {
  if (isAnyFilter(filter)) return filter.any.flatMap(testsOf);
  if (isNotFilter(filter)) return [];
  return isItem(filter) ? filter.where : [filter];
}

function valuesOf({ kind: _, op: __, ...parts }: Readonly<Record<string, unknown>>): string[] {
  return Object.values(parts).flatMap((value) => (Array.isArray(value) ? value : [value])).filter((value) => typeof value === "string" || typeof value === "number").map(String);
}
