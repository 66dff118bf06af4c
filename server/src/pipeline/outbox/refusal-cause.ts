// What ClickHouse says when it refuses something, in a word for programs and a sentence for people.
import { codeOf } from "../../engines/clickhouse/insert-block.ts";
import { storable } from "../stages/quarantine.ts";

export interface Refusal {
  /** ClickHouse's code; 0 when what failed did not come from there. */
  readonly code: number;
  readonly cause: string;
  /** Why, and what to do. */
  readonly detail: string;
  /** As ClickHouse said it; it may quote values. */
  readonly message: string;
}

const MESSAGE_MAX = 1_000;

const causes: readonly (readonly [cause: string, codes: readonly number[], detail: string])[] = [
  ["constraint", [469], "A constraint of the table does not allow these values. Change or drop the constraint, then send it again."],
  ["too_large", [128, 131, 167, 168], "It is larger than ClickHouse takes. Raise that limit in ClickHouse, then send it again."],
  ["unknown_table", [60, 81], "The table is not there. Restore it, then send it again."],
  ["unknown_column", [8, 10, 16, 47], "A column that it names is not in the table. Restore the column, then send it again."],
  ["unknown_function", [46, 63], "This ClickHouse does not know a function that it uses: it is older than this program needs. Upgrade it, then send it again."],
  ["not_understood", [62, 48, 50, 115, 344], "This ClickHouse does not understand it: it may be older than this program needs. Upgrade it, then send it again."],
  ["not_possible", [42, 43, 44, 179, 184, 386, 420], "It can't be done to this table as it is: a column may have another type than this program made it with. Put that right, then send it again."],
];

/** Of a row: the rest of the codes speak of values. */
const unreadable = ["unreadable_value", "ClickHouse can't read one of its values as what the column holds. Put the column's type right, then send it again."] as const;
const keptFailing = ["kept_failing", "It failed again and again, in a way that this program does not know. Put right what ClickHouse says, then send it again."] as const;

export function refusalOf(error: unknown, kind: "row" | "statement"): Refusal {
  const code = codeOf(error);
  const message = storable(error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_MAX);
  const known = causes.find(([, codes]) => codes.includes(code));
  const [cause, detail] = known ? [known[0], known[2]] : kind === "row" ? unreadable : keptFailing;
  return { code, cause, detail, message };
}
