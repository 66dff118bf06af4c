// What somebody is changing about open problems and references, before it is saved: rules added, changed, removed, and what is
// wrong with them. Pure.
import { isRecord } from "@tributary/schema/is-record.ts";
import { REFERENCES_MAX, type WorkspaceSettings } from "@tributary/schema/settings.ts";
import type { ProblemRule } from "@tributary/schema/service-settings.ts";
import { texts } from "../../texts/texts.ts";

const t = texts.problemRules;

export const RULES_MAX = 20;
export const FACTS_MAX = 10;
export const EVENTS_MAX = 30;
const HOURS_MAX = 8_760;
/** Promises that are due stand among the problems under this name. */
const TAKEN = "promise_due";

export interface Draft {
  readonly problems: readonly ProblemRule[];
  readonly references: readonly string[];
}

export type DueKind = "now" | "property" | "hours";
export type RuleField = "title" | "opens" | "matchedBy" | "due" | "hours" | "facts" | "say" | "advice";
export type WrongFields = Partial<Record<RuleField, string>>;

export function draftOf({ service, references }: WorkspaceSettings): Draft {
  return { problems: service.problems, references };
}

/** The settings with what the draft says; all else stays as it is. */
export function changedSettings(settings: WorkspaceSettings, { problems, references }: Draft): WorkspaceSettings {
  return { ...settings, references: [...references], service: { ...settings.service, problems: [...problems] } };
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder);
}

/** For JSON: names in one order, so that a field that was taken away and came back is no change. */
function inOrder(_: string, value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function changedRule(draft: Draft, name: string, change: Partial<ProblemRule>): Draft {
  return { ...draft, problems: draft.problems.map((rule) => (rule.name === name ? { ...rule, ...change } : rule)) };
}

export function removedRule(draft: Draft, name: string): Draft {
  return { ...draft, problems: draft.problems.filter((rule) => rule.name !== name) };
}

/** A new rule that is still to be filled in; programs know it by a name made from its title, for good. */
export function newRule(draft: Draft, title: string): ProblemRule {
  const base = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 50) || "problem";
  const taken = new Set([TAKEN, ...draft.problems.map(({ name }) => name)]);
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}_${number}`;
  return { name, title, opens: [], closes: [], tells: [], matchedBy: "", facts: [], say: "", advice: "" };
}

export function dueKindOf({ due }: ProblemRule): DueKind {
  return due === undefined ? "now" : due.property === undefined ? "hours" : "property";
}

export function withDue({ due: before, ...rule }: ProblemRule, kind: DueKind): ProblemRule {
  if (kind === "now") return rule;
  return { ...rule, due: kind === "hours" ? { hours: before?.hours ?? 24 } : { property: before?.property ?? "", ...(before?.property !== undefined && before.hours ? { hours: before.hours } : {}) } };
}

/** Which facts a sentence asks for in braces. */
export function factsIn(sentence: string): readonly string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

export function wrongInRule(rule: ProblemRule): WrongFields {
  const wrong: WrongFields = {};
  const property = (name: string): string | undefined => (name.trim() === "" || name.length > 200 ? t.wrong.property : undefined);
  if (rule.title.trim() === "") wrong.title = t.wrong.title;
  if (rule.opens.length === 0) wrong.opens = t.wrong.opens;
  const both = rule.opens.find((event) => rule.closes.includes(event));
  if (both !== undefined) wrong.opens = t.wrong.both(both);
  set(wrong, "matchedBy", property(rule.matchedBy));
  if (rule.due?.property !== undefined) set(wrong, "due", property(rule.due.property));
  const { hours } = rule.due ?? {};
  if (hours !== undefined && !(hours >= 0 && hours <= HOURS_MAX)) wrong.hours = t.wrong.hours(HOURS_MAX);
  for (const field of ["say", "advice"] as const) {
    const unknown = factsIn(rule[field]).find((name) => !rule.facts.includes(name));
    if (unknown !== undefined) wrong[field] = t.wrong.fact(unknown);
  }
  return wrong;
}

function set(wrong: WrongFields, field: RuleField, text: string | undefined): void {
  if (text !== undefined) wrong[field] = text;
}

export function wrongInReferences(references: readonly string[]): string | undefined {
  if (references.length > REFERENCES_MAX) return t.wrong.references(REFERENCES_MAX);
  return references.some((name) => name.length > 200) ? t.wrong.property : undefined;
}

export function isRight({ problems, references }: Draft): boolean {
  return problems.every((rule) => Object.keys(wrongInRule(rule)).length === 0) && wrongInReferences(references) === undefined;
}

/** What the rule means, in a sentence with its names as code. */
export function ruleSentence(rule: ProblemRule): string {
  const any = (names: readonly string[]): string => t.any(names.map(code));
  if (rule.opens.length === 0 || rule.matchedBy === "") return t.unfinished;
  const parts = [t.begins(any(rule.opens)), rule.closes.length === 0 ? t.noEnd : t.ends(any(rule.closes), code(rule.matchedBy)), dueSentence(rule)];
  if (rule.tells.length > 0) parts.push(t.tellsMore(any(rule.tells)));
  return parts.join(" ");
}

function dueSentence({ due }: ProblemRule): string {
  if (due === undefined) return t.dueNow;
  return due.property === undefined ? t.dueHours(due.hours ?? 0) : t.dueProperty(code(due.property), due.hours ?? 0);
}

const code = (name: string): string => `\`${name.slice(0, 80).replaceAll("`", "'")}\``;

/** Of the events that a rule names, those that have never come. */
export function neverSeen(rule: ProblemRule, seen: ReadonlySet<string>): readonly string[] {
  return [...new Set([...rule.opens, ...rule.closes, ...rule.tells])].filter((event) => !seen.has(event));
}
