// For tests of the evaluator: a real pipeline, a clock that is set by hand, and what it says of who is in what, held against the
// plain evaluator over everything that the tables hold.
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { definition, isMember, type Definition, type DefinitionInput } from "@tributary/schema/audience/definition.ts";
import type { EventsHeader } from "@tributary/schema/log-record.ts";
import { landing } from "../pipeline/outbox/landed-before.ts";
import { startTestPipeline, type TestPipeline } from "../pipeline/testing.ts";
import { readMembershipChanges, type MembershipChange } from "./changes.ts";
import { createEvaluator, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
import { noWords } from "./testing.ts";

export interface EvaluatorBench {
  readonly pipeline: TestPipeline;
  /** The time of all parts, set by hand. */
  readonly clock: { ms: number };
  /** Calls that come in now. */
  send(calls: readonly object[], header?: Partial<EventsHeader>): Promise<void>;
  readonly evaluator: () => Evaluator;
  /** Another evaluator takes over, as after a kill: the old one is dropped without a word. */
  restart(changes?: Partial<EvaluatorOptions>): void;
  audience(slug: string, who: DefinitionInput["who"], more?: Partial<DefinitionInput>, workspaceId?: number): Promise<number>;
  change(id: number, who: DefinitionInput["who"]): Promise<void>;
  /** Catches up, and gives the slugs of the audiences that somebody is in. */
  of(userId: string, workspaceId?: number): Promise<string[]>;
  catchUp(): Promise<void>;
  row(id: number): Promise<{ status: string; size: number; problem: string | null; filled: boolean }>;
  /** What the log says, in order. */
  changes(): Promise<MembershipChange[]>;
  /** What was logged since this was asked last, as "audience + reason" or "audience − reason". */
  news(): Promise<string[]>;
  /** Throws where memberships are not what the plain evaluator says of what the tables hold. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

const PARTITION = 0;

export async function startEvaluatorBench(): Promise<EvaluatorBench> {
  const clock = { ms: Date.now() };
  const pipeline = await startTestPipeline({ clock: { nowMs: () => clock.ms } });
  const { pool } = pipeline;
  await pool.query("insert into workspace (id, slug, name, log_partition) values (1, 'one', 'One', 0), (2, 'two', 'Two', 0) on conflict do nothing");
  const slugs = new Map<number, string>();
  let told = 0;
  const make = (changes: Partial<EvaluatorOptions> = {}): Evaluator => createEvaluator({
    pool, clickhouse: pipeline.clickhouse.client("evaluate"), everybody: pipeline.clickhouse.client("instants"), partitions: 2, landing: (partition) => landing(pool, partition),
    clock: { nowMs: () => clock.ms }, logger: pipeline.options.logger, isManual: true, ...changes,
  });
  let evaluator = make();
  const catchUp = async (): Promise<void> => {
    await pipeline.settled();
    await evaluator.catchUp();
  };

  async function changes(): Promise<MembershipChange[]> {
    await pipeline.settled();
    const all: MembershipChange[] = [];
    for (let from = 0; ;) {
      const { changes: some, nextBlock } = await readMembershipChanges({ pool, clickhouse: pipeline.clickhouse.client("api") }, PARTITION, from);
      all.push(...some);
      if (nextBlock === from) return all;
      from = nextBlock;
    }
  }

  return {
    pipeline, clock, catchUp, changes,
    evaluator: () => evaluator,
    send: (calls, header = {}) => pipeline.send(calls, { receivedAtMs: clock.ms, ...header }),
    restart(more = {}) {
      // Lets go of its connection, and writes nothing.
      void evaluator.stop();
      evaluator = make(more);
    },
    async audience(slug, who, more = {}, workspaceId = 1) {
      const given = definition.parse({ who, ...more });
      const { rows } = await pool.query<{ id: number }>(
        `insert into audience (workspace_id, slug, name, definition, created_by, updated_by) values ($1, $2, $2, $3, 'test', 'test') returning id`,
        [workspaceId, slug, JSON.stringify(given)],
      );
      const id = rows[0]?.id ?? 0;
      slugs.set(id, slug);
      return id;
    },
    async change(id, who) {
      await pool.query("update audience set definition = $2, version = version + 1, status = 'filling' where id = $1", [id, JSON.stringify(definition.parse({ who }))]);
    },
    async of(userId, workspaceId = 1) {
      await catchUp();
      const person = await pipeline.person("user_id", userId, workspaceId);
      const { rows } = await pool.query<{ member_of: number[] }>("select member_of from audience_person where profile_id = $1", [person?.id]);
      return (rows[0]?.member_of ?? []).map((id) => slugs.get(id) ?? String(id)).toSorted();
    },
    async row(id) {
      const { rows } = await pool.query("select status, size::integer, problem, filled_at is not null as filled from audience where id = $1", [id]);
      return rows[0];
    },
    async news() {
      await catchUp();
      const all = await changes();
      const fresh = all.slice(told);
      told = all.length;
      return fresh.map(({ audienceId, entered, reason }) => `${slugs.get(audienceId)} ${entered ? "+" : "-"} ${reason}`);
    },
    async check() {
      await catchUp();
      await checkMembers(pipeline, clock.ms);
    },
    async stop() {
      await evaluator.stop();
      await pipeline.stop();
    },
  };
}

async function checkMembers(pipeline: TestPipeline, nowMs: number): Promise<void> {
  const { rows: audiences } = await pipeline.pool.query<{ id: number; workspace_id: number; slug: string; definition: unknown; status: string; size: string; problem: string | null }>("select * from audience");
  const { rows: listed } = await pipeline.pool.query<{ workspace_id: number; slug: string; person: string }>(
    "select l.workspace_id, l.slug, coalesce(p.merged_into, p.id) as person from audience_list l join audience_list_member m on m.list_id = l.id join profile p on p.id = m.profile_id",
  );
  const { rows: people } = await pipeline.pool.query<{ profile_id: string; member_of: number[] }>("select profile_id, member_of from audience_person");
  const problems = audiences.filter(({ status }) => status !== "active" && status !== "archived").map(({ slug, status, problem }) => `${slug} is ${status}: ${problem}`);
  const { rows: zones } = await pipeline.pool.query<{ id: number; time_zone: string }>("select id, time_zone from workspace");
  for (const workspaceId of new Set(audiences.map((row) => row.workspace_id))) {
    const zone = zones.find(({ id }) => id === workspaceId)?.time_zone ?? "";
    const everybody = await peopleOf(pipeline, workspaceId);
    const here = audiences.filter((row) => row.workspace_id === workspaceId && row.status === "active");
    const definitions = new Map<string, Definition>(here.map((row) => [row.slug, definition.parse(row.definition)]));
    const world = { nowMs, zone, words: noWords, people: everybody, audience: (slug: string) => definitions.get(slug), list: (slug: string) => new Set(listed.filter((row) => row.workspace_id === workspaceId && row.slug === slug).map(({ person }) => person)) };
    for (const row of here) {
      const should = everybody.filter((person) => isMember(definitions.get(row.slug)!, person, world)).map(({ id }) => id).toSorted();
      const is = people.filter((person) => person.member_of.includes(row.id)).map((person) => person.profile_id).toSorted();
      if (JSON.stringify(should) !== JSON.stringify(is)) problems.push(`${row.slug}: should be ${should.join(" ")}; is ${is.join(" ")}`);
      if (Number(row.size) !== is.length) problems.push(`${row.slug}: its size is ${is.length}, and noted as ${row.size}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Everybody as the tables tell of them, each event under whoever answers for it today. */
export async function peopleOf(pipeline: TestPipeline, workspaceId: number): Promise<PersonFacts[]> {
  const ask = async <Row>(query: string): Promise<Row[]> => (await pipeline.clickhouse.client("api").query({ query, format: "JSONEachRow", query_params: { w: workspaceId } })).json<Row>();
  const people = await ask<{ id: string; timezone: string; traits: Record<string, unknown>; trait_times: Record<string, number>; identifiers: string[]; is_anonymous: number; is_human: number; consents: Record<string, number>; accounts: string[] }>(
    `select toString(profile_id) as id, timezone, traits, trait_times, identifiers, is_anonymous, is_human, consents, accounts from profiles final where workspace_id = {w:UInt32} and deleted = 0`,
  );
  const events = await ask<{ owner: string; event: string; ms: number; row: number; properties: Record<string, unknown>; page_path: string; is_bot: number; is_internal: number }>(
    `select toString(if(o.survivor_id = toUUID('00000000-0000-0000-0000-000000000000'), e.profile_id, o.survivor_id)) as owner, event, toUnixTimestamp64Milli(timestamp) as ms, e.row_id as row,
      properties, page_path, is_bot, is_internal
     from events e left any join (select profile_id, survivor_id from profile_override final where workspace_id = {w:UInt32}) o on o.profile_id = e.profile_id
     where e.workspace_id = {w:UInt32} and outcome = 'stored'`,
  );
  const byOwner = Map.groupBy(events, ({ owner }) => owner);
  return people.map((row): PersonFacts => ({
    id: row.id, zone: row.timezone, traits: row.traits, traitTimes: row.trait_times, identifiers: row.identifiers, isAnonymous: row.is_anonymous === 1, isHuman: row.is_human === 1,
    consents: Object.fromEntries(Object.entries(row.consents).map(([name, value]) => [name, value === 1])), accounts: row.accounts,
    events: (byOwner.get(row.id) ?? []).map((event) => ({
      event: event.event, ms: event.ms, row: event.row, properties: event.properties, context: { page_path: event.page_path }, isBot: event.is_bot === 1, isInternal: event.is_internal === 1,
    })),
  }));
}
