// Files of ClickHouse that were lost under a running server, as to a disk that fails: queries are answered all the same, and what was
// sent lately is back without anybody starting anything.
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverFile, sql, startServerProcess, type ServerProcess } from "../server-process.ts";

const EVENTS = 400;
const BATCH = 50;
const ids = Array.from({ length: EVENTS }, (_, i) => `u${i}`);

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(() => server.remove());

interface Balance {
  readonly balanced: boolean;
  readonly verified: boolean;
  readonly sources: readonly { readonly source_id: number; readonly in_event_table: number }[];
}

test("every part of the events and of the people is emptied, and nothing is missing in the end", async (context) => {
  if (!("socketPath" in (await serverFile(server.dataDir)).clickhouse)) context.skip("The files are those of a server elsewhere.");
  for (let from = 0; from < EVENTS; from += BATCH) {
    const batch = ids.slice(from, from + BATCH).map((id) => ({ type: "track", event: "Seen", messageId: id, userId: `user-${Number(id.slice(1)) % 40}` }));
    expect(await server.send("/v1/batch", { batch })).toBe(200);
    await server.settled();
  }
  const before = await people();
  expect(before).toBeGreaterThan(0);
  const parts = await sql<{ path: string }>(server.dataDir, "select path from system.parts where active and table in ('events', 'profiles')");
  expect(parts.length).toBeGreaterThan(1);
  for (const { path } of parts) for (const file of readdirSync(path)) truncateSync(join(path, file), 0);

  const pid = server.pid();
  for (;;) {
    // Never fails, and says how it stands.
    const ledger = await server.api<Balance>("/ledger?verify=true");
    const inTable = ledger.sources.find(({ source_id }) => source_id === 1)?.in_event_table;
    if (ledger.balanced && ledger.verified && inTable === EVENTS) break;
    await sleep(50);
  }
  await server.settled();
  for (const id of ids.filter((_, i) => i % 25 === 0)) {
    const fate = await server.api<{ rows: { outcome: string }[] }>(`/events/${id}`);
    expect([id, fate.rows.map(({ outcome }) => outcome)]).toEqual([id, ["stored"]]);
  }
  expect(await people()).toBe(before);
  expect(server.pid()).toBe(pid);
  expect(server.output()).toContain("could not read a part of a table");
});

async function people(): Promise<number> {
  const [row] = await sql<{ people: number }>(server.dataDir, "select uniqExact(profile_id) as people from profiles");
  return row?.people ?? 0;
}
