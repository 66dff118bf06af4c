// What really goes out by each channel, taken by servers of our own.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSeal } from "../core/sealed-text.ts";
import { quietLogger } from "../engines/testing.ts";
import { createMailer } from "../mail/mail.ts";
import { startTestMailServer, type TestMailServer } from "../mail/testing.ts";
import { createOutbound, type Outbound } from "../outbound/outbound.ts";
import { createAlertChannels, type AlertChannels } from "./channels.ts";
import { messageOf } from "./message.ts";

const START = Date.UTC(2026, 10, 22, 12);
const seal = createSeal("an installation's secret", "alert channels");
const taken: string[] = [];
let mails: TestMailServer;
let chat: Server;
let outbound: Outbound;
let channels: AlertChannels;

beforeAll(async () => {
  mails = await startTestMailServer();
  chat = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString())).on("end", () => {
      taken.push(body);
      response.writeHead(request.url === "/no" ? 404 : 200).end(`no_service at ${request.url}`);
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, "127.0.0.1", resolve));
  outbound = createOutbound({ privateHosts: ["127.0.0.1"] });
  channels = createAlertChannels({ outbound, mailer: createMailer({ smtpUrl: mails.url, from: "Tributary <cdp@example.com>" }, quietLogger), seal, nowMs: () => START });
});
afterAll(async () => {
  await outbound.close();
  await mails.stop();
  chat.closeAllConnections();
  await new Promise((resolve) => chat.close(resolve));
});

const facts = { state: "failing", since: new Date(START).toISOString(), for_minutes: 25, code: "timeout", detail: "<!channel> waits", failures: 3 };
const alert = { id: 7, kind: "destination_failing", name: "CRM & <co>", since: new Date(START), openedAt: new Date(START), closedAt: null, closedWhy: "" };
const message = messageOf(alert, { change: "opened", facts, workspace: "Shop", publicUrl: "https://cdp.example.com/" });
const send = (kind: "mail" | "chat", settings: object) => channels.send({ kind, workspaceId: 1, settingsSealed: seal.seal(JSON.stringify(settings), 1) }, message, "key");

test("a mail says it in its subject, and leads to the alert", async () => {
  expect(await send("mail", { to: ["ada@example.com", "grace@example.com"] })).toEqual({ isSent: true });
  expect(mails.mails.map(({ to }) => to[0]).toSorted()).toEqual(["ada@example.com", "grace@example.com"]);
  const [mail] = mails.mails;
  expect(mail?.raw).toMatch(/^Subject: Alert: CRM & <co> has been failing for 25 minutes/m);
  expect(mail?.text).toContain("https://cdp.example.com/alerts?alert=7");
  expect(mail?.html).not.toContain("<co>");
  mails.refuse();
  expect(await send("mail", { to: ["ada@example.com"] })).toEqual({ isSent: false, detail: "The mail server did not take it; the server's log says more." });
});

test("a chat gets one line in which a name can call nobody, and what it answers is told without its address", async () => {
  const { port } = chat.address() as AddressInfo; // A server that listens on a port has one.
  expect(await send("chat", { url: `http://127.0.0.1:${port}/yes` })).toEqual({ isSent: true });
  expect(JSON.parse(taken[0] ?? "")).toEqual({
    text: "Alert: CRM &amp; &lt;co&gt; has been failing for 25 minutes: &lt;!channel&gt; waits. Nothing is lost: what is for it waits. (Shop) <https://cdp.example.com/alerts?alert=7|Look at it>",
  });
  expect(await send("chat", { url: `http://127.0.0.1:${port}/no` })).toEqual({ isSent: false, detail: "The other side answered 404: no_service at /no" });
});

test("what was sealed for another workspace opens for none", async () => {
  const theirs = seal.seal(JSON.stringify({ to: ["ada@example.com"] }), 2);
  expect(await channels.send({ kind: "mail", workspaceId: 1, settingsSealed: theirs }, message, "key")).toEqual({ isSent: false, detail: "Its address can't be opened any more. Enter it anew." });
});
