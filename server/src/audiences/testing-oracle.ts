// For tests: what the SQL says, held against the plain evaluator. Right now at an instant, and about the future: until the instant
// that the SQL names, the plain truth must not change.
import type { ClickHouseClient } from "@clickhouse/client";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import type { PersonFacts } from "@tributary/schema/audience/condition-kind.ts";
import { instantOf, rawsAt } from "@tributary/schema/audience/value.ts";
import { after, NEVER, zoneOf, type Duration } from "@tributary/schema/audience/window.ts";
import { compileAudiences, type CompiledAudiences, type CompileInput } from "./compile.ts";
import { DAY, Lot, type RandomWorld } from "./testing-random.ts";
import { insertListMembers, insertPeople, isMemberPlainly } from "./testing.ts";

export interface Difference {
  readonly what: "member" | "late" | "error";
  readonly seed: number;
  readonly definition: Definition | undefined;
  readonly text: string;
}

export interface Checked {
  /** A definition, a person and an instant each. */
  members: number;
  /** How many instants between, at which the truth had to be the same. */
  futures: number;
  /** Instants that the SQL named and at which the truth did change, and all that it named that were looked at. */
  exact: number;
  named: number;
  readonly differences: Difference[];
}

export const nothingChecked = (): Checked => ({ members: 0, futures: 0, exact: 0, named: 0, differences: [] });

/** A change to the query before it is asked: tests of the tests. */
export type Change = (compiled: CompiledAudiences) => CompiledAudiences;

export async function insertWorlds(clickhouse: ClickHouseClient, worlds: readonly RandomWorld[]): Promise<void> {
  for (const { workspaceId, people, lists } of worlds) {
    await insertPeople(clickhouse, workspaceId, people);
    for (const { id, members } of lists.values()) await insertListMembers(clickhouse, workspaceId, id, [...members].map((member) => ({ id: member, row: 1 })));
  }
}

export function inputOf(world: RandomWorld, definitions: readonly Definition[], nowMs: number): CompileInput {
  return { definitions, nowMs, zone: world.zone, words: world.words, audience: (slug) => world.audiences.get(slug), list: (slug) => world.lists.get(slug)?.id, hasOverrides: false };
}

/** The plain truth, each computed once. */
class Truths {
  readonly #world: RandomWorld;
  readonly #known = new Map<string, boolean>();

  constructor(world: RandomWorld) {
    this.#world = world;
  }

  at(nowMs: number, d: number, person: PersonFacts): boolean {
    const key = `${d} ${person.id} ${nowMs}`;
    let truth = this.#known.get(key);
    if (truth === undefined) {
      const { zone, words, audiences, lists, people, definitions } = this.#world;
      const one = definitions[d];
      if (one === undefined) throw new Error(`No definition ${d}.`);
      truth = isMemberPlainly(one, person, people, { nowMs, zone, words, audience: (slug) => audiences.get(slug), listMembers: (slug) => lists.get(slug)?.members });
      this.#known.set(key, truth);
    }
    return truth;
  }
}

interface Row {
  readonly members: readonly boolean[];
  readonly nexts: readonly number[];
}

async function ask(clickhouse: ClickHouseClient, workspaceId: number, compiled: CompiledAudiences, count: number): Promise<Map<string, Row>> {
  const columns = Array.from({ length: count }, (_, i) => `m${i}, n${i}`).join(", ");
  const result = await clickhouse.query({ query: `select toString(profile_id) as id, ${columns} from (${compiled.sql})`, query_params: { workspace: workspaceId, ...compiled.params }, format: "JSONCompactEachRow" });
  const rows = await result.json<readonly (string | number)[]>();
  const range = Array.from({ length: count }, (_, i) => i);
  return new Map(rows.map((row) => [String(row[0]), { members: range.map((i) => row[1 + i * 2] === 1), nexts: range.map((i) => Number(row[2 + i * 2])) }]));
}

/** Asks of a world at several instants. */
export async function checkWorld(clickhouse: ClickHouseClient, world: RandomWorld, instants: number, checked: Checked, change: Change = (same) => same): Promise<void> {
  const lot = new Lot(world.seed + 77);
  const truths = new Truths(world);
  const critical = new Critical(world);
  for (let i = 0; i < instants; i++) {
    const nowMs = i === 0 ? world.baseMs : critical.any(lot);
    try {
      await checkInstant(clickhouse, { world, truths, critical, nowMs }, checked, change);
    } catch (error) {
      checked.differences.push({ what: "error", seed: world.seed, definition: undefined, text: await blame(clickhouse, world, nowMs, change, error) });
    }
  }
}

