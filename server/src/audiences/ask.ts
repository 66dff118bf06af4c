// Asks ClickHouse about people and audiences by compiled queries. When a query fails that asks for several audiences, each is asked
// for by itself: one that can't be answered stops none of the others.
import { ClickHouseError, type ClickHouseClient } from "@clickhouse/client";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { compileAudiences, type PeopleAsked } from "./compile.ts";
import type { EvaluatorLimits } from "./evaluator-limits.ts";
import type { PersonKeys } from "./standing.ts";
import type { BrokenAudience, LoadedAudience, LoadedWorkspace } from "./store.ts";

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
}

/** Queries over many conditions are longer than what people write by hand. */
export const QUERY_SETTINGS = { max_query_size: "8388608", max_ast_elements: "1000000", max_expanded_ast_elements: "5000000" } as const;

export const nobody: Verdict = { memberOf: [], dueMs: NEVER };

export async function ask(deps: AskDeps, question: Question): Promise<Answer> {
  const verdicts = new Map<string, Verdict>();
  const failed = new Map<number, BrokenAudience>();
  for (const people of inQuestions(question.people, deps.limits)) {
    for (const group of inQueries(question.audiences.filter(({ id }) => !failed.has(id)), deps.limits)) {
      await askGroup(deps, { ...question, people, audiences: group }, verdicts, failed);
    }
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

async function askOnce({ clickhouse }: AskDeps, { workspace, audiences, people, nowMs }: Question): Promise<Map<string, Verdict>> {
  const compiled = compileFor(workspace, audiences, nowMs, { ids: people.map(({ profileId }) => profileId), ingestIds: [...new Set(people.flatMap(({ ingestIds }) => ingestIds))] });
  const result = await clickhouse.query({ query: compiled.sql, query_params: compiled.params, format: "JSONCompactEachRow", clickhouse_settings: QUERY_SETTINGS });
  const rows = await result.json<readonly [id: string, indexes: readonly number[], dueMs: number]>();
  return new Map(rows.map(([id, indexes, dueMs]) => [id, { memberOf: indexes.map((i) => audiences[i]!.id), dueMs }])); // As many as were asked for.
}

export interface CompiledQuestion {
  /** Gives `id`, `members` (which of the audiences, from 0 on) and `due`, of those only who are in any or have an instant. */
  readonly sql: string;
  readonly params: Record<string, unknown>;
}

export function compileFor(workspace: LoadedWorkspace, audiences: readonly LoadedAudience[], nowMs: number, people?: PeopleAsked, id = "toString(profile_id)"): CompiledQuestion {
  const { sql, params } = compile(workspace, audiences, nowMs, people);
  const indexes = audiences.map((_, i) => i);
  return {
    sql: `select ${id} as id, arrayFilter((i, m) -> m = 1, ${arrayOf(indexes, "toUInt16")}, [${indexes.map((i) => `m${i}`).join(", ")}]) as members,
      arrayMin([${indexes.map((i) => `n${i}`).join(", ")}]) as due
      from (${sql}) where notEmpty(members) or due < ${NEVER}`,
    params: { workspace: workspace.workspaceId, ...params },
  };
}

const arrayOf = (values: readonly number[], cast: string): string => `[${values.map((value) => `${cast}(${value})`).join(", ")}]`;

/** When everybody has to be asked about this audience again; null: never. */
export function boundaryOf(workspace: LoadedWorkspace, audience: LoadedAudience, nowMs: number): number | null {
  const { boundaryMs } = compile(workspace, [audience], nowMs);
  return boundaryMs >= NEVER ? null : Math.max(boundaryMs, nowMs + 1);
}

function compile({ around }: LoadedWorkspace, audiences: readonly LoadedAudience[], nowMs: number, people?: PeopleAsked): ReturnType<typeof compileAudiences> {
  try {
    return compileAudiences({ definitions: audiences.map(({ definition }) => definition), nowMs, ...around, ...(people ? { people } : {}), hasOverrides: true });
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

/** Groups of audiences, each small enough for one query. */
export function inQueries(audiences: readonly LoadedAudience[], limits: EvaluatorLimits): LoadedAudience[][] {
  const groups: LoadedAudience[][] = [];
  let conditions = Infinity;
  for (const audience of audiences) {
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
