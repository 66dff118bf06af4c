// Which fields of an action are shown, which are asked for, and which problem belongs to which. Pure.
import { holds } from "@tributary/schema/destination/check-fields.ts";
import type { Action, Field, SyncMode } from "@tributary/schema/destination/definition.ts";
import { isDirectiveObject } from "@tributary/schema/destination/mapping-directives.ts";
import type { MappingValue } from "@tributary/schema/destination/mapping.ts";

type Values = Readonly<Record<string, MappingValue>>;

export interface ShownField {
  readonly field: Field;
  readonly isRequired: boolean;
  /** It can't be told before an event comes whether it is asked for: by these other fields. */
  readonly dependsOn: readonly string[];
  /** Filled, though nobody asks for it now. */
  readonly isUnasked: boolean;
}

export interface FieldsShown {
  readonly shown: readonly ShownField[];
  /** So many more appear when others say so. */
  readonly waiting: number;
  /** Keys of the mapping that no field takes, and hidden ones that are filled. */
  readonly others: readonly string[];
}

export function fieldsShown({ fields }: Pick<Action, "fields">, values: Values, syncMode: SyncMode | undefined): FieldsShown {
  const options = { syncMode, isUnknown: isDirectiveObject };
  const shown: ShownField[] = [];
  let waiting = 0;
  for (const field of fields.filter(({ isHidden }) => !isHidden)) {
    const isAsked = field.dependsOn === undefined ? true : holds(field.dependsOn, values, options);
    const isFilled = Object.hasOwn(values, field.key);
    if (isAsked === false && !isFilled) {
      waiting++;
      continue;
    }
    const isRequired = field.required === true || (field.required !== false && holds(field.required, values, options) === true);
    shown.push({ field, isRequired: isRequired && isAsked !== false, dependsOn: isAsked === undefined ? dependenciesOf(field, fields) : [], isUnasked: isAsked === false });
  }
  const keys = new Set(shown.map(({ field }) => field.key));
  return { shown, waiting, others: Object.keys(values).filter((key) => !keys.has(key)) };
}

function dependenciesOf({ dependsOn }: Field, fields: readonly Field[]): readonly string[] {
  return (dependsOn?.conditions ?? []).flatMap(({ field: key }) => (key === null ? [] : [fields.find((one) => one.key === key)?.label ?? key]));
}

export interface Problem {
  readonly field: string;
  readonly problem: string;
}

/** Problems by the longest key that their place begins with, for keys have dots, too; what belongs to none stands under "". */
export function problemsByKey(problems: readonly Problem[], keys: readonly string[]): ReadonlyMap<string, readonly Problem[]> {
  const found = new Map<string, Problem[]>();
  const longest = keys.toSorted((a, b) => b.length - a.length);
  for (const one of problems) {
    const key = longest.find((name) => one.field === name || one.field.startsWith(`${name}.`)) ?? "";
    const known = found.get(key);
    if (known === undefined) found.set(key, [one]);
    else if (!known.some(({ field, problem }) => field === one.field && problem === one.problem)) known.push(one);
  }
  return found;
}

/** The defaults of an object's own fields, where it has none of its own. */
export function defaultOf(field: Field): MappingValue | undefined {
  if (field.default !== undefined) return field.default as MappingValue; // JSON, as definitions are.
  if (field.type !== "object" || field.isMultiple) return undefined;
  const inner = (field.properties ?? []).flatMap((one): [string, MappingValue][] => {
    const value = defaultOf(one);
    return value === undefined ? [] : [[one.key, value]];
  });
  return inner.length === 0 ? undefined : Object.fromEntries(inner);
}
