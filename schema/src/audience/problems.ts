// What is wrong with a definition, each with its place and in plain words. The grammar itself refuses by zod, whose words are about
// schemas; here they become what somebody who writes a condition can act on.
import type { z } from "zod";
import { isRecord } from "../is-record.ts";
import { conditionKinds } from "./kinds.ts";

export interface Problem {
  /** JSON pointer within the definition. */
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
}

type Path = readonly (string | number)[];
type Issue = z.core.$ZodIssue;

/** Options that are told one by one; of longer lists the first ones. */
const OPTIONS_TOLD = 30;
/** Problems told at once. */
export const PROBLEMS_MAX = 50;
const groupKeys = ["all", "any", "not", "of"] as const;

export function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Of issues that a schema found in `value`, which stands at `at`. */
export function problemsOf(issues: readonly Issue[], value: unknown, at: Path = []): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, value, at)).slice(0, PROBLEMS_MAX);
}

function problemsOfIssue(issue: Issue, value: unknown, at: Path): Problem[] {
  const inner = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const path = [...at, ...inner];
  const name = nameOf(path);
  const given = inner.reduce<unknown>((found, part) => (isObject(found) ? found[String(part)] : undefined), value);
  const one = (message: string, hint: string | null = null): Problem[] => [{ path: pointerOf(path), message, hint }];
  switch (issue.code) {
    case "invalid_type":
      return given === undefined ? one(`${name} is missing.`, `Write ${wordOf(issue.expected)}.`) : one(`${name} is ${wordFor(given)}.`, `Write ${wordOf(issue.expected)}.`);
    case "invalid_value":
      return given === undefined ? one(`${name} is missing.`, optionsHint(issue.values)) : one(`${name} can't be ${show(given)}.`, optionsHint(issue.values));
    case "unrecognized_keys":
      return issue.keys.map((key) => ({ path: pointerOf([...path, key]), message: `There is no \`${key}\` here.`, hint: "Remove it, or look for its right name in the guide of audiences." }));
    case "invalid_union":
      return problemsOfUnion(issue, given, path);
    case "too_small":
      return one(`${name} is too small: at least ${String(issue.minimum)}${unitOf(issue.origin)}.`);
    case "too_big":
      return one(`${name} is too large: at most ${String(issue.maximum)}${unitOf(issue.origin)}.`);
    case "custom":
      return one(issue.message);
    default:
      return one(`${name}: ${issue.message}.`);
  }
}

