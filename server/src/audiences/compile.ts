// From audiences to one query: for every person, or for some, whether they are in each audience, and the earliest instant at which
// that could change with no new event. The same query is real time, first fill and preview; only whom it asks about differs.
//
//   people (latest snapshots) ─ left join ─ aggregates over each person's events ─► named expressions ─► m0, n0, m1, n1, …
//
// Equal conditions, aggregates and expressions are made once, across audiences. Values are bound, never written into the text.
import { kindOf, groupSql, type Condition } from "@tributary/schema/audience/condition.ts";
import { eventColumns, personColumns, type Branch, type EventsWanted, type SqlScope, type Words } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { contextFields } from "@tributary/schema/audience/event-filter.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";

export interface CompileInput extends Surroundings {
  /** In the order in which their columns come. */
  readonly definitions: readonly Definition[];
  /** For each definition, at which instant it is asked about; undefined: all of them at `nowMs`. */
  readonly instants?: readonly number[];
}

/** What conditions are asked among. */
export interface Surroundings {
  readonly nowMs: number;
  /** The workspace's zone. */
  readonly zone: string;
  readonly words: Words;
  /** Other audiences, by slug; undefined: there is none of that name. */
  readonly audience: (slug: string) => Definition | undefined;
  /** The number of a list, by slug. */
  readonly list?: (slug: string) => number | undefined;
  /** Whom it asks about; undefined: everybody. */
  readonly people?: PeopleAsked;
  /** Whether somebody was merged lately, so that events may still stand under an earlier id. */
  readonly hasOverrides: boolean;
}

export interface PeopleAsked {
  readonly ids: readonly string[];
  /** Ids under which their events may have come in. */
  readonly ingestIds: readonly string[];
}

export interface CompiledAudiences {
  /**
   * A query that gives `profile_id`, and for the i-th definition `m<i>` (UInt8) and `n<i>` (Int64, milliseconds). It names the
   * parameter `workspace` (UInt32), which the caller binds.
   */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The earliest instant at which everybody has to be asked again; NEVER when there is none. */
  readonly boundaryMs: number;
}

/** Throws an Error when a definition names an audience that there is not: saving refuses that. */
export function compileAudiences(input: CompileInput): CompiledAudiences {
  const query = new Query(input);
  const branches = input.definitions.map((one, i) => query.definition(one, [], input.instants?.[i]));
  return { sql: query.text(columnsOf(branches)), params: query.params, boundaryMs: query.boundaryMs };
}

export interface ConditionAsked {
  readonly condition: Condition;
  readonly include: Definition["include"];
}

export interface CompiledConditions extends CompiledAudiences {
  /** "events": it gives only people who have events that may matter; all others are as somebody without any event. */
  readonly of: "people" | "events";
}

/** Conditions by themselves, of whomever: nobody is left out because an audience would not be drawn from them. */
export function compileConditions(conditions: readonly ConditionAsked[], around: Surroundings): CompiledConditions {
  const query = new Query(around);
  const columns = columnsOf(conditions.map(({ condition, include }) => query.condition(condition, include)));
  const of = conditions.length === 1 && query.isOfEvents ? "events" : "people";
  return { sql: query.text(columns, of), params: query.params, boundaryMs: query.boundaryMs, of };
}

function columnsOf(branches: readonly Branch[]): string[] {
  return branches.flatMap(({ member, next }, i) => [`toUInt8(${member}) as m${i}`, `toInt64(${next}) as n${i}`]);
}

type Include = Definition["include"];

const alwaysRead = [personColumns.id, personColumns.isAnonymous, "is_human"];

class Query {
  readonly params: Record<string, unknown> = {};
  boundaryMs = NEVER;
  readonly #input: Surroundings;
  readonly #bound = new Map<string, string>();
  /** Expression → its name. They are written in the order in which they were made, so that each finds those that it uses. */
  readonly #names = new Map<string, string>();
  readonly #scans = new Map<string, Scan>();
  readonly #branches = new Map<string, Branch>();
  readonly #personColumns = new Set<string>(alwaysRead);
  #readsOthers = false;

  constructor(input: Surroundings) {
    this.#input = input;
  }

