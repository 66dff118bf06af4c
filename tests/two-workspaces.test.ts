// A second workspace on a running server, as people make one: by HTTP. It takes events at once, in a partition that no event
// had reached before; its people are its own, and the ledgers of both balance.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { API_TOKEN, serverFile, startServerProcess, WRITE_KEY, type ServerProcess } from "./server-process.ts";

const PERSON = { messageId: "one", userId: "ada", traits: { email: "ada@example.com", plan: "pro" } };

interface Workspace {
  readonly token: string;
  readonly writeKey: string;
}

/** What the answer of `POST /workspaces` holds of it; its whole shape the tests of the API know. */
interface Created {
  readonly workspace: { readonly id: number; readonly slug: string };
  readonly key: { readonly write_key: string };
  readonly secret: string;
}

interface Ledger {
  readonly balanced: boolean;
  readonly sources: readonly {
    readonly source_id: number; readonly received: number; readonly in_event_table: number | null;
    readonly waiting_to_be_decided: number; readonly waiting_to_land: number;
  }[];
}

let server: ServerProcess;
const first: Workspace = { token: API_TOKEN, writeKey: WRITE_KEY };

beforeAll(async () => {
  server = await startServerProcess();
});
afterAll(() => server?.remove());

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

async function identify({ writeKey }: Workspace, body: object): Promise<number> {
  const response = await fetch(`${server.url}/v1/identify`, {
    method: "POST", headers: { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}` }, body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

function profile<T>({ token }: Workspace, ref: string): Promise<T & { status?: number }> {
  return server.api(`/profiles/${ref}`, { ...bearer(token), anyStatus: true });
}

/** Waits until the person is there; gives up with what was answered last. */
async function person(workspace: Workspace, ref: string): Promise<{ status?: number; traits?: Record<string, unknown> }> {
  for (let tries = 1; ; tries++) {
    const answer = await profile<{ traits?: Record<string, unknown> }>(workspace, ref);
    if (answer.traits !== undefined || tries > 200) return answer;
    await sleep(50);
  }
}

async function settledLedger({ token }: Workspace): Promise<Ledger> {
  for (let tries = 1; ; tries++) {
    const ledger = await server.api<Ledger>("/ledger?verify=true", bearer(token));
    const isSettled = ledger.balanced && ledger.sources.every((source) => source.waiting_to_be_decided === 0 && source.waiting_to_land === 0);
    if (isSettled || tries > 200) return ledger;
    await sleep(50);
  }
}

test("a workspace made by HTTP takes events at once; neither sees the other's people, and both ledgers balance", async () => {
  expect(await identify(first, { messageId: "zero", userId: "bob", traits: { plan: "free" } })).toBe(200);
  const made = await server.api<Created>("/workspaces", { method: "POST", body: { name: "Second shop" } });
  const second = { token: made.secret, writeKey: made.key.write_key };
  expect(await identify(second, PERSON), "the key is known with the answer").toBe(200);
  expect(await person(second, "email:ada@example.com")).toMatchObject({ traits: { plan: "pro" } });
  expect(await person(first, "user_id:bob")).toMatchObject({ traits: { plan: "free" } });

  const { id } = await profile<{ id: string }>(second, "user_id:ada");
  for (const ref of [id, "user_id:ada", "email:ada@example.com"]) expect(await profile(first, ref), ref).toMatchObject({ status: 404 });
  expect(await profile(second, "user_id:bob")).toMatchObject({ status: 404 });

  for (const workspace of [first, second]) {
    const { balanced, sources } = await settledLedger(workspace);
    expect(balanced).toBe(true);
    // The settings of the workspace and of its source, which are no source's; and the one event.
    expect(sources).toMatchObject([
      { source_id: 0, received: 2, in_event_table: 2 },
      { source_id: expect.any(Number), received: 1, in_event_table: 1 },
    ]);
  }
});

test("a change of its settings holds for the events behind it, and for no other workspace's", async () => {
  const made = await server.api<Created>("/workspaces", { method: "POST", body: { name: "Third shop" } });
  const third = { token: made.secret, writeKey: made.key.write_key };
  const { settings } = await server.api<{ settings: { phoneCountry?: string } }>("/settings", bearer(third.token));
  await server.api("/settings", { method: "PUT", body: { ...settings, phoneCountry: "DE" }, ...bearer(third.token) });
  const call = (messageId: string) => ({ messageId, userId: messageId, traits: { phone: "030 123456" } });
  expect(await identify(third, call("with-country"))).toBe(200);
  expect(await identify(first, call("without-country"))).toBe(200);
  expect(await person(third, "phone:%2B4930123456")).toMatchObject({ traits: { phone: "030 123456" } });
  expect(await person(first, "user_id:without-country")).toMatchObject({ traits: { phone: "030 123456" } });
  expect(await profile(first, "phone:%2B4930123456")).toMatchObject({ status: 404 });
});

test("all go on after a kill, where they were", async () => {
  const made = await server.api<Created>("/workspaces", { method: "POST", body: { name: "Fourth shop" } });
  const fourth = { token: made.secret, writeKey: made.key.write_key };
  expect(await identify(fourth, PERSON)).toBe(200);
  await server.kill();
  await server.start();
  expect(await identify(fourth, { messageId: "two", userId: "ada", traits: { city: "Paris" } })).toBe(200);
  expect(await person(fourth, "email:ada@example.com")).toMatchObject({ traits: { plan: "pro" } });
  expect(await settledLedger(fourth)).toMatchObject({ balanced: true });
});

test("the command line makes and lists them with the token that the server leaves it", async () => {
  const run = promisify(execFile);
  const launcher = fileURLToPath(new URL("../bin/tributary", import.meta.url));
  const { PATH = "" } = process.env;
  const env = { PATH, TRIBUTARY_DATA_DIR: server.dataDir };
  const made = await run(launcher, ["workspace", "create", "By hand", "--slug", "hand"], { env, cwd: join(launcher, "..") });
  const [, writeKey = "", token = ""] = /^WRITE_KEY +(\S+)\nAPI_TOKEN +(\S+)\n$/.exec(made.stdout) ?? [];
  expect(await identify({ token, writeKey }, PERSON)).toBe(200);
  expect(await person({ token, writeKey }, "user_id:ada")).toMatchObject({ traits: { plan: "pro" } });
  const { stdout: list } = await run(launcher, ["workspace", "list"], { env, cwd: join(launcher, "..") });
  expect(list).toMatch(/^\d+ +hand +By hand +\S+Z$/m);
  expect(list).toMatch(/^\d+ +default /m);
  const { localToken } = await serverFile(server.dataDir);
  for (const secret of [writeKey, token, localToken]) expect(list).not.toContain(secret);
});
