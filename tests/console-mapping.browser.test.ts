// A subscription in the console: its mapping changed by picking a value out of a real event, with the preview going along, a required
// field told, a test sent, saved, switched on, and an event that arrives as it was mapped.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import type { SubscriptionDetail } from "@tributary/schema/api/destinations.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

interface Receiver {
  readonly url: string;
  readonly taken: unknown[];
  readonly server: Server;
  next(): Promise<unknown>;
}

async function startReceiver(): Promise<Receiver> {
  const taken: unknown[] = [];
  let waiting: ((body: unknown) => void) | undefined;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      taken.push(JSON.parse(text));
      waiting?.(taken.at(-1));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ received: taken.length }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { url: `http://127.0.0.1:${port}/hook`, taken, server, next: () => new Promise((resolve) => { waiting = resolve; }) };
}

const order = (server: ServerProcess, id: string, total: number): Promise<number> =>
  server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: id, properties: { order_id: id, total, shipping: { city: "Aarhus", "post.code": "8000" } }, context: { traits: { email: "Ada@Example.com" } } });

describe.skipIf(chromiumPath === undefined)("the editor of a subscription", () => {
  let receiver: Receiver | undefined;
  const path = "/destinations/hook/subscriptions";
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      receiver = await startReceiver();
      await server.api("/destinations", { method: "POST", body: { name: "Hook", definition: "signed-webhook", settings: { url: receiver.url }, enabled: true } });
      const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"] }, mapping: { data: { total: { "@path": "$.properties.total" }, mail: { "@path": "$.context.traits.email" } } } };
      await server.api(path, { method: "POST", body: { name: "Orders", definition } });
      await order(server, "o-1", 49.9);
      await server.send("/v1/identify", { userId: "u-1", traits: { plan: "pro" } });
      await server.settled();
    },
  });
  afterAll(() => void receiver?.server.close());

  test("is changed by picking, tried, tested, saved and switched on, and events arrive as mapped", async () => {
    if (receiver === undefined) throw new Error("The receiver did not start.");
    await on.open("/destinations/hook?tab=subscriptions");
    const { page, server } = on;
    await page.getByRole("link", { name: "Orders" }).click();
    const preview = page.getByRole("complementary", { name: "What the destination would get" });
    const gets = preview.getByLabel("As the destination would get it");
    await gets.getByText("49.9").waitFor();
    await preview.getByText("Would be sent", { exact: true }).waitFor();

    // A value out of the event: found by what it is, picked by keyboard.
    await page.getByRole("button", { name: "Data: total: value of the event" }).click();
    await page.getByRole("combobox", { name: "Find a value, or write a path" }).fill("aarhus");
    await page.getByRole("treeitem", { name: "city Aarhus", exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await gets.getByText("Aarhus").waitFor();
    expect(await gets.textContent()).not.toContain("49.9");

    // Its letters changed on the way, by a word.
    await page.getByRole("combobox", { name: "Data: mail is filled by" }).selectOption("case");
    await gets.getByText("ada@example.com").waitFor();
    await page.getByRole("textbox", { name: "Data: name of a field" }).nth(1).fill("@mail");
    await page.getByText("A name that begins with @ would be a directive.").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await page.getByRole("textbox", { name: "Data: name of a field" }).nth(1).fill("e_mail");

    // One that does not pass, with the reason.
    await preview.getByRole("button", { name: /^Event: / }).click();
    await page.getByRole("option", { name: "identify" }).getByText("It is an identify call.").click();
    await preview.getByText("Would not be sent", { exact: true }).waitFor();
    await preview.getByRole("button", { name: /^Event: / }).click();
    await page.getByRole("option", { name: "Order Completed" }).click();

    // What the action needs and nothing fills.
    const filledBy = page.getByRole("combobox", { name: "Data is filled by" });
    await filledBy.selectOption("nothing");
    await page.getByText("Data is needed.").first().waitFor();
    await page.getByText("1 thing keeps it from being saved.").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await filledBy.selectOption("json");
    await page.getByRole("textbox", { name: "Data as JSON" }).fill(`{"city": {"@path": "$.properties.shipping.city"}, "mail": {"@case": {"operator": "lower", "value": {"@path": "$.context.traits.email"}}}, "at": {"@template": "order {{properties.order_id}}"}}`);
    await filledBy.selectOption("object");
    await gets.getByText("order o-1").waitFor();

    await preview.getByRole("button", { name: "Send a test…" }).click();
    const panel = page.getByRole("dialog", { name: "Send a test" });
    await panel.getByText("This really sends to Hook").waitFor();
    expect(receiver.taken).toHaveLength(0);
    await panel.getByRole("button", { name: "Send it now" }).click();
    await panel.getByText("Delivered", { exact: true }).waitFor();
    expect(receiver.taken).toEqual([{ city: "Aarhus", mail: "ada@example.com", at: "order o-1" }]);
    expect(await panel.getByLabel("Request: Body").textContent()).toContain("order o-1");
    expect(await panel.getByLabel("Reply: Body").textContent()).toContain("received");
    await page.keyboard.press("Escape");

    // Somebody else was faster.
    const { id, version, definition } = await server.api<SubscriptionDetail>(`${path}/1`);
    await server.api(`${path}/${id}`, { method: "PATCH", body: { version, definition: { ...definition, late: true } } });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText(/saved version 2 meanwhile/).waitFor();
    await page.getByRole("button", { name: "Save mine over it" }).click();
    await page.getByText("Saved as version 3").waitFor();
    on.forgiveStatus(409);

    await page.getByRole("button", { name: "Switch on", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Switch on Orders?" });
    await dialog.getByText("It sends what comes in from now on.").waitFor();
    await dialog.getByRole("button", { name: "Switch on", exact: true }).click();
    await page.getByText("It sends", { exact: true }).waitFor();
    const arrives = receiver.next();
    await order(server, "o-2", 12);
    expect(await arrives).toEqual({ city: "Aarhus", mail: "ada@example.com", at: "order o-2" });

    await page.getByRole("tab", { name: "Versions" }).click();
    await page.locator("pre.diff ins").filter({ hasText: "order {{properties.order_id}}" }).or(page.locator("pre.diff del").filter({ hasText: `"late": true` })).first().waitFor();
  });
});
