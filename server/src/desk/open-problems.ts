// What is open about a person: for each rule of the workspace, what began and has not ended, when it is due, and what to say.
// Pure, from the person's events that the rules name.
import type { z } from "zod";
import type { deskOrder, deskPromise, DeskProblem } from "@tributary/schema/api/desk.ts";
import type { ProblemRule, ServiceSettings } from "@tributary/schema/service-settings.ts";
import type { DeskRow } from "./desk-state.ts";

interface Case {
  readonly opened: DeskRow;
  /** Every property that its events told, the later over the earlier. */
  readonly told: Record<string, unknown>;
}

/** Names of all events that the rules ask for. */
export function eventsAskedFor(settings: ServiceSettings): readonly string[] {
  const { problems, orders } = settings;
  return [...new Set([...problems.flatMap((rule) => [...rule.opens, ...rule.closes, ...rule.tells]), ...orders.placed, ...orders.steps])];
}

/** `rows` the oldest first. The most urgent first: what has been due the longest. */
export function openProblems(
  rows: readonly DeskRow[], settings: ServiceSettings, promises: readonly z.input<typeof deskPromise>[], nowMs: number,
): DeskProblem[] {
  const problems = settings.problems.flatMap((rule) => casesOf(rows, rule).flatMap((open) => problemOf(open, rule, nowMs)));
  const due = promises.filter((promise) => promise.state === "open" && Date.parse(promise.due_at) <= nowMs).map(promiseDue);
  const urgency = (problem: DeskProblem): number => Date.parse(problem.due_at ?? problem.since);
  return [...problems, ...due].toSorted((a, b) => urgency(a) - urgency(b));
}

function casesOf(rows: readonly DeskRow[], rule: ProblemRule): readonly Case[] {
  const open = new Map<string, Case>();
  for (const row of rows) {
    const reference = textOf(row.properties[rule.matchedBy]);
    if (rule.closes.includes(row.event)) open.delete(reference);
    else if (rule.opens.includes(row.event)) {
      const before = open.get(reference);
      open.set(reference, { opened: before?.opened ?? row, told: { ...before?.told, ...row.properties } });
    } else if (rule.tells.includes(row.event)) Object.assign(open.get(reference)?.told ?? {}, row.properties);
  }
  return [...open.values()];
}

function problemOf({ opened, told }: Case, rule: ProblemRule, nowMs: number): DeskProblem[] {
  const dueMs = dueOf(rule, opened, told);
  if (rule.due !== undefined && (dueMs === undefined || dueMs > nowMs)) return [];
  const facts = factsOf(told, rule.facts);
  return [{
    name: rule.name, title: rule.title, reference: textOf(opened.properties[rule.matchedBy]), since: iso(opened.atMs),
    due_at: dueMs === undefined ? null : iso(dueMs), row_id: opened.rowId, facts, say: filled(rule.say, facts), advice: filled(rule.advice, facts),
  }];
}

/** Undefined without a rule for it, and where the event names no time that can be read. */
function dueOf(rule: ProblemRule, opened: DeskRow, told: Readonly<Record<string, unknown>>): number | undefined {
  if (rule.due === undefined) return undefined;
  if (rule.due.property === undefined) return opened.atMs + (rule.due.hours ?? 0) * 3_600_000;
  const ms = Date.parse(textOf(told[rule.due.property]));
  return Number.isNaN(ms) ? undefined : ms + (rule.due.hours ?? 0) * 3_600_000;
}

function promiseDue(promise: z.input<typeof deskPromise>): DeskProblem {
  return {
    name: "promise_due", title: "Promise due", reference: promise.id, since: promise.at, due_at: promise.due_at, row_id: promise.row_id,
    facts: { promise: promise.text, by: promise.author.name }, say: "", advice: "",
  };
}

/** The latest orders first. */
export function ordersOf(rows: readonly DeskRow[], rule: ServiceSettings["orders"], max: number): z.input<typeof deskOrder>[] {
  const orders = new Map<string, z.input<typeof deskOrder>>();
  for (const row of rows) {
    const reference = textOf(row.properties[rule.matchedBy]);
    if (reference === "") continue;
    const known = orders.get(reference);
    const state = { state: row.event, state_at: iso(row.atMs) };
    if (rule.placed.includes(row.event) && known === undefined)
      orders.set(reference, { reference, at: iso(row.atMs), row_id: row.rowId, facts: factsOf(row.properties, rule.facts), ...state });
    else if (rule.steps.includes(row.event) && known !== undefined) Object.assign(known, state);
  }
  return [...orders.values()].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, max);
}

function factsOf(properties: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(properties, name)).map((name) => [name, properties[name]]));
}

/** `{store}` becomes what the store is; a sentence part in brackets about something unknown is left out. */
function filled(sentence: string, facts: Readonly<Record<string, unknown>>): string {
  const known = (name: string): string => (Object.hasOwn(facts, name) ? textOf(facts[name]) : "");
  return sentence
    .replace(/\s*\(([^()]*)\{(\w+)\}([^()]*)\)/g, (whole, _before, name: string) => (known(name) === "" ? "" : whole))
    .replace(/\{(\w+)\}/g, (_, name: string) => known(name))
    .trim();
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

const iso = (ms: number): string => new Date(ms).toISOString();
