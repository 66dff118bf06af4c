// Alerts in the console: a destination refuses, the bell counts it, a signed webhook hears of it once, somebody looks after it, and that it is over is told.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import type { DestinationHealth } from "@tributary/schema/api/deliveries.ts";
import type { AlertSummary } from "@tributary/schema/api/alerts.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

const secret = "a secret of sixteen or more";

interface Heard {
  readonly type: string;
  readonly isSigned: boolean;
}

describe.skipIf(chromiumPath === undefined)("alerts", () => {
  let receiver: Server;
  let url = "";
  const heard: Heard[] = [];

  function hear(headers: IncomingHttpHeaders, body: string): void {
    const signature = `v1=${createHmac("sha256", secret).update(`${String(headers["x-tributary-timestamp"])}.${body}`).digest("hex")}`;
    heard.push({ type: (JSON.parse(body) as { type: string }).type, isSigned: headers["x-tributary-signature"] === signature });
  }

  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      receiver = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => void (body += chunk.toString()));
        request.on("end", () => {
          if (request.url === "/alerts") hear(request.headers, body);
          response.writeHead(request.url === "/alerts" ? 200 : 400).end(JSON.stringify({ message: "The order has no currency." }));
        });
      }).listen(0, "127.0.0.1");
      await once(receiver, "listening");
      url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      await server.api("/destinations", { method: "POST", body: { name: "Order hook", definition: "signed-webhook", settings: { url: `${url}/orders` }, enabled: true } });
      const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } };
      await server.api("/destinations/order-hook/subscriptions", { method: "POST", body: { name: "All orders", definition, enabled: true } });
    },
  });
  afterAll(() => void receiver?.close());

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 150; i++) {
      if (await isSo()) return;
      await sleep(100);
    }
    throw new Error("It did not come to that.");
  }

  const openAlerts = async (): Promise<number> => (await on.server.api<AlertSummary>("/alert-summary")).open;

  test("a channel is added, tried and told; what is wrong is read, looked after, and over", async () => {
    await on.open("/settings/alerts");
    const { page } = on;
    await page.getByText("Nobody is told yet").waitFor();
    await page.getByRole("button", { name: "Add a channel" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a channel" });
    await dialog.getByRole("radio", { name: "Mail" }).locator("..").getByText("Mail").click();
    await dialog.getByText(/has no mail server/).waitFor();
    await dialog.getByRole("radio", { name: "Webhook" }).locator("..").getByText("Webhook").click();
    await dialog.getByRole("textbox", { name: "Name" }).fill("On call");
    await dialog.getByRole("textbox", { name: "Address" }).fill(`${url}/alerts`);
    await dialog.getByLabel("Signing secret").first().fill(secret);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Send test: On call" }).click();
    await page.getByText("On call has taken the test.").waitFor();
    expect(await page.content()).not.toContain(secret);

    await on.server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: "order-1", properties: { total: 49.9 } });
    await until(async () => (await on.server.api<DestinationHealth>("/destinations/order-hook/health?hours=1")).counts.some(({ outcome }) => outcome === "refused"));
    await page.getByRole("button", { name: "Change: Too many dead letters" }).click();
    const rule = page.getByRole("dialog", { name: "Too many dead letters" });
    await rule.getByRole("textbox", { name: "At least this many" }).fill("1");
    await rule.getByRole("button", { name: "Save" }).click();

    await until(async () => (await openAlerts()) === 1);
    await page.reload();
    await page.getByRole("link", { name: "Alerts, 1 open" }).click();
    await page.getByRole("row").filter({ hasText: "Order hook refused 1 of 1 in the last hour (100 %)." }).click();
    const panel = page.getByRole("complementary", { name: "Dead letters" });
    await panel.getByText("On call").waitFor();
    await panel.getByRole("button", { name: "I look after it" }).click();
    await page.getByRole("link", { name: "Alerts", exact: true }).first().waitFor();
    expect(page.url()).toMatch(/alert=\d+/);
    await panel.getByRole("link", { name: "Look at it" }).click();
    await page.getByText("The order has no currency.").first().waitFor();
    expect(page.url()).toContain("/destinations/order-hook?tab=problems");

    await page.goto(`${on.server.url}/settings/alerts`);
    await page.getByRole("switch", { name: "Watch: Too many dead letters" }).locator("..").click();
    await until(async () => Promise.resolve(heard.length === 3));
    await page.goto(`${on.server.url}/alerts?show=closed`);
    await page.getByRole("row").filter({ hasText: "Over" }).first().waitFor();
    expect(heard).toEqual(["alert.test", "alert.opened", "alert.closed"].map((type) => ({ type, isSigned: true })));
  });
});
