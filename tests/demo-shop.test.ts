// The demo shop on the real server, as somebody asks for it: by HTTP, and through kills of the whole process, once while its
// past is played and once while it is removed.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DemoShopAnswer, DemoShopMade } from "@tributary/schema/api/demo-shop.ts";
import { createShop, truthOf } from "../server/src/demo/demo.ts";
import { sql, startServerProcess, type ServerProcess } from "./server-process.ts";

const wish = { people: 250, days: 60, seed: "kills", pace: 1 };

let server: ServerProcess;
let demoToken = "";

beforeAll(async () => {
  server = await startServerProcess();
  await server.send("/v1/identify", { messageId: "theirs", userId: "ada", traits: { email: "ada@example.com" } });
});
afterAll(() => server?.remove());

const status = (): Promise<DemoShopAnswer> => server.api("/demo-shop");

async function until(isSo: (answer: DemoShopAnswer) => boolean): Promise<DemoShopAnswer> {
  for (let tries = 0; ; tries++) {
    const answer = await status();
    if (isSo(answer)) return answer;
    if (tries > 1_500) throw new Error(`It did not come about: ${JSON.stringify(answer)}\n${server.output().slice(-3_000)}`);
    await sleep(40);
  }
}

const count = async (query: string): Promise<number> => Number((await sql<{ n: string }>(server.dataDir, query))[0]?.n);

test("killed while its past is played, it goes on and is the shop that the seed means, each event once", async () => {
  const made = await server.api<DemoShopMade>("/demo-shop", { method: "POST", body: wish });
  demoToken = made.secret ?? "";
  await until(({ progress }) => (progress?.appended ?? 0) > 1_000);
  await server.kill();
  await server.start();
  const resumed = await status();
  expect(resumed.state).toBe("history");
  const done = await until(({ state, progress }) => state === "live" && progress !== null && progress.landed >= (progress.total ?? Infinity));
  const { history_from: from = "", history_until: end = "", total } = done.progress ?? {};
  const truth = truthOf(createShop({ ...wish, fromMs: Date.parse(from), untilMs: Date.parse(end) }).history());
  expect(total).toBe(truth.calls);
  const of = async (outcome: string): Promise<number> => count(`select count() as n from events where is_historical = 1 and outcome = '${outcome}'`);
  expect({ stored: await of("stored"), duplicate: await of("duplicate"), quarantined: await of("quarantined") }).toEqual(truth.outcomes);
});

test("it is entered with its own token, and nothing of it is seen from elsewhere", async () => {
  const maya = (token?: string) => server.api<{ traits?: object; status?: number }>("/profiles/user_id:cust-10000", { anyStatus: true, ...(token && { headers: { authorization: `Bearer ${token}` } }) });
  expect((await maya(demoToken)).traits).toBeDefined();
  expect((await maya()).status).toBe(404);
});

test("killed while it is removed, it is gone all the same; who stays is whole", async () => {
  await server.api("/demo-shop", { method: "DELETE" });
  await server.kill();
  await server.start();
  const gone = await until(({ state }) => state === "none");
  expect(gone.removal).toMatchObject({ step: "done" });
  expect(gone.removal?.rows_removed).toBeGreaterThan(1_000);
  for (const table of ["events", "profiles", "profile_override"]) expect(await count(`select count() as n from ${table} where workspace_id != 1`), table).toBe(0);
  expect((await server.api<{ status: number }>("/demo-shop", { anyStatus: true, headers: { authorization: `Bearer ${demoToken}` } })).status).toBe(401);
  expect(await server.api("/profiles/user_id:ada")).toMatchObject({ traits: { email: "ada@example.com" } });
  await server.settled();
});

test("any workspace is removed by who answers for the installation, once its slug confirms it", async () => {
  const { workspace } = await server.api<{ workspace: { id: number; slug: string } }>("/workspaces", { method: "POST", body: { name: "Short lived" } });
  const refused = await server.api<{ code: string }>(`/workspaces/${workspace.id}`, { method: "DELETE", anyStatus: true });
  expect(refused.code).toBe("bad_request");
  expect(await server.api<{ code: string }>("/workspaces/default?confirm=default", { method: "DELETE", anyStatus: true })).toMatchObject({ code: "conflict" });
  await server.api(`/workspaces/${workspace.id}?confirm=${workspace.slug}`, { method: "DELETE" });
  await until(({ state, removal }) => state === "none" && removal?.step === "done");
  expect((await server.api<{ data: unknown[] }>("/workspaces")).data).toHaveLength(1);
});
