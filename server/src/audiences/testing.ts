// For tests of audiences: people and their events put straight into the tables, and both evaluators asked about them.
import type { ClickHouseClient } from "@clickhouse/client";
import type { ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { computedValueOf, isMember, type Definition, type Workspace } from "@tributary/schema/audience/definition.ts";
import type { EventFacts, PersonFacts, Words } from "@tributary/schema/audience/condition-kind.ts";
import { acceptableJson } from "../pipeline/acceptable-row.ts";
import { KnownPaths } from "../pipeline/known-paths.ts";
import { compileAudiences, type CompileInput, type PeopleAsked } from "./compile.ts";

export const noWords: Words = { roles: {}, money: { base: null, rates: [] } };

/** Somebody about whom nothing is known but what is given. */
export function personOf(given: Partial<PersonFacts> & Pick<PersonFacts, "id">): PersonFacts {
  return { zone: "", traits: {}, traitTimes: {}, identifiers: [`user_id:${given.id}`], isAnonymous: false, isHuman: true, consents: {}, accounts: [], events: [], ...given };
}

export function eventOf(given: Partial<EventFacts> & Pick<EventFacts, "event" | "ms" | "row">): EventFacts {
  return { properties: {}, context: {}, isBot: false, isInternal: false, ...given };
}

/** An id of the shape that people have. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** Writes people as they stand; those of an earlier call under the same id are replaced, events are added. */
export async function insertPeople(clickhouse: ClickHouseClient, workspaceId: number, people: readonly PersonFacts[], version = 1): Promise<void> {
  const when = (ms: number): string => new Date(ms).toISOString().replace("T", " ").replace("Z", "");
  await clickhouse.insert({
    table: "profiles", format: "JSONEachRow",
    values: people.map((person) => ({
      workspace_id: workspaceId, profile_id: person.id, row_id: version, updated_at: when(0), first_seen: when(0), deleted: 0, is_anonymous: Number(person.isAnonymous),
      identifiers: person.identifiers, traits: kept(person.traits), consents: Object.fromEntries(Object.entries(person.consents).map(([name, isGranted]) => [name, Number(isGranted)])),
      accounts: person.accounts, trait_times: person.traitTimes, timezone: person.zone, is_human: Number(person.isHuman), block_id: 0, block_row: 0,
    })),
  });
  const events = people.flatMap((person) => person.events.map((event) => ({ person, event })));
  if (events.length === 0) return;
  await clickhouse.insert({
    table: "events", format: "JSONEachRow", clickhouse_settings: { max_partitions_per_insert_block: "1000" },
    values: events.map(({ person, event }) => ({
      workspace_id: workspaceId, event: event.event, type: "track", ingest_profile_id: person.id, profile_id: person.id, timestamp: when(event.ms), received_at: when(event.ms),
      outcome: "stored", properties: kept(event.properties), row_id: event.row, is_bot: Number(event.isBot), is_internal: Number(event.isInternal), ...event.context,
    })),
  });
}

/** As the pipeline keeps it. */
function kept(values: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(acceptableJson(values, new KnownPaths()));
}

/** Puts people on a list, and takes them off. */
export async function insertListMembers(clickhouse: ClickHouseClient, workspaceId: number, listId: number, rows: readonly { readonly id: string; readonly row: number; readonly isOff?: boolean }[]): Promise<void> {
  await clickhouse.insert({
    table: "list_member", format: "JSONEachRow",
    values: rows.map(({ id, row, isOff }) => ({ workspace_id: workspaceId, list_id: listId, profile_id: id, added: isOff === true ? 0 : 1, row_id: row, block_id: 0, block_row: 0 })),
  });
}

export interface Asked {
  readonly id: string;
  /** For each definition. */
  readonly members: readonly boolean[];
  readonly nexts: readonly number[];
}

export interface Answers {
  readonly people: ReadonlyMap<string, Asked>;
  readonly boundaryMs: number;
}

type Setting = Pick<CompileInput, "nowMs" | "zone" | "words" | "audience"> & { readonly list?: (slug: string) => number | undefined; readonly listMembers?: (slug: string) => ReadonlySet<string> | undefined; readonly people?: PeopleAsked; readonly hasOverrides?: boolean; readonly computed?: (slug: string) => ComputedInForce | undefined };

/** What the compiled query says. */
export async function askSql(clickhouse: ClickHouseClient, workspaceId: number, definitions: readonly Definition[], setting: Setting): Promise<Answers> {
  const compiled = compileAudiences({ hasOverrides: false, ...setting, definitions });
  const columns = definitions.map((_, i) => `m${i}, n${i}`).join(", ");
  const result = await clickhouse.query({
    query: `select toString(profile_id) as id, ${columns} from (${compiled.sql})`, query_params: { workspace: workspaceId, ...compiled.params }, format: "JSONCompactEachRow",
  });
  const rows = await result.json<readonly (string | number)[]>();
  const people = rows.map((row): Asked => ({
    id: String(row[0]), members: definitions.map((_, i) => row[1 + i * 2] === 1), nexts: definitions.map((_, i) => Number(row[2 + i * 2])),
  }));
  return { people: new Map(people.map((person) => [person.id, person])), boundaryMs: compiled.boundaryMs };
}

/** What the plain evaluator says. */
export function isMemberPlainly(definition: Definition, person: PersonFacts, people: readonly PersonFacts[], setting: Setting): boolean {
  const world: Workspace = { nowMs: setting.nowMs, zone: setting.zone, words: setting.words, people, audience: setting.audience, list: (slug) => setting.listMembers?.(slug), ...(setting.computed && { computedTrait: setting.computed }) };
  return isMember(definition, person, world);
}

/** What the compiled query says of computed traits: for each person and slug the value, and when it may change. */
export async function askValues(clickhouse: ClickHouseClient, workspaceId: number, values: readonly string[], setting: Setting): Promise<{ readonly people: ReadonlyMap<string, readonly { readonly raws: readonly string[]; readonly next: number }[]>; readonly boundaryMs: number }> {
  const compiled = compileAudiences({ ...setting, definitions: [], values, hasOverrides: false });
  const columns = values.map((_, i) => `c${i}, d${i}`).join(", ");
  const result = await clickhouse.query({
    query: `select toString(profile_id) as id, ${columns} from (${compiled.sql})`, query_params: { workspace: workspaceId, ...compiled.params }, format: "JSONCompactEachRow",
  });
  const rows = await result.json<readonly [string, ...(string[] | number)[]]>();
  const people = new Map(rows.map((row) => [row[0], values.map((_, i) => ({ raws: row[1 + i * 2] as string[], next: Number(row[2 + i * 2]) }))] as const));
  return { people, boundaryMs: compiled.boundaryMs };
}

/** What the plain evaluator says of a computed trait. */
export function valuePlainly(one: ComputedInForce, person: PersonFacts, setting: Setting): readonly string[] {
  return computedValueOf(one, person, {
    nowMs: setting.nowMs, zone: setting.zone, words: setting.words, people: [person], audience: setting.audience, list: () => undefined, ...(setting.computed && { computedTrait: setting.computed }),
  });
}

export { startEvaluatorBench, type EvaluatorBench } from "./testing-evaluator.ts";