  bind = (type: string, value: unknown): string => {
    const key = `${type} ${JSON.stringify(value)}`;
    let placeholder = this.#bound.get(key);
    if (placeholder === undefined) {
      const name = `p${this.#bound.size}`;
      this.params[name] = value;
      this.#bound.set(key, (placeholder = `{${name}:${type}}`));
    }
    return placeholder;
  };

  /** Whether somebody is drawn from, and meets the condition. `path`: the audiences that lead here. */
  definition(one: Definition, path: readonly string[], nowMs = this.#input.nowMs): Branch {
    const scope = this.#scope(one.include, path, nowMs);
    const who = scope.condition(one.who);
    const from = one.from === "everyone" ? [] : [`${personColumns.isAnonymous} = ${one.from === "anonymous" ? 1 : 0}`];
    const human = one.include.bots || one.include.internal ? [] : ["is_human = 1"];
    const drawn = [...from, ...human];
    // Whom it is drawn from changes by events alone, so whoever is not drawn from has no instant.
    return drawn.length === 0 ? who : {
      member: this.#name(`${drawn.join(" and ")} and ${who.member}`),
      next: this.#name(`if(${drawn.join(" and ")}, ${who.next}, toInt64(${NEVER}))`),
    };
  }

  condition(one: Condition, include: Include): Branch {
    return this.#scope(include, [], this.#input.nowMs).condition(one);
  }

  /** Whether nothing but one pass over events says it all. */
  get isOfEvents(): boolean {
    const scans = [...this.#scans.values()].filter((scan) => !scan.isEmpty);
    return scans.length === 1 && this.#personColumns.size === alwaysRead.length && !this.#readsOthers;
  }

  #scope(include: Include, path: readonly string[], nowMs: number): SqlScope {
    const { zone, words, audience, list } = this.#input;
    const scope: SqlScope = {
      bind: this.bind, nowMs, zone, words,
      name: (expression) => this.#name(expression),
      events: (wanted) => this.#scan(include).add(wanted),
      person: (column) => {
        this.#personColumns.add(personColumns[column]);
        return personColumns[column];
      },
      condition: (one) => this.#condition(one, { scope, include, path }),
      audience: (slug) => {
        const other = audience(slug);
        if (other === undefined) throw new Error(`There is no audience ${slug}.`);
        if (path.includes(slug)) throw new Error(`The audiences ${[...path, slug].join(" → ")} refer to each other in a circle.`);
        this.#readsOthers = true;
        return this.definition(other, [...path, slug], nowMs);
      },
      list: (slug) => {
        const id = list?.(slug);
        if (id === undefined) throw new Error(`There is no list ${slug}.`);
        this.#readsOthers = true;
        return this.#name(`profile_id in (select profile_id from list_member final where workspace_id = {workspace:UInt32} and list_id = ${this.bind("UInt32", id)} and added = 1)`);
      },
      accounts: () => {
        throw new Error("Conditions on accounts are not compiled yet.");
      },
      boundary: (ms) => {
        this.boundaryMs = Math.min(this.boundaryMs, ms);
      },
    };
    return scope;
  }

  #condition(one: Condition, { scope, include, path }: { readonly scope: SqlScope; readonly include: Include; readonly path: readonly string[] }): Branch {
    const key = JSON.stringify([one, include, scope.nowMs]);
    const known = this.#branches.get(key);
    if (known !== undefined) return known;
    const { member, next } = "kind" in one ? kindOf(one).sql(one, scope) : groupSql(one, scope);
    // A plain number would be of another type than the instants that it is compared with.
    const branch = { member: this.#name(member), next: this.#name(/^\d+$/.test(next) ? `toInt64(${next})` : next) };
    // What refers to an audience is checked for circles on each way that leads to it.
    if (path.length === 0 || !JSON.stringify(one).includes('"audience"')) this.#branches.set(key, branch);
    return branch;
  }

