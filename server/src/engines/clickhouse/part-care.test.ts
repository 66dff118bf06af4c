// The engine's parts after writes that failed, and after files were lost, on a real child. Writes fail where a file may not grow beyond
// a limit that the kernel sets for the process, which the engine takes no better than a full disk.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../../core/logger.ts";
import { startClickHouse, type ClickHouse } from "./clickhouse.ts";
import { codeOf, isRefusal, isTransient } from "./insert-block.ts";
import { unreadableFolder } from "./unreadable.ts";

const FILE_BYTES_MAX = 40_000;
const ROWS = 1_000;

let folder = "";
let clickhouse: ClickHouse;
let logged: { readonly level: number; readonly msg: string; readonly tables?: string[]; readonly putAside?: string[] }[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "trib-"));
  logged = [];
  const logger = createLogger("info", { write: (line) => void logged.push(JSON.parse(line)) });
  clickhouse = await startClickHouse({ dataDir: folder, logger });
  // What is inserted is small, and what is stored of it is not.
  await run(`create table t (a UInt32, b UInt8 default 0, text String materialized repeat(toString(a), 30) codec(NONE), index by_b b type minmax) engine = MergeTree order by a
    settings fsync_after_insert = 1, min_bytes_for_wide_part = 134217728`);
});
afterEach(async () => {
  await clickhouse.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(query: string): Promise<void> {
  await clickhouse.client("write").command({ query });
}

async function ask<Row>(query: string): Promise<Row[]> {
  return (await clickhouse.client("api").query({ query, format: "JSONEachRow" })).json<Row>();
}

async function insert(from: number, rows = ROWS): Promise<void> {
  await clickhouse.client("write").insert({ table: "t", values: Array.from({ length: rows }, (_, i) => ({ a: from + i })), format: "JSONEachRow" });
}

/** Reads every column of every row. */
async function content(): Promise<{ rows: number; texts: number; changed: number }> {
  const [found] = await ask<{ rows: number; texts: number; changed: number }>("select count() as rows, countIf(text = repeat(toString(a), 30)) as texts, sum(b) as changed from t");
  return found ?? { rows: -1, texts: -1, changed: -1 };
}

async function parts(): Promise<{ name: string; path: string }[]> {
  return ask("select name, path from system.parts where table = 't' and active order by name");
}

/** Files of the child may not grow beyond this; nor may what it inserts, which is smaller. */
function limitFiles(bytes: number | undefined): void {
  execFileSync("prlimit", ["--pid", String(clickhouse.pid()), `--fsize=${bytes ?? "unlimited"}:unlimited`]);
}

async function reloaded(times = 1): Promise<void> {
  for (;;) {
    if (logged.filter(({ tables }) => tables).length >= times) return;
    await sleep(20);
  }
}

describe.skipIf(process.platform !== "linux")("writes that failed", () => {
  test("an insert of which a write failed is answered with an error, and leaves nothing that can't be read", async () => {
    await insert(0, 100);
    limitFiles(FILE_BYTES_MAX);
    const failure = await insert(10_000).catch((error: unknown) => error);
    limitFiles(undefined);
    expect(codeOf(failure)).toBe(75);
    expect([isRefusal(failure), isTransient(failure)]).toEqual([false, true]);
    expect(await content()).toEqual({ rows: 100, texts: 100, changed: 0 });
    await insert(10_000);
    expect(await content()).toEqual({ rows: 100 + ROWS, texts: 100 + ROWS, changed: 0 });
    const [reload] = logged.filter(({ tables }) => tables);
    expect(reload).toMatchObject({ level: 50, tables: expect.arrayContaining(["t"]), putAside: [expect.stringMatching(/^t\/broken-on-start_/)] });
    expect(reload?.msg).toContain("could not write to its disk");
  });

  test("a merge of which a write failed is undone: the parts that it was made from are back", async () => {
    for (let i = 0; i < 3; i++) await insert(i * ROWS, 200);
    limitFiles(FILE_BYTES_MAX);
    await run("optimize table t final").catch(() => undefined);
    await reloaded();
    limitFiles(undefined);
    expect(await content()).toEqual({ rows: 600, texts: 600, changed: 0 });
    await run("optimize table t final");
    expect(await parts()).toHaveLength(1);
    expect(await content()).toEqual({ rows: 600, texts: 600, changed: 0 });
  });

  test("a change of rows of which a write failed is made when it is asked for again", async () => {
    for (let i = 0; i < 2; i++) await insert(i * ROWS);
    limitFiles(FILE_BYTES_MAX);
    const failure = await run("alter table t update text = concat(text, ''), b = 1 where 1").catch((error: unknown) => error);
    limitFiles(undefined);
    expect(failure).toBeInstanceOf(Error);
    await run("alter table t update b = 1 where 1");
    expect(await content()).toEqual({ rows: 2 * ROWS, texts: 2 * ROWS, changed: 2 * ROWS });
  });
});

describe("files that were lost", () => {
  test("a query that meets them is answered from what is left, and so are those beside it", async () => {
    for (let i = 0; i < 2; i++) await insert(i * ROWS);
    const [first] = await parts();
    for (const name of readdirSync(first?.path ?? "")) truncateSync(join(first?.path ?? "", name), 0);
    const answers = await Promise.all(Array.from({ length: 12 }, () => content()));
    expect(answers).toEqual(answers.map(() => ({ rows: ROWS, texts: ROWS, changed: 0 })));
    expect(logged.filter(({ tables }) => tables)).toHaveLength(1);
    expect(logged.at(-1)).toMatchObject({ tables: ["t"], putAside: [`t/broken-on-start_${first?.name}`] });
  });

  test("an index that can't be read is found out too", async () => {
    await insert(0);
    const [part] = await parts();
    for (const name of readdirSync(part?.path ?? "")) if (name.startsWith("skp_idx")) truncateSync(join(part?.path ?? "", name), 0);
    expect(await ask("select count() as rows from t where b = 0")).toEqual([{ rows: 0 }]);
    expect(logged.at(-1)).toMatchObject({ tables: ["t"], putAside: [`t/broken-on-start_${part?.name}`] });
  });

  test("queries that run meanwhile are waited for, and a part that stays unreadable makes no loop", async () => {
    await insert(0);
    const [part] = await parts();
    const file = join(part?.path ?? "", "data.bin");
    // The size is right, so a start takes it for sound.
    writeFileSync(file, Buffer.from(readFileSync(file)).fill(7, 2_000, 4_000));
    const sleeping = ask("select sleepEachRow(0.2) from numbers(5)");
    const failures = await Promise.all(Array.from({ length: 60 }, () => content().catch((error: unknown) => codeOf(error))));
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).toBeGreaterThan(0);
    expect(await sleeping).toHaveLength(5);
    // The pauses double, however many queries there are.
    expect(logged.filter(({ tables }) => tables).length).toBeLessThan(10);
    expect(logged.find(({ tables }) => tables)?.msg).toContain("stays unreadable");
    expect(await ask("select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("a change of rows that was noted on a full disk keeps no table from opening", async () => {
    await insert(0);
    await run("alter table t update b = 1 where 1");
    const [part] = await parts();
    const path = part?.path ?? "";
    const whole = { rows: ROWS, texts: ROWS, changed: ROWS };
    writeFileSync(join(path, "..", "mutation_99.txt"), "");
    for (const name of readdirSync(path)) truncateSync(join(path, name), 0);
    // What the part was changed from is still there, and is changed once more.
    await content();
    await run("alter table t update b = 1 where 1");
    expect(await content()).toEqual(whole);
    writeFileSync(join(path, "..", "mutation_99.txt"), "format version: 1\ncreate");
    await clickhouse.stop();
    clickhouse = await startClickHouse({ dataDir: folder, logger: createLogger("silent") });
    expect(await content()).toEqual(whole);
  });
});

test("only what can't be read of a file that is named counts as unreadable", () => {
  const folder = "/store/f77/f77b94a2-173c-4e60-9027-0d0b935b0ab4/";
  const part = `(while reading from part /d${folder}all_1_1_0/ in table default.events (b) located on disk default)`;
  expect(unreadableFolder(new Error(`Code: 246. DB::Exception: Empty marks file: ${part}: While executing MergeTreeSelect. (CORRUPTED_DATA)`))).toBe(folder);
  expect(unreadableFolder(new Error(`Code: 246. DB::Exception: Empty marks file '/d${folder}all_1_1_0/skp_idx_by_block.cmrk4'. (CORRUPTED_DATA)`))).toBe(folder);
  expect(unreadableFolder(new Error(`Code: 341. DB::Exception: Cannot read all data: ${part}. (CANNOT_READ_ALL_DATA)`))).toBe(folder);
  expect(unreadableFolder(new Error(`Code: 241. DB::Exception: Memory limit exceeded: ${part}. (MEMORY_LIMIT_EXCEEDED)`))).toBeUndefined();
  expect(unreadableFolder(new Error("Code: 33. DB::Exception: Cannot read all data. Bytes read: 3. (CANNOT_READ_ALL_DATA)"))).toBeUndefined();
});
