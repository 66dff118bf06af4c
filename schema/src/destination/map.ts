// What a mapping makes of an event: the one evaluator, for previews and for sending, of our destinations and of the catalog's. It means
// what Segment's mapping kit means, with these differences: only what a value holds itself is found; an `else` of 0, false or ""
// counts; placeholders of a template are filled once, with JSON where the value is an object; nothing that is given is changed. Time and
// space are bounded: whatever mapping and event say, the work ends at a limit, as a problem and not as an exception.
import { isRecord } from "../is-record.ts";
import { asDirective, isDirectiveName, replaceLengthMax, templateParts, wholeMapping, type DirectiveName } from "./mapping-directives.ts";
import { mappingLimits, type Mapping } from "./mapping.ts";
import { pathNames, valueAt } from "./mapping-path.ts";

/** Values visited and characters written, for one event. */
export const mapWorkMax = 4_000_000;
/** Characters of the outcome as JSON, about. */
export const payloadLengthMax = 1_000_000;

export type Payload = Readonly<Record<string, unknown>>;

export type Mapped =
  | { readonly isGood: true; readonly payload: Payload }
  /** `field`: of the mapping; "": all of it. */
  | { readonly isGood: false; readonly field: string; readonly problem: string };

export function map(mapping: Mapping, event: object): Mapped {
  const work = new Work();
  try {
    const resolved = work.resolve(wholeMapping(mapping), event, 0);
    if (!isRecord(resolved)) return { isGood: false, field: "", problem: "The mapping makes no object." };
    work.measure(resolved, payloadLengthMax, "What the mapping makes of this event");
    return { isGood: true, payload: resolved };
  } catch (error) {
    if (!(error instanceof MappingFailure)) throw error;
    return { isGood: false, field: work.field, problem: error.message };
  }
}

/** Never leaves this file. */
class MappingFailure extends Error {}

function fail(problem: string): never {
  throw new MappingFailure(problem);
}

type Resolve = (value: unknown) => unknown;

class Work {
  /** Which field is at work. */
  field = "";
  #left = mapWorkMax;

  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) fail(`The mapping makes too much of this event: the limit is ${mapWorkMax.toLocaleString("en")} values and characters.`);
  }

  resolve(mapping: unknown, event: unknown, depth: number): unknown {
    this.charge(1);
    if (depth > mappingLimits.depthMax) fail(`The mapping is nested deeper than ${mappingLimits.depthMax} levels.`);
    if (Array.isArray(mapping)) return mapping.map((value) => this.resolve(value, event, depth + 1));
    if (!isRecord(mapping)) return mapping;
    const directive = asDirective(mapping);
    if (directive === "mixed") fail("A directive stands alone: no other keys beside it.");
    if (directive !== undefined) {
      if (!isDirectiveName(directive.name)) fail(`There is no directive ${directive.name}.`);
      return directives[directive.name](directive.value, event, (value, of = event) => this.resolve(value, of, depth + 1), this);
    }
    return this.object(Object.keys(mapping), (key) => {
      if (depth === 0) this.field = key;
      return this.resolve(mapping[key], event, depth + 1);
    });
  }

  /** Without what is undefined, and without the one key that is not only a name. */
  object(keys: readonly string[], valueOf: (key: string) => unknown): Record<string, unknown> {
    const made: Record<string, unknown> = {};
    for (const key of keys) {
      const value = valueOf(key);
      if (value !== undefined && key !== "__proto__") made[key] = value;
    }
    return made;
  }

  /** Walks the value as JSON would write it; one that would be longer than the limit, or nested without end, is none that can be sent. */
  measure(value: unknown, lengthMax: number, what: string): void {
    let left = lengthMax;
    const walk = (one: unknown, depth: number): void => {
      left -= typeof one === "string" ? one.length + 2 : 4;
      if (left < 0) fail(`${what} is larger than ${lengthMax.toLocaleString("en")} characters.`);
      if (typeof one !== "object" || one === null) return;
      if (depth > nestingMax) fail(`${what} is nested deeper than ${nestingMax} levels.`);
      for (const key of Object.keys(one)) {
        left -= key.length + 3;
        walk((one as Readonly<Record<string, unknown>>)[key], depth + 1); // Lists have their numbers as keys.
      }
    };
    walk(value, 0);
    this.charge(lengthMax - left);
  }
}

