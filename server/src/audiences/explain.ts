// Why somebody is in an audience, or not: each condition of its tree. Whether one holds, and when time alone may change that, is asked
// of ClickHouse by the compiled query itself, so it is what real time decides by; values and events beside it are read from the person.
import { kindOf, readsOf, sayCondition, type Condition } from "@tributary/schema/audience/condition.ts";
import type { ComputedDefinition } from "@tributary/schema/audience/computed.ts";
import { fieldsShown } from "@tributary/schema/audience/computed-references.ts";
import type { EventFacts, PersonFacts, World } from "@tributary/schema/audience/condition-kind.ts";
import { sayDefinition, type Definition } from "@tributary/schema/audience/definition.ts";
import { contextFields } from "@tributary/schema/audience/event-filter.ts";
import { saidBy, sayDay, type Explanation, type Said, type ToldField } from "@tributary/schema/audience/explain.ts";
import { computedNamed } from "@tributary/schema/audience/references.ts";
import type { Language } from "@tributary/schema/audience/sentence.ts";
import type { Raw } from "@tributary/schema/audience/value.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { compileAudiences, compileConditions, type Surroundings } from "./compile.ts";
import type { Languages } from "./names.ts";
import type { ReadLog } from "./membership-read.ts";
import type { PersonKeys } from "./standing.ts";

/** Events of one person that are looked at, the latest. */
const EVENTS_LOOKED_MAX = 5_000;
const DAY_MS = 86_400_000;

interface ExplainWish {
  readonly definition: Definition;
  readonly around: Omit<Surroundings, "nowMs" | "hasOverrides" | "people">;
  readonly person: Pick<PersonKeys, "profileId" | "ingestIds" | "owners">;
  readonly atMs: number;
  readonly languages: Languages;
}

export interface ExplainedNode extends Explanation {
  readonly path: string;
  readonly holds: boolean;
  readonly sentence: Said;
  readonly nextMs: number;
}

interface Explained {
  readonly isMember: boolean;
  readonly decisive: string | null;
  readonly nodes: readonly ExplainedNode[];
  /** Of the events in evidence. */
  readonly messageIds: ReadonlyMap<number, string>;
  readonly isComplete: boolean;
}

interface Place {
  readonly path: string;
  readonly condition: Condition;
}

export async function explainPerson(read: ReadLog, wish: ExplainWish): Promise<Explained> {
  const { definition } = wish;
  const places = placesOf(definition.who, "");
  const [answers, facts] = await Promise.all([askNodes(read, wish, places), readFacts(read, wish)]);
  const { around, atMs } = wish;
  const world: World = {
    nowMs: atMs, zone: around.zone, words: around.words, people: [facts.person], audience: around.audience,
    computed: (slug) => answers.computed.get(slug) ?? [],
    // What a kind says of values and events needs none of these.
    list: () => undefined, holds: () => false, isMember: () => false,
  };
  const said = (say: (language: Language) => string): Said => saidBy(say, wish.languages);
  const nodes = places.map(({ path, condition }, i): ExplainedNode => {
    const { holds, nextMs } = answers.nodes[i] ?? { holds: false, nextMs: NEVER };
    const own: Explanation = ("kind" in condition ? kindOf(condition).explain?.(condition, facts.person, world, { holds, isIn: (slug) => answers.isIn.has(slug), said }) : undefined) ?? { fields: [], evidence: [] };
    return { ...own, fields: [...own.fields, ...shownThrough(condition, around)], path, holds, nextMs, sentence: said((say) => sayCondition(condition, say)), toFlip: own.toFlip ?? byTime(nextMs, world) };
  });
  const drawn: ExplainedNode = {
    path: "from", holds: answers.isDrawn, nextMs: NEVER, sentence: said((say) => sayDefinition({ ...definition, who: { all: [] } }, say)), fields: [], evidence: [],
  };
  const failing = (path: string): boolean => nodes.find((node) => node.path === path)?.holds === false;
  return {
    isMember: answers.isMember, decisive: answers.isMember ? null : answers.isDrawn ? decisiveOf({ path: "", condition: definition.who }, failing) : "from",
    nodes: answers.isDrawn ? nodes : [drawn, ...nodes], messageIds: facts.messageIds, isComplete: facts.isComplete,
  };
}

