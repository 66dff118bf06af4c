// One pass over events within a compiled query: a row for each person who has such events.
import { eventColumns, type EventsWanted } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { contextFields } from "@tributary/schema/audience/event-filter.ts";
import type { Bind } from "@tributary/schema/audience/value.ts";
import { NEVER } from "@tributary/schema/audience/window.ts";
import { NOBODY } from "../core/nobody.ts";
import type { Surroundings } from "./compile.ts";
import type { NamedExpressions } from "./named-expressions.ts";

/** One pass over events, with all aggregates that see the same events. */
export class Scan {
  readonly #number: number;
  readonly #include: Definition["include"];
  /** Aggregate → its name; of the least few of something without how many are kept. */
  readonly #aggregates = new Map<string, string>();
  /** Of how many of the least something tells, in each question the most that anybody looks at: a shorter list is the beginning of a longer one. */
  readonly #kept = new Map<string, number>();
  readonly #aggregateOf = new Map<string, string>();
  readonly #kinds = new Map<string, string>();
  #names: Set<string> | undefined = new Set();
  #boundMs: number | undefined = NEVER;

  constructor(number: number, include: Definition["include"]) {
    this.#number = number;
    this.#include = include;
  }

  get isEmpty(): boolean {
    return this.#aggregates.size === 0;
  }

  get columns(): readonly string[] {
    return [...this.#aggregates.values()];
  }

  add({ names, boundMs, aggregate }: EventsWanted): string {
    if (names === undefined) this.#names = undefined;
    else for (const name of names) this.#names?.add(name);
    this.#boundMs = boundMs === undefined || this.#boundMs === undefined ? undefined : Math.min(this.#boundMs, boundMs);
    const [, kept, of] = /^groupArraySortedIf\((\d+)\)([^]*)$/.exec(aggregate) ?? [];
    const key = of === undefined ? aggregate : `groupArraySortedIf${of}`;
    if (kept !== undefined) this.#kept.set(key, Math.max(Number(kept), this.#kept.get(key) ?? 0));
    let name = this.#aggregates.get(key);
    if (name === undefined) {
      this.#aggregates.set(key, (name = `e${this.#number}_${this.#aggregates.size}`));
      this.#aggregateOf.set(name, key);
    }
    return name;
  }

  /** Columns that say the same of other events are of the same kind, and of one type; undefined: it is none of these. */
  kindOf(column: string, eventNames: NamedExpressions): string | undefined {
    const aggregate = this.#aggregateOf.get(column);
    if (aggregate === undefined) return undefined;
    let kind = this.#kinds.get(aggregate);
    if (kind === undefined) this.#kinds.set(aggregate, (kind = eventNames.formOf(aggregate)));
    return kind;
  }

  join(input: Pick<Surroundings, "people" | "hasOverrides">, bind: Bind, eventNames: NamedExpressions): string {
    return `left join (${this.rows(input, bind, eventNames)}) as x${this.#number} on x${this.#number}.person_id = person.profile_id`;
  }

  /** A row for each person who has such events. */
  rows({ people, hasOverrides }: Pick<Surroundings, "people" | "hasOverrides">, bind: Bind, eventNames: NamedExpressions): string {
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
    const own = ["profile_id", "event", "row_id", "properties", ...contextFields].map((column) => [column, column] as const);
    const columns = new Map([...own, [eventColumns.ms, "toInt64(toUnixTimestamp64Milli(timestamp))"] as const]);
    // One query holds what each event says, the one around it makes the aggregates.
    const names = new Set([...this.#aggregates.keys()].flatMap((aggregate) => aggregate.match(/\b[a-z]\w*\b/g) ?? []));
    const found = eventNames.query(["profile_id", ...[...names].filter((name) => name !== "profile_id" && (columns.has(name) || /^w\d+$/.test(name)))], columns, `events where ${where.join(" and ")}`);
    const aggregates = [...this.#aggregates].map(([aggregate, name]) => {
      const kept = this.#kept.get(aggregate);
      return `${kept === undefined ? aggregate : aggregate.replace("groupArraySortedIf", `groupArraySortedIf(${kept})`)} as ${name}`;
    });
    return `select ${person} as person_id, ${aggregates.join(",\n    ")}\n  from (${found}) as found${moved}\n  group by person_id`;
  }
}
