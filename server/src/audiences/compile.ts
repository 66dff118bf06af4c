// From audiences to one query: for every person, or for some, whether they are in each audience, and the earliest instant at which
// that could change with no new event. The same query is real time, first fill and preview; only whom it asks about differs.
//
//   people (latest snapshots) ─ left join ─ aggregates over each person's events ─► named expressions ─► m0, n0, m1, n1, …
//
// Equal conditions, aggregates and expressions are made once, across audiences. Values are bound, never written into the text.
import { kindOf, groupSql, type Condition } from "@tributary/schema/audience/condition.ts";
import { personColumns, type Branch, type SqlScope, type Words } from "@tributary/schema/audience/condition-kind.ts";
import { computedSql, type ComputedInForce } from "@tributary/schema/audience/computed.ts";
import { rfmColumns, type RfmTrait } from "@tributary/schema/audience/computed/rfm.ts";
import type { ValueSql } from "@tributary/schema/audience/computed-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import type { Bind } from "@tributary/schema/audience/value.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { lanesOf, type Lanes } from "./lanes.ts";
import { NamedExpressions } from "./named-expressions.ts";
import { Scan } from "./scan.ts";

export interface CompileInput extends Surroundings {
  /** In the order in which their columns come. */
  readonly definitions: readonly Definition[];
  /** Computed traits whose values are wanted beside, in the order in which their columns come. */
  readonly values?: readonly string[];
}

/** What is asked about whom, and among what. */
export interface Surroundings {
  readonly nowMs: number;
  /** The workspace's zone. */
  readonly zone: string;
  readonly words: Words;
  /** Other audiences, by slug; undefined: there is none of that name. */
  readonly audience: (slug: string) => Definition | undefined;
  /** The number of a list, by slug. */
  readonly list?: (slug: string) => number | undefined;
  /** A computed trait, by slug. */
  readonly computed?: (slug: string) => ComputedInForce | undefined;
  /** Whom it asks about; undefined: everybody. */
  readonly people?: PeopleAsked;
  /** Whether somebody was merged lately, so that events may still stand under an earlier id. */
  readonly hasOverrides: boolean;
}

export interface PeopleAsked {
  readonly ids: readonly string[];
  /** Ids under which their events may have come in. */
  readonly ingestIds: readonly string[];
  /**
   * Those whose truth decides conditions on accounts: the asked and all who share an account with one of them; where such conditions
   * stand inside each other, also those who share one with these, and so on. Undefined: everybody, which is as right and slower.
   */
  readonly together?: { readonly ids: readonly string[]; readonly ingestIds: readonly string[] };
}

export interface CompiledAudiences {
  /**
   * A query that gives `profile_id`, and for the i-th definition `m<i>` (UInt8) and `n<i>` (Int64, milliseconds);
   * for the i-th value `c<i>` (Array(String), scalars as JSON text) and `d<i>` (when it may change by time), and with
   * any value `is_human`. It names the parameter `workspace` (UInt32), which the caller binds.
   */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The earliest instant at which everybody has to be asked again; NEVER when there is none. */
  readonly boundaryMs: number;
}

/** Throws an Error when a definition names an audience that there is not: saving refuses that. */
export function compileAudiences(input: CompileInput): CompiledAudiences {
  const shared = new Shared();
  const query = new Query(input, shared);
  const branches = input.definitions.map((one) => query.definition(one, []));
  const values = (input.values ?? []).flatMap((slug, i) => {
    const { raws, next } = query.computed(slug, []);
    return [`${raws} as c${i}`, `toInt64(${next}) as d${i}`];
  });
  return { sql: query.text([...values, ...columnsOf(branches)], values.length === 0 ? [] : ["is_human"]), params: shared.params, boundaryMs: shared.boundaryMs };
}

/**
 * The same as two columns: `members`, which of the definitions hold (Array(UInt16), from 0 on), and `due`, the least of their instants
 * (Int64). A column for each of many definitions would cost more than working it out.
 */
export function compileVerdicts(input: Omit<CompileInput, "values">): CompiledAudiences {
  const shared = new Shared();
  const query = new Query(input, shared);
  const byDrawn = Map.groupBy(input.definitions.map((one, i) => ({ i, ...query.drawing(one, []) })), ({ drawn }) => drawn ?? "1");
  const listed = [...byDrawn].flatMap(([drawn, all]) => query.lanes(all.map(({ who }) => who)).map(({ of, members, nexts }) => ({
    members: `arrayFilter((i, m) -> m = 1 and ${drawn}, ${numbersSql(of.flatMap((at) => all[at]?.i ?? []))}, ${members})`,
    due: `if(${drawn}, arrayMin(${nexts}), toInt64(${NEVER}))`,
  })));
  const members = listed.length === 1 ? (listed[0]?.members ?? "") : `arrayConcat(${["CAST([], 'Array(UInt16)')", ...listed.map((one) => one.members)].join(", ")})`;
  // What is the same for everybody comes as a constant in some streams, and as a column in others, which ClickHouse refuses to mix.
  const columns = [`materialize(${members}) as members`, `materialize(least(${[`toInt64(${NEVER})`, ...listed.map((one) => one.due)].join(", ")})) as due`];
  return { sql: query.text(columns), params: shared.params, boundaryMs: shared.boundaryMs };
}

