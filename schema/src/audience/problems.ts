// What is wrong with a definition, each with its place and in plain words. The grammar itself refuses by zod, whose words are about
// schemas; here they become what somebody who writes a condition can act on.
import type { z } from "zod";
import { isRecord } from "../is-record.ts";
import { conditionKinds } from "./kinds.ts";
import { audienceLimits } from "./limits.ts";
import { asItIs, problem, saidByGrammar, type InEach, type Problem } from "./problem.ts";

export type { Problem } from "./problem.ts";

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
  const found = issues.flatMap((issue) => problemsOfIssue(issue, value, at)).slice(0, PROBLEMS_MAX);
  // Whatever a schema refuses is told, though no words of ours fit it.
  return found.length > 0 || issues.length === 0 ? found : [problem(pointerOf(at), { en: "This can't be read as a definition.", de: "Das ist als Definition nicht lesbar." })];
}

function problemsOfIssue(issue: Issue, value: unknown, at: Path): Problem[] {
  const inner = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  const path = [...at, ...inner];
  const name = nameOf(path);
  const given = inner.reduce<unknown>((found, part) => (isObject(found) ? found[String(part)] : undefined), value);
  const one = (messages: InEach, hints: InEach | null = null): Problem[] => [problem(pointerOf(path), messages, hints)];
  switch (issue.code) {
    case "invalid_type":
      return one(given === undefined ? missing(name) : isOther(name, given), write(wordOf(issue.expected)));
    case "invalid_value":
      return one(given === undefined ? missing(name) : { en: `${name.en} can't be ${show(given)}.`, de: `${name.de} kann nicht ${show(given)} sein.` }, optionsHint(issue.values));
    case "unrecognized_keys":
      return issue.keys.map((key) => problem(pointerOf([...path, key]), { en: `There is no \`${key}\` here.`, de: `Hier gibt es kein \`${key}\`.` }, {
        en: "Remove it, or look for its right name in the guide of audiences.", de: "Entfernen Sie es, oder suchen Sie den richtigen Namen in der Anleitung zu Zielgruppen.",
      }));
    case "invalid_union":
      return problemsOfUnion(issue, given, path);
    case "too_small":
      return one({ en: `${name.en} is too small: at least ${String(issue.minimum)}${unitOf(issue.origin).en}.`, de: `${name.de} ist zu klein: mindestens ${String(issue.minimum)}${unitOf(issue.origin).de}.` });
    case "too_big":
      return one({ en: `${name.en} is too large: at most ${String(issue.maximum)}${unitOf(issue.origin).en}.`, de: `${name.de} ist zu groß: höchstens ${String(issue.maximum)}${unitOf(issue.origin).de}.` });
    case "custom":
      return one(saidByGrammar(issue.message, issue.params?.["de"]));
    default:
      return one({ en: `${name.en}: ${issue.message}.`, de: `${name.de} passt so nicht: ${issue.message}.` });
  }
}

const missing = (name: InEach): InEach => ({ en: `${name.en} is missing.`, de: `${name.de} fehlt.` });
const isOther = (name: InEach, given: unknown): InEach => ({ en: `${name.en} is ${wordFor(given).en}.`, de: `${name.de} ist ${wordFor(given).de}.` });
const write = (what: InEach): InEach => ({ en: `Write ${what.en}.`, de: `Schreiben Sie ${what.de}.` });

