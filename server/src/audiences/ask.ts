// Asks ClickHouse about people and audiences by compiled queries. When a query fails that asks for several audiences, each is asked
// for by itself: one that can't be answered stops none of the others.
import { ClickHouseError, type ClickHouseClient } from "@clickhouse/client";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { compileVerdicts, type PeopleAsked } from "./compile.ts";
import type { EvaluatorLimits } from "./evaluator-limits.ts";
import type { PersonKeys } from "./standing.ts";
import type { BrokenAudience, LoadedAudience, LoadedWorkspace } from "./store.ts";
import type { TouchedReader } from "./touched.ts";

export interface Verdict {
  /** Numbers of the audiences that they are in, of those asked for. */
  readonly memberOf: readonly number[];
  /** The earliest instant at which that may change by time alone. */
  readonly dueMs: number;
}

export interface Answer {
  /** About whom nothing is said: they are in none, and no instant is known. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Those that could be answered. */
  readonly audiences: readonly LoadedAudience[];
  readonly failed: readonly BrokenAudience[];
}

export interface Question {
  readonly workspace: LoadedWorkspace;
  readonly audiences: readonly LoadedAudience[];
  readonly people: readonly Pick<PersonKeys, "profileId" | "ingestIds">[];
  readonly nowMs: number;
}

export interface AskDeps {
  readonly clickhouse: ClickHouseClient;
  readonly limits: EvaluatorLimits;
  readonly reader: Pick<TouchedReader, "accountsClosure" | "keysOf">;
}

/**
 * Queries over many conditions are longer than what people write by hand, and looking through all of them for comparisons that follow
 * from others takes ClickHouse two thirds of the time of a question about few people.
 */
export const QUERY_SETTINGS = { max_query_size: "8388608", max_ast_elements: "1000000", max_expanded_ast_elements: "5000000", optimize_and_compare_chain: "0" } as const;

/**
 * Few people are answered about sooner than a query is planned: these two passes take a tenth of the planning, and save work only where
 * there are many rows.
 */
const FEW_PEOPLE_SETTINGS = { ...QUERY_SETTINGS, query_plan_merge_expressions: "0", query_plan_remove_unused_columns: "0" } as const;

export const nobody: Verdict = { memberOf: [], dueMs: NEVER };

export async function ask(deps: AskDeps, question: Question): Promise<Answer> {
  const verdicts = new Map<string, Verdict>();
  const failed = new Map<number, BrokenAudience>();
  for (const people of inQuestions(question.people, deps.limits)) {
    // Most of a query's time goes into planning it, which takes one core: several take several.
    const groups = inQueries(question.audiences.filter(({ id }) => !failed.has(id)), deps.limits);
    await Promise.all(groups.map((group) => askGroup(deps, { ...question, people, audiences: group }, verdicts, failed)));
  }
  return { verdicts, audiences: question.audiences.filter(({ id }) => !failed.has(id)), failed: [...failed.values()] };
}

async function askGroup(deps: AskDeps, question: Question, verdicts: Map<string, Verdict>, failed: Map<number, BrokenAudience>): Promise<void> {
  const { audiences } = question;
  try {
    for (const [id, verdict] of await askOnce(deps, question)) {
      const before = verdicts.get(id);
      verdicts.set(id, before === undefined ? verdict : { memberOf: [...before.memberOf, ...verdict.memberOf], dueMs: Math.min(before.dueMs, verdict.dueMs) });
    }
  } catch (error) {
    const [first] = audiences;
    if (!isOfTheQuestion(error)) throw error;
    if (audiences.length > 1) for (const audience of audiences) await askGroup(deps, { ...question, audiences: [audience] }, verdicts, failed);
    else if (first) failed.set(first.id, { id: first.id, version: first.version, problem: problemOf(error) });
  }
}

async function askOnce(deps: AskDeps, question: Question): Promise<Map<string, Verdict>> {
  const { clickhouse } = deps;
  const { workspace, audiences, people, nowMs } = question;
  const together = audiences.some(({ reads }) => reads.accounts) ? await togetherOf(deps, question) : undefined;
  const compiled = compileFor(workspace, audiences, { nowMs, hasOverrides: true, people: { ...idsOf(people), ...(together && { together }) } });
  // In one piece: a query whose rows are streamed is planned on the embedded engine's only thread for that.
  const result = await clickhouse.query({ query: compiled.sql, query_params: compiled.params, format: "JSONCompact", clickhouse_settings: FEW_PEOPLE_SETTINGS });
  const { data } = await result.json<readonly [id: string, indexes: readonly number[], dueMs: number]>();
  return new Map(data.map(([id, indexes, dueMs]) => [id, { memberOf: indexes.map((i) => audiences[i]!.id), dueMs }])); // As many as were asked for.
}

function idsOf(people: Iterable<Question["people"][number]>): { readonly ids: string[]; readonly ingestIds: string[] } {
  const all = [...people];
  return { ids: all.map(({ profileId }) => profileId), ingestIds: [...new Set(all.flatMap(({ ingestIds }) => ingestIds))] };
}

/** Conditions on accounts inside each other reach further each time; beyond this everybody is asked. */
const NESTED_MAX = 3;