const numbersSql = (values: readonly number[]): string => `CAST([${values.join(", ")}], 'Array(UInt16)')`;

/** What divides buyers into fifths: for everybody `is_buyer`, `last_ms`, `orders` and `value` (Decimal). */
export function compileBuyers(one: RfmTrait, include: Include, around: Surroundings): CompiledAudiences {
  const shared = new Shared();
  const query = new Query(around, shared);
  const { isBuyer, lastMs, orders, value } = rfmColumns(one, query.scope(include));
  const columns = [`${isBuyer} as is_buyer`, `${lastMs} as last_ms`, `${orders} as orders`, `${value} as value`];
  return { sql: query.text(columns, ["is_human"]), params: shared.params, boundaryMs: shared.boundaryMs };
}

export interface ConditionAsked {
  readonly condition: Condition;
  readonly include: Definition["include"];
  /** Undefined: the instant of the surroundings. Another one only for what is told by nothing but the person's own events and snapshot. */
  readonly atMs?: number;
}

export interface CompiledConditions extends CompiledAudiences {
  /** "events": it gives only people who have events that may matter; all others are as somebody without any event. */
  readonly of: "people" | "events";
}

/** Conditions by themselves, of whomever: nobody is left out because an audience would not be drawn from them. */
export function compileConditions(conditions: readonly ConditionAsked[], around: Surroundings): CompiledConditions {
  const shared = new Shared();
  const query = new Query(around, shared);
  const columns = columnsOf(conditions.map(({ condition, include, atMs }) => query.condition(condition, include, [], atMs)));
  const of = query.isOfEvents ? "events" : "people";
  return { sql: of === "events" ? query.textOfEvents(columns) : query.text(columns), params: shared.params, boundaryMs: shared.boundaryMs, of };
}

function columnsOf(branches: readonly Branch[]): string[] {
  // A truth that hangs on nobody is a constant, and the engine loses track of constants in what is made of these columns outside.
  return branches.flatMap(({ member, next }, i) => [`materialize(toUInt8(${member})) as m${i}`, `materialize(toInt64(${next})) as n${i}`]);
}

type Include = Definition["include"];

/** What a query and those inside it have together. */
class Shared {
  readonly params: Record<string, unknown> = {};
  boundaryMs = NEVER;
  readonly #bound = new Map<string, string>();

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

  /** One parameter for what several of one type stand for. */
  bindList(placeholders: readonly string[]): string {
    const parts = placeholders.map((placeholder) => /^\{(\w+):([^}]+)\}$/.exec(placeholder));
    return this.bind(`Array(${parts[0]?.[2]})`, parts.map((part) => this.params[part?.[1] ?? ""]));
  }
}

const alwaysRead = [personColumns.id, personColumns.isAnonymous, "is_human"];

class Query {
  readonly #input: Surroundings;
  readonly #shared: Shared;
  readonly #names = new NamedExpressions("v");
  /** Of expressions over one event. */
  readonly #eventNames = new NamedExpressions("w");
  readonly #bind: Bind;
  readonly #scans = new Map<string, Scan>();
  readonly #branches = new Map<string, Branch>();
  readonly #personColumns = new Set<string>(alwaysRead);
  #readsOthers = false;
  #together: Together | undefined;