/** Of what an event, or text read as JSON, holds. */
const nestingMax = 200;

type Run = (options: unknown, event: unknown, resolve: (value: unknown, of?: unknown) => unknown, work: Work) => unknown;

const directives: Readonly<Record<DirectiveName, Run>> = {
  "@path": (options, event, _resolve, work) => {
    if (typeof options !== "string") fail("@path takes the path as text.");
    work.charge(options.length);
    return valueAt(event, pathNames(options));
  },
  "@template": (options, event, _resolve, work) => {
    if (typeof options !== "string") fail("@template takes the template as text.");
    if (options.length > mappingLimits.templateMax) fail(`A template has at most ${mappingLimits.templateMax.toLocaleString("en")} characters.`);
    return templateParts(options).map(({ text, path }) => text ?? filledIn(valueAt(event, pathNames(path ?? "")), work)).join("");
  },
  "@if": (options, _event, resolve) => {
    const { exists, blank, then, else: otherwise } = optionsOf(options, "@if");
    if (exists === undefined && blank === undefined) fail("@if asks whether something exists or is blank.");
    const value = resolve(exists ?? blank);
    const isSo = exists === undefined ? !isBlank(value) : value !== undefined && value !== null;
    return resolve(isSo ? then : otherwise);
  },
  "@arrayPath": (options, event, resolve, work) => {
    if (!Array.isArray(options)) fail("@arrayPath takes a list: the path, and what each entry becomes.");
    const [path, shape]: readonly unknown[] = options;
    const root = typeof path === "string" ? valueAt(event, pathNames(path)) : resolve(path);
    if (typeof root !== "object" || root === null || !isRecord(shape) || Object.keys(shape).length === 0) return root;
    const entries: readonly unknown[] = Array.isArray(root) ? root : [root];
    work.charge(entries.length);
    return entries.map((entry) => resolve(shape, entry));
  },
  "@case": (options, _event, resolve, work) => {
    const { operator, value } = optionsOf(options, "@case");
    if (operator !== "lower" && operator !== "upper") fail("@case makes text lower or upper.");
    const resolved = resolve(value);
    if (typeof resolved !== "string") return resolved;
    work.charge(resolved.length);
    return operator === "lower" ? resolved.toLowerCase() : resolved.toUpperCase();
  },
  "@replace": (options, _event, resolve, work) => replaced(optionsOf(options, "@replace"), resolve, work),
  "@merge": (options, _event, resolve, work) => {
    const { objects, direction } = optionsOf(options, "@merge");
    const side = resolve(direction);
    if (side !== "left" && side !== "right") fail("@merge says which side wins: left or right.");
    if (!Array.isArray(objects)) fail("@merge takes a list of objects.");
    const resolved = objects.map((one) => resolve(one)).filter(isRecord);
    const merged = new Map<string, unknown>();
    for (const one of side === "left" ? resolved.reverse() : resolved) {
      work.charge(Object.keys(one).length);
      for (const [key, value] of Object.entries(one)) merged.set(key, value);
    }
    return work.object([...merged.keys()], (key) => merged.get(key));
  },
  "@transform": (options, _event, resolve) => {
    const { apply, mapping } = optionsOf(options, "@transform");
    if (!isRecord(apply)) fail("@transform applies an object of mappings first.");
    if (!isRecord(mapping)) fail("@transform needs a mapping.");
    return resolve(mapping, resolve(apply));
  },
  "@flatten": (options, _event, resolve, work) => {
    const { separator, value, omitArrays } = optionsOf(options, "@flatten");
    const between = resolve(separator);
    if (typeof between !== "string" || between === "") fail("@flatten needs a separator.");
    return flattened(resolve(value), between, Boolean(omitArrays), work);
  },
  "@json": (options, _event, resolve, work) => {
    const { mode, value } = optionsOf(options, "@json");
    const resolved = resolve(value);
    if (mode === "encode") {
      work.measure(resolved, payloadLengthMax, "The value that @json encodes");
      const text: string | undefined = JSON.stringify(resolved);
      work.charge(text?.length ?? 0);
      return text;
    }
    if (mode !== "decode") fail("@json encodes or decodes.");
    if (typeof resolved !== "string") return resolved;
    work.charge(resolved.length);
    return parsedOrText(resolved);
  },
  "@literal": (options, _event, resolve) => resolve(options),
  "@excludeWhenNull": (options, _event, resolve, work) => withoutNulls(resolve(options), work, 0),
};