/** Whose contents a value shows that is told. */
function shownThrough(condition: Condition, { words, computed }: ExplainWish["around"]): ToldField[] {
  const definitionOf = (slug: string): ComputedDefinition | undefined => computed?.(slug)?.definition;
  const one = "kind" in condition && condition.kind === "computed" ? definitionOf(condition.trait) : undefined;
  return one === undefined ? [] : fieldsShown(one, words, definitionOf);
}

/** A condition before those inside it. */
function placesOf(condition: Condition, path: string): Place[] {
  return [{ path, condition }, ...insideOf(condition).flatMap((inner) => placesOf(inner.condition, `${path}/${inner.path}`))];
}

function insideOf(condition: Condition): Place[] {
  if ("kind" in condition) return [];
  if ("not" in condition) return [{ path: "not", condition: condition.not }];
  const [group, members] = "of" in condition ? ["of", condition.of] as const : "all" in condition ? ["all", condition.all] as const : ["any", condition.any] as const;
  return members.map((member, i) => ({ path: `${group}/${i}`, condition: member }));
}

/** The first that fails; where any of several would do, it is the group, for none of them is to blame alone. */
function decisiveOf({ path, condition }: Place, failing: (path: string) => boolean): string {
  if (!("all" in condition) && !("any" in condition && condition.any.length === 1)) return path;
  const first = insideOf(condition).map((inner) => ({ ...inner, path: `${path}/${inner.path}` })).find((inner) => failing(inner.path));
  return first === undefined ? path : decisiveOf(first, failing);
}

function byTime(nextMs: number, { nowMs, zone }: World): Said | undefined {
  if (nextMs >= NEVER) return undefined;
  const days = Math.floor((nextMs - nowMs) / DAY_MS);
  return saidBy((say) => {
    const day = sayDay(say, nextMs, zone);
    if (days < 1) return say.pick({ en: `within a day, by time alone (${day})`, de: `innerhalb eines Tages, allein durch Zeit (${day})` });
    return say.pick({ en: `in ${say.number(days)} ${days === 1 ? "day" : "days"}, by time alone (${day})`, de: `in ${say.number(days)} ${days === 1 ? "Tag" : "Tagen"}, allein durch Zeit (${day})` });
  });
}

interface Answers {
  readonly nodes: readonly { readonly holds: boolean; readonly nextMs: number }[];
  readonly isMember: boolean;
  readonly isDrawn: boolean;
  /** Of the audiences by which conditions are explained. */
  readonly isIn: ReadonlySet<string>;
  /** What each computed trait is that a condition asks for. */
  readonly computed: ReadonlyMap<string, readonly Raw[]>;
}

async function askNodes(read: ReadLog, { definition, around, person, atMs }: ExplainWish, places: readonly Place[]): Promise<Answers> {
  const asked: Surroundings = { ...around, nowMs: atMs, hasOverrides: true, people: { ids: [person.profileId], ingestIds: person.ingestIds } };
  const others = [...new Set(places.flatMap(({ condition }) => ("kind" in condition ? (kindOf(condition).explainedBy?.(condition) ?? []) : [])))].filter((slug) => around.audience(slug) !== undefined);
  const conditions = [...places.map(({ condition }) => condition), ...others.map((audience): Condition => ({ kind: "audience", audience }))];
  const each = compileConditions([...conditions, ALWAYS].map((condition) => ({ condition, include: definition.include })), asked);
  const values = computedNamed(definition);
  const whole = compileAudiences({ ...asked, definitions: [definition, { ...definition, who: { all: [] } }], values });
  const [[row], [member]] = await Promise.all([
    read<Record<string, number>>(`select * from (select ${conditions.flatMap((_, i) => [`m${i}`, `n${i}`]).join(", ")} from (${each.sql}))`, each.params),
    read<{ readonly m0: number; readonly m1: number; readonly told: readonly (readonly Raw[])[] }>(`select m0, m1, [${values.map((_, i) => `c${i}`).join(", ")}] as told from (${whole.sql})`, whole.params),
  ]);
  return {
    nodes: places.map((_, i) => ({ holds: row?.[`m${i}`] === 1, nextMs: Number(row?.[`n${i}`] ?? NEVER) })),
    isIn: new Set(others.filter((_, i) => row?.[`m${places.length + i}`] === 1)),
    isMember: member?.m0 === 1, isDrawn: member?.m1 === 1,
    computed: new Map(values.map((slug, i) => [slug, member?.told[i] ?? []])),
  };
}