  constructor(input: Surroundings, shared: Shared) {
    this.#input = input;
    this.#shared = shared;
    this.#bind = Object.assign((type: string, value: unknown) => shared.bind(type, value), {
      ofEvent: (expression: string) => this.#eventNames.name(expression), ofPerson: (expression: string) => this.#name(expression),
    });
  }

  /** Whether one pass over events says it all, with nothing of the person or of others. */
  get isOfEvents(): boolean {
    const scans = [...this.#scans.values()].filter((scan) => !scan.isEmpty);
    return scans.length === 1 && this.#personColumns.size === alwaysRead.length && this.#together === undefined && !this.#readsOthers;
  }

  /** Whether somebody is drawn from, and meets the condition. `path`: the audiences that lead here. */
  definition(one: Definition, path: readonly string[]): Branch {
    const { drawn, who } = this.drawing(one, path);
    // Whom it is drawn from changes by events alone, so whoever is not drawn from has no instant.
    return drawn === undefined ? who : { member: this.#name(`${drawn} and ${who.member}`), next: this.#name(`if(${drawn}, ${who.next}, toInt64(${NEVER}))`) };
  }

  /** The same truths and instants, as lists. */
  lanes(branches: readonly Branch[]): Lanes[] {
    const scans = [...this.#scans.values()];
    const columns = new Set([...Object.values(personColumns), "is_human", ...(this.#together?.columns ?? [])]);
    return lanesOf(branches, {
      names: this.#names, isColumn: (word) => columns.has(word),
      kindOf: (column) => scans.map((scan) => scan.kindOf(column, this.#eventNames)).find((kind) => kind !== undefined),
      bindList: (parameters) => this.#shared.bindList(parameters),
    });
  }

  /** `drawn`: undefined where it is drawn from everybody. */
  drawing(one: Definition, path: readonly string[]): { readonly drawn: string | undefined; readonly who: Branch } {
    const scope = this.#scope(one.include, path);
    const who = scope.condition(one.who);
    const from = one.from === "everyone" ? [] : [`${personColumns.isAnonymous} = ${one.from === "anonymous" ? 1 : 0}`];
    const human = one.include.bots || one.include.internal ? [] : ["is_human = 1"];
    // Named: ClickHouse looks through everything below a column that is compared within an `and`, each time again.
    return { drawn: from.length + human.length === 0 ? undefined : this.#name([...from, ...human].join(" and ")), who };
  }

  scope(include: Include): SqlScope {
    return this.#scope(include, []);
  }

  #scope(include: Include, path: readonly string[], nowMs = this.#input.nowMs): SqlScope {
    const { zone, words, audience, list } = this.#input;
    const scope: SqlScope = {
      bind: this.#bind, nowMs, zone, words,
      name: (expression) => this.#name(expression),
      events: (wanted) => this.#scan(include).add(wanted),
      person: (column) => {
        // Both are read for everybody, and then decide nothing.
        if (column === "id" || column === "isAnonymous") this.#readsOthers = true;
        this.#personColumns.add(personColumns[column]);
        return personColumns[column];
      },
      condition: (one) => this.#condition(one, { scope, include, path }),
      audience: (slug) => {
        const other = audience(slug);
        if (other === undefined) throw new Error(`There is no audience ${slug}.`);
        if (path.includes(slug)) throw new Error(`The audiences ${[...path, slug].join(" → ")} refer to each other in a circle.`);
        this.#readsOthers = true;
        return this.definition(other, [...path, slug]);
      },
      list: (slug) => {
        const id = list?.(slug);
        if (id === undefined) throw new Error(`There is no list ${slug}.`);
        this.#readsOthers = true;
        return this.#name(`profile_id in (select profile_id from list_member final where workspace_id = {workspace:UInt32} and list_id = ${this.#shared.bind("UInt32", id)} and added = 1)`);
      },
      computed: (slug) => this.computed(slug, path),
      accounts: (one) => {
        this.#together ??= new Together(this.#input, this.#shared);
        const { people, holding, next } = this.#together.add(one, include, path);
        // Whoever has no account is not joined with anything.
        return { people, holding, next: this.#name(`if(${people} = 0, toInt64(${NEVER}), ${next})`) };
      },
      boundary: (ms) => {
        this.#shared.boundaryMs = Math.min(this.#shared.boundaryMs, ms);
      },
    };
    return scope;
  }

  /** A condition by itself, with no regard to whom an audience is drawn from. */
  condition(one: Condition, include: Include, path: readonly string[], atMs?: number): Branch {
    return this.#scope(include, path, atMs).condition(one);
  }

  #condition(one: Condition, { scope, include, path }: { readonly scope: SqlScope; readonly include: Include; readonly path: readonly string[] }): Branch {
    const key = JSON.stringify([one, include, scope.nowMs]);
    const known = this.#branches.get(key);
    if (known !== undefined) return known;
    const { member, next } = "kind" in one ? kindOf(one).sql(one, scope) : groupSql(one, scope);
    // Of two bare numbers ClickHouse would make another type than of the instants beside them.
    const branch = { member: this.#name(member), next: this.#name(/^\d+$/.test(next) ? `toInt64(${next})` : next) };
    // What refers to an audience is checked for circles on each way that leads to it.
    if (path.length === 0 || !/"audience"|"computed"/.test(JSON.stringify(one))) this.#branches.set(key, branch);
    return branch;
  }

  computed(slug: string, path: readonly string[]): ValueSql {
    const key = `computed ${slug}`;
    const one = this.#input.computed?.(slug);
    if (one === undefined) throw new Error(`There is no computed trait ${slug}.`);
    if (path.includes(key)) throw new Error(`The computed traits ${[...path, key].join(" → ")} refer to each other in a circle.`);
    this.#readsOthers = true;
    const { raws, next } = computedSql(one, this.#scope(one.definition.include, [...path, key]));
    return { raws: this.#name(raws), next: this.#name(next) };
  }

  #name(expression: string): string {
    return this.#names.name(expression);
  }

  #scan(include: Include): Scan {
    const key = JSON.stringify(include);
    let scan = this.#scans.get(key);
    if (scan === undefined) this.#scans.set(key, (scan = new Scan(this.#scans.size, include)));
    return scan;
  }

  /** `more`: columns of the person to be given as they are. */
  text(columns: readonly string[], more: readonly string[] = []): string {
    const { people } = this.#input;
    const scans = [...this.#scans.values()].filter((scan) => !scan.isEmpty);
    const ofPerson = [...new Set([...this.#personColumns, ...more])];
    const joined = [...scans.flatMap((scan) => scan.columns), ...(this.#together?.columns ?? [])];
    const all = new Map([...ofPerson.map((column) => [column, `person.${column}`] as const), ...joined.map((column) => [column, column] as const)]);
    return this.#names.query([personColumns.id, ...more, ...columns], all, [
      `(select ${ofPerson.join(", ")} from ${peopleSql(people, this.#shared)}) as person`,
      ...scans.map((scan) => scan.join(this.#input, this.#shared.bind, this.#eventNames)),
      ...(this.#together === undefined ? [] : [this.#together.join()]),
    ].join("\n"));
  }

  textOfEvents(columns: readonly string[]): string {
    const scans = [...this.#scans.values()].filter((scan) => !scan.isEmpty);
    const all = new Map([[personColumns.id, "person_id"] as const, ...scans.flatMap((scan) => scan.columns).map((column) => [column, column] as const)]);
    return this.#names.query([personColumns.id, ...columns], all, scans.map((scan) => `(${scan.rows(this.#input, this.#shared.bind, this.#eventNames)}) as x`).join("\n"));
  }
}

/** Everybody of the workspace, or those asked about. */
function peopleSql(people: PeopleAsked | undefined, { bind }: Shared): string {
  return `profiles final where workspace_id = {workspace:UInt32} and deleted = 0${people === undefined ? "" : ` and profile_id in ${bind("Array(UUID)", people.ids)}`}`;
}

/** Conditions on the people of accounts: a query of its own over these people, counted by account, joined back to whoever is asked about. */
class Together {
  readonly #asked: PeopleAsked | undefined;
  readonly #shared: Shared;
  readonly #query: Query;
  /** Branches of the query inside, by their SQL. */
  readonly #branches = new Map<string, Branch>();

  constructor(input: Surroundings, shared: Shared) {
    const { people: asked, ...rest } = input;
    const all = asked?.together;
    this.#asked = asked;
    this.#shared = shared;
    this.#query = new Query(all === undefined ? rest : { ...rest, people: { ...all, together: all } }, shared);
  }

  add(one: Condition, include: Include, path: readonly string[]): { readonly people: string; readonly holding: string; readonly next: string } {
    const branch = this.#query.condition(one, include, path);
    const key = `${branch.member} ${branch.next}`;
    this.#branches.set(key, branch);
    const i = [...this.#branches.keys()].indexOf(key);
    return { people: "together_people", holding: `together_holding${i}`, next: `together_next${i}` };
  }

  get columns(): string[] {
    return ["together_people", ...[...this.#branches.values()].flatMap((_, i) => [`together_holding${i}`, `together_next${i}`])];
  }

  join(): string {
    const branches = [...this.#branches.values()];
    const inner = this.#query.text(branches.flatMap(({ member, next }, i) => [`toUInt8(${member}) as m${i}`, `toInt64(${next}) as n${i}`]), [personColumns.accounts]);
    const ofAccount = branches.map((_, i) => `countIf(m${i} = 1) as holding${i}, min(n${i}) as next${i}`);
    const ofPerson = branches.map((_, i) => `sum(holding${i}) as together_holding${i}, min(next${i}) as together_next${i}`);
    return `left join (select of_person.profile_id as person_id, ${["sum(people) as together_people", ...ofPerson].join(", ")}\n` +
      `  from (select profile_id, arrayJoin(accounts) as account from ${peopleSql(this.#asked, this.#shared)}) as of_person\n` +
      `  inner join (select account, ${["count() as people", ...ofAccount].join(", ")} from (${inner}) array join accounts as account group by account) as of_account\n` +
      `    on of_account.account = of_person.account\n  group by person_id) as together on together.person_id = person.profile_id`;
  }
}
