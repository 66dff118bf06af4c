// A view for each event by name, with its observed properties as columns, as warehouses have them.
import { maskKindOf } from "../governance/governance.ts";
import type { Facts, SeenField } from "./facts.ts";
import { hiddenSql, maskEmailsSql, maskNullable } from "./mask-sql.ts";
import { sqlLimits } from "./sql-limits.ts";
import { jsonText, maskedJsonText, storedEvents, valueAt } from "./view-parts.ts";
import type { View, ViewColumn } from "./view.ts";

export type Shown = (name: string) => string;

const NAME_LENGTH_MAX = 100;

/** `Order Completed` → `order_completed`, `cart.id` → `cart_id`. */
export function snakeCase(text: string): string {
  const words = text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/([a-z\d])([A-Z])/g, "$1_$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2").toLowerCase();
  const plain = words.replace(/[^a-z\d]+/g, "_").replace(/^_+|_+$/g, "").slice(0, NAME_LENGTH_MAX);
  return /^\d/.test(plain) ? `n_${plain}` : plain;
}

/** One that nothing else has. */
export function columnName(wanted: string, prefix: string, taken: ReadonlySet<string>): string {
  const plain = snakeCase(wanted);
  const first = plain === "" ? prefix : taken.has(plain) ? `${prefix}_${plain}` : plain;
  for (let count = 2, free = first; ; count++) {
    if (!taken.has(free)) return free;
    free = `${first}_${count}`;
  }
}

/** `shown`: names of events and fields, for those who see people masked without anybody in them. */
export function eventViews(facts: Facts, common: readonly ViewColumn[], { reserved, shown }: { readonly reserved: ReadonlySet<string>; readonly shown: Shown }): readonly View[] {
  const names = new Set(reserved);
  const byEvent = Map.groupBy(facts.fields.filter(({ place }) => place === "property"), ({ event }) => event);
  return facts.events.map((event) => {
    const name = columnName(shown(event), "event", names);
    names.add(name);
    const own = [
      ...common,
      {
        name: "properties", type: "String", sql: jsonText("__e.properties"), masked: maskedJsonText("__e.properties", facts, "property", event), about: "All properties as JSON.", isPersonal: true as const,
      },
    ];
    const columns = [...own, ...fieldColumns(facts, { place: "property", event, json: "__e.properties", taken: own, fields: byEvent.get(event) ?? [], shown })];
    return { name, kind: "event", about: shown(event), columns, from: (read) => storedEvents(facts, read, event) };
  });
}

interface FieldsWanted {
  readonly place: "trait" | "property";
  readonly event: string;
  readonly json: string;
  readonly taken: readonly ViewColumn[];
  readonly fields?: readonly SeenField[];
  readonly shown: Shown;
}

export function fieldColumns(facts: Facts, { place, event, json, taken, fields, shown }: FieldsWanted): readonly ViewColumn[] {
  const names = new Set(taken.map(({ name }) => name));
  return (fields ?? facts.fields.filter((field) => field.place === place)).slice(0, sqlLimits.fieldColumnsMax).map((field) => {
    const name = columnName(shown(field.path), place, names);
    names.add(name);
    const isPersonal = facts.decisions.isPersonal(place, event, field.path);
    return { name, about: `${place === "trait" ? "The trait" : "The property"} ${shown(field.path)}.`, ...fieldSql(field, json, isPersonal), ...(isPersonal && (field.as === "text" || field.as === "list") ? { isPersonal } : {}) };
  });
}

function fieldSql({ path, as }: SeenField, json: string, isPersonal: boolean): Pick<ViewColumn, "type" | "sql" | "masked" | "maskedType"> {
  const value = valueAt(json, path);
  const text = as === "list" ? `if(isNull(${value}), null, toJSONString(${value}))` : `nullIf(toString(${value}), '')`;
  const masked = isPersonal ? (as === "text" ? maskNullable(maskKindOf(path), text) : hiddenSql(text)) : maskEmailsSql(text);
  switch (as) {
    case "number": {
      const sql = `toFloat64OrNull(toString(${value}))`;
      return { type: "Nullable(Float64)", sql, ...(isPersonal ? { masked, maskedType: "Nullable(String)" } : {}) };
    }
    case "boolean": {
      const sql = `if(isNull(${value}), null, toBool(toString(${value}) = 'true'))`;
      return { type: "Nullable(Bool)", sql, ...(isPersonal ? { masked, maskedType: "Nullable(String)" } : {}) };
    }
    case "list":
    case "text": return { type: "Nullable(String)", sql: text, masked };
  }
}