function optionsOf(options: unknown, name: DirectiveName): Readonly<Record<string, unknown>> {
  return isRecord(options) ? options : fail(`${name} takes an object.`);
}

/** As loose comparison with "" sees it, which is what the mapping kit asks. */
function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function filledIn(value: unknown, work: Work): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") {
    const text = String(value);
    work.charge(text.length);
    return text;
  }
  work.measure(value, payloadLengthMax, "A value in a template");
  const isPlainList = Array.isArray(value) && value.every((one) => typeof one !== "object");
  return isPlainList ? value.join(",") : JSON.stringify(value);
}

function replaced(options: Readonly<Record<string, unknown>>, resolve: Resolve, work: Work): unknown {
  const { pattern, replacement = "", pattern2, replacement2 = "", ignorecase = false, global = true, value } = options;
  if (typeof pattern !== "string" || pattern === "") fail("@replace needs a pattern.");
  if (value === undefined || value === null) return undefined;
  const resolved = resolve(value);
  const isText = typeof resolved === "string" || typeof resolved === "boolean" || typeof resolved === "number";
  if (!isText) return "";
  const flags = `${global === false ? "" : "g"}${ignorecase === true ? "i" : ""}`;
  const once = replacedIn(String(resolved), pattern, textOr(replacement), flags, work);
  return typeof pattern2 === "string" && pattern2 !== "" ? replacedIn(once, pattern2, textOr(replacement2), flags, work) : once;
}

const textOr = (value: unknown): string => (typeof value === "string" ? value : "");

function replacedIn(text: string, pattern: string, replacement: string, flags: string, work: Work): string {
  if (pattern.length > replaceLengthMax || replacement.length > replaceLengthMax) fail(`@replace takes patterns and replacements of at most ${replaceLengthMax} characters.`);
  work.charge(text.length * (1 + replacement.length));
  // As it is written, never as a pattern; the replacement, too.
  return text.replace(new RegExp(pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), flags), () => replacement);
}

function flattened(value: unknown, separator: string, omitArrays: boolean, work: Work): unknown {
  const made = new Map<string, unknown>();
  const walk = (one: unknown, prefix: string, depth: number): void => {
    work.charge(1 + prefix.length);
    if (!isRecord(one) && (omitArrays || !Array.isArray(one))) {
      made.set(prefix, one);
      return;
    }
    if (depth > nestingMax) fail(`The value that @flatten takes is nested deeper than ${nestingMax} levels.`);
    for (const [key, inner] of Object.entries(one)) walk(inner, prefix === "" ? key : `${prefix}${separator}${key}`, depth + 1);
  };
  walk(value, "", 0);
  return work.object([...made.keys()], (key) => made.get(key));
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withoutNulls(value: unknown, work: Work, depth: number): unknown {
  work.charge(1);
  if (value === null) return undefined;
  if (!isRecord(value)) return value;
  if (depth > nestingMax) fail(`The value that @excludeWhenNull takes is nested deeper than ${nestingMax} levels.`);
  return work.object(Object.keys(value), (key) => withoutNulls(value[key], work, depth + 1));
}
