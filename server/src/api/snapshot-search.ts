// Questions about everybody's latest snapshot in ClickHouse. A condition on one trait reads that trait's column alone; words
// anywhere read all traits, and stop after a while with what was found by then. Values reach ClickHouse as parameters only.
import type { ProfileSort } from "@tributary/schema/api/profiles.ts";
import type { ApiServices } from "./api-services.ts";
import type { TraitCondition } from "./search-query.ts";

/** `names` looks into what people are called; `words` into every trait and identifier. */
export type Stage = "names" | "words";

/** How long a search may read before it shows what it has. */
const SEARCH_SECONDS = 3;

/** What people are called, in the spellings that SDKs and shops use. */
const nameTraits = ["name", "firstName", "lastName", "first_name", "last_name", "email", "username"];

export interface Conditions {
  readonly sql: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

export function conditionsOf(traits: readonly TraitCondition[], words: readonly string[], stage: Stage): Conditions {
  const sql: string[] = [];
  const params: Record<string, unknown> = {};
  traits.forEach(({ name, match, value }, i) => {
    const text = columnOf(name, `trait${i}`, params);
    params[`value${i}`] = value.normalize("NFC").toLowerCase();
    const contains = `position(lowerUTF8(${text}), {value${i}:String}) > 0`;
    // A list is shown as `['a','b']`: whether one of it is the value is looked at where its elements are known.
    sql.push(match === "contains" ? contains : `(lowerUTF8(${text}) = {value${i}:String} or (startsWith(${text}, '[') and ${contains}))`);
  });
  words.forEach((word, i) => {
    params[`word${i}`] = word;
    params[`json${i}`] = JSON.stringify(word).slice(1, -1);
    const named = `position(lowerUTF8(${namesText}), {word${i}:String}) > 0`;
    const anywhere =
      `(arrayExists(one -> position(lowerUTF8(one), {word${i}:String}) > 0, identifiers) or ` +
      `position(lowerUTF8(toJSONString(traits)), {json${i}:String}) > 0)`;
    sql.push(stage === "names" ? named : anywhere);
  });
  return { sql, params };
}

const namesText = `concat(${nameTraits.map((name) => `toString(traits.${name})`).join(", ' ', ")})`;

/** The trait's own column; for a name that can't be written as one, it is looked for in the whole. */
function columnOf(name: string, parameter: string, params: Record<string, unknown>): string {
  const steps = name.split(".");
  if (!steps.every((step) => /^[\p{L}\p{N}_$ -]+$/u.test(step))) {
    params[parameter] = name;
    return `toString(getSubcolumn(traits, {${parameter}:String}))`;
  }
  steps.forEach((step, i) => (params[`${parameter}_${i}`] = step));
  return `toString(traits.${steps.map((_, i) => `{${parameter}_${i}:Identifier}`).join(".")})`;
}

export interface SnapshotWish {
  readonly conditions: Conditions;
  /** The last row of the page before: its place in the order, and its id. */
  readonly before: readonly [number, string] | null;
  readonly sort: ProfileSort;
  readonly limit: number;
  readonly isBounded: boolean;
}

export interface SnapshotPage {
  readonly ids: readonly string[];
  readonly next: [number, string] | undefined;
  /** Time ran out: there may be more people than were found. */
  readonly isCut: boolean;
}

const orders: Readonly<Record<ProfileSort, { readonly by: string; readonly direction: "desc" | "asc" }>> = {
  changed: { by: "row_id", direction: "desc" },
  newest: { by: "toUnixTimestamp64Milli(first_seen)", direction: "desc" },
  oldest: { by: "toUnixTimestamp64Milli(first_seen)", direction: "asc" },
};

export async function readSnapshots(services: ApiServices, workspaceId: number, wish: SnapshotWish): Promise<SnapshotPage> {
  const { by, direction } = orders[wish.sort];
  const { conditions, before } = wish;
  const startedMs = performance.now();
  const rows = await services.scan<{ place: number; id: string }>(
    workspaceId,
    `select ${by} as place, toString(profile_id) as id from profiles final
      where workspace_id = {workspace:UInt32} and deleted = 0
        ${before ? `and (${by}, toString(profile_id)) ${direction === "desc" ? "<" : ">"} ({before_place:Int64}, {before_id:String})` : ""}
        ${conditions.sql.map((one) => `and ${one}`).join("\n        ")}
      order by place ${direction}, id ${direction} limit {limit:UInt32}
      settings output_format_json_escape_forward_slashes = 0${wish.isBounded ? `, max_execution_time = ${SEARCH_SECONDS}, timeout_overflow_mode = 'break'` : ""}`,
    { limit: wish.limit + 1, ...conditions.params, ...(before ? { before_place: before[0], before_id: before[1] } : {}) },
  );
  const shown = rows.slice(0, wish.limit);
  const last = shown.at(-1);
  return {
    ids: shown.map((row) => row.id),
    next: rows.length > wish.limit && last !== undefined ? [last.place, last.id] : undefined,
    isCut: wish.isBounded && performance.now() - startedMs >= SEARCH_SECONDS * 1_000,
  };
}
