// A field of Segment's as one of ours: its type, choices, conditions, and what our forms and mappings start from.
import { fieldTypes, type Field, type FieldCondition } from "@tributary/schema/destination/definition.ts";
import { own } from "../own-marks.ts";
import type { PackageConditions, PackageField, PackageFields } from "../package-shapes.ts";

/** How requests are put together is the queue's to decide. */
const ofTheQueue = new Set(["enable_batching", "batch_size", "batch_keys", "batch_bytes"]);

export function convertFields(fields: PackageFields | undefined): Field[] {
  return Object.entries(fields ?? {}).map(([key, field]) => convertField(key, field));
}

function convertField(key: string, field: PackageField): Field {
  const { placeholder, minimum, maximum } = field;
  const value = own.fieldDefault(key, field.default);
  const editor = editorOf(field.defaultObjectUI);
  return {
    key,
    label: field.label ?? key,
    description: own.text(field.description ?? ""),
    type: typeOf(field.type),
    required: typeof field.required === "object" ? convertConditions(field.required) : field.required ?? false,
    isMultiple: field.multiple ?? false,
    isDynamic: field.dynamic !== undefined && field.dynamic !== false,
    isHidden: field.unsafe_hidden === true || ofTheQueue.has(key),
    isHashed: field.category === "hashedPII",
    takesMore: field.additionalProperties ?? false,
    ...(field.depends_on ? { dependsOn: convertConditions(field.depends_on) } : {}),
    ...(field.choices && field.choices.length > 0 ? { choices: field.choices.map((one) => typeof one === "string" ? { value: one, label: one } : { value: one.value, label: one.label }) } : {}),
    ...(editor ? { editor } : {}),
    ...(placeholder ? { placeholder } : {}),
    ...(value === undefined ? {} : { default: value }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(field.properties ? { properties: convertFields(field.properties) } : {}),
  };
}

function typeOf(type: string): Field["type"] {
  return fieldTypes.find((one) => one === type) ?? "string";
}

function editorOf(look: string | undefined): Field["editor"] {
  if (look === "keyvalue") return "keyvalue";
  if (look === "keyvalue:only") return "keyvalue_only";
  return look === "arrayeditor" ? "array" : undefined;
}

function convertConditions({ match, conditions }: PackageConditions): FieldCondition {
  return {
    // The package takes them all together unless it says otherwise.
    match: match ?? "all",
    conditions: conditions.map((one) => ({
      field: one.type === "syncMode" ? null : one.fieldKey ?? null, is: one.operator === "is", value: one.value ?? null,
    })),
  };
}
