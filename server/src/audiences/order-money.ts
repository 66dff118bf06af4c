// Orders and what came back, with the workspace's words put in, one row for each thing that is told: an order that several sources tell is one
// order, and what it is worth is in the base currency. The same rules by which audiences add up what somebody spent.
import { eventColumns, type Words } from "@tributary/schema/audience/condition-kind.ts";
import { contextFields, selectsSql } from "@tributary/schema/audience/event-filter.ts";
import { planOf, tellingsSql } from "@tributary/schema/audience/event-plan.ts";
import type { EventCondition } from "@tributary/schema/audience/kinds/event.ts";
import { whenever } from "@tributary/schema/audience/role-events.ts";
import { namesOf } from "@tributary/schema/audience/sentence.ts";
import type { Bind } from "@tributary/schema/audience/value.ts";
import { NOBODY } from "../core/nobody.ts";
import { NamedExpressions } from "./named-expressions.ts";

const spent = { kind: "event", event: { role: "order" }, measure: { of: "sum", property: { role: "value" }, net: true }, op: "at_least", value: 0 } as const satisfies EventCondition;

export interface OrderMoney {
  /** Rows: person_id, at_ms, is_order (else it is a refund, and `value` is negative), value (Decimal). */
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Undefined: nobody has said which events are orders, nor are any recognised. */
export function orderMoney(words: Words): OrderMoney | undefined {
  if ((words.roles["order"]?.events.length ?? 0) === 0) return undefined;
  const plan = planOf(spent, whenever(words));
  const params: Record<string, unknown> = {};
  const names = new NamedExpressions("w");
  const bind: Bind = Object.assign((type: string, value: unknown) => {
    const name = `m${Object.keys(params).length}`;
    params[name] = value;
    return `{${name}:${type}}`;
  }, { ofEvent: (expression: string) => names.name(expression) });
  const { matches, values } = tellingsSql(plan, bind);
  const events = bind("Array(String)", [...new Set([...namesOf(plan.selector.event), ...(plan.refunds?.selector.event ?? [])])]);
  const columns = new Map([
    ...["profile_id", "event", "row_id", "properties", ...contextFields].map((column) => [column, column] as const), [eventColumns.ms, "toInt64(toUnixTimestamp64Milli(timestamp))"] as const,
  ]);
  const wanted = ["profile_id", eventColumns.ms, "row_id", `(${matches}) as is_told`, `(${selectsSql(bind, plan.selector)}) as is_order`, `(${values}) as tellings`];
  const found = names.query(wanted, columns, `events where workspace_id = {workspace:UInt32} and outcome = 'stored' and is_bot = 0 and is_internal = 0 and event in ${events}`);
  // Of what is told twice the first counts.
  return {
    params,
    sql: `select person_id, min(ms) as at_ms, argMin(ordered, (ms, row_id)) as is_order, argMin(worth, (ms, row_id)) as value
      from (select if(moved.survivor_id = toUUID('${NOBODY}'), found.profile_id, moved.survivor_id) as person_id, ${eventColumns.ms} as ms, row_id, is_order as ordered, telling.1 as worth, telling.2 as told
        from (select *, arrayJoin(tellings) as telling from (${found}) where is_told) as found
        left any join (select profile_id, survivor_id from profile_override final where workspace_id = {workspace:UInt32} and profile_id != survivor_id) as moved on moved.profile_id = found.profile_id)
      group by person_id, told`,
  };
}
