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
  /** Aggregate → its name. */
  readonly #aggregates = new Map<string, string>();
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
    let name = this.#aggregates.get(aggregate);
    if (name === undefined) this.#aggregates.set(aggregate, (name = `e${this.#number}_${this.#aggregates.size}`));
    return name;
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
    const aggregates = [...this.#aggregates].map(([aggregate, name]) => `${aggregate} as ${name}`);
    return `select ${person} as person_id, ${aggregates.join(",\n    ")}\n  from (${found}) as found${moved}\n  group by person_id`;
  }
}