function problemsOfUnion(issue: Extract<Issue, { code: "invalid_union" }>, given: unknown, path: Path): Problem[] {
  const { errors } = issue;
  if (errors.length === 0) {
    const hint = "options" in issue && Array.isArray(issue.options) ? optionsHint(issue.options) : null;
    return [{ path: pointerOf(path), message: given === undefined ? `${nameOf(path)} is missing.` : `There is no \`${nameOf(path).replaceAll("`", "")}\` ${show(given)}.`, hint }];
  }
  if (isConditionLike(given) || path.at(-1) === "who" || path.at(-1) === "not") return conditionProblems(given, path);
  // Whoever wrote it meant the form of which it has most.
  const [best = []] = errors.toSorted((a, b) => distance(a, given) - distance(b, given));
  const forms = errors.every((one) => one.length === 1 && one[0]?.code === "invalid_type" && one[0].path.length === 0);
  if (!forms) return problemsOf(best, given, path);
  const wanted = [...new Set(errors.flatMap((one) => one.map((each) => (each.code === "invalid_type" ? wordOf(each.expected) : ""))))];
  return [{ path: pointerOf(path), message: given === undefined ? `${nameOf(path)} is missing.` : `${nameOf(path)} is ${wordFor(given)}.`, hint: `Write ${wanted.join(" or ")}.` }];
}

/** How far something is from a form: a wrong kind of thing most, then names that it lacks or has too many, then what stands deeper. */
function distance(issues: readonly Issue[], given: unknown): number {
  return issues.reduce((sum, issue) => {
    if (issue.path.length === 0 && issue.code === "invalid_type") return sum + 100;
    if (issue.code === "unrecognized_keys") return sum + 10 * issue.keys.length;
    const isAbsent = issue.path.length === 1 && (!isObject(given) || given[String(issue.path[0])] === undefined);
    return sum + (isAbsent ? 6 : issue.path.length === 1 && issue.code === "invalid_value" ? 8 : 1);
  }, 0);
}

/** Of something that stands in the place of a condition. */
export function conditionProblems(value: unknown, path: Path): Problem[] {
  const one = (message: string, hint: string): Problem[] => [{ path: pointerOf(path), message, hint }];
  const kinds = `Kinds are: ${conditionKinds.map(({ kind }) => kind).join(", ")}.`;
  if (!isRecord(value)) {
    return one(value === undefined ? `${nameOf(path)} is missing.` : `A condition is an object, not ${wordFor(value)}.`, `Write { "kind": … }, or a group: { "all": [ … ] }, { "any": [ … ] }, { "not": … }. ${kinds}`);
  }
  if ("kind" in value) {
    const kind = conditionKinds.find((each) => each.kind === value["kind"]);
    if (kind === undefined) return [{ path: pointerOf([...path, "kind"]), message: `There is no kind of condition ${show(value["kind"])}.`, hint: kinds }];
    const parsed = kind.schema.safeParse(value);
    return parsed.success ? [] : problemsOf(parsed.error.issues, value, path);
  }
  const groups = groupKeys.filter((key) => key in value);
  const [group] = groups;
  if (group === undefined) return one("This is no condition: it has neither a `kind` nor a group.", `A group is one of \`all\`, \`any\`, \`not\`, or \`at_least\` with \`of\`. ${kinds}`);
  if (groups.length > 1) return one(`A group is one of ${groups.map((key) => `\`${key}\``).join(" and ")}, not both at once.`, "Put one inside the other.");
  return [...keyProblems(value, group, path), ...memberProblems(value[group], group, [...path, group])];
}

function keyProblems(value: Readonly<Record<string, unknown>>, group: (typeof groupKeys)[number], path: Path): Problem[] {
  const known = group === "of" ? ["of", "at_least"] : [group];
  const wrong = Object.keys(value).filter((key) => !known.includes(key))
    .map((key) => ({ path: pointerOf([...path, key]), message: `A group \`${group}\` takes no \`${key}\`.`, hint: "Remove it." }));
  const least = value["at_least"];
  if (group !== "of" || (typeof least === "number" && Number.isInteger(least) && least >= 1 && least <= 100)) return wrong;
  return [...wrong, { path: pointerOf([...path, "at_least"]), message: "`at_least` says how many of the conditions must hold.", hint: "Write a whole number from 1 to 100." }];
}

function memberProblems(value: unknown, group: (typeof groupKeys)[number], path: Path): Problem[] {
  if (group === "not") return conditionProblems(value, path);
  if (!Array.isArray(value)) return [{ path: pointerOf(path), message: `${nameOf(path)} is ${wordFor(value)}.`, hint: "Write a list of conditions: [ … ]." }];
  return value.flatMap((each: unknown, i) => conditionProblems(each, [...path, i])).slice(0, PROBLEMS_MAX);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isConditionLike(value: unknown): boolean {
  return isRecord(value) && ("kind" in value || groupKeys.some((key) => key in value));
}

function nameOf(path: Path): string {
  const last = path.at(-1);
  return last === undefined ? "The definition" : typeof last === "number" ? `Number ${last + 1}` : `\`${last}\``;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function optionsHint(values: readonly unknown[]): string {
  const told = values.slice(0, OPTIONS_TOLD).map((value) => String(value)).join(", ");
  return `It can be: ${told}${values.length > OPTIONS_TOLD ? ", …" : ""}.`;
}

function unitOf(origin: string): string {
  return origin === "string" ? " characters" : origin === "array" || origin === "set" ? " of them" : "";
}

/** What a schema expects, as people say it. */
function wordOf(expected: string): string {
  return { string: "a text", number: "a number", int: "a whole number", boolean: "true or false", array: "a list: [ … ]", object: "an object: { … }", record: "an object: { … }" }[expected] ?? expected;
}

function wordFor(value: unknown): string {
  if (value === null) return "empty (null)";
  if (Array.isArray(value)) return "a list";
  return { string: `the text ${show(value)}`, number: `the number ${show(value)}`, boolean: String(value), object: "an object" }[typeof value as string] ?? typeof value;
}