function problemsOfUnion(issue: Extract<Issue, { code: "invalid_union" }>, given: unknown, path: Path): Problem[] {
  const { errors } = issue;
  if (errors.length === 0) {
    const hint = "options" in issue && Array.isArray(issue.options) ? optionsHint(issue.options) : null;
    const plain = nameOf(path).en.replaceAll("`", "");
    return [problem(pointerOf(path), given === undefined ? missing(nameOf(path)) : { en: `There is no \`${plain}\` ${show(given)}.`, de: `Es gibt kein \`${plain}\` ${show(given)}.` }, hint)];
  }
  if (isConditionLike(given) || path.at(-1) === "who" || path.at(-1) === "not") return conditionProblems(given, path);
  // Whoever wrote it meant the form of which it has most.
  const [best = []] = errors.toSorted((a, b) => distance(a, given) - distance(b, given));
  const forms = errors.every((one) => one.length === 1 && one[0]?.code === "invalid_type" && one[0].path.length === 0);
  if (!forms) return problemsOf(best, given, path);
  const wanted = [...new Set(errors.flatMap((one) => one.map((each) => (each.code === "invalid_type" ? each.expected : ""))))].map(wordOf);
  return [problem(pointerOf(path), given === undefined ? missing(nameOf(path)) : isOther(nameOf(path), given), write({ en: wanted.map(({ en }) => en).join(" or "), de: wanted.map(({ de }) => de).join(" oder ") }))];
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
  const one = (messages: InEach, hints: InEach): Problem[] => [problem(pointerOf(path), messages, hints)];
  const names = conditionKinds.map(({ kind }) => kind).join(", ");
  const kinds: InEach = { en: `Kinds are: ${names}.`, de: `Arten sind: ${names}.` };
  if (!isRecord(value)) {
    const wrong: InEach = { en: `A condition is an object, not ${wordFor(value).en}.`, de: `Eine Bedingung ist ein Objekt; hier steht: ${wordFor(value).de}.` };
    const groups = '{ "all": [ … ] }, { "any": [ … ] }, { "not": … }';
    return one(value === undefined ? missing(nameOf(path)) : wrong, {
      en: `Write { "kind": … }, or a group: ${groups}. ${kinds.en}`, de: `Schreiben Sie { "kind": … } oder eine Gruppe: ${groups}. ${kinds.de}`,
    });
  }
  if ("kind" in value) {
    const kind = conditionKinds.find((each) => each.kind === value["kind"]);
    if (kind === undefined) return [problem(pointerOf([...path, "kind"]), { en: `There is no kind of condition ${show(value["kind"])}.`, de: `Es gibt keine Art von Bedingung ${show(value["kind"])}.` }, kinds)];
    const parsed = kind.schema.safeParse(value);
    return parsed.success ? [] : problemsOf(parsed.error.issues, value, path);
  }
  return groupProblems(value, path, kinds);
}

function groupProblems(value: Readonly<Record<string, unknown>>, path: Path, kinds: InEach): Problem[] {
  const groups = groupKeys.filter((key) => key in value);
  const [group] = groups;
  if (group === undefined) {
    return [problem(pointerOf(path), { en: "This is no condition: it has neither a `kind` nor a group.", de: "Das ist keine Bedingung: Sie hat weder ein `kind` noch eine Gruppe." }, {
      en: `A group is one of \`all\`, \`any\`, \`not\`, or \`at_least\` with \`of\`. ${kinds.en}`, de: `Eine Gruppe ist \`all\`, \`any\`, \`not\` oder \`at_least\` mit \`of\`. ${kinds.de}`,
    })];
  }
  if (groups.length > 1) {
    const named = (and: string): string => groups.map((key) => `\`${key}\``).join(and);
    return [problem(pointerOf(path), { en: `A group is one of ${named(" and ")}, not both at once.`, de: `Eine Gruppe ist eines von ${named(" und ")}, nicht beides zugleich.` }, { en: "Put one inside the other.", de: "Setzen Sie eines in das andere." })];
  }
  return [...keyProblems(value, group, path), ...memberProblems(value[group], group, [...path, group])];
}

