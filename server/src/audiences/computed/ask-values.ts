// Asks ClickHouse what computed traits are for people, by the compiled query. When one of several can't be answered, each is asked for by
// itself, so that it stops none of the others.
import type { ClickHouseClient } from "@clickhouse/client";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { isOfTheQuestion, problemOf, QUERY_SETTINGS, Uncompiled } from "../ask.ts";
import { compileAudiences, type CompiledAudiences, type PeopleAsked } from "../compile.ts";
import type { EvaluatorLimits } from "../evaluator-limits.ts";
import type { PersonKeys } from "../standing.ts";
import type { Surroundings } from "../meaning.ts";
import { jsonOf, type LoadedTrait } from "./loaded-traits.ts";

/** Computed traits of one query. */
const AT_ONCE = 20;

export interface BrokenTrait {
  readonly id: number;
  readonly version: number;
  readonly key: string;
  readonly problem: string;
}

interface ValueAnswer {
  /** Each value as JSON, in the order of `traits`; about whom nothing is said has what nobody has. */
  readonly people: ReadonlyMap<string, { readonly values: ReadonlyMap<number, string>; readonly dueMs: number }>;
  readonly traits: readonly LoadedTrait[];
  readonly failed: readonly BrokenTrait[];
}

interface ValueQuestion {
  readonly workspaceId: number;
  readonly around: Surroundings;
  readonly traits: readonly LoadedTrait[];
  readonly people: readonly Pick<PersonKeys, "profileId" | "ingestIds">[];
  readonly nowMs: number;
}

export interface ValueDeps {
  readonly clickhouse: ClickHouseClient;
  readonly limits: EvaluatorLimits;
}

export async function askValues(deps: ValueDeps, question: ValueQuestion): Promise<ValueAnswer> {
  const people = new Map<string, { readonly values: Map<number, string>; dueMs: number }>();
  const failed = new Map<number, BrokenTrait>();

  async function askGroup(part: ValueQuestion): Promise<void> {
    try {
      for (const { id, values, dueMs } of await askOnce(deps, part)) {
        const known = people.get(id) ?? { values: new Map<number, string>(), dueMs: NEVER };
        part.traits.forEach((trait, i) => known.values.set(trait.id, jsonOf(values[i] ?? [], trait.inForce)));
        known.dueMs = Math.min(known.dueMs, dueMs);
        people.set(id, known);
      }
    } catch (error) {
      if (!isOfTheQuestion(error)) throw error;
      const [first] = part.traits;
      if (part.traits.length > 1) for (const trait of part.traits) await askGroup({ ...part, traits: [trait] });
      else if (first) failed.set(first.id, { id: first.id, version: first.version, key: first.key, problem: problemOf(error) });
    }
  }

  const size = Math.min(deps.limits.peopleAtOnce, 1_000);
  for (let from = 0; from < question.people.length; from += size) {
    const some = question.people.slice(from, from + size);
    const left = question.traits.filter(({ id }) => !failed.has(id));
    for (let at = 0; at < left.length; at += AT_ONCE) await askGroup({ ...question, people: some, traits: left.slice(at, at + AT_ONCE) });
  }
  return { people, traits: question.traits.filter(({ id }) => !failed.has(id)), failed: [...failed.values()] };
}

interface AnswerRow {
  readonly id: string;
  readonly values: readonly (readonly string[])[];
  readonly dueMs: number;
}

async function askOnce({ clickhouse }: ValueDeps, { workspaceId, around, traits, people, nowMs }: ValueQuestion): Promise<AnswerRow[]> {
  const asked = { ids: people.map(({ profileId }) => profileId), ingestIds: [...new Set(people.flatMap(({ ingestIds }) => ingestIds))] };
  const { sql, params } = valuesQuery(around, traits, nowMs, asked);
  const result = await clickhouse.query({ query: sql, query_params: { ...params, workspace: workspaceId }, format: "JSONCompactEachRow", clickhouse_settings: QUERY_SETTINGS });
  return (await result.json<readonly [string, string[][], number]>()).map(rowOf);
}

export function rowOf([id, values, due]: readonly [string, string[][], number | string]): AnswerRow {
  return { id, values, dueMs: Number(due) };
}

/** Gives id, values and due; about everybody, only those of whom there is more to say than of nobody. */
export function valuesQuery(around: Surroundings, traits: readonly LoadedTrait[], nowMs: number, people?: PeopleAsked): { readonly sql: string; readonly params: Record<string, unknown> } {
  const { sql, params } = compileValues(around, traits, nowMs, people);
  const rests = traits.map((_, i) => `{rest${i}:Array(String)}`);
  // Whoever is a bot, or of the workspace's own, is as somebody of whom nothing is known.
  const values = traits.map(({ inForce: { definition: { include } } }, i) => (include.bots || include.internal ? `c${i}` : `if(is_human = 1, c${i}, ${rests[i]})`));
  const isMore = people === undefined ? ` where vals != [${rests.join(", ")}] or due < ${NEVER}` : "";
  return {
    sql: `select toString(profile_id) as id, [${values.join(", ")}] as vals, arrayMin([${traits.map((_, i) => `d${i}`).join(", ")}]) as due from (${sql})${isMore}`,
    params: { ...params, ...Object.fromEntries(traits.map(({ restRaws }, i) => [`rest${i}`, restRaws])) },
  };
}

function compileValues(around: Surroundings, traits: readonly LoadedTrait[], nowMs: number, people?: PeopleAsked): CompiledAudiences {
  try {
    return compileAudiences({ ...around, definitions: [], values: traits.map(({ slug }) => slug), nowMs, hasOverrides: true, ...(people ? { people } : {}) });
  } catch (error) {
    throw new Uncompiled(error instanceof Error ? error.message : String(error));
  }
}

/** When everybody has to be asked about it again; null: never. */
export function boundaryOfTrait(around: Surroundings, trait: LoadedTrait, nowMs: number): number | null {
  const { boundaryMs } = compileValues(around, [trait], nowMs);
  return boundaryMs >= NEVER ? null : Math.max(boundaryMs, nowMs + 1);
}
