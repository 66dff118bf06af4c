// Destinations in the console: found in the catalog, switched on, failing and understood, healed, and sent again; sharing an account; and what is
// left out of what is sent.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { connectPostgres, type ServerProcess } from "./server-process.ts";

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

/** A newsletter: takes lists of subscribers, and says of each that it has it. */
async function startNewsletter(): Promise<Pick<Receiver, "url" | "taken" | "server">> {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      const people: readonly { readonly profile: object }[] = JSON.parse(text); // As the vendor's documentation has it.
      taken.push(...people.map(({ profile }) => JSON.stringify(profile)));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(people.map(() => ({ code: 200 }))));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken, server }; // It listens on a port.
}

async function order(server: ServerProcess, id: string): Promise<void> {
  await server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: id, properties: { order_id: id, total: 49.9 } });
}

describe.skipIf(chromiumPath === undefined)("destinations", () => {
  let receiver: Receiver | undefined;
  let newsletter: Awaited<ReturnType<typeof startNewsletter>> | undefined;
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      receiver = await startReceiver();
      await server.api("/destinations", { method: "POST", body: { name: "Order hook", definition: "signed-webhook", settings: { url: receiver.url } } });
      const definition = { action: "send", trigger: { kind: "events", types: ["track"], names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } };
      await server.api("/destinations/order-hook/subscriptions", { method: "POST", body: { name: "All orders", definition, enabled: true } });
    },
  });
  afterAll(() => {
    receiver?.server.close();
    newsletter?.server.closeAllConnections();
    newsletter?.server.close();
  });

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

  test("an account is named, and those of one name say that they share its rate", async () => {
    const { server } = on;
    await server.api("/destinations", { method: "POST", body: { name: "Second hook", definition: "signed-webhook", settings: { url: receiver?.url }, per_second: 2 } });
    await on.open("/destinations/order-hook?tab=settings");
    const { page } = on;
    const account = page.getByRole("textbox", { name: "Account at the vendor" });
    const name = async (text: string, of: string): Promise<void> => {
      await account.fill(text);
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.getByText(`${of} is saved`).waitFor();
    };
    await page.getByText("Destinations with the same name here share a rate. Empty: those do that are set up with the same keys.").waitFor();
    expect([await account.inputValue(), await account.getAttribute("placeholder")]).toEqual(["", "by its keys"]);
    await name(" Main account ", "Order hook");
    await page.reload();
    await expect.poll(() => account.inputValue()).toBe("Main account");
    const shares = page.getByText("Shares its account with another destination: 2 requests a second, together.");
    expect(await shares.count()).toBe(0);

    await page.goto(`${server.url}/destinations/second-hook?tab=settings`);
    await name("Main account", "Second hook");
    await shares.waitFor();
    await page.getByRole("link", { name: "Order hook" }).click();
    await page.getByRole("heading", { level: 1, name: "Order hook" }).waitFor();
    await shares.waitFor();
    await name("", "Order hook");
    await shares.waitFor({ state: "detached" });
    expect(await server.api("/destinations/order-hook")).toMatchObject({ account: null, rate: { shared_with: [] } });
  });

  test("what would opt people in without their consent is left out, counted, and told with what to map instead", async () => {
    const { server } = on;
    newsletter = await startNewsletter();
    await server.api("/destinations", { method: "POST", body: { name: "Newsletter", definition: "taguchi", settings: { apiKey: "key-1", integrationURL: newsletter.url, organizationId: "1" } } });
    const definition = {
      action: "syncUserProfile", trigger: { kind: "events", types: ["track"], names: ["Signed Up"] }, mapping: { identifiers: { ref: { "@path": "$.userId" } }, timestamp: { "@path": "$.timestamp" } },
    };
    const { id } = await server.api<{ id: number }>("/destinations/newsletter/subscriptions", { method: "POST", body: { name: "Sign-ups", definition, enabled: true } });
    // Nobody may save this any more; who did so before has it still.
    const postgres = await connectPostgres(server.dataDir);
    const lists = JSON.stringify({ "@path": "$.properties.lists" });
    await postgres.query("update subscription set definition = jsonb_set(definition::jsonb, '{mapping,subscribeLists}', $2::jsonb)::json where id = $1", [id, lists]).finally(() => postgres.end());
    await server.api("/destinations/newsletter", { method: "PATCH", body: { enabled: true } });
    for (const [userId, properties] of [["ada", { lists: [7] }], ["bob", { lists: [7, 8] }], ["cyd", {}]] as const) await server.send("/v1/track", { event: "Signed Up", userId, properties });

    await on.open("/destinations/newsletter");
    const { page } = on;
    await page.getByRole("listitem", { name: "Delivered: 3" }).waitFor();
    expect(newsletter.taken.toSorted()).toEqual(["ada", "bob", "cyd"].map((ref) => JSON.stringify({ organizationId: 1, ref })));
    const notice = page.locator(".notice").filter({ hasText: "Delivered without a field that opts people in" });
    await notice.getByText("subscribeLists: left out 2 times", { exact: true }).waitFor();
    await notice.getByText("Open the subscription: it says what to map instead.").waitFor();
    await page.getByRole("tab", { name: "Subscriptions" }).click();
    await page.getByRole("link", { name: "Sign-ups" }).click();
    await page.getByText("Lists to subscribe to opts people in at the vendor, and is filled from $.properties.lists. Map it from the consent that they gave here ($.context.consents.<category>), or leave it empty.").first().waitFor();
    await page.getByText("1 thing keeps it from being saved.").waitFor();
  });
});
