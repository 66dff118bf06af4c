// What is wrong with a computed trait, what sort of value it has, and which fields of events and people show through it.
import type { FieldRef } from "../field.ts";
import { computedDefinition, computedKinds, type ComputedDefinition, type ComputedValue } from "./computed.ts";
import type { Words } from "./condition-kind.ts";
import { rfmNeeds } from "./computed/rfm.ts";
import { computedIn, FormulaError, parseFormula, traitsIn } from "./formula.ts";
import type { Paths } from "./measure.ts";
import { placesWithin } from "./places.ts";
import { problem, type Problem } from "./problem.ts";
import { PROBLEMS_MAX, problemsOf } from "./problems.ts";
import { countProblems, expandedCountOfComputed, nodeProblems, problemsAt, type Node, type Surroundings } from "./references.ts";
import { namesOf } from "./sentence.ts";

/** What a value is: `any` is whatever stands in a property, a number or a text. */
type ComputedType = "number" | "time" | "text" | "list" | "any";

export function typeOfComputed({ value }: ComputedDefinition): ComputedType {
  switch (value.kind) {
    case "measure":
      return value.measure.of === "first" || value.measure.of === "last" ? "time" : "number";
    case "value":
      return value.which === "all" ? "list" : "any";
    case "rfm":
      return value.of === "scores" || value.of === "group" ? "text" : "number";
    case "stages":
      return "text";
    default:
      return "number";
  }
}

export interface ComputedProblem extends Problem {
  /** In a formula: the character at which it is wrong, from 1 on. */
  readonly character: number | null;
}

interface CheckedComputed {
  /** Undefined: it is not one. */
  readonly definition: ComputedDefinition | undefined;
  readonly problems: readonly ComputedProblem[];
}

/** Everything that is wrong with what somebody writes. `slug`: under which it is kept, if it is. */
export function checkComputed(given: unknown, slug: string | undefined, around: Surroundings): CheckedComputed {
  const parsed = computedDefinition.safeParse(given);
  if (parsed.success) return { definition: parsed.data, problems: computedProblems(parsed.data, slug, around) };
  const formula = formulaIn(given);
  const value = typeof given === "object" && given !== null && "value" in given ? given.value : undefined;
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const known = computedKinds.find((each) => each.kind === kind);
  // Of the kind that was meant; what stands beside the value is rarely wrong.
  const ofKind = known?.schema.safeParse(value).error?.issues ?? [];
  const found = ofKind.length > 0 ? problemsOf(ofKind, value, ["value"]) : kind !== undefined && known === undefined
    ? [noKind(kind)]
    : problemsOf(parsed.error.issues, given);
  const problems = found.map((one): ComputedProblem => ({ ...one, character: one.path === FORMULA_PATH && formula !== undefined ? brokenAt(formula) : null }));
  return { definition: undefined, problems };
}

function noKind(kind: unknown): Problem {
  const names = computedKinds.map((each) => each.kind).join(", ");
  return problem("/value/kind", { en: `There is no kind of computed trait ${JSON.stringify(kind)}.`, de: `Es gibt keine Art von berechnetem Merkmal ${JSON.stringify(kind)}.` }, { en: `Kinds are: ${names}.`, de: `Arten sind: ${names}.` });
}

/** What a definition refers to that is not there, or leads back to it, or is too much. */
export function computedProblems(one: ComputedDefinition, slug: string | undefined, around: Surroundings): ComputedProblem[] {
  const self: Node | undefined = slug === undefined ? undefined : { kind: "computed", slug };
  const found = [
    ...placesWithin(one.value, ["value"]).flatMap((place) => problemsAt(place, self, around)).map(nowhere),
    ...(one.value.kind === "formula" ? formulaProblems(one.value.formula, self, around) : []),
    ...(one.value.kind === "rfm" ? rfmProblems(around.words).map(nowhere) : []),
  ];
  return found.length > 0 ? found.slice(0, PROBLEMS_MAX) : countProblems("/value", expandedCountOfComputed(one, around)).map(nowhere);
}

const FORMULA_PATH = "/value/formula";
const nowhere = (one: Problem): ComputedProblem => ({ ...one, character: null });

