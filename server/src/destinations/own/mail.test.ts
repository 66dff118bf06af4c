import { afterEach, beforeEach, expect, test } from "vitest";
import { startTestMailServer, type TestMailServer } from "../../mail/testing.ts";
import type { SendResult } from "../destination.ts";
import { contractEvent, hostileTexts } from "../testing-contract.ts";
import { outboundToLoopback, startTestVendor } from "../testing-vendor.ts";
import { mail } from "./mail.ts";

const password = "canary-mail-password";
let smtp: TestMailServer;
beforeEach(async () => void (smtp = await startTestMailServer()));
afterEach(() => smtp.stop());

const parts = { outbound: outboundToLoopback(), filesDirectory: "", nowMs: Date.now, timeoutMs: 20_000 };
const settings = (more: Record<string, unknown> = {}) => ({ host: "127.0.0.1", port: Number(new URL(smtp.url).port), security: "none", from: "shop@example.com", fromName: "The shop", ...more });

async function send(payload: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<SendResult> {
  const result = await mail(parts).send({
    connection: { workspaceId: 1, destinationId: 1, slug: "smtp", version: 1, settings: settings(more) },
    subscription: { id: 1, version: 1, action: "send" }, items: [{ event: contractEvent(0), payload, idempotencyKey: "key-0" }],
  }, new AbortController().signal);
  expect(JSON.stringify(result)).not.toContain(password);
  return result;
}

test("a mail goes out as it was mapped, and is the same mail when it is sent again", async () => {
  const payload = { to: "ann@example.com", subject: "Your order o-1", text: "Thank you.", html: "<p>Thank you.</p>", replyTo: "help@example.com" };
  expect((await send(payload)).outcomes).toEqual([{ kind: "delivered" }]);
  expect((await send(payload)).outcomes).toEqual([{ kind: "delivered" }]);
  const [first, second] = [await smtp.mail(0), await smtp.mail(1)];
  expect(first).toMatchObject({ from: "shop@example.com", to: ["ann@example.com"] });
  expect(first.raw).toMatch(/^From: The shop <shop@example\.com>\r?$/m);
  expect(first.raw).toMatch(/^Reply-To: help@example\.com\r?$/m);
  expect(first.raw).toMatch(/^Subject: Your order o-1\r?$/m);
  expect(first.text).toContain("Thank you.");
  expect(first.html).toContain("<p>Thank you.</p>");
  const idOf = (raw: string): string | undefined => /^Message-ID:\s*(\S+)/im.exec(raw)?.[1];
  expect(idOf(first.raw)).toMatch(/^<[0-9a-f]{64}@example\.com>$/);
  expect(idOf(second.raw)).toBe(idOf(first.raw));
});

test.each(hostileTexts.map((text) => [JSON.stringify(text).slice(0, 30), text]))("%s in a subject is no header of its own", async (_shown, text) => {
  const { outcomes } = await send({ to: "ann@example.com", subject: text.slice(0, 400), text });
  expect(outcomes.map(({ kind }) => kind)).toEqual(["delivered"]);
  const { raw, to } = await smtp.mail(0);
  const head = raw.split("\r\n\r\n")[0] ?? "";
  expect(head).not.toMatch(/^X-Injected|^Bcc/im);
  expect(head.match(/^[\w-]+(?=:)/gm)?.map((name) => name.toLowerCase()).filter((name) => name !== "subject").sort()).toEqual(["content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version", "to"]);
  expect(to).toEqual(["ann@example.com"]);
});

test.each(["a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "<a@example.com>", "Ann <a@example.com>", '"a,b"@example.com', "no address", "a@example.com\u0000", "@example.com"])("%j is not one address, and nothing is sent", async (to) => {
  expect((await send({ to, subject: "x", text: "y" })).outcomes).toEqual([{ kind: "refused", code: "payload", detail: expect.stringMatching(/^to: /) as string }]);
  expect(smtp.mails).toHaveLength(0);
});

test("a mail without text is refused, and one that the server refuses, too; its reason shows no address", async () => {
  expect((await send({ to: "ann@example.com", subject: "x" })).outcomes).toMatchObject([{ kind: "refused", code: "payload" }]);
  smtp.refuse();
  const { outcomes: [outcome] } = await send({ to: "ann@example.com", subject: "x", text: "y" });
  expect(outcome).toMatchObject({ kind: "refused", code: "smtp_550", status: 550 });
  expect(JSON.stringify(outcome)).not.toContain("ann@example.com");
});

test("a password goes to no server without TLS", async () => {
  expect(mail(parts).check(settings({ user: "shop", password })).map(({ field }) => field)).toEqual(["security"]);
  const { outcomes } = await send({ to: "ann@example.com", subject: "x", text: "y" }, { security: "starttls", user: "shop", password });
  expect(outcomes).toMatchObject([{ kind: "retry", code: "tls_failed", isOfDestination: true }]);
  expect(smtp.commands).not.toContain("AUTH");
});

test("a server that isn't there, says nothing or is none is a failure of the destination", async () => {
  const vendor = await startTestVendor();
  const quick = mail({ ...parts, timeoutMs: 300 });
  const outcomesAt = async (port: number) => (await quick.send({
    connection: { workspaceId: 1, destinationId: 1, slug: "smtp", version: 1, settings: settings({ port }) },
    subscription: { id: 1, version: 1, action: "send" }, items: [{ event: contractEvent(0), payload: { to: "ann@example.com", subject: "x", text: "y" }, idempotencyKey: "k" }],
  }, new AbortController().signal)).outcomes;
  expect(await outcomesAt(1)).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  expect(await outcomesAt(Number(new URL(vendor.url).port))).toMatchObject([{ kind: "retry", isOfDestination: true }]);
  await vendor.stop();
});

test("an address that may not be reached is not reached", async () => {
  const guarded = mail({ ...parts, outbound: (await import("../../outbound/outbound.ts")).createOutbound({ privateHosts: [] }) });
  const result = await guarded.test({ workspaceId: 1, destinationId: 1, slug: "smtp", version: 1, settings: settings() }, new AbortController().signal);
  expect(result.isGood).toBe(false);
  expect(smtp.commands).toEqual([]);
});

test("the test of the settings speaks to the server", async () => {
  const result = await mail(parts).test({ workspaceId: 1, destinationId: 1, slug: "smtp", version: 1, settings: settings() }, new AbortController().signal);
  expect(result.isGood).toBe(true);
  expect(smtp.mails).toHaveLength(0);
  expect(smtp.commands).toContain("EHLO");
});