/** The first definition that fails by itself. */
async function blame(clickhouse: ClickHouseClient, world: RandomWorld, nowMs: number, change: Change, error: unknown): Promise<string> {
  for (const one of world.definitions) {
    try {
      await ask(clickhouse, world.workspaceId, change(compileAudiences(inputOf(world, [one], nowMs))), 1);
    } catch (own) {
      return `${String(own)}\n${JSON.stringify(one)}`;
    }
  }
  return String(error);
}

/** So many definitions are one query. */
const TOGETHER = 8;

interface Moment {
  readonly world: RandomWorld;
  readonly truths: Truths;
  readonly critical: Critical;
  readonly nowMs: number;
}

async function checkInstant(clickhouse: ClickHouseClient, { world, truths, critical, nowMs }: Moment, checked: Checked, change: Change): Promise<void> {
  const { definitions, people } = world;
  const answers = new Map<string, { members: boolean[]; nexts: number[] }>(people.map((person) => [person.id, { members: [], nexts: [] }]));
  for (let first = 0; first < definitions.length; first += TOGETHER) {
    const some = definitions.slice(first, first + TOGETHER);
    for (const [id, row] of await ask(clickhouse, world.workspaceId, change(compileAudiences(inputOf(world, some, nowMs))), some.length)) {
      answers.get(id)?.members.push(...row.members);
      answers.get(id)?.nexts.push(...row.nexts);
    }
  }
  // What one definition has to be asked again by; the query's own would be the least of all.
  const boundaries = definitions.map((one) => change(compileAudiences(inputOf(world, [one], nowMs))).boundaryMs);
  for (const person of people) {
    const row = answers.get(person.id);
    for (const [d, one] of definitions.entries()) {
      const truth = truths.at(nowMs, d, person);
      checked.members++;
      const where = `at ${new Date(nowMs).toISOString()} (${nowMs}), ${person.id}`;
      if (row?.members[d] !== truth) {
        checked.differences.push({ what: "member", seed: world.seed, definition: one, text: `${where}: SQL ${String(row?.members[d])}, plain ${truth}\n${JSON.stringify(person)}` });
        continue;
      }
      const named = row.nexts[d] ?? NEVER;
      const until = Math.min(named, boundaries[d] ?? NEVER);
      if (named <= nowMs) checked.differences.push({ what: "late", seed: world.seed, definition: one, text: `${where}: the next instant ${named} is not after it` });
      for (const ms of critical.of(d, person, nowMs)) {
        if (ms <= nowMs || ms >= until) continue;
        checked.futures++;
        if (truths.at(ms, d, person) === truth) continue;
        checked.differences.push({ what: "late", seed: world.seed, definition: one, text: `${where}: SQL says nothing changes before ${until}, but it does at ${ms} (${new Date(ms).toISOString()})\n${JSON.stringify(person)}` });
        break;
      }
      if (named < NEVER && named < until + 1) {
        checked.named++;
        if (truths.at(named, d, person) !== truth) checked.exact++;
      }
    }
  }
}

