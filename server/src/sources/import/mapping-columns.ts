// All columns that a mapping names, in a fixed order: for NDJSON they are the paths to look up in each line.
import type { ImportCondition, ImportMapping, ImportValue } from "@tributary/schema/import.ts";

export function mappingColumns(mapping: ImportMapping): readonly string[] {
  const columns = new Set<string>();
  const values = [
    mapping.user_id, mapping.anonymous_id, mapping.group_id, mapping.previous_id, mapping.timestamp,
    ...[mapping.properties, mapping.traits, mapping.context].flatMap((section) => Object.values(section ?? {})),
    ...mapping.events.map((rule) => (typeof rule.name === "object" ? rule.name.column : undefined)),
  ];
  for (const value of values) if (value !== undefined) addValue(value, columns);
  for (const condition of [mapping.skip_lines, ...mapping.events.map((rule) => rule.when)]) if (condition) addCondition(condition, columns);
  for (const column of [...(mapping.group_by ?? []), ...(mapping.message_id?.columns ?? [])]) columns.add(column);
  return [...columns].sort();
}

function addValue(value: ImportValue, columns: Set<string>): void {
  if (typeof value === "string") columns.add(value);
  else if ("column" in value) columns.add(value.column);
  else if ("sum" in value) value.sum.forEach((column) => columns.add(column));
  else if ("lines" in value) for (const each of Object.values(value.lines)) addValue(each, columns);
}

function addCondition(condition: ImportCondition, columns: Set<string>): void {
  if ("all" in condition) condition.all.forEach((part) => addCondition(part, columns));
  else if ("any" in condition) condition.any.forEach((part) => addCondition(part, columns));
  else if ("not" in condition) addCondition(condition.not, columns);
  else columns.add(condition.column);
}
