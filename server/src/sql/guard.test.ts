// The guard is the only fence: the embedded engine knows no users and no row policies, and whoever reaches it may read files. So nothing here
// trusts the guard's own word: statements are run, and what comes back is searched for what nobody may see.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClickHouse } from "../engines/clickhouse/clickhouse.ts";
import { startTestClickHouse } from "../engines/testing.ts";
import { compile } from "./compile.ts";
import { knownFunctions } from "./functions.ts";
import { goodStatements, hostileStatements } from "./testing-statements.ts";
import { CANARY, fillTwo, testFacts } from "./testing.ts";
import { viewsOf } from "./views.ts";

const FILE_CANARY = "CANARYOFAFILE";
const parameters = { p: "5", s: "it's \\'", ids: "[1,2]", col: "event", table: "default.events" };
const clear = viewsOf(testFacts(), false);
const masked = viewsOf(testFacts(), true);

let clickhouse: ClickHouse;
let folder: string;
beforeAll(async () => {
  clickhouse = await startTestClickHouse();
  await fillTwo(clickhouse.client("write"));
  folder = await mkdtemp(join(tmpdir(), "trib-sql-"));
  await writeFile(join(folder, "secret.txt"), `${FILE_CANARY}\n`);
});
afterAll(async () => {
  await clickhouse?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the engine answers, or its error. */
async function run(sql: string, format = "JSONCompactEachRow" as "JSONCompactEachRow" | "JSONCompact"): Promise<{ readonly text: string; readonly failed: boolean }> {
  try {
    const result = await clickhouse.client("api").query({ query: sql, format, clickhouse_settings: { max_execution_time: 2, max_result_rows: "100000", max_memory_usage: "500000000" } });
    return { text: await result.text(), failed: false };
  } catch (error) {
    return { text: String(error), failed: true };
  }
}

function compiled(statement: string, views = clear, isTelling = false): string | undefined {
  try {
    const { sql, telling } = compile(statement, { views, parameters, tells: isTelling });
    return isTelling ? telling : sql;
  } catch (error) {
    // A refusal is an answer; anything else is a hole in the guard itself.
    if (!String(error).startsWith("SqlRefused: ")) throw error;
    return undefined;
  }
}

const physical = /^default\.(events|profiles|profile_override|audience_log|computed_value|deliveries|model_change)$/;
/** As the engine writes operators and casts. */
const operators = /^(CAST|_CAST|in|notIn|tuple|array|numbers|exists|if|multiIf|caseWithExpression|isDistinctFrom|arrayElement|tupleElement|lambda|startsWith|getSubcolumn|JSONAllPaths|extract|groupUniqArrayArray)$/i;

/** The engine's own reading of what is run: tables and functions, each of them one that may be there. */
async function holdToAllowed(sql: string): Promise<void> {
  const tree = await run(`explain ast ${sql}`, "JSONCompact");
  expect(tree.failed, `${sql}\n${tree.text}`).toBe(false);
  const lines = (JSON.parse(tree.text) as { data: string[][] }).data.map(([line]) => line?.trim() ?? "");
  for (const line of lines) {
    const table = /^TableIdentifier (\S+)/.exec(line)?.[1];
    if (table !== undefined) expect(table, sql).toMatch(physical);
    expect(line, sql).not.toMatch(/^(Set|InsertQuery|Literal.*outfile)/i);
    const called = /^Function (\S+)/.exec(line)?.[1];
    if (called === undefined || operators.test(called)) continue;
    const base = called.replace(/(If|Array|Distinct|OrNull|OrDefault|Map|ArgMin|ArgMax)+$/, "");
    expect(knownFunctions.has(called.toLowerCase()) || knownFunctions.has(base.toLowerCase()), `${called} in ${sql}`).toBe(true);
  }
}

test("statements that people write are run, and mean to the engine what was read", async () => {
  for (const statement of goodStatements) {
    const { sql } = compile(statement, { views: clear, parameters });
    const answer = await run(sql);
    expect(answer.failed, `${statement}\n${sql}\n${answer.text}`).toBe(false);
    expect(answer.text).not.toContain(CANARY);
    await holdToAllowed(sql);
  }
});

test("every view shows one workspace, in the types that it tells, and to those who see people masked none of their values", async () => {
  for (const views of [clear, masked, viewsOf(testFacts({ hasOverrides: false, hasSuppressed: false }), false)]) {
    for (const view of views.values()) {
      const { sql } = compile(`select * from ${view.name.split(".").map((part) => `\`${part}\``).join(".")}`, { views });
      const answer = await run(sql);
      expect(answer.failed, `${view.name}: ${answer.text}`).toBe(false);
      expect(answer.text, view.name).not.toContain(CANARY);
      if (views === masked) expect(answer.text, view.name).not.toMatch(/Ada |mine-user|mine@|4555501234|Aarhus/);
      const types = JSON.parse((await run(`describe (${sql})`, "JSONCompact")).text) as { data: string[][] };
      expect(types.data.map(([name, type]) => [name, type]), view.name).toEqual(view.columns.map(({ name, type }) => [name, type]));
    }
  }
  const people = JSON.parse(`[${(await run(compile("select message_id, profile_id from events order by 1", { views: clear }).sql)).text.trim().replaceAll("\n", ",")}]`) as unknown;
  // The third was a duplicate; the second's person was merged.
  expect(people).toEqual([["mine-1", "00000000-0000-4000-8000-000000000001"], ["mine-2", "00000000-0000-4000-8000-000000000004"]]);
});

const person = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const rowsOf = async (sql: string): Promise<unknown[][]> => {
  const { text, failed } = await run(sql);
  expect(failed, `${sql}\n${text}`).toBe(false);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown[]]));
};
const sorted = (rows: readonly unknown[][]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();

/** Statement → the numbers of those whose rows its answer holds; undefined: nothing of anybody can be in it. */
const whose: readonly (readonly [string, readonly number[] | undefined])[] = [
  ["select source, count() as orders, avg(total) from order_completed group by source", undefined],
  ["select name from system.tables", undefined],
  ["select audience from audiences", undefined],
  ["select message_id, total from order_completed", [1, 4]],
  ["select lower(email) from profiles", [1, 2, 4]],
  ["select * from events", [1, 4]],
  ["select events.* except (properties), 1 as events from events", [1, 4]],
  ["select profile_id in (select profile_id from audience_members) from profiles", [1, 2, 4]],
  ["select p.user_id, e.total from order_completed e join profiles p using (profile_id)", [1, 4]],
  ["select e.total, m.since from order_completed e left join audience_members m on m.profile_id = e.profile_id where e.total > 15", [4]],
  ["with big as (select profile_id as who, total from order_completed where total > 15) select who, total from big", [4]],
  ["with x as (select * from order_completed) select a.total, b.total from x a join x b on a.message_id = b.message_id", [1, 4]],
  ["select total from (select * from (select * from order_completed) order by total desc limit 1)", [4]],
  ["select total, row_number() over (order by total) as nth from order_completed qualify nth = 1", [1]],
  ["select user_id, count() from events group by user_id", [1, 4]],
  ["select user_id from events group by all having count() > 5", []],
  ["select count(), uniq(profile_id) from events", []],
  ["select email, count() from profiles group by email with totals", []],
  ["select count(), max(total) from order_completed where profile_id = '00000000-0000-4000-8000-000000000001'", [1]],
  ["select groupArray(message_id) from events", [1, 4]],
  ["select avg(c) from (select profile_id, count() as c from events group by profile_id)", []],
  ["select distinct user_id from profiles order by user_id limit 2", [1, 2]],
  ["select distinct email from profiles", []],
  ["select distinct profile_id from events group by profile_id, event", [1, 4]],
  ["select distinct on (email) user_id from profiles order by user_id", [1]],
  ["(select message_id from events where message_id = 'mine-1') union all select user_id from profiles where user_id = 'mine-user-2'", [1, 2]],
  ["select profile_id from profiles except select profile_id from events", [2]],
  ["select profile_id, 'a' from profiles union distinct select events.profile_id as who, 'a' from events", [1, 2, 4]],
  ["select a.profile_id from (select profile_id from profiles intersect select profile_id from audience_members) as a", [1]],
  ["select key, data from model_rows", [1]],
  ["select change, count() from model_changes group by change", undefined],
  ["select data from model_changes where change = 'changed'", [1]],
  ["select model, row_seq, outcome from deliveries where model != ''", [1]],
];

test("rows of models are shown as they stand and as they changed: what is in force, with the people as they are now, and nobody who is suppressed", async () => {
  expect(await rowsOf("select toString(sipHash64('suppressed-user'))")).toEqual([[String(testFacts().hiddenRows?.get(3)?.[0])]]);
  const shown = (statement: string, changes: Parameters<typeof testFacts>[0] = {}): Promise<unknown[][]> => rowsOf(compile(statement, { views: viewsOf(testFacts(changes), false) }).sql);
  const standing = "select key, profile_id, seq, run_id from model_rows order by seq";
  const nobody = "00000000-0000-0000-0000-000000000000";
  expect(await shown(standing)).toEqual([['["mine-a"]', person(1), 12, 2], ['["mine-d"]', nobody, 16, 3]]);
  const changes = "select model, change, seq, data, before from model_changes order by seq";
  expect((await shown(changes)).map(([, change, seq]) => [change, seq])).toEqual([["added", 11], ["changed", 12], ["added", 13], ["removed", 14], ["added", 16]]);
  expect((await shown(changes))[1]).toEqual(["customers", "changed", 12, '{"plan":"free","note":"Ada mine"}', '{"plan":"gold","note":"Ada mine"}']);
  // A run that asks, or was refused, has found nothing yet.
  const [model] = testFacts().models;
  expect((await shown(changes, { models: model === undefined ? [] : [{ ...model, lastSeq: 12 }] })).map(([, , seq]) => seq)).toEqual([11, 12]);
  expect(await shown(changes, { models: [] })).toEqual([]);
  // Not knowing who is suppressed, no row about anybody.
  for (const hiddenRows of [undefined, new Map([[3, "all" as const]])]) expect((await shown(changes, { hiddenRows })).map(([, , seq]) => seq)).toEqual([13, 14]);
  expect((await shown(changes, { hasSuppressed: false })).map(([, , seq]) => seq)).toEqual([11, 12, 13, 14, 15, 16]);
  // In a row's lane stands an id of the row: whom it is about stands beside it.
  expect(await shown("select model, row_seq, profile_id from deliveries order by row_seq")).toEqual([["", 0, person(1)], ["customers", 12, person(1)]]);
  expect(await shown("select c.change, d.outcome from model_changes c join deliveries d on d.model = c.model and d.row_seq = c.seq")).toEqual([["changed", "delivered"]]);
});

test("a statement that tells whose rows it answers answers the same rows, of each the people that are behind it", async () => {
  for (const statement of [...goodStatements, ...whose.map(([one]) => one)]) {
    const { sql, telling } = compile(statement, { views: clear, parameters, tells: true });
    if (telling === undefined) continue;
    await holdToAllowed(telling);
    expect(sorted((await rowsOf(telling)).map((row) => row.slice(0, -1))), statement).toEqual(sorted(await rowsOf(sql)));
  }
  const told: (readonly [string, readonly string[] | undefined])[] = [];
  for (const [statement] of whose) {
    const { telling } = compile(statement, { views: clear, parameters, tells: true });
    told.push([statement, telling === undefined ? undefined : [...new Set((await rowsOf(telling)).flatMap((row) => row.at(-1) as string[]))].toSorted()]);
  }
  expect(told).toEqual(whose.map(([statement, people]) => [statement, people?.map(person)]));
});

test("nothing hostile reads another workspace or a file, or writes one", async () => {
  const file = join(folder, "secret.txt");
  for (const template of hostileStatements) {
    for (const path of [file, "/etc/hostname"]) {
      const statement = template.replaceAll("FILE", path).replaceAll("OUT", join(folder, "out.csv"));
      const sql = compiled(statement);
      if (sql === undefined) continue;
      const answer = await run(sql);
      expect(answer.text, `${statement}\n${sql}`).not.toMatch(new RegExp(answer.failed ? FILE_CANARY : `${CANARY}|${FILE_CANARY}`));
      if (!answer.failed) await holdToAllowed(sql);
    }
  }
  expect(await readdir(folder)).toEqual(["secret.txt"]);
});

test("no function takes the name of another where a value stands", async () => {
  // What this looks for is there: the engine would read the file.
  expect((await run(`select arrayMap(file, ['${join(folder, "secret.txt")}'])`)).text).toContain(FILE_CANARY);
  const have = new Set((await run("select name from system.functions")).text.split("\n").map((line) => line.replace(/[[\]"]/g, "")));
  const spellings = [...new Set([...knownFunctions.values()].map(({ spelling }) => spelling))];
  // Those two become what they mean.
  expect(spellings.filter((spelling) => !have.has(spelling)).toSorted()).toEqual(["dateAdd", "dateSub"]);
  // Aggregates take values alone.
  for (const spelling of spellings.filter((one) => knownFunctions.get(one.toLowerCase())?.kind === "scalar")) {
    for (const call of ["(file, ['FILE'])", "(['FILE'], file)"]) {
      const sql = compiled(`select ${spelling}${call.replaceAll("FILE", join(folder, "secret.txt"))}`);
      if (sql !== undefined) expect((await run(sql)).text, sql).not.toContain(FILE_CANARY);
    }
  }
});

/** Small and the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ROUNDS = 4_000;
const RUN_MAX = 300;

test("statements spliced, cut and doubled by lot never show what is another's", async () => {
  const draw = random(20_261_122);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(draw() * items.length)] as T; // There are some.
  const file = join(folder, "secret.txt");
  const all = [...Array.from({ length: 40 }, () => goodStatements).flat(), ...hostileStatements.map((one) => one.replaceAll("FILE", file).replaceAll("OUT", join(folder, "out.csv")))];
  const pieces = (statement: string): string[] => statement.match(/\w+|\s+|'[^']*'|./gs) ?? [];
  const words = [
    ...new Set(all.flatMap(pieces)), "'", "\\", "`", '"', "--", "/*", "*/", "(", ")", ",", "*", "default.events", "events", "profiles", "__e", "__o", "__m", "workspace_id", "in (events)", "union all", "as events",
    "file('FILE')".replace("FILE", file), "with events as (select 8 as workspace_id)", "with 8 as workspace_id", "`default`.`profile_override`", "$$", "{s:String}", "{col:Identifier}", "{table:Identifier}", "in", "x ->", ";", "\u2028",
  ];
  const mutated = (): string => {
    const parts = pieces(pick(all));
    for (let count = 1 + Math.floor(draw() * 2); count > 0; count--) {
      const at = Math.floor(draw() * (parts.length + 1));
      const how = draw();
      if (how < 0.35) parts.splice(at, 0, " ", pick(words), " ");
      else if (how < 0.55) parts.splice(at, 1 + Math.floor(draw() * 3));
      else if (how < 0.8) parts.splice(at, 1, pick(words));
      else {
        const other = pieces(pick(all));
        const from = Math.floor(draw() * other.length);
        parts.splice(at, 0, " ", ...other.slice(from, from + 1 + Math.floor(draw() * 12)), " ");
      }
    }
    return parts.join("");
  };
  const taken = new Set<string>();
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const sql = compiled(mutated(), pick([clear, masked]), draw() < 0.3);
    if (sql === undefined || sql.length > 20_000 || taken.size >= RUN_MAX || taken.has(sql)) continue;
    taken.add(sql);
    const answer = await run(sql);
    if (!answer.failed) answered++;
    // An error may quote the statement, and so its own texts; no row of anybody's is in it.
    expect(answer.text, sql).not.toContain(FILE_CANARY);
    expect(answer.failed ? answer.text.replaceAll(sql, "") : answer.text, sql).not.toContain(CANARY);
    if (taken.size % 4 === 0 && !answer.failed) await holdToAllowed(sql);
  }
  // A run that compiles nothing proves nothing.
  expect(taken.size).toBeGreaterThan(200);
  expect(answered).toBeGreaterThan(80);
  expect(await readdir(folder)).toEqual(["secret.txt"]);
});
