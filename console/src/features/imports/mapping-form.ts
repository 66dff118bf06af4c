// A mapping as a table of columns, and back. Mappings that say more than the table can (groups, conditions, sums) have no
// form and are edited as text. Pure.
import type { ColumnGuess, ImportSample } from "@tributary/schema/api/import-sample.ts";
import type { ImportMapping, ImportValue } from "@tributary/schema/import.ts";

export interface ColumnRow extends Pick<ColumnGuess, "to" | "path" | "type" | "time_format" | "replace"> {
  readonly column: string;
}

export interface MappingForm {
  readonly kind: "people" | "events";
  readonly eventName: string;
  readonly delimiter: string;
  readonly thousandsMark: string | null;
  readonly rows: readonly ColumnRow[];
}

/** What was guessed, as the table to begin with. */
export function guessedForm({ guess, columns }: ImportSample): MappingForm {
  return {
    kind: guess.kind === "events" ? "events" : "people", eventName: guess.event_name, delimiter: guess.delimiter, thousandsMark: guess.thousands_mark,
    rows: columns.map(({ name, guess: { to, path, type, time_format, replace } }) => ({ column: name, to, path, type, time_format, replace })),
  };
}

export function mappingOf(form: MappingForm, format: ImportSample["guess"]["format"]): ImportMapping {
  const isEvents = form.kind === "events";
  const of = (to: ColumnRow["to"]): ColumnRow | undefined => form.rows.find((row) => row.to === to);
  const values = (to: "trait" | "property"): Record<string, ImportValue> =>
    Object.fromEntries(form.rows.filter((row) => row.to === to && row.path.trim() !== "").map((row) => [row.path.trim(), valueOf(row)]));
  const [event, message, time] = [of("event"), of("message_id"), of("timestamp")];
  const order = form.rows.find((row) => row.to === "property" && row.path === "order_id");
  const [traits, properties] = [values("trait"), isEvents ? values("property") : {}];
  return {
    version: 1, format, ...(format === "csv" && form.delimiter !== "," ? { csv: { delimiter: form.delimiter } } : {}),
    ...(form.thousandsMark === null ? {} : { thousands_mark: form.thousandsMark as NonNullable<ImportMapping["thousands_mark"]> }), // From the server's guess or a mapping.
    events: [isEvents ? { type: "track", name: event ? { column: event.column } : form.eventName || "Imported" } : { type: "identify" }],
    ...(message ? { message_id: { columns: [message.column] } } : isEvents && order ? { message_id: { prefix: "order-", columns: [order.column] } } : {}),
    ...id("user_id", of("user_id")), ...id("anonymous_id", of("anonymous_id")),
    ...(time ? { timestamp: valueOf({ ...time, type: "time" }) as NonNullable<ImportMapping["timestamp"]> } : {}), // A column, as every row is.
    ...(Object.keys(properties).length > 0 ? { properties } : {}), ...(Object.keys(traits).length > 0 ? { traits } : {}),
  };
}

function id(name: "user_id" | "anonymous_id", row: ColumnRow | undefined): Partial<ImportMapping> {
  return row ? { [name]: row.column } : {};
}

function valueOf({ column, type, time_format: format, replace }: ColumnRow): ImportValue {
  if (type === "text") return column;
  return { column, type, ...(type === "time" && format !== null && format !== "iso" && format !== "" ? { time_format: format } : {}), ...(replace ? { replace } : {}) };
}

/** The mapping as a table over these columns; undefined when it says more than the table shows. */
export function formOf(mapping: ImportMapping, columns: readonly string[]): MappingForm | undefined {
  const [rule, ...others] = mapping.events;
  if (rule === undefined || others.length > 0 || rule.when !== undefined || rule.skip !== undefined) return undefined;
  const isEvents = (rule.type ?? "track") === "track";
  if (!isEvents && rule.type !== "identify") return undefined;
  const rows = new Map<string, ColumnRow>();
  const add = (to: ColumnRow["to"], path: string, value: ImportValue | undefined): void => {
    const row = value === undefined ? undefined : rowOf(to, path, value);
    if (row && !rows.has(row.column)) rows.set(row.column, row);
  };
  add("user_id", "", mapping.user_id);
  add("anonymous_id", "", mapping.anonymous_id);
  add("timestamp", "", mapping.timestamp);
  if (typeof rule.name === "object") add("event", "", rule.name.column);
  for (const [path, value] of Object.entries(mapping.properties ?? {})) add("property", path, value);
  for (const [path, value] of Object.entries(mapping.traits ?? {})) add("trait", path, value);
  if (mapping.message_id?.columns.length === 1 && mapping.message_id.prefix === undefined) add("message_id", "", mapping.message_id.columns[0]);
  const form: MappingForm = {
    kind: isEvents ? "events" : "people", eventName: typeof rule.name === "string" ? rule.name : "", delimiter: mapping.csv?.delimiter ?? ",", thousandsMark: mapping.thousands_mark ?? null,
    rows: columns.map((column) => rows.get(column) ?? { column, to: "none", path: "", type: "text", time_format: null, replace: null }),
  };
  // Whatever the table does not show would be lost by it.
  return isSame(mappingOf(form, mapping.format ?? "csv"), mapping) ? form : undefined;
}

function rowOf(to: ColumnRow["to"], path: string, value: ImportValue): ColumnRow | undefined {
  if (typeof value === "string") return { column: value, to, path, type: "text", time_format: null, replace: null };
  if (!("column" in value)) return undefined;
  const { column, type = "text", time_format: format, replace } = value;
  if (type === "integer_text" || type === "json") return undefined;
  return { column, to, path, type, time_format: format ?? (type === "time" ? "iso" : null), replace: replace ?? null };
}

function isSame(one: ImportMapping, other: ImportMapping): boolean {
  const plain = ({ time_zone: _, decimal_mark: __, ...rest }: ImportMapping): string => JSON.stringify(ordered({ ...rest, format: rest.format ?? "csv", events: rest.events.map((rule) => ({ ...rule, type: rule.type ?? "track" })) }));
  return plain(one) === plain(other);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, ordered(inner)]));
}
