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
  /** Message ids of what it refuses, while they stand here. */
  readonly refuses: Set<string>;
  /** Names of events that it took, each as often as that was. */
  readonly names: string[];
  /** When set, what it answers to everything. */
  ails?: 401 | 500;
}

async function startReceiver(): Promise<Receiver> {
  const receiver: Omit<Receiver, "server" | "url"> = { taken: [], names: [], refuses: new Set() };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      const { messageId = "", event = "" } = JSON.parse(text) as { messageId?: string; event?: string };
      const status = receiver.ails ?? (receiver.refuses.has(messageId) ? 400 : 200);
      if (status === 200) receiver.taken.push(messageId);
      if (status === 200) receiver.names.push(event);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(status === 200 ? "{\"ok\":true}" : "{\"message\":\"The order has \u001b[31mno currency.\"}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return Object.assign(receiver, { server, url: `http://127.0.0.1:${port}/orders` });
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
  receiver?.server.closeAllConnections();
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
  for (const row of rowsOf(refused)) expect(row).toMatch(/ refused +Order Completed +Orders +[\da-f-]{36} +1 +[\da-f-]{36} +http_400: It answered 400\.$/);
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
  expect(errors.out).toMatch(/^http_400: 2 deliveries about 2 people, the last .* \(UTC\)\n {2}It said: It answered 400\.\n {2}What to do: .*mend the mapping/);
  expect(errors.out).toContain("tributary destinations replay hook --reason http_400\n");
  const { out } = await tributary("destinations", "health", "hook");
  expect(out).toMatch(/^hook is flowing[^]*Nothing waits\.[^]*In the last 24 hours:\nOUTCOME +COUNT +WHY\n/);
  expect(out).toMatch(/^refused +2 /m);
  expect(out).toMatch(/^delivered +1 *$/m);
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

test("what was sent about somebody is listed wherever it went, with what waits", async () => {
  const person = (...args: readonly string[]): Promise<Ran> => tributary("destinations", "person", "user_id:grace", ...args);
  const sent = await person();
  expect(sent).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^ENDED \(UTC\) +DESTINATION +OUTCOME +EVENT +/) });
  expect(rowsOf(sent)).toEqual([expect.stringMatching(/ hook +delivered +Order Completed /), expect.stringMatching(/ hook +refused +Order Completed .*http_400/)]);
  expect(await person("--limit", "1")).toMatchObject({ out: expect.stringMatching(/ delivered /), err: "There are more: ask for them with --limit.\n" });
  expect(await person("--destination", "elsewhere")).toMatchObject({ code: 0, out: "", err: "Nothing about them was sent to elsewhere.\n" });
  expect(await tributary("destinations", "person", "user_id:nobody")).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/no such person[^]*What to do: /) });

  receiver.ails = 500;
  await order("o-4", "grace");
  await expect.poll(async () => (await person()).out).toMatch(/\n\nWAITS UNTIL \(UTC\) +DESTINATION +SUBSCRIPTION +TRIES +SINCE \(UTC\) +WHY\n.* hook +Orders +\d+ .*http_500/);
  expect(JSON.parse((await person("--json")).out)).toMatchObject({ data: [{ destination: "hook", outcome: "delivered" }, {}], waiting: [{ destination: "hook", subscription_name: "Orders" }] });
  delete receiver.ails;
  await expect.poll(async () => rowsOf(await person())).toHaveLength(3);
});