function formulaIn(given: unknown): string | undefined {
  const value = typeof given === "object" && given !== null && "value" in given ? given.value : undefined;
  return typeof value === "object" && value !== null && "formula" in value && typeof value.formula === "string" ? value.formula : undefined;
}

function brokenAt(formula: string): number | null {
  try {
    parseFormula(formula);
    return null;
  } catch (error) {
    return error instanceof FormulaError ? error.at + 1 : null;
  }
}

function formulaProblems(text: string, self: Node | undefined, around: Surroundings): ComputedProblem[] {
  return [...new Set(computedIn(parseFormula(text)))].flatMap((slug) =>
    nodeProblems(FORMULA_PATH, { kind: "computed", slug }, self, around).map((one) => ({ ...one, character: placeOf(slug, text) })));
}

/** Where a formula first names a computed trait, from 1 on. */
function placeOf(slug: string, text: string): number | null {
  for (const found of text.matchAll(/computed\s*\(\s*"?/g)) {
    const at = found.index + found[0].length;
    if (text.startsWith(slug, at) && !/^[\p{L}\p{N}_.]/u.test(text.slice(at + slug.length))) return at + 1;
  }
  return null;
}

function rfmProblems(words: Words): Problem[] {
  const missing = rfmNeeds(words);
  if (missing === undefined) return [];
  return [missing === "order"
    ? problem("/value", { en: "No event is known as an order, so nobody is a buyer.", de: "Kein Ereignis ist als Bestellung bekannt, also ist niemand Käufer." }, { en: "Say in the vocabulary which event is an order.", de: "Sagen Sie im Vokabular, welches Ereignis eine Bestellung ist." })
    : problem("/value", { en: "It is not known where an order says its value.", de: "Es ist nicht bekannt, wo in einer Bestellung ihr Wert steht." }, { en: "Say in the vocabulary which property of orders is their value.", de: "Sagen Sie im Vokabular, welche Eigenschaft von Bestellungen ihr Wert ist." })];
}

// ── Fields that show through ──────────────────────────────────────────────────────────────────────────────────────

/**
 * Fields whose contents stand in the value, or can be reckoned from it: a sum of totals shows totals. Counts, times and the
 * names of stages show none. `computed`: definitions of those that it is made of.
 */
export function fieldsShown(one: ComputedDefinition, words: Words, computed: (slug: string) => ComputedDefinition | undefined, path: readonly string[] = []): FieldRef[] {
  const { value } = one;
  if (value.kind !== "formula") return fieldsOfValue(value, words);
  const formula = parseFormula(value.formula);
  const others = computedIn(formula).filter((slug) => !path.includes(slug));
  return [
    ...traitsIn(formula).map((trait): FieldRef => ({ place: "trait", event: "", path: trait })),
    ...others.flatMap((slug) => {
      const other = computed(slug);
      return other === undefined ? [] : fieldsShown(other, words, computed, [...path, slug]);
    }),
  ];
}

function fieldsOfValue(value: Exclude<ComputedValue, { kind: "formula" }>, words: Words): FieldRef[] {
  switch (value.kind) {
    case "measure": {
      const { measure } = value;
      if (!("property" in measure) || measure.of === "distinct") return [];
      const own = propertiesOf(value.event, measure.property, measure.item, words);
      return "net" in measure && measure.net === true ? [...own, ...propertiesOf({ role: "refund" }, { role: "value" }, undefined, words)] : own;
    }
    case "value":
      return propertiesOf(value.event, value.property, undefined, words);
    case "decay":
      return typeof value.weight === "number" ? [] : propertiesOf(value.event, value.weight.property, undefined, words);
    // A fifth of all buyers tells no value.
    case "rfm":
    case "stages":
      return [];
  }
}

function propertiesOf(event: string | readonly string[] | { readonly role: string }, paths: Paths, item: string | undefined, words: Words): FieldRef[] {
  const role = typeof event === "object" && "role" in event ? words.roles[event.role] : undefined;
  const events = typeof event === "object" && "role" in event ? (role?.events ?? []) : namesOf(event);
  const names = typeof paths === "object" && "role" in paths ? (role?.properties[paths.role] ?? []) : namesOf(paths);
  return events.flatMap((name) => names.map((path): FieldRef => ({ place: "property", event: name, path: item === undefined ? path : `${item}.${path}` })));
}
