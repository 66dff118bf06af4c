// Filling a field by other means: as much of what was there as fits is kept. Pure.
import type { Field } from "@tributary/schema/destination/definition.ts";
import { templateParts } from "@tributary/schema/destination/mapping-directives.ts";
import type { MappingValue } from "@tributary/schema/destination/mapping.ts";
import { formOf, valueOf, type Filling, type ValueForm, type ValueKind } from "./value-form.ts";

type FieldShape = Pick<Field, "type" | "isMultiple"> | undefined;

/** Offered for a field, in groups: what fills it, and what is done to what fills it. Of a field nobody knows, every type of value. */
export function kindsFor(field: FieldShape): { readonly plain: readonly ValueKind[]; readonly shapes: readonly ValueKind[]; readonly changes: readonly ValueKind[] } {
  const changes: readonly ValueKind[] = ["if", "case", "replace", "each", "merge", "flatten", "convert", "transform", "without_nulls", "literal", "json"];
  if (field === undefined) return { plain: ["path", "template", "text", "number", "boolean", "null"], shapes: ["object", "list"], changes };
  const literal: ValueKind = field.type === "boolean" ? "boolean" : field.type === "number" || field.type === "integer" ? "number" : "text";
  const plain: readonly ValueKind[] = field.type === "object" ? ["path"] : field.isMultiple ? ["path", "template"] : ["path", literal, "template"];
  return { plain, shapes: [...(field.type === "object" && !field.isMultiple ? ["object" as const] : []), ...(field.isMultiple ? ["list" as const] : [])], changes };
}

/** Where nothing of an event may stand. */
export function literalKinds(field: FieldShape): ReturnType<typeof kindsFor> {
  const { plain, shapes } = kindsFor(field);
  const literals = plain.filter((kind) => kind !== "path" && kind !== "template");
  return { plain: literals.length > 0 || shapes.length > 0 ? literals : ["text"], shapes, changes: ["json"] };
}

/** The same, filled by other means. */
export function changedKind(value: Filling, to: ValueKind, field: FieldShape): Filling {
  const from = formOf(value);
  if (from.kind === to) return value;
  if (to === "json") return value ?? null;
  const inner = innerOf(from);
  // What was put around is taken away again.
  if (inner !== undefined && formOf(inner).kind === to) return inner;
  return valueOf(begun(to, from, value, field));
}

function begun(to: ValueKind, from: ValueForm, value: Filling, field: FieldShape): ValueForm {
  const path = pathIn(value) ?? "";
  const around = value === undefined ? { "@path": path } : value;
  switch (to) {
    case "nothing": return { kind: "nothing" };
    case "null": return { kind: "null" };
    case "text": return { kind: "text", text: from.kind === "number" ? String(from.number) : from.kind === "boolean" ? String(from.isTrue) : from.kind === "template" ? from.template : "" };
    case "number": return { kind: "number", number: from.kind === "text" && from.text.trim() !== "" && Number.isFinite(Number(from.text)) ? Number(from.text) : 0 };
    case "boolean": return { kind: "boolean", isTrue: true };
    case "path": return { kind: "path", path };
    case "template": return { kind: "template", template: from.kind === "text" ? from.text : path === "" ? "" : `{{${path}}}` };
    case "if": return { kind: "if", test: "exists", of: { "@path": path }, then: around, otherwise: undefined };
    case "each": return { kind: "each", from: path, shape: field?.type === "object" ? {} : undefined };
    case "case": return { kind: "case", operator: "lower", of: around };
    case "replace": return { kind: "replace", how: { pattern: " ", replacement: "" }, of: around };
    case "merge": return { kind: "merge", direction: "right", objects: from.kind === "object" ? [value ?? {}, {}] : [{}] };
    case "flatten": return { kind: "flatten", separator: ".", omitArrays: undefined, of: around };
    case "convert": return { kind: "convert", mode: "encode", of: around };
    case "transform": return { kind: "transform", apply: {}, mapping: from.kind === "object" ? (value ?? {}) : {} };
    case "literal": return { kind: "literal", of: value ?? "" };
    case "without_nulls": return { kind: "without_nulls", of: from.kind === "object" ? (value ?? {}) : around };
    case "object": return { kind: "object", entries: [] };
    case "list": return { kind: "list", items: value === undefined || from.kind === "object" ? [] : [value] };
    case "json": return { kind: "json", value: value ?? null };
  }
}

function innerOf(form: ValueForm): Filling {
  switch (form.kind) {
    case "case": case "replace": case "flatten": case "convert": case "literal": case "without_nulls": return form.of;
    case "if": return form.then;
    case "list": return form.items[0];
    default: return undefined;
  }
}

/** The first value of the event that it reads. */
function pathIn(value: Filling): string | undefined {
  const form = formOf(value);
  switch (form.kind) {
    case "path": return form.path;
    case "each": return typeof form.from === "string" ? form.from : pathIn(form.from);
    case "template": return templateParts(form.template).find((part) => part.path !== undefined)?.path;
    case "if": return pathIn(form.then) ?? pathIn(form.of);
    default: {
      const inner = innerOf(form);
      return inner === undefined ? undefined : pathIn(inner);
    }
  }
}

/** What the text stands for in a field of this type: "12" is a number where numbers go. */
export function literalOf(text: string, type: Field["type"]): MappingValue {
  const isNumber = type === "number" || type === "integer";
  return isNumber && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}
