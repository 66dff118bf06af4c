// What fills a field, as the form shows it: one level of a mapping's value, whose parts are values again. Whatever the form has no words
// for is `json`, so that nothing is shown as what it is not, and nothing is lost. Pure.
import { isRecord } from "@tributary/schema/is-record.ts";
import { asDirective, isDirectiveName, type DirectiveName } from "@tributary/schema/destination/mapping-directives.ts";
import type { MappingValue } from "@tributary/schema/destination/mapping.ts";

/** Undefined: nothing fills it. */
export type Filling = MappingValue | undefined;

export type PlainForm =
  | { readonly kind: "nothing" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "boolean"; readonly isTrue: boolean }
  | { readonly kind: "null" }
  | { readonly kind: "object"; readonly entries: readonly Entry[] }
  | { readonly kind: "list"; readonly items: readonly MappingValue[] };

export type DirectiveForm =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "template"; readonly template: string }
  | { readonly kind: "if"; readonly test: "exists" | "blank"; readonly of: MappingValue; readonly then: Filling; readonly otherwise: Filling }
  /** `from`: a path as text, or a directive. */
  | { readonly kind: "each"; readonly from: MappingValue; readonly shape: Filling }
  | { readonly kind: "case"; readonly operator: "lower" | "upper"; readonly of: Filling }
  | { readonly kind: "replace"; readonly how: Replacing; readonly of: Filling }
  | { readonly kind: "merge"; readonly direction: "left" | "right"; readonly objects: readonly MappingValue[] }
  | { readonly kind: "flatten"; readonly separator: string; readonly omitArrays: boolean | undefined; readonly of: Filling }
  | { readonly kind: "convert"; readonly mode: "encode" | "decode"; readonly of: Filling }
  | { readonly kind: "transform"; readonly apply: MappingValue; readonly mapping: MappingValue }
  | { readonly kind: "literal"; readonly of: MappingValue }
  | { readonly kind: "without_nulls"; readonly of: MappingValue };

/** `beside`: what another editor kept with a directive. */
export type ValueForm = PlainForm | (DirectiveForm & { readonly beside?: MappingValue | undefined }) | { readonly kind: "json"; readonly value: MappingValue };
export type ValueKind = ValueForm["kind"];

export interface Entry {
  readonly key: string;
  readonly value: MappingValue;
}

export interface Replacing {
  readonly pattern: string;
  readonly replacement?: string | undefined;
  readonly pattern2?: string | undefined;
  readonly replacement2?: string | undefined;
  readonly ignorecase?: boolean | undefined;
  readonly global?: boolean | undefined;
}

export function formOf(value: Filling): ValueForm {
  if (value === undefined) return { kind: "nothing" };
  if (value === null) return { kind: "null" };
  if (typeof value === "string") return { kind: "text", text: value };
  if (typeof value === "number") return { kind: "number", number: value };
  if (typeof value === "boolean") return { kind: "boolean", isTrue: value };
  if (isList(value)) return { kind: "list", items: value };
  const directive = asDirective(value);
  if (directive === undefined) return { kind: "object", entries: Object.entries(value).map(([key, inner]) => ({ key, value: inner })) };
  const json = { kind: "json", value } as const;
  if (directive === "mixed" || !isDirectiveName(directive.name)) return json;
  const form = readers[directive.name](directive.value as MappingValue); // A part of one.
  if (form === undefined) return json;
  const beside = Object.hasOwn(value, "_metadata") ? value["_metadata"] : undefined;
  return beside === undefined ? form : { ...form, beside };
}

const isList = (value: MappingValue): value is readonly MappingValue[] => Array.isArray(value);

type Options = Readonly<Record<string, MappingValue>>;
type Reader = (options: MappingValue) => DirectiveForm | undefined;

/** Of an object that has these keys and no others. */
const ofKeys = (keys: readonly string[], read: (options: Options) => DirectiveForm | undefined): Reader => (options) => (isRecord(options) && Object.keys(options).every((key) => keys.includes(key)) ? read(options as Options) : undefined);
const isTextOr = (value: Filling): value is string | undefined => value === undefined || typeof value === "string";
const isBooleanOr = (value: Filling): value is boolean | undefined => value === undefined || typeof value === "boolean";

