// Destinations in the console: found in the catalog, switched on, failing and understood, healed, and sent again.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

interface Receiver {
  readonly url: string;
  /** What it was sent and took. */
  readonly taken: string[];
  refuses: boolean;
  readonly server: Server;
}

async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      if (!receiver.refuses) receiver.taken.push(text);
      response.writeHead(receiver.refuses ? 400 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(receiver.refuses ? { message: "The order has no currency." } : { ok: true }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const receiver: Receiver = { url: `http://127.0.0.1:${port}/orders`, taken: [], refuses: false, server };
  return receiver;
}

async function order(server: ServerProcess, id: string): Promise<void> {
  await server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: id, properties: { order_id: id, total: 49.9 } });
}

describe.skipIf(chromiumPath === undefined)("destinations", () => {
  let receiver: Receiver | undefined;
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      receiver = await startReceiver();
      await server.api("/destinations", { method: "POST", body: { name: "Order hook", definition: "signed-webhook", settings: { url: receiver.url } } });
      const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } };
      await server.api("/destinations/order-hook/subscriptions", { method: "POST", body: { name: "All orders", definition, enabled: true } });
    },
  });
  afterAll(() => void receiver?.server.close());

  test("the catalog is searched, and says what each needs and what of it is tested", async () => {
    await on.open("/destinations/catalog");
    const { page } = on;
    await page.getByText(/work with a key or address of yours/).waitFor();
    await page.getByRole("textbox", { name: "Find in the catalog" }).fill("webhook signed");
    await page.getByRole("listitem").filter({ hasText: "Made for Tributary" }).getByRole("link", { name: "Webhook" }).click();
    const panel = page.getByRole("complementary", { name: "Webhook" });
    await panel.getByText("The vendor itself was not called.").waitFor();
    await panel.getByText("Signing secret", { exact: true }).waitFor();
    expect(await panel.getByLabel("Set it up").textContent()).toContain(`"definition": "signed-webhook"`);
    await page.goto(`${on.server.url}/destinations/catalog?show=hidden`);
    await page.getByText("Can't be used").first().waitFor();
  });

  test("a destination is switched on, fails, is understood, healed, and what failed is sent again", async () => {
    const { server } = on;
    if (receiver === undefined) throw new Error("The receiver did not start.");
    await on.open("/destinations");
    const { page } = on;
    await page.getByRole("row").filter({ hasText: "Order hook" }).getByText("Switched off").waitFor();
    await page.getByRole("row").filter({ hasText: "Order hook" }).click();
    await page.getByText("It is switched off and sends nothing.").waitFor();

    await page.getByRole("tab", { name: "Subscriptions" }).click();
    await page.getByRole("row").filter({ hasText: "All orders" }).getByRole("switch", { name: "All orders sends" }).waitFor();
    await page.getByRole("tab", { name: "Overview" }).click();
    await page.getByRole("button", { name: "Test the connection" }).click();
    await page.getByText("The connection works", { exact: true }).waitFor();
    expect(receiver.taken).toHaveLength(1);
    await page.keyboard.press("Escape");

    await page.getByRole("button", { name: "Switch on", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Switch on Order hook?" });
    await dialog.getByText("1 subscription begins to send what comes in from now on.").waitFor();
    await dialog.getByRole("button", { name: "Switch on", exact: true }).click();
    await page.getByText("Order hook is switched on").waitFor();

    await order(server, "o-1");
    await page.getByRole("listitem", { name: "Delivered: 1" }).waitFor();
    await page.getByText(/100\s?% of what was sent is delivered/).waitFor();
    expect(receiver.taken.at(-1)).toContain("o-1");

    receiver.refuses = true;
    await order(server, "o-2");
    await page.getByRole("listitem", { name: "Failed: 1" }).waitFor();
    await page.getByRole("tab", { name: "Problems" }).click();
    const problem = page.getByRole("region", { name: "HTTP 400" });
    await problem.getByText("The order has no currency.").waitFor();
    await problem.getByText(/mend the mapping, and send again/).waitFor();
    await problem.getByRole("button", { name: "Show them" }).click();
    await page.getByRole("row").filter({ hasText: "Refused" }).click();
    const delivery = page.getByRole("complementary", { name: "Delivery: Order Completed" });
    expect(await delivery.getByLabel("Request: Body").textContent()).toContain("o-2");
    expect(await delivery.getByLabel("Reply: Body").textContent()).toContain("The order has no currency.");

    receiver.refuses = false;
    await page.getByRole("tab", { name: "Problems" }).click();
    await page.getByRole("region", { name: "HTTP 400" }).getByRole("button", { name: "Send again" }).click();
    await page.getByText("1 delivery will be sent once more, with the mapping and settings of now.").waitFor();
    await page.getByRole("button", { name: "Send 1 again" }).click();
    await page.getByText("Nothing has failed").waitFor();
    expect(receiver.taken.at(-1)).toContain("o-2");

    await page.goto(`${server.url}/profiles/user_id:u-1?tab=sent`);
    const sent = page.getByRole("grid", { name: "What was sent about this person" });
    await sent.getByText("Delivered").first().waitFor();
    await sent.getByText("Order hook").first().waitFor();
    await sent.getByText("All orders").first().waitFor();
  });
});
