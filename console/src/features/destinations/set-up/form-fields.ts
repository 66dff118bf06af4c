// A form made of the fields that a destination declares: which are shown and needed, what they hold, and what of it is sent. A secret
// that is kept is never known here: its field holds nothing until somebody types a new one, and null takes it away. Pure.
import type { DestinationDetail } from "@tributary/schema/api/destinations.ts";
import { holds } from "@tributary/schema/destination/check-fields.ts";
import type { Field } from "@tributary/schema/destination/definition.ts";

/** Key of a field → what its input holds. Nothing: undefined, null, an empty text or an empty list. */
export type Draft = Readonly<Record<string, unknown>>;

export interface FormField {
  readonly field: Field;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** How the secret that is kept ends; undefined where none is kept. */
  readonly kept: string | undefined;
}

export interface Problem {
  readonly field: string;
  readonly problem: string;
}

export type Kept = Pick<DestinationDetail, "settings" | "secrets">;

/** Stands for a secret of which nobody knows more than that it is there. */
const unseen = Symbol("a secret that is kept");
const isUnseen = (value: unknown): boolean => value === unseen;

export const isNothing = (value: unknown): boolean => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** What the form begins with: what is kept, or, of something new, what the fields suggest. */
export function draftOf(fields: readonly Field[], kept?: Kept): Draft {
  if (kept) return Object.fromEntries(fields.flatMap(({ key }) => (Object.hasOwn(kept.settings, key) ? [[key, kept.settings[key]]] : [])));
  return Object.fromEntries(fields.flatMap((field) => (field.default === undefined || field.isHidden ? [] : [[field.key, field.default]])));
}

/** The fields to show, in their order. `secrets`: keys of those that are never shown once they are kept. */
export function formFields(fields: readonly Field[], draft: Draft, secrets: readonly string[] = [], kept: Kept["secrets"] = {}): FormField[] {
  const values = Object.fromEntries(fields.map(({ key }) => [key, isNothing(draft[key]) && draft[key] !== null && Object.hasOwn(kept, key) ? unseen : draft[key]]));
  return fields.flatMap((field) => {
    if (field.isHidden || (field.dependsOn !== undefined && holds(field.dependsOn, values, { isUnknown: isUnseen }) === false)) return [];
    const isRequired = field.required === true || (field.required !== false && holds(field.required, values, { isUnknown: isUnseen }) === true);
    return [{ field, isRequired, isSecret: secrets.includes(field.key) || field.type === "password" || Object.hasOwn(kept, field.key), kept: kept[field.key]?.last }];
  });
}

/** Of something new: all that is filled in and shown. */
export function filledIn(shown: readonly FormField[], draft: Draft): Record<string, unknown> {
  return Object.fromEntries(shown.flatMap(({ field: { key } }) => (isNothing(draft[key]) ? [] : [[key, draft[key]]])));
}

/** Of something that is there: what is another than before; null takes away. Secrets that nobody typed stay. */
export function changesOf(shown: readonly FormField[], before: Draft, draft: Draft): Record<string, unknown> {
  return Object.fromEntries(shown.flatMap(({ field: { key }, isSecret, kept }): [string, unknown][] => {
    const now = draft[key];
    if (isSecret) return now === null && kept !== undefined ? [[key, null]] : isNothing(now) ? [] : [[key, now]];
    if (isSame(now, before[key])) return [];
    return [[key, isNothing(now) ? null : now]];
  }));
}

const isSame = (one: unknown, other: unknown): boolean => (isNothing(one) && isNothing(other)) || JSON.stringify(one) === JSON.stringify(other);

/** Each problem at its field, inner ones at the field they are in, and those that stand at none that is shown. */
export function problemsAt(problems: readonly Problem[], shown: readonly FormField[]): { readonly at: ReadonlyMap<string, string>; readonly others: readonly Problem[] } {
  const at = new Map<string, string>();
  const others: Problem[] = [];
  for (const one of problems) {
    const key = shown.find(({ field }) => one.field === field.key || one.field.startsWith(`${field.key}.`))?.field.key;
    if (key === undefined) others.push(one);
    else at.set(key, at.has(key) ? `${at.get(key)} ${one.problem}` : one.problem);
  }
  return { at, others };
}

/** Labels of what differs between two drafts. */
export function differing(fields: readonly Field[], one: Draft, other: Draft): string[] {
  return fields.filter(({ key }) => !isSame(one[key], other[key])).map(({ label }) => label);
}