const readers: Readonly<Record<DirectiveName, Reader>> = {
  "@path": (path) => (typeof path === "string" ? { kind: "path", path } : undefined),
  "@template": (template) => (typeof template === "string" ? { kind: "template", template } : undefined),
  "@if": ofKeys(["exists", "blank", "then", "else"], (options) => {
    const { exists, blank, then, else: otherwise } = options;
    const of = exists ?? blank;
    if (of === undefined || of === null || Object.hasOwn(options, "exists") === Object.hasOwn(options, "blank")) return undefined;
    return { kind: "if", test: exists === undefined ? "blank" : "exists", of, then, otherwise };
  }),
  "@arrayPath": (options) => {
    if (!Array.isArray(options) || options.length === 0 || options.length > 2) return undefined;
    const [from, shape] = options as readonly MappingValue[];
    if (typeof from !== "string" && !isDirective(from)) return undefined;
    return from === undefined || (shape !== undefined && !isRecord(shape)) ? undefined : { kind: "each", from, shape };
  },
  "@case": ofKeys(["operator", "value"], ({ operator, value }) => (operator === "lower" || operator === "upper" ? { kind: "case", operator, of: value } : undefined)),
  "@replace": ofKeys(["pattern", "replacement", "pattern2", "replacement2", "ignorecase", "global", "value"], ({ pattern, replacement, pattern2, replacement2, ignorecase, global, value }) => {
    if (typeof pattern !== "string" || ![replacement, pattern2, replacement2].every(isTextOr) || ![ignorecase, global].every(isBooleanOr)) return undefined;
    return { kind: "replace", how: { pattern, replacement, pattern2, replacement2, ignorecase, global } as Replacing, of: value }; // As was asked the line before.
  }),
  "@merge": ofKeys(["direction", "objects"], ({ direction, objects }) =>
    ((direction === "left" || direction === "right") && objects !== undefined && isList(objects) ? { kind: "merge", direction, objects } : undefined)),
  "@transform": ofKeys(["apply", "mapping"], ({ apply, mapping }) => (apply === undefined || mapping === undefined ? undefined : { kind: "transform", apply, mapping })),
  "@flatten": ofKeys(["separator", "value", "omitArrays"], ({ separator, value, omitArrays }) =>
    (typeof separator === "string" && isBooleanOr(omitArrays) ? { kind: "flatten", separator, omitArrays, of: value } : undefined)),
  "@json": ofKeys(["mode", "value"], ({ mode, value }) => (mode === "encode" || mode === "decode" ? { kind: "convert", mode, of: value } : undefined)),
  "@literal": (of) => ({ kind: "literal", of }),
  "@excludeWhenNull": (of) => ({ kind: "without_nulls", of }),
};

export const isDirective = (value: unknown): boolean => isRecord(value) && asDirective(value) !== undefined;

/** The value that the form shows: `valueOf(formOf(value))` is `value`. */
export function valueOf(form: ValueForm): Filling {
  switch (form.kind) {
    case "nothing": return undefined;
    case "text": return form.text;
    case "number": return form.number;
    case "boolean": return form.isTrue;
    case "null": return null;
    case "object": return objectOf(form.entries);
    case "list": return form.items;
    case "json": return form.value;
    default: return { ...(form.beside === undefined ? {} : { _metadata: form.beside }), ...written(form) };
  }
}

function written(form: DirectiveForm): Options {
  switch (form.kind) {
    case "path": return { "@path": form.path };
    case "template": return { "@template": form.template };
    case "if": return { "@if": given({ [form.test]: form.of, then: form.then, else: form.otherwise }) };
    case "each": return { "@arrayPath": form.shape === undefined ? [form.from] : [form.from, form.shape] };
    case "case": return { "@case": given({ operator: form.operator, value: form.of }) };
    case "replace": return { "@replace": given({ ...form.how, value: form.of }) };
    case "merge": return { "@merge": { objects: form.objects, direction: form.direction } };
    case "flatten": return { "@flatten": given({ separator: form.separator, value: form.of, omitArrays: form.omitArrays }) };
    case "convert": return { "@json": given({ mode: form.mode, value: form.of }) };
    case "transform": return { "@transform": { apply: form.apply, mapping: form.mapping } };
    case "literal": return { "@literal": form.of };
    case "without_nulls": return { "@excludeWhenNull": form.of };
  }
}

/** Without what is undefined. */
function given(options: Readonly<Record<string, Filling>>): Options {
  return Object.fromEntries(Object.entries(options).filter((entry): entry is [string, MappingValue] => entry[1] !== undefined));
}

/** Each key is one of its own, whatever it is called. */
export function objectOf(entries: readonly Entry[]): Options {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

/** The object with this key filled otherwise, at its place; undefined takes it out. */
export function withKey(value: Options, key: string, filling: Filling): Options {
  const entries = Object.entries(value);
  const at = entries.findIndex(([name]) => name === key);
  if (filling === undefined) return Object.fromEntries(entries.filter(([name]) => name !== key));
  return Object.fromEntries(at === -1 ? [...entries, [key, filling]] : entries.with(at, [key, filling]));
}

export type KeyProblem = "empty" | "directive" | "taken" | "lost";

/** Why an object can't have this key; `others`: the keys that it has besides. */
export function keyProblem(key: string, others: readonly string[]): KeyProblem | undefined {
  if (key === "") return "empty";
  if (key.startsWith("@")) return "directive";
  if (key === "__proto__") return "lost";
  return others.includes(key) ? "taken" : undefined;
}

/** Whether some part of it is a value of the event that nobody has chosen. */
export function isUnfinished(value: Filling): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (isList(value)) return value.some(isUnfinished);
  const form = formOf(value);
  if (form.kind === "path") return form.path.trim() === "";
  if (form.kind === "each" && form.from === "") return true;
  return Object.values(value).some(isUnfinished);
}
