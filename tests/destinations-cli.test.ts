// What an operator does with destinations at a terminal, against a whole server: a webhook fails, is understood, heals, and what failed is
// sent again.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { API_TOKEN, startServerProcess, type ServerProcess } from "./server-process.ts";

const launcher = fileURLToPath(new URL("../bin/tributary", import.meta.url));

interface Receiver {
  readonly server: Server;
  readonly url: string;
  /** Message ids of what it took. */
  readonly taken: string[];
  /** Message ids of what it takes only when it is well. */
  readonly refuses: Set<string>;
}

async function startReceiver(): Promise<Receiver> {
  const [taken, refuses]: [string[], Set<string>] = [[], new Set()];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      const { messageId = "" } = JSON.parse(text) as { messageId?: string };
      if (!refuses.has(messageId)) taken.push(messageId);
      response.writeHead(refuses.has(messageId) ? 400 : 200, { "content-type": "application/json" });
      response.end(refuses.has(messageId) ? "{\"message\":\"The order has \u001b[31mno currency.\"}" : "{\"ok\":true}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { server, url: `http://127.0.0.1:${port}/orders`, taken, refuses };
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let server: ServerProcess;
let receiver: Receiver;

beforeAll(async () => {
  [server, receiver] = await Promise.all([startServerProcess({ env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" } }), startReceiver()]);
  await server.api("/destinations", { method: "POST", body: { name: "Hook", slug: "hook", definition: "signed-webhook", settings: { url: receiver.url, secret: "canary-0123456789" }, enabled: true } });
  const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } };
  await server.api("/destinations/hook/subscriptions", { method: "POST", body: { name: "Orders", definition, enabled: true } });
});
afterAll(async () => {
  receiver?.server.close();
  await server?.remove();
});

function tributary(...args: readonly string[]): Promise<Ran> {
  const { PATH = "" } = process.env;
  return new Promise((done) => {
    execFile(launcher, args, { env: { PATH, TRIBUTARY_URL: server.url, TRIBUTARY_API_TOKEN: API_TOKEN }, timeout: 180_000 }, (error, out, err) => {
      done({ code: error ? (typeof error.code === "number" ? error.code : -1) : 0, out, err });
    });
  });
}

/** The rows of a table, without its head. */
const rowsOf = ({ out }: Ran): string[] => out.trimEnd().split("\n").slice(1);
const deliveries = (...args: readonly string[]): Promise<Ran> => tributary("destinations", "deliveries", "hook", ...args);
const order = (id: string, person: string): Promise<number> => server.send("/v1/track", { event: "Order Completed", userId: person, messageId: id, properties: { order_id: id } });

test("what failed is listed, opened with its request and reply, and told by reason with what to do", async () => {
  receiver.refuses.add("o-2").add("o-3");
  expect(await tributary("destinations", "health", "hook")).toMatchObject({ code: 0, out: expect.stringMatching(/^hook is idle\.\n/) });
  for (const [id, person] of [["o-1", "ada"], ["o-2", "ada"], ["o-3", "grace"]] as const) await order(id, person);
  await expect.poll(async () => rowsOf(await deliveries())).toHaveLength(3);

  const refused = await deliveries("--outcome", "refused");
  expect(refused.out).toMatch(/^ENDED \(UTC\) +OUTCOME +EVENT +SUBSCRIPTION +PERSON +TRIES +ID +WHY\n/);
  expect(rowsOf(refused)).toHaveLength(2);
  for (const row of rowsOf(refused)) expect(row).toMatch(/ refused +Order Completed +Orders +[\da-f-]{36} +1 +[\da-f-]{36} +http_400: .*no currency\.$/);
  expect(rowsOf(await deliveries("--limit", "1"))).toHaveLength(1);
  expect((await deliveries("--limit", "1")).err).toContain("There are more");
  expect(rowsOf(await deliveries("--message", "o-1"))).toEqual([expect.stringContaining(" delivered ")]);
  expect(await deliveries("--until", "2020-01-01")).toMatchObject({ code: 0, out: "", err: "No delivery is like that.\n" });
  expect(await deliveries("--from", "yesterday")).toMatchObject({ code: 1, out: "", err: expect.stringContaining("--from is “yesterday”, which is no time.") });
  expect(JSON.parse((await deliveries("--json")).out)).toMatchObject({ data: expect.arrayContaining([expect.objectContaining({ message_id: "o-3", outcome: "refused", status: 400 })]) });

  const opened = await tributary("destinations", "delivery", "hook", "o-2");
  expect(opened).toMatchObject({ code: 0, err: "" });
  expect(opened.out).toContain(`POST ${receiver.url}\n`);
  expect(opened.out).toMatch(/"messageId":"o-2"[^]*→ 400 \(\d+ ms\)\ncontent-type: application\/json\n[^]*no currency/);
  expect(opened.out).not.toMatch(/canary|\u001b/);
  const id = /Request ([\da-f-]{36})/.exec(opened.out)?.[1] ?? "";
  expect((await tributary("destinations", "delivery", "hook", id)).out).toBe(opened.out);
  expect(await tributary("destinations", "delivery", "hook", "o-9")).toMatchObject({ code: 1, err: expect.stringContaining("Nothing of o-9 was sent to hook.") });

  const errors = await tributary("destinations", "errors", "hook");
  expect(errors.out).toMatch(/^http_400: 2 deliveries about 2 people, the last .* \(UTC\)\n {2}It said: .*no currency\.\n {2}What to do: .*mend the mapping/);
  expect(errors.out).toContain("tributary destinations replay hook --reason http_400\n");
  const { out } = await tributary("destinations", "health", "hook");
  expect(out).toMatch(/^hook is flowing[^]*Nothing waits\.[^]*In the last 24 hours:\nOUTCOME +COUNT +WHY\n/);
  expect(out).toMatch(/^refused +2 /m);
  expect(out).toMatch(/^delivered +1 /m);
});

test("what failed is sent again once it was said how much that is and somebody agreed, by person, event, reason and time", async () => {
  const replay = (...args: readonly string[]): Promise<Ran> => tributary("destinations", "replay", "hook", ...args);
  expect(await replay("--dry-run")).toMatchObject({ code: 0, err: "Dry run, nothing is sent: 2 deliveries would be sent again.\n" });
  expect(await replay("--dry-run", "--reason", "http_400", "--event", "Order Completed", "--subscription", "Orders")).toMatchObject({ err: expect.stringContaining(" 2 deliveries ") });
  for (const none of [["--reason", "http_500"], ["--event", "Order Refunded"], ["--until", "2020-01-01"], ["--message", "o-1"], ["--outcome", "expired"]]) {
    expect(await replay("--yes", ...none), none[0]).toMatchObject({ code: 0, err: "Nothing is like that, so nothing is sent again.\n" });
  }
  expect(await replay("--subscription", "Nothing")).toMatchObject({ code: 1, err: expect.stringContaining("no subscription called “Nothing”") });
  expect(await replay("--person", "user_id:nobody")).toMatchObject({ code: 1, err: expect.stringContaining("no such person") });
  expect(await replay()).toMatchObject({ code: 1, err: expect.stringMatching(/^2 deliveries would be sent again to hook[^]*nothing was done[^]*--yes/) });
  expect(await tributary("destinations", "replays", "hook")).toMatchObject({ out: "", err: "Nothing was asked to be sent again.\n" });

  receiver.refuses.clear();
  const ran = await replay("--person", "user_id:grace", "--yes");
  expect(ran).toMatchObject({ code: 0, out: "", err: expect.stringMatching(/^1 delivery would be sent again[^]*Number (\d+) is done: 1 taken up to be sent\.\nWhat becomes of them: tributary destinations deliveries hook --from /) });
  await expect.poll(() => receiver.taken).toEqual(["o-1", "o-3"]);
  const again = / --from (\S+)\n$/.exec(ran.err)?.[1] ?? "";
  await expect.poll(async () => rowsOf(await deliveries("--from", again))).toEqual([expect.stringContaining(" delivered ")]);
  expect((await tributary("destinations", "errors", "hook")).out).toMatch(/^http_400: 1 delivery about 1 person/);

  expect(await replay("--yes", "--no-wait")).toMatchObject({ code: 0, err: expect.stringContaining("How far it is: tributary destinations replays hook\n") });
  await expect.poll(() => receiver.taken).toEqual(["o-1", "o-3", "o-2"]);
  await expect.poll(async () => (await tributary("destinations", "errors", "hook")).err).toBe("Nothing failed for good in the last 24 hours.\n");
  await expect.poll(async () => rowsOf(await tributary("destinations", "replays", "hook"))).toEqual([expect.stringMatching(/^\d+ +done +1 +0 /), expect.stringMatching(/^\d+ +done +1 +0 /)]);
  expect(await tributary("destinations", "replays", "hook", "--stop", "1")).toMatchObject({ code: 1, err: expect.stringContaining("No such replay is running.") });
});
