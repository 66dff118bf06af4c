import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { createWorkspaceDb, type WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { listAudit } from "./audit.ts";
import { AGAIN_WITHIN_MS, createReadAudit, type ReadAudit } from "./read-audit.ts";

const start = Date.UTC(2026, 5, 1);
const clock = manualClock(start);
const agent = { workspaceId: 1, actor: "account:agent", kind: "account" } as const;
const program = { workspaceId: 1, actor: "token:7", kind: "token" } as const;
const person = (n: number) => `profile:00000000-0000-0000-0000-${String(n).padStart(12, "0")}`;

let postgres: Postgres;
let db: WorkspaceDb;
let reads: ReadAudit;
const failures: unknown[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  db = createWorkspaceDb(postgres, { max: 2 });
  await postgres.pool("test", 1).query("insert into workspace (id, slug, name, log_partition) overriding system value values (1, 'one', 'One', 0)");
});
beforeEach(async () => {
  await postgres.pool("test", 1).query("truncate audit_log");
  failures.length = 0;
  reads = createReadAudit({ workspaceDb: db, clock, onFailure: (error) => failures.push(error) });
});
afterAll(async () => {
  await db?.end();
  await postgres?.stop();
});

const entries = (filter: object = {}) => db.run(1, (client) => listAudit(client, 1, { limit: 100, ...filter }));

test("what an account looks at is written before it is answered, once for some minutes, with a count", async () => {
  await reads.record(agent, { action: "person.open", target: person(1) });
  expect(await entries()).toMatchObject([{ actor: "account:agent", action: "person.open", target: person(1), detail: {} }]);
  clock.advanceMs(60_000);
  for (let again = 0; again < 4; again++) await reads.record(agent, { action: "person.open", target: person(1) });
  await reads.record(agent, { action: "person.open", target: person(2) });
  expect(await entries()).toHaveLength(2);
  await reads.flush();
  expect(await entries({ target: person(1) })).toMatchObject([{ detail: { count: 5, until: new Date(clock.nowMs()).toISOString() } }]);
  clock.advanceMs(AGAIN_WITHIN_MS);
  await reads.record(agent, { action: "person.open", target: person(1) });
  expect(await entries({ target: person(1) })).toHaveLength(2);
});

test("two who look at the same at once are two entries; one who looks twice at once is one", async () => {
  const look = (actor: string) => reads.record({ ...agent, actor }, { action: "person.open", target: person(1) });
  await Promise.all([look("account:a"), look("account:a"), look("account:b")]);
  expect((await entries()).map(({ actor }) => actor).toSorted()).toEqual(["account:a", "account:b"]);
});

test("what a token reads is gathered, and written as one entry for each kind, found by each person it names", async () => {
  for (let n = 0; n < 500; n++) void reads.record(program, { action: "person.open", target: person(n % 3) });
  await reads.record(program, { action: "person.search", target: "workspace" });
  expect(await entries()).toEqual([]);
  await reads.flush();
  const written = await entries();
  expect(written.map(({ action, detail }) => [action, detail["count"]])).toEqual([["person.search", 1], ["person.open", 500]]);
  expect(written[1]?.detail["people"]).toEqual([person(0), person(1), person(2)]);
  expect(await entries({ target: person(2) })).toHaveLength(1);
  expect(await entries({ target: person(4) })).toEqual([]);
  await reads.flush();
  expect(await entries()).toHaveLength(2);
});

test("of very many people an entry names some, and says that there were more", async () => {
  for (let n = 0; n < 1_000; n++) await reads.record(program, { action: "person.open", target: person(n) });
  await reads.close();
  const [entry] = await entries();
  expect(entry?.detail).toMatchObject({ count: 1_000, more_people: true });
  expect(entry?.detail["people"]).toHaveLength(200);
});

test("a read that can't be written is not answered; what was gathered is reported as lost", async () => {
  const nowhere = { ...agent, workspaceId: 1, actor: "account:x\0" };
  await expect(reads.record(nowhere, { action: "person.open", target: person(1) })).rejects.toThrow();
  await reads.record({ ...program, actor: "token:\0" }, { action: "person.open", target: person(1) });
  await reads.flush();
  expect(failures).toHaveLength(1);
});

test("the log is searched by how an action begins, by time, and by words in the detail", async () => {
  await reads.record(agent, { action: "person.open", target: person(1), detail: { reason: "Rang about Order 7" } });
  clock.advanceMs(1_000);
  await reads.record(agent, { action: "tail.open", target: "workspace" });
  const at = clock.nowMs();
  expect((await entries({ action: "person." })).map(({ action }) => action)).toEqual(["person.open"]);
  expect((await entries({ text: "order 7" })).map(({ action }) => action)).toEqual(["person.open"]);
  expect((await entries({ fromMs: at })).map(({ action }) => action)).toEqual(["tail.open"]);
  expect((await entries({ toMs: at })).map(({ action }) => action)).toEqual(["person.open"]);
  expect(await entries({ text: "%" })).toEqual([]);
});