/** Reads the person even where every other condition is of events alone. */
const ALWAYS: Condition = { kind: "trait", trait: "id", op: "is_set" };

interface Facts {
  readonly person: PersonFacts;
  readonly messageIds: ReadonlyMap<number, string>;
  readonly isComplete: boolean;
}

interface SnapshotRow {
  readonly traits: Readonly<Record<string, unknown>>;
  readonly trait_times: Readonly<Record<string, number>>;
  readonly identifiers: readonly string[];
  readonly consents: Readonly<Record<string, number>>;
  readonly accounts: readonly string[];
  readonly timezone: string;
  readonly is_anonymous: number;
  readonly is_human: number;
}

type EventRow = Readonly<Record<(typeof contextFields)[number], string>> & {
  readonly event: string; readonly ms: number; readonly row_id: number; readonly message_id: string; readonly properties: Readonly<Record<string, unknown>>; readonly is_bot: number; readonly is_internal: number;
};

async function readFacts(read: ReadLog, { definition: { include, who }, around, person, atMs }: ExplainWish): Promise<Facts> {
  const { events: names } = readsOf(who, around.words);
  const [snapshots, rows] = await Promise.all([
    read<SnapshotRow>(
      `select traits, trait_times, identifiers, consents, accounts, timezone, is_anonymous, is_human from profiles final
        where workspace_id = {workspace:UInt32} and profile_id = {person:UUID} and deleted = 0`, { person: person.profileId }),
    names !== "any" && names.length === 0 ? [] : read<EventRow>(
      `select event, toInt64(toUnixTimestamp64Milli(timestamp)) as ms, row_id, message_id, properties, is_bot, is_internal, ${contextFields.join(", ")} from events
        where workspace_id = {workspace:UInt32} and ingest_profile_id in {ingest_ids:Array(UUID)} and profile_id in {owners:Array(UUID)} and outcome = 'stored'
          and timestamp <= fromUnixTimestamp64Milli({at:Int64}, 'UTC')${names === "any" ? "" : " and event in {names:Array(String)}"}
        order by timestamp desc, row_id desc limit {limit:UInt32}`,
      { ingest_ids: person.ingestIds, owners: person.owners, at: atMs, limit: EVENTS_LOOKED_MAX, ...(names === "any" ? {} : { names }) }),
  ]);
  const [snapshot] = snapshots;
  const events = rows.map((row): EventFacts => ({
    event: row.event, ms: row.ms, row: row.row_id, properties: row.properties, context: Object.fromEntries(contextFields.map((name) => [name, row[name]])), isBot: row.is_bot === 1, isInternal: row.is_internal === 1,
  })).filter((event) => (include.bots || !event.isBot) && (include.internal || !event.isInternal));
  return {
    person: {
      id: person.profileId, zone: snapshot?.timezone ?? "", traits: snapshot?.traits ?? {}, traitTimes: snapshot?.trait_times ?? {}, identifiers: snapshot?.identifiers ?? [],
      isAnonymous: snapshot?.is_anonymous === 1, isHuman: snapshot?.is_human === 1, accounts: snapshot?.accounts ?? [],
      consents: Object.fromEntries(Object.entries(snapshot?.consents ?? {}).map(([name, granted]) => [name, granted === 1])), events,
    },
    messageIds: new Map(rows.map((row) => [row.row_id, row.message_id])), isComplete: rows.length < EVENTS_LOOKED_MAX,
  };
}