  #name(expression: string): string {
    if (/^\w+$/.test(expression)) return expression;
    let name = this.#names.get(expression);
    if (name === undefined) this.#names.set(expression, (name = `v${this.#names.size}`));
    return name;
  }

  #scan(include: Include): Scan {
    const key = JSON.stringify(include);
    let scan = this.#scans.get(key);
    if (scan === undefined) this.#scans.set(key, (scan = new Scan(this.#scans.size, include)));
    return scan;
  }

  text(columns: readonly string[], of: "people" | "events" = "people"): string {
    const { people } = this.#input;
    const named = [...this.#names].map(([expression, name]) => `(${expression}) as ${name}`);
    const asked = people === undefined ? "" : ` and profile_id in ${this.bind("Array(UUID)", people.ids)}`;
    const scans = [...this.#scans.values()].filter((scan) => !scan.isEmpty);
    if (of === "events") return [`select person_id as profile_id, ${[...named, ...columns].join(",\n  ")}`, ...scans.map((scan) => `from (${scan.rows(this.#input, this.bind)}) as x`)].join("\n");
    return [
      `select profile_id, ${[...named, ...columns].join(",\n  ")}`,
      `from (select ${[...this.#personColumns].join(", ")} from profiles final where workspace_id = {workspace:UInt32} and deleted = 0${asked}) as person`,
      ...scans.map((scan) => scan.join(this.#input, this.bind)),
    ].join("\n");
  }
}

/** One pass over events, with all aggregates that see the same events. */
class Scan {
  readonly #number: number;
  readonly #include: Include;
  /** Aggregate → its name. */
  readonly #aggregates = new Map<string, string>();
  #names: Set<string> | undefined = new Set();
  #boundMs: number | undefined = NEVER;

  constructor(number: number, include: Include) {
    this.#number = number;
    this.#include = include;
  }

  get isEmpty(): boolean {
    return this.#aggregates.size === 0;
  }

  add({ names, boundMs, aggregate }: EventsWanted): string {
    if (names === undefined) this.#names = undefined;
    else for (const name of names) this.#names?.add(name);
    this.#boundMs = boundMs === undefined || this.#boundMs === undefined ? undefined : Math.min(this.#boundMs, boundMs);
    let name = this.#aggregates.get(aggregate);
    if (name === undefined) this.#aggregates.set(aggregate, (name = `e${this.#number}_${this.#aggregates.size}`));
    return name;
  }

  join(input: Surroundings, bind: SqlScope["bind"]): string {
    return `left join (${this.rows(input, bind)}) as x${this.#number} on x${this.#number}.person_id = person.profile_id`;
  }

  /** A row for each person who has such events. */
  rows({ people, hasOverrides }: Surroundings, bind: SqlScope["bind"]): string {
    const where = ["workspace_id = {workspace:UInt32}", "outcome = 'stored'"];
    if (this.#names !== undefined) where.push(`event in ${bind("Array(String)", [...this.#names])}`);
    if (this.#boundMs !== undefined) where.push(`timestamp >= fromUnixTimestamp64Milli(${bind("Int64", this.#boundMs)}, 'UTC')`);
    if (!this.#include.bots) where.push("is_bot = 0");
    if (!this.#include.internal) where.push("is_internal = 0");
    if (people !== undefined) where.push(`ingest_profile_id in ${bind("Array(UUID)", people.ingestIds)}`);
    const person = hasOverrides ? `if(moved.survivor_id = toUUID('${NOBODY}'), found.profile_id, moved.survivor_id)` : "found.profile_id";
    const moved = hasOverrides
      ? " left any join (select profile_id, survivor_id from profile_override final where workspace_id = {workspace:UInt32} and profile_id != survivor_id) as moved on moved.profile_id = found.profile_id"
      : "";
    const columns = ["profile_id", "event", `toInt64(toUnixTimestamp64Milli(timestamp)) as ${eventColumns.ms}`, "row_id", "properties", ...contextFields];
    const aggregates = [...this.#aggregates].map(([aggregate, name]) => `${aggregate} as ${name}`);
    return `select ${person} as person_id, ${aggregates.join(",\n    ")}\n  from (select ${columns.join(", ")} from events where ${where.join(" and ")}) as found${moved}\n  group by person_id`;
  }
}

const NOBODY = "00000000-0000-0000-0000-000000000000";