/** The instants at which a truth may change, and those just before. */
class Critical {
  readonly #world: RandomWorld;
  readonly #durations: readonly (readonly Duration[])[];
  readonly #edges: readonly (readonly number[])[];
  readonly #isOfDays: readonly boolean[];
  readonly #readsDates: readonly boolean[];
  readonly #isOfDates: readonly boolean[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(world: RandomWorld) {
    this.#world = world;
    const whole = world.definitions.map((one) => [one, ...referencesOf(JSON.stringify(one), world.audiences)]);
    this.#durations = whole.map((one) => durationsIn(one));
    this.#edges = whole.map((one) => edgesIn(JSON.stringify(one), world.zone));
    this.#readsDates = whole.map((one) => comparesDates(one));
    this.#isOfDates = whole.map((one) => /"in_last"|"in_next"|"more_than_ago"|"since":\{"trait"/.test(JSON.stringify(one)));
    this.#isOfDays = whole.map((one) => /"period"|"anniversary"|"in_next"/.test(JSON.stringify(one)));
  }

  any(lot: Lot): number {
    const d = lot.below(this.#world.definitions.length);
    const all = this.of(d, lot.pick(this.#world.people), this.#world.baseMs).filter((ms) => Math.abs(ms - this.#world.baseMs) < 800 * DAY);
    return all.length === 0 || lot.chance(10) ? this.#world.baseMs + lot.below(DAY) - lot.below(2 * DAY) : lot.pick(all);
  }

  /** For a definition and a person, in no order. */
  of(d: number, person: PersonFacts, nowMs: number): readonly number[] {
    const key = `${d} ${person.id}`;
    let own = this.#known.get(key);
    if (own === undefined) {
      const { zone } = this.#world;
      const seeds = [...person.events.map(({ ms }) => ms), ...instantsOf(person, this.#readsDates[d] === true, zone), ...Object.values(person.traitTimes)];
      const durations = this.#durations[d] ?? [];
      // Of events in UTC, of dates by the workspace's calendar.
      const zones = zone === "UTC" || this.#isOfDates[d] !== true ? ["UTC"] : ["UTC", zone];
      const turned = seeds.flatMap((ms) => [ms, ...durations.flatMap((one) => [...zones.flatMap((each) => [after(ms, one, each), ...before(ms, one, each)]), ...durations.map((two) => after(after(ms, one), two))])]);
      own = [...new Set([...turned, ...(this.#edges[d] ?? [])].flatMap((ms) => [ms - 1, ms, ms + 1]))];
      this.#known.set(key, own);
    }
    return this.#isOfDays[d] === true ? [...own, ...midnights(nowMs, zoneOf(person.zone, this.#world.zone)), ...midnights(nowMs, this.#world.zone)] : own;
  }
}

/** Dates that traits tell, and events. */
function instantsOf(person: PersonFacts, ofEvents: boolean, zone: string): number[] {
  const traits = Object.keys(person.traits).flatMap((name) => rawsAt(person.traits, name));
  const told = ofEvents ? person.events.flatMap(({ properties }) => ["starts", "when", "products.ships"].flatMap((path) => rawsAt(properties, path))) : [];
  return [...new Set([...traits, ...told])].map((raw) => instantOf(raw, zone)).filter((ms) => ms !== undefined);
}

/** All instants from which a duration might lead here. */
function before(ms: number, { last, unit }: Duration, zone: string): number[] {
  const months = { month: 1, quarter: 3, year: 12 }[unit as "month" | "quarter" | "year"] as number | undefined;
  if (months === undefined) return [ms - (after(ms, { last, unit }) - ms)];
  const back = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).subtract({ months: last * months }).epochMilliseconds;
  return [0, 1, 2, 3].map((days) => back + days * DAY);
}

function midnights(nowMs: number, zone: string): number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone).toPlainDate();
  const days = [today.add({ days: 1 }), today.add({ days: 2 }), today.add({ days: 8 - today.dayOfWeek }), today.with({ day: 1 }).add({ months: 1 }), today.with({ month: 1, day: 1 }).add({ years: 1 })];
  return days.flatMap((day) => {
    const { epochMilliseconds: ms } = day.toZonedDateTime(zone);
    return [ms - 1, ms, ms + 1];
  });
}

function referencesOf(text: string, audiences: RandomWorld["audiences"]): Definition[] {
  const direct = [...audiences].filter(([slug]) => text.includes(JSON.stringify(slug))).map(([, one]) => one);
  return direct.flatMap((one) => [one, ...referencesOf(JSON.stringify(one), audiences)]);
}

function durationsIn(value: unknown): Duration[] {
  if (typeof value !== "object" || value === null) return [];
  const own = "last" in value && "unit" in value ? [value as Duration] : [];
  const all = [...own, ...Object.values(value).flatMap(durationsIn)];
  return [...new Map(all.map((one) => [`${one.last} ${one.unit}`, one])).values()];
}

/** Whether what an event says is compared relative to now. */
function comparesDates(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return ("property" in value && "op" in value && ["in_last", "in_next", "more_than_ago"].includes(String(value.op))) || Object.values(value).some(comparesDates);
}

function edgesIn(text: string, zone: string): number[] {
  return [...text.matchAll(/"(\d{4}-\d{2}-\d{2}[^"]*)"/g)].flatMap(([, iso]) => instantOf(JSON.stringify(iso), zone) ?? []);
}