function keyProblems(value: Readonly<Record<string, unknown>>, group: (typeof groupKeys)[number], path: Path): Problem[] {
  const known = group === "of" ? ["of", "at_least"] : [group];
  const wrong = Object.keys(value).filter((key) => !known.includes(key)).map((key) =>
    problem(pointerOf([...path, key]), { en: `A group \`${group}\` takes no \`${key}\`.`, de: `Eine Gruppe \`${group}\` hat kein \`${key}\`.` }, { en: "Remove it.", de: "Entfernen Sie es." }));
  const least = value["at_least"];
  if (group !== "of" || (typeof least === "number" && Number.isInteger(least) && least >= 1 && least <= 100)) return wrong;
  return [...wrong, problem(
    pointerOf([...path, "at_least"]), { en: "`at_least` says how many of the conditions must hold.", de: "`at_least` sagt, wie viele der Bedingungen gelten müssen." },
    { en: "Write a whole number from 1 to 100.", de: "Schreiben Sie eine ganze Zahl von 1 bis 100." },
  )];
}

function memberProblems(value: unknown, group: (typeof groupKeys)[number], path: Path): Problem[] {
  if (group === "not") return conditionProblems(value, path);
  if (!Array.isArray(value)) return [problem(pointerOf(path), isOther(nameOf(path), value), { en: "Write a list of conditions: [ … ].", de: "Schreiben Sie eine Liste von Bedingungen: [ … ]." })];
  if (value.length > audienceLimits.conditionsMax) {
    return [problem(pointerOf(path), { en: `${value.length} conditions; at most ${audienceLimits.conditionsMax}.`, de: `${value.length} Bedingungen; höchstens ${audienceLimits.conditionsMax}.` }, {
      en: "Put some into an audience of their own.", de: "Nehmen Sie einige in eine eigene Zielgruppe.",
    })];
  }
  return value.flatMap((each: unknown, i) => conditionProblems(each, [...path, i])).slice(0, PROBLEMS_MAX);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isConditionLike(value: unknown): boolean {
  return isRecord(value) && ("kind" in value || groupKeys.some((key) => key in value));
}

function nameOf(path: Path): InEach {
  const last = path.at(-1);
  if (last === undefined) return { en: "The definition", de: "Die Definition" };
  return typeof last === "number" ? { en: `Number ${last + 1}`, de: `Nummer ${last + 1}` } : asItIs(`\`${last}\``);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function optionsHint(values: readonly unknown[]): InEach {
  const told = values.slice(0, OPTIONS_TOLD).map((value) => String(value)).join(", ");
  const more = values.length > OPTIONS_TOLD ? ", …" : "";
  return { en: `It can be: ${told}${more}.`, de: `Möglich sind: ${told}${more}.` };
}

function unitOf(origin: string): InEach {
  return origin === "string" ? { en: " characters", de: " Zeichen" } : origin === "array" || origin === "set" ? { en: " of them", de: " davon" } : asItIs("");
}

const wanted: Readonly<Record<string, InEach>> = {
  string: { en: "a text", de: "einen Text" }, number: { en: "a number", de: "eine Zahl" }, int: { en: "a whole number", de: "eine ganze Zahl" }, boolean: { en: "true or false", de: "true oder false" },
  array: { en: "a list: [ … ]", de: "eine Liste: [ … ]" }, object: { en: "an object: { … }", de: "ein Objekt: { … }" }, record: { en: "an object: { … }", de: "ein Objekt: { … }" },
};

/** What a schema expects, as people say it. */
function wordOf(expected: string): InEach {
  return wanted[expected] ?? asItIs(expected);
}

function wordFor(value: unknown): InEach {
  if (value === null) return { en: "empty (null)", de: "leer (null)" };
  if (Array.isArray(value)) return { en: "a list", de: "eine Liste" };
  switch (typeof value) {
    case "string": return { en: `the text ${show(value)}`, de: `der Text ${show(value)}` };
    case "number": return { en: `the number ${show(value)}`, de: `die Zahl ${show(value)}` };
    case "object": return { en: "an object", de: "ein Objekt" };
    default: return asItIs(typeof value === "boolean" ? String(value) : typeof value);
  }
}
