// Whether values fit the fields that a destination declares: its settings, and what a mapping made for one of its actions. Read as the
// vendors' schemas read them: a number may be written as text, one value may stand for a list, and fields that are hidden by a
// condition are not asked for.
import { isRecord } from "../is-record.ts";
import type { Field, FieldCondition, SyncMode } from "./definition.ts";

export interface FieldProblem {
  /** Key of the field; inner ones joined by ".". */
  readonly field: string;
  readonly problem: string;
}

export type Values = Readonly<Record<string, unknown>>;

export interface CheckOptions {
  readonly syncMode?: SyncMode | undefined;
  /** What is known only when an event comes: neither missing nor of a wrong type. */
  readonly isUnknown?: ((value: unknown) => boolean) | undefined;
}

export function checkFields(fields: readonly Field[], values: Values, options: CheckOptions = {}): FieldProblem[] {
  return fields.flatMap((field) => checkField(field, values, options, ""));
}

/** Undefined: can't be told yet. */
export function holds(condition: FieldCondition, values: Values, { syncMode, isUnknown }: CheckOptions = {}): boolean | undefined {
  const told = condition.conditions.map(({ field, is, value }) => {
    const actual = field === null ? syncMode : own(values, field);
    if (isUnknown?.(actual) === true) return undefined;
    const expected: readonly unknown[] = Array.isArray(value) ? value : [value];
    return expected.some((one) => isSame(actual, one)) === is;
  });
  const decides = condition.match === "any";
  if (told.includes(decides)) return decides;
  return told.includes(undefined) ? undefined : !decides;
}

function checkField(field: Field, values: Values, options: CheckOptions, within: string): FieldProblem[] {
  const name = within + field.key;
  const value = own(values, field.key);
  if (options.isUnknown?.(value) === true) return [];
  const isShown = field.dependsOn === undefined ? true : holds(field.dependsOn, values, options);
  if (isNothing(value)) {
    const isRequired = field.required === true || (field.required !== false && holds(field.required, values, options) === true);
    return isRequired && isShown === true && !field.isHidden ? [{ field: name, problem: `${field.label} is needed.` }] : [];
  }
  if (isShown === false) return [];
  if (field.isMultiple) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.flatMap((item, index) => (options.isUnknown?.(item) === true ? [] : checkValue(field, item, options, `${name}.${index}`)));
  }
  return checkValue(field, value, options, name);
}

function checkValue(field: Field, value: unknown, options: CheckOptions, name: string): FieldProblem[] {
  const problem = typeProblem(field, value) ?? choiceProblem(field, value) ?? rangeProblem(field, value);
  if (problem !== undefined) return [{ field: name, problem: `${field.label} ${problem}` }];
  if (field.type !== "object" || !isRecord(value)) return [];
  return (field.properties ?? []).flatMap((inner) => checkField(inner, value, options, `${name}.`));
}

function typeProblem({ type }: Field, value: unknown): string | undefined {
  switch (type) {
    case "string": case "text": case "password":
      return typeof value === "object" ? "takes text." : undefined;
    case "number":
      return isNumeric(value) ? undefined : "takes a number.";
    case "integer":
      return isNumeric(value) && Number.isInteger(Number(value)) ? undefined : "takes a whole number.";
    case "boolean":
      return typeof value === "boolean" || value === "true" || value === "false" ? undefined : "takes yes or no.";
    case "datetime":
      return (typeof value === "string" || typeof value === "number") ? undefined : "takes a time.";
    case "object":
      return isRecord(value) || Array.isArray(value) ? undefined : "takes an object.";
  }
}

function choiceProblem({ choices, isDynamic }: Field, value: unknown): string | undefined {
  if (choices === undefined || choices.length === 0 || isDynamic) return undefined;
  return choices.some((choice) => isSame(choice.value, value)) ? undefined : `is one of ${choices.map((choice) => choice.label).join(", ")}.`;
}

function rangeProblem({ minimum, maximum, type }: Field, value: unknown): string | undefined {
  if (type !== "number" && type !== "integer") return undefined;
  if (minimum !== undefined && Number(value) < minimum) return `is at least ${minimum}.`;
  if (maximum !== undefined && Number(value) > maximum) return `is at most ${maximum}.`;
  return undefined;
}

const isNumeric = (value: unknown): boolean =>
  typeof value === "number" ? Number.isFinite(value) : typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

const isSame = (one: unknown, other: unknown): boolean =>
  isNothing(one) || isNothing(other) ? isNothing(one) && isNothing(other) : one === other || (typeof one !== "object" && typeof other !== "object" && String(one) === String(other));

const own = (values: Values, key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined);
