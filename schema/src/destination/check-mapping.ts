// What is wrong with a mapping before any event has come: words that mean nothing, parts that are missing, fields that the action needs
// and that nothing fills, values that it can't take. What depends on the event is told by the preview.
import { isRecord } from "../is-record.ts";
import { checkFields, type FieldProblem } from "./check-fields.ts";
import type { Action, Field, SyncMode } from "./definition.ts";
import { asDirective, isDirectiveName, isDirectiveObject, replaceLengthMax, reservedPrefix, rootDirectiveKey, type DirectiveName } from "./mapping-directives.ts";
import { mappingLimits, type Mapping } from "./mapping.ts";
import { optInProblems } from "./opt-in.ts";

export type MappingProblem = FieldProblem;

export function checkMapping(mapping: Mapping, action: Action, syncMode?: SyncMode): MappingProblem[] {
  const size = sizeProblems(mapping);
  if (size.length > 0) return size;
  const problems = Object.entries(mapping).flatMap(([key, value]) => problemsOf(value, key));
  const filled = Object.fromEntries(Object.entries(mapping).filter(([key]) => !key.startsWith(reservedPrefix)));
  // Of something that is wrong anyway, what else could be said is no help.
  const wrong = new Set(problems.map(({ field }) => field.split(".")[0] ?? ""));
  const unfit = [
    ...checkFields(action.fields, filled, { syncMode, isUnknown: isDirectiveObject }),
    ...optInProblems(mapping, action),
    ...action.fields.flatMap((field) => unfitDirective(field, Object.hasOwn(filled, field.key) ? filled[field.key] : undefined, field.key)),
  ];
  return [...problems, ...unfit.filter(({ field }) => !wrong.has(field.split(".")[0] ?? ""))];
}

function sizeProblems(mapping: Mapping): MappingProblem[] {
  let values = 0;
  const isTooDeep = (value: unknown, depth: number): boolean => {
    values++;
    if (typeof value !== "object" || value === null) return false;
    return depth > mappingLimits.depthMax || Object.values(value).some((inner) => isTooDeep(inner, depth + 1));
  };
  if (isTooDeep(mapping, 0)) return [{ field: "", problem: `A mapping is nested at most ${mappingLimits.depthMax} levels deep.` }];
  if (values > mappingLimits.valuesMax) return [{ field: "", problem: `A mapping has at most ${mappingLimits.valuesMax.toLocaleString("en")} values.` }];
  if (JSON.stringify(mapping).length > mappingLimits.bytesMax) return [{ field: "", problem: `A mapping has at most ${mappingLimits.bytesMax.toLocaleString("en")} characters.` }];
  return [];
}

function problemsOf(value: unknown, field: string): MappingProblem[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => problemsOf(one, `${field}.${index}`));
  if (!isRecord(value)) return [];
  const directive = asDirective(value);
  if (directive === undefined) return Object.entries(value).flatMap(([key, inner]) => problemsOf(inner, `${field}.${key}`));
  if (directive === "mixed") return [{ field, problem: "A directive stands alone: no other keys beside it." }];
  const { name } = directive;
  if (name === "@liquid") return [{ field, problem: "Liquid templates are not run: they are programs, and one can hold up everything else. @template fills in values; @if, @case and @replace do the rest." }];
  if (!isDirectiveName(name)) return [{ field, problem: `There is no directive ${name}.` }];
  // Within the root directive, the mapping is what stands beside it.
  const given = field === rootDirectiveKey && isRecord(directive.value) ? { mapping: {}, ...directive.value } : directive.value;
  const wrong = shapeProblem[name](given);
  if (wrong !== undefined) return [{ field, problem: `${name} ${wrong}` }];
  const parts = name === "@arrayPath" && Array.isArray(given) ? given : isRecord(given) && !isDirectiveObject(given) ? Object.values(given) : [given];
  return parts.flatMap((part) => problemsOf(part, field));
}

type Shape = (options: unknown) => string | undefined;

const ofObject = (check: (options: Readonly<Record<string, unknown>>) => string | undefined): Shape => (options) => (isRecord(options) ? check(options) : "takes an object.");
const isLong = (value: unknown): boolean => typeof value === "string" && value.length > replaceLengthMax;

const shapeProblem: Readonly<Record<DirectiveName, Shape>> = {
  "@path": (options) => (typeof options === "string" ? undefined : "takes the path as text."),
  "@template": (options) => {
    if (typeof options !== "string") return "takes the template as text.";
    return options.length > mappingLimits.templateMax ? `has at most ${mappingLimits.templateMax.toLocaleString("en")} characters.` : undefined;
  },
  "@if": ofObject(({ exists, blank }) => (exists === undefined && blank === undefined ? "asks whether something exists or is blank." : undefined)),
  "@arrayPath": (options) => {
    const [path, shape]: readonly unknown[] = Array.isArray(options) ? options : [];
    if (typeof path !== "string" && !isDirectiveObject(path)) return "takes a list: the path, and what each entry becomes.";
    return shape === undefined || isRecord(shape) ? undefined : "says by an object what each entry becomes.";
  },
  "@case": ofObject(({ operator }) => (operator === "lower" || operator === "upper" ? undefined : "makes text lower or upper.")),
  "@replace": ofObject(({ pattern, replacement, pattern2, replacement2 }) => {
    if (typeof pattern !== "string" || pattern === "") return "needs a pattern.";
    return [pattern, replacement, pattern2, replacement2].some(isLong) ? `takes patterns and replacements of at most ${replaceLengthMax} characters.` : undefined;
  }),
  "@merge": ofObject(({ objects, direction }) => {
    if (direction !== "left" && direction !== "right") return "says which side wins: left or right.";
    return Array.isArray(objects) && objects.every(isRecord) ? undefined : "takes a list of objects.";
  }),
  "@transform": ofObject(({ apply, mapping }) => (isRecord(apply) ? (isRecord(mapping) ? undefined : "needs a mapping.") : "applies an object of mappings first.")),
  "@flatten": ofObject(({ separator, value }) => {
    if (!isDirectiveObject(separator) && (typeof separator !== "string" || separator === "")) return "needs a separator.";
    return value === undefined ? "needs a value." : undefined;
  }),
  "@json": ofObject(({ mode, value }) => (mode === "encode" || mode === "decode" ? (value === undefined ? "needs a value." : undefined) : "encodes or decodes.")),
  "@literal": () => undefined,
  "@excludeWhenNull": () => undefined,
};

/** What a directive always makes, as far as that can be told. */
const makes: Readonly<Record<string, "text" | "object">> = { "@template": "text", "@merge": "object", "@flatten": "object" };
const isText: Readonly<Record<Field["type"], boolean>> = { string: true, text: true, password: true, number: false, integer: false, boolean: false, datetime: false, object: false };

function unfitDirective(field: Field, value: unknown, name: string): MappingProblem[] {
  if (!isRecord(value)) return [];
  const directive = asDirective(value);
  if (directive === "mixed") return [];
  if (directive === undefined) return (field.properties ?? []).flatMap((inner) => unfitDirective(inner, Object.hasOwn(value, inner.key) ? value[inner.key] : undefined, `${name}.${inner.key}`));
  const made = makes[directive.name];
  if (made === "text" && field.type === "object") return [{ field: name, problem: `${field.label} takes an object, and ${directive.name} makes text.` }];
  if (made === "object" && (isText[field.type] || field.type === "boolean" || field.type === "number" || field.type === "integer")) {
    return [{ field: name, problem: `${field.label} takes no object, which is what ${directive.name} makes.` }];
  }
  return [];
}
