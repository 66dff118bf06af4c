// Which conditions are told by lists of a person's events, and how such a list is asked for. What the list holds does not depend on
// windows, comparisons or numbers of a condition, so that an edit of these asks ClickHouse nothing.
import type { KindCondition } from "@tributary/schema/audience/condition.ts";
import { eventColumns } from "@tributary/schema/audience/condition-kind.ts";
import type { Definition } from "@tributary/schema/audience/definition.ts";
import { contextFields, selectsSql, turnsSql } from "@tributary/schema/audience/event-filter.ts";
import { planOf, tellingsSql, type EventPlan } from "@tributary/schema/audience/event-plan.ts";
import type { EventCondition } from "@tributary/schema/audience/kinds/event.ts";
import { countLooked, countRange, isTimeComparison } from "@tributary/schema/audience/measure.ts";
import { whenever } from "@tributary/schema/audience/role-events.ts";
import { namesOf } from "@tributary/schema/audience/sentence.ts";
import type { Bind } from "@tributary/schema/audience/value.ts";
import { NOBODY } from "../../core/nobody.ts";
import type { Surroundings } from "../compile.ts";
import { NamedExpressions } from "../named-expressions.ts";
import type { WordsQuestion } from "./moment.ts";

/** Of greater counts the compiled question keeps whole lists; they are left to it. */
const COUNT_MAX = 1_000;

export interface ToldPlan {
  readonly condition: EventCondition;
  readonly plan: EventPlan;
  readonly ask: ToldQuestion;
}

/** What a list holds of each telling, besides whose it is and when. */
export interface ToldColumns {
  /** A decimal, as ten-thousandths and the billionths that are left. */
  readonly hasValue: boolean;
  /** 64 bits of what it tells of, and the row of the event. */
  readonly hasKey: boolean;
}

export interface ToldQuestion extends ToldColumns {
  /** By the same key stands the same list. */
  readonly key: string;
  /** Rows: id, Int64 milliseconds, then Int64 and Int32 of a value, then 64 bits of a key and a row. */
  readonly between: (fromMs: number | undefined, toMs: number | undefined) => WordsQuestion;
}

/** Stands for a value that is too great to be added up exactly here. */
export const TOO_GREAT = -(2 ** 62);
export const VALUE_MAX = 9e12;

/** Undefined: it is asked as a compiled question. */
export function toldPlanOf(condition: KindCondition, include: Definition["include"], around: Omit<Surroundings, "nowMs">): ToldPlan | undefined {
  if (condition.kind !== "event") return undefined;
  const { within } = condition;
  if (within !== undefined && ("since" in within || ("zone" in within && within.zone === "person"))) return undefined;
  const plan = planOf(condition, whenever(around.words, around.zone));
  // Which events it means is then another thing at each instant.
  if (turnsSql(() => "", plan.selector) !== undefined) return undefined;
  if (plan.of === "average") return undefined;
  if (!isTimeComparison(condition) && plan.of === "count" && countLooked(countRange(condition)) > COUNT_MAX) return undefined;
  return { condition, plan, ask: questionOf(condition, plan, include, around.hasOverrides) };
}

function questionOf(condition: EventCondition, plan: EventPlan, include: Definition["include"], hasOverrides: boolean): ToldQuestion {
  const params: Record<string, unknown> = {};
  const names = new NamedExpressions("w");
  const bind: Bind = Object.assign((type: string, value: unknown) => {
    const name = `t${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  }, { ofEvent: (expression: string) => names.name(expression) });
  const isTime = isTimeComparison(condition);
  const isEach = isTime || plan.isPlainCount;
  const hasValue = !isTime && plan.of !== "count" && plan.of !== "distinct";
  const hasKey = !isTime && (plan.isOnce || plan.of === "distinct");
  const { matches, values } = isEach ? { matches: selectsSql(bind, plan.selector), values: "" } : tellingsSql(plan, bind);
  const events = bind("Array(String)", [...new Set([...namesOf(plan.selector.event), ...(isTime ? [] : (plan.refunds?.selector.event ?? []))])]);
  const where = ["workspace_id = {workspace:UInt32}", "outcome = 'stored'", `event in ${events}`, ...(include.bots ? [] : ["is_bot = 0"]), ...(include.internal ? [] : ["is_internal = 0"])];
  const columns = new Map([
    ...["profile_id", "event", "row_id", "properties", ...contextFields].map((column) => [column, column] as const), [eventColumns.ms, "toInt64(toUnixTimestamp64Milli(timestamp))"] as const,
  ]);
  const wanted = ["profile_id", eventColumns.ms, ...(hasKey ? ["row_id"] : []), `(${matches}) as is_told`, ...(isEach ? [] : [`(${values}) as tellings`])];
  const inner = (range: readonly string[]): string => names.query(wanted, columns, `events where ${[...where, ...range].join(" and ")}`);
  const person = hasOverrides ? `if(moved.survivor_id = toUUID('${NOBODY}'), found.profile_id, moved.survivor_id)` : "profile_id";
  const said = [person, eventColumns.ms, ...(hasValue ? valueSql("telling.1") : []), ...(hasKey ? ["sipHash64(telling.2)", "toInt64(row_id)"] : [])];
  const moved = hasOverrides
    ? " left any join (select profile_id, survivor_id from profile_override final where workspace_id = {workspace:UInt32} and profile_id != survivor_id) as moved on moved.profile_id = found.profile_id"
    : "";
  const outer = (range: readonly string[]): string => {
    const found = isEach ? inner(range) : `select *, arrayJoin(tellings) as telling from (${inner(range)}) where is_told`;
    return `select ${said.join(", ")} from (${found}) as found${moved}${isEach ? " where is_told" : ""}`;
  };
  return {
    key: JSON.stringify([outer([]), params]), hasValue, hasKey,
    between: (fromMs, toMs) => ({
      sql: outer([
        ...(fromMs === undefined ? [] : ["timestamp >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')"]), ...(toMs === undefined ? [] : ["timestamp < fromUnixTimestamp64Milli({to_ms:Int64}, 'UTC')"]),
      ]),
      params: { ...params, ...(fromMs === undefined ? {} : { from_ms: fromMs }), ...(toMs === undefined ? {} : { to_ms: toMs }) },
    }),
  };
}

/** Of a decimal with nine digits after the point. */
function valueSql(value: string): string[] {
  const whole = `reinterpret(${value}, 'Int128')`;
  const most = `toInt128('${VALUE_MAX * 100_000}')`;
  return [`if(abs(${whole}) > ${most}, toInt64('${TOO_GREAT}'), toInt64(intDiv(${whole}, toInt128(100000))))`, `toInt32(${whole} % toInt128(100000))`];
}
