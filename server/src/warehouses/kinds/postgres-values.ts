// Types of Postgres by their number, and values as its text form writes them. What isn't known here is text, as Postgres writes it.
import type { ColumnType } from "@tributary/schema/warehouse/query.ts";
import type { Value } from "../warehouse.ts";
import { dateOf, decimalOf, instantOf, integerOf, jsonOf, numberOf } from "../values.ts";

export interface PostgresType {
  readonly type: ColumnType;
  readonly read: (text: string) => Value;
}

const text: PostgresType = { type: "text", read: (value) => value };
const integer: PostgresType = { type: "number", read: integerOf };
const float: PostgresType = { type: "number", read: numberOf };
const decimal: PostgresType = { type: "decimal", read: decimalOf };
const boolean: PostgresType = { type: "boolean", read: (value) => value === "t" };
const date: PostgresType = { type: "date", read: dateOf };
const instant: PostgresType = { type: "instant", read: instantOf };
const json: PostgresType = { type: "json", read: jsonOf };
const binary: PostgresType = { type: "binary", read: () => null };
const arrayOf = ({ read }: PostgresType): PostgresType => ({ type: "json", read: (value) => arrayValue(value, read) });

/** By the number of the type, then that of its array. */
const known: readonly (readonly [number, number, PostgresType])[] = [
  [16, 1000, boolean], [20, 1016, integer], [21, 1005, integer], [23, 1007, integer], [26, 1028, integer], [700, 1021, float], [701, 1022, float], [1700, 1231, decimal],
  [1082, 1182, date], [1114, 1115, instant], [1184, 1185, instant], [114, 199, json], [3802, 3807, json],
  [18, 1002, text], [19, 1003, text], [25, 1009, text], [1042, 1014, text], [1043, 1015, text], [2950, 2951, text], [869, 1041, text], [650, 651, text], [1083, 1183, text], [1186, 1187, text],
];
const byNumber = new Map([
  ...known.flatMap(([own, array, type]): [number, PostgresType][] => [[own, type], [array, arrayOf(type)]]), [17, binary] as const, [1001, binary] as const,
]);

export const postgresType = (oid: number): PostgresType => byNumber.get(oid) ?? text;

/** `{1,2}`, `{{"a","b\"c"},{NULL,d}}`: what is written otherwise stays text. */
export function arrayValue(source: string, read: (text: string) => Value): Value {
  // Where its bounds are not the usual ones they stand in front.
  let at = /^(\[-?\d+:-?\d+\])*=?/.exec(source)?.[0].length ?? 0;
  const list = (): Value[] => {
    const values: Value[] = [];
    for (at += 1; at < source.length && source[at] !== "}";) {
      if (source[at] === ",") at += 1;
      else if (source[at] === "{") values.push(list());
      else values.push(item());
    }
    at += 1;
    return values;
  };
  const item = (): Value => {
    if (source[at] !== '"') {
      const end = /[,}]/g;
      end.lastIndex = at;
      const from = at;
      at = end.exec(source)?.index ?? source.length;
      const plain = source.slice(from, at);
      return plain === "NULL" ? null : read(plain);
    }
    let quoted = "";
    for (at += 1; at < source.length && source[at] !== '"'; at += 1) {
      if (source[at] === "\\") at += 1;
      quoted += source[at] ?? "";
    }
    at += 1;
    return read(quoted);
  };
  return source[at] === "{" ? list() : source;
}