/** Those on whom conditions on accounts depend; undefined: so many that it may as well be everybody. */
async function togetherOf({ reader, limits }: AskDeps, { workspace, audiences, people }: Question): Promise<PeopleAsked["together"]> {
  const steps = Math.max(1, ...audiences.map(({ accountConditions }) => accountConditions));
  if (steps > NESTED_MAX) return undefined;
  let ids: readonly string[] = people.map(({ profileId }) => profileId);
  for (let step = 0; step < steps; step++) {
    const closure = await reader.accountsClosure(workspace.workspaceId, ids);
    if (!closure.isWhole || closure.profileIds.length > limits.ingestIdsAtOnce) return undefined;
    ids = closure.profileIds;
  }
  const all = idsOf((await reader.keysOf(workspace.workspaceId, ids)).values());
  return all.ingestIds.length > limits.ingestIdsAtOnce ? undefined : all;
}

export interface CompiledQuestion {
  /** Gives `id`, `members` (which of the audiences, from 0 on) and `due`, of those only who are in any or have an instant. */
  readonly sql: string;
  readonly params: Record<string, unknown>;
}

export interface HowAsked {
  readonly nowMs: number;
  /** Whether somebody was merged so lately that events stand under another id. */
  readonly hasOverrides: boolean;
  /** Undefined: everybody. */
  readonly people?: PeopleAsked;
  /** How the id comes. */
  readonly id?: string;
  /** Later instants are as none. */
  readonly dueBeforeMs?: number;
}

export function compileFor(workspace: LoadedWorkspace, audiences: readonly LoadedAudience[], how: HowAsked): CompiledQuestion {
  const { sql, params } = compile(workspace, audiences, how);
  return {
    sql: `select ${how.id ?? "toString(profile_id)"} as id, members, due from (${sql}) where notEmpty(members) or due < ${how.dueBeforeMs ?? NEVER}`,
    params: { workspace: workspace.workspaceId, ...params },
  };
}

/** The next instant, such as midnight, at which an audience may change for everybody; NEVER when there is none. */
export function boundaryOf(workspace: LoadedWorkspace, audience: LoadedAudience, nowMs: number): number {
  return Math.max(compile(workspace, [audience], { nowMs, hasOverrides: false }).boundaryMs, nowMs + 1);
}

function compile({ around }: LoadedWorkspace, audiences: readonly LoadedAudience[], { nowMs, hasOverrides, people }: HowAsked): ReturnType<typeof compileVerdicts> {
  try {
    return compileVerdicts({ definitions: audiences.map(({ definition }) => definition), nowMs, ...around, ...(people ? { people } : {}), hasOverrides });
  } catch (error) {
    throw new Uncompiled(error instanceof Error ? error.message : String(error));
  }
}

/** A definition of which no query can be made. */
export class Uncompiled extends Error {}

/** ClickHouse's codes for what befell the connection, the server or its disk, not the query. */
const passing = new Set([74, 75, 76, 164, 173, 198, 201, 202, 209, 210, 225, 236, 242, 243, 252, 254, 279, 285, 286, 319, 394, 473, 497, 499, 516, 692, 999]);

/** Whether asking again, with nothing else changed, would fail again: not so where the engine can't be reached. */
export function isOfTheQuestion(error: unknown): boolean {
  return error instanceof Uncompiled || (error instanceof ClickHouseError && !passing.has(Number(error.code)));
}

const PROBLEM_CHARACTERS = 500;

export function problemOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, PROBLEM_CHARACTERS);
}

const likenesses = new WeakMap<Definition, string>();

/** What those have in common that differ in nothing but values: they cost little in one query. */
function likenessOf({ definition }: LoadedAudience): string {
  let likeness = likenesses.get(definition);
  if (likeness === undefined) {
    likeness = JSON.stringify(definition, (name, value: unknown) => (typeof value === "number" || (typeof value === "string" && !SAYS_FORM.has(name)) ? "" : value));
    likenesses.set(definition, likeness);
  }
  return likeness;
}

/** Fields whose text says of what form a condition is, not with what it compares. */
const SAYS_FORM: ReadonlySet<string> = new Set(["kind", "op", "of", "unit", "which", "period", "is", "people", "from", "in"]);

/** Groups of audiences, each small enough for one query; where they are several, of audiences that are alike. */
export function inQueries(audiences: readonly LoadedAudience[], limits: Pick<EvaluatorLimits, "conditionsAtOnce" | "audiencesAtOnce">): LoadedAudience[][] {
  const groups: LoadedAudience[][] = [];
  let conditions = Infinity;
  const isOne = audiences.length <= limits.audiencesAtOnce && audiences.reduce((sum, one) => sum + one.conditions, 0) <= limits.conditionsAtOnce;
  for (const audience of isOne ? audiences : [...Map.groupBy(audiences, likenessOf).values()].flat()) {
    const group = groups.at(-1);
    conditions += audience.conditions;
    if (group !== undefined && conditions <= limits.conditionsAtOnce && group.length < limits.audiencesAtOnce) group.push(audience);
    else {
      groups.push([audience]);
      conditions = audience.conditions;
    }
  }
  return groups;
}

function* inQuestions(people: Question["people"], limits: EvaluatorLimits): Generator<Question["people"]> {
  let from = 0;
  let ingestIds = 0;
  for (const [i, person] of people.entries()) {
    ingestIds += person.ingestIds.length;
    if (i === from || (i - from < limits.peopleAtOnce && ingestIds <= limits.ingestIdsAtOnce)) continue;
    yield people.slice(from, i);
    [from, ingestIds] = [i, person.ingestIds.length];
  }
  if (from < people.length) yield people.slice(from);
}