test("what there is to choose from is found by words, and one of it told with what it takes", async () => {
  const found = await tributary("destinations", "catalog", "signed", "webhook");
  expect(found).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^SLUG +NAME +CATEGORY +STATE +TESTED +IN USE\n/) });
  expect(rowsOf(found)).toContainEqual(expect.stringMatching(/^signed-webhook +Webhook +.* ready +its requests +1$/i));
  expect(rowsOf(await tributary("destinations", "catalog", "--availability", "hidden")).every((row) => row.includes(" hidden "))).toBe(true);
  expect(await tributary("destinations", "catalog", "no-such-vendor")).toMatchObject({ code: 0, out: "", err: "The catalog has nothing like that.\n" });
  expect((await tributary("destinations", "catalog", "signed", "webhook", "--category", "Nowhere")).err).toMatch(/nothing like that in “Nowhere”, but in: \w/);
  const shown = await tributary("destinations", "catalog", "--show", "signed-webhook");
  expect(shown.out).toMatch(/^Webhook \(signed-webhook\), .* is ready\n[^]*^url +\w+ +needed/im);
  expect(shown.out).toMatch(/^secret +\w+ +.*secret  /m);
  expect(shown.out).toMatch(/^ACTION +FIELDS IT NEEDS +NAME\nsend /m);
  expect(JSON.parse((await tributary("destinations", "catalog", "--show", "signed-webhook", "--json")).out)).toMatchObject({ definition: { slug: "signed-webhook" }, secrets: expect.arrayContaining(["secret"]) });
  expect(await tributary("destinations", "catalog", "--show", "nothing")).toMatchObject({ code: 1, out: "", err: expect.stringContaining("The catalog has no `nothing`.") });
});

test("before something ends for good it is said who is at the vendor, who can be taken away there first", async () => {
  const archive = (...args: readonly string[]): Promise<Ran> => tributary("destinations", "archive", "hook", ...args);
  const definition = { from: "everyone", who: { kind: "event", event: "Order Completed", op: "at_least", value: 1 } };
  await server.api("/audiences", { method: "POST", body: { name: "Buyers", slug: "buyers", definition } });
  const going = { action: "send", trigger: { kind: "audience", audience: "buyers" }, mapping: { data: { "@path": "$." } } };
  await server.api("/destinations/hook/subscriptions", { method: "POST", body: { name: "Buyers", definition: going, enabled: true } });
  const entered = (): number => receiver.names.filter((name) => name === "Audience Entered").length;
  await expect.poll(entered).toBe(2);
  await expect.poll(async () => (await archive("--dry-run")).err).toBe(
    "hook stops for good with its 2 subscriptions, and its settings and tokens are deleted; what was sent stays on record.\n"
    + "Buyers: the vendor was told of 2 people; they stay there, unless --empty takes them away first.\nDry run, nothing was changed.\n",
  );
  expect(await archive("Nothing")).toMatchObject({ code: 1, err: expect.stringContaining("no subscription called “Nothing”") });
  expect(await archive("Buyers", "--empty")).toMatchObject({ code: 1, err: expect.stringMatching(/^“Buyers” of hook stops for good; .*\n.*taken away there first\.\n[^]*nothing was done[^]*--yes/) });
  expect((await tributary("destinations", "list")).out).toMatch(/ 2 of 2\n/);
  expect(await archive("Buyers", "--empty", "--yes")).toMatchObject({ code: 0, err: expect.stringMatching(/archived when nobody of them is left at the vendor[^]*\n {2}tributary destinations sync hook Buyers\n$/) });
  await expect.poll(() => receiver.names.filter((name) => name === "Audience Exited")).toHaveLength(2);
  await expect.poll(async () => (await tributary("destinations", "list")).out).toMatch(/ 1 of 1\n/);
});

test("a key that is not taken makes health fail, and what ended can be looked at still, but nothing is sent to it again", async () => {
  receiver.ails = 401;
  await order("o-5", "ada");
  await expect.poll(async () => (await tributary("destinations", "health", "hook")).code).toBe(1);
  expect((await tributary("destinations", "health", "hook")).out).toMatch(/^hook is unauthorized since .*\nWhat to do: /);
  expect(await tributary("destinations", "archive", "hook", "--yes")).toMatchObject({ code: 0, err: expect.stringMatching(/with its subscription, and its settings [^]*\nhook is archived\.\n$/) });
  expect(await tributary("destinations", "archive", "hook", "--yes")).toMatchObject({ code: 0, err: "hook is archived already.\n" });
  expect(rowsOf(await deliveries("--outcome", "delivered", "--event", "Order Completed"))).toHaveLength(4);
  expect(await tributary("destinations", "replay", "hook", "--yes", "--outcome", "delivered")).toMatchObject({ code: 1, err: expect.stringContaining("hook is archived.") });
});
