// A destination set up in the console: from the catalog to the first delivery that arrives, with a wrong setting refused at its field;
// its settings changed, while somebody else changes them, too; a form whose fields come and go; a vendor that is asked for its permission, and refuses
// first; and an audience, whose people go at once.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

interface Vendor {
  readonly url: string;
  readonly taken: string[];
  readonly server: Server;
}

async function startVendor(): Promise<Vendor> {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      taken.push(text);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ok: true }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return { url: `http://127.0.0.1:${port}/hook`, taken, server };
}

/** Where people sign in and agree or not, and where codes are changed for tokens: one that takes no code but its own. */
async function startAuthority(): Promise<Pick<Vendor, "url" | "server"> & { readonly codes: string[] }> {
  const codes: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    let text = "";
    request.on("data", (chunk: Buffer) => void (text += chunk.toString()));
    request.on("end", () => {
      if (url.pathname === "/token") {
        const { code = "", client_secret: secret, redirect_uri: back = "" } = Object.fromEntries(new URLSearchParams(text));
        codes.push(code);
        const isGood = code === "a-good-code" && secret === SECRET && back.endsWith("/oauth/callback");
        return void response.writeHead(isGood ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(isGood ? { access_token: "access-1", refresh_token: "refresh-1", expires_in: 3_600 } : { error: "invalid_grant" }));
      }
      const answer = (more: Record<string, string>): string => `${url.searchParams.get("redirect_uri")}?${new URLSearchParams({ state: url.searchParams.get("state") ?? "", ...more }).toString()}`.replaceAll("&", "&amp;");
      response.writeHead(200, { "content-type": "text/html" }).end(`<title>Sign in</title><a href="${answer({ code: "a-good-code" })}">Agree</a> <a href="${answer({ error: "access_denied", error_description: "Not today." })}">Refuse</a>`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `127.0.0.1:${(server.address() as AddressInfo).port}`, codes, server };
}

const SECRET = "a signing secret of many letters";

describe.skipIf(chromiumPath === undefined)("the set-up of a destination", () => {
  let vendor: Vendor | undefined;
  let authority: Awaited<ReturnType<typeof startAuthority>> | undefined;
  const on = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1,localhost" },
    fill: async (server) => {
      vendor = await startVendor();
      authority = await startAuthority();
      for (const id of ["o-1", "o-2"]) await server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: id, properties: { order_id: id } });
      await server.send("/v1/track", { event: "Product Viewed", userId: "u-1", messageId: "v-1" });
      await server.settled();
    },
  });
  afterAll(() => {
    vendor?.server.close();
    authority?.server.closeAllConnections();
    authority?.server.close();
  });

  test("from the catalog to the first delivery", async () => {
    const { server } = on;
    if (vendor === undefined) throw new Error("The vendor did not start.");
    await on.open("/destinations/catalog?open=signed-webhook");
    const { page } = on;
    await page.getByRole("complementary", { name: "Webhook" }).getByRole("link", { name: "Set up", exact: true }).click();

    await page.getByRole("textbox", { name: "Name" }).fill("Order hook");
    await page.getByRole("textbox", { name: "Address" }).fill("ftp://shop.example.com");
    await page.getByRole("textbox", { name: "Signing secret", exact: true }).fill(SECRET);
    await page.getByRole("button", { name: "Save and test" }).click();
    await page.getByText("One field needs another look.").waitFor();
    const address = page.getByRole("textbox", { name: "Address" });
    expect(await address.getAttribute("aria-invalid")).toBe("true");
    expect(await address.evaluate((input) => [input === input.ownerDocument.activeElement, input.closest(".mantine-InputWrapper-root")?.textContent?.includes("An address begins with https:// or http://.")])).toEqual([true, true]);
    await address.fill(vendor.url);
    await page.getByRole("button", { name: "Save and test" }).click();
    await page.getByText("The connection works", { exact: true }).waitFor();
    expect(vendor.taken).toHaveLength(1);
    expect(await page.getByRole("textbox", { name: "Signing secret", exact: true }).inputValue()).toBe("");
    expect(page.url()).toContain("destination=order-hook");

    await page.getByRole("button", { name: "Choose what to send" }).click();
    await page.getByRole("checkbox", { name: "Send an event" }).click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("All orders");
    await page.getByRole("combobox", { name: "Names of events" }).fill("Order Completed");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Take it and preview" }).click();

    const preview = page.getByRole("region", { name: "Preview: All orders" });
    await preview.getByText("Of the last 3 events, 2 would be sent.").waitFor();
    expect(await preview.getByLabel("What would be sent of Order Completed").first().textContent()).toContain("o-2");
    await preview.getByText("another name", { exact: true }).waitFor();
    await page.reload();
    await preview.getByRole("button", { name: "Send as a test" }).first().click();
    await page.getByRole("button", { name: "Send now" }).click();
    await page.getByText("Taken", { exact: true }).waitFor();
    expect(vendor.taken.at(-1)).toContain("o-2");
    await page.keyboard.press("Escape");

    await page.getByText("1 subscription begins to send what comes in from now on.").waitFor();
    await page.getByRole("button", { name: "Switch on", exact: true }).click();
    await page.getByText("Order hook is switched on").waitFor();
    await server.send("/v1/track", { event: "Order Completed", userId: "u-1", messageId: "o-3", properties: { order_id: "o-3" } });
    await page.getByRole("listitem", { name: "Delivered: 1" }).waitFor();
    expect(vendor.taken.at(-1)).toContain("o-3");
  });

  test("settings are changed without the secret being sent again, and somebody else's change is not lost", async () => {
    const { server } = on;
    await on.open("/destinations/order-hook?tab=settings");
    const { page } = on;
    await page.getByRole("textbox", { name: "Previous signing secret" }).fill("short");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("A signing secret has at least 16 characters.").waitFor();
    await page.getByRole("textbox", { name: "Previous signing secret" }).fill("another secret of many letters");

    await server.api("/destinations/order-hook", { method: "PATCH", body: { settings: { method: "PUT" } } });
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Changed: Method.").waitFor();
    on.forgiveStatus(409);
    expect(await page.getByRole("combobox", { name: "Method" }).inputValue()).toBe("PUT");
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Order hook is saved").waitFor();
    const kept = await server.api<{ settings: object; secrets: object }>("/destinations/order-hook");
    expect(kept.settings).toMatchObject({ method: "PUT" });
    expect(kept.secrets).toEqual({ secret: { last: SECRET.slice(-3) }, previousSecret: { last: "ers" } });
  });

  test("fields of a form come and go with what the others hold, and are needed only then", async () => {
    await on.open("/destinations/new/sftp");
    const { page } = on;
    const [password, key] = [page.getByRole("textbox", { name: "Password" }), page.getByRole("textbox", { name: "SSH Key" })];
    await password.waitFor();
    expect(await key.count()).toBe(0);
    await page.getByRole("combobox", { name: "Authentication Type" }).selectOption("ssh_key");
    await key.fill("-----BEGIN KEY-----\nof several lines");
    expect([await password.count(), await key.inputValue()]).toEqual([0, "-----BEGIN KEY-----\nof several lines"]);
    await page.getByRole("textbox", { name: "SFTP Host" }).fill("sftp.example.com");
    await page.getByRole("button", { name: "Save and test" }).click();
    await page.getByText("Username is needed.").waitFor();
    await page.getByText("One field needs another look.").waitFor();
  });

  test("permission is asked for at the vendor: refused, it is said why; given, it is connected", async () => {
    const { page, server } = on;
    const at = authority?.url ?? "";
    await page.goto(`${server.url}/destinations/new/google-ads-data-manager`);
    await on.signIn();
    await page.getByRole("textbox", { name: "Google Ads account" }).fill("1234567890");
    on.forgiveStatus(401);
    // Another site than ours: the browser must bring the session along all the same.
    for (const [name, value] of [["Client id of your app", "client-1"], ["Client secret of your app", SECRET], ["Address to sign in at", `http://${at.replace("127.0.0.1", "localhost")}/authorize`], ["Address of tokens", `http://${at}/token`]] as const) {
      await page.getByRole("textbox", { name, exact: true }).fill(value);
    }
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const atVendor = async (says: string): Promise<Page> => {
      const [popup] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("button", { name: "Connect with Google" }).click()]);
      await popup.getByRole("link", { name: says }).click();
      return popup;
    };
    await page.getByText("Not connected with Google yet").waitFor();
    const refused = await atVendor("Refuse");
    await refused.getByRole("heading", { name: "Nothing was connected" }).waitFor();
    await refused.getByText("At the vendor access was refused. access_denied: Not today.").waitFor();
    await page.getByText("Access was refused at the vendor.").waitFor();
    await page.getByText("access_denied: Not today.").waitFor();
    expect(authority?.codes).toEqual([]);

    const given = await atVendor("Agree");
    await given.getByRole("heading", { name: "Google Ads (Data Manager) is connected" }).waitFor();
    await page.getByText("Connected with Google", { exact: true }).waitFor();
    expect(await page.getByText("Access was refused at the vendor.").count()).toBe(0);
    await given.getByRole("link", { name: "Back to the destination" }).click();
    await given.getByRole("heading", { level: 1, name: /^Google/ }).waitFor();
    await page.getByRole("button", { name: "Choose what to send" }).waitFor();
    expect(authority?.codes).toEqual(["a-good-code"]);
  });

  test("an audience is chosen with its number of people, and those who are in it go at once", async () => {
    const { server } = on;
    const people = ["ann", "bob", "cyd"];
    await server.api("/audiences", { method: "POST", body: { name: "Club", slug: "club", definition: { who: { kind: "event", event: "Joined", op: "at_least", value: 1 } } } });
    await server.send("/v1/batch", { batch: people.map((userId) => ({ type: "track", userId, event: "Joined", messageId: `joined-${userId}` })) });
    const size = async (): Promise<number> => (await server.api<{ size: number }>("/audiences/club")).size;
    for (let i = 0; i < 1_200 && (await size()) < people.length; i++) await sleep(50);
    await server.api("/destinations", { method: "POST", body: { name: "Ad platform", definition: "signed-webhook", settings: { url: vendor?.url, secret: SECRET } } });
    await on.open("/destinations/new/signed-webhook?step=choose&destination=ad-platform");
    const { page } = on;
    await page.getByRole("checkbox", { name: "Send an audience" }).click();
    await page.getByRole("button", { name: "Take it and preview" }).click();
    await page.getByText("Choose an audience.").waitFor();
    await page.getByRole("combobox", { name: "Audience" }).click();
    await page.getByRole("option", { name: "Club (3 people)" }).click();
    expect(await page.getByRole("textbox", { name: "Name", exact: true }).inputValue()).toBe("Club");
    await page.getByRole("button", { name: "Take it and preview" }).click();

    await page.getByText("Of the last 3 comings and goings, 3 would be sent.").waitFor();
    await page.getByText("people are sent at once, of 3 in Club").waitFor();
    // Asked, not assumed: whoever waits for those who come from now on sees that nobody goes.
    await page.getByRole("radio", { name: /^Only who comes and goes from now on/ }).click();
    await page.getByText("of the 3 people in Club are sent at once").waitFor();
    await page.getByRole("radio", { name: /^Send them at once: 3 people/ }).click();
    await page.getByText("people are sent at once, of 3 in Club").waitFor();
    const before = vendor?.taken.length ?? 0;
    await page.getByRole("button", { name: "Switch on", exact: true }).click();
    await page.getByText("Ad platform is switched on").waitFor();
    await page.getByRole("listitem", { name: "Delivered: 3" }).waitFor();
    const told = (vendor?.taken.slice(before) ?? []).map((text) => JSON.parse(text) as { event: string; userId: string; properties: { club: boolean } });
    expect(told.map(({ event, userId, properties }) => `${event} ${userId} ${properties.club}`).toSorted()).toEqual(people.map((who) => `Audience Entered ${who} true`));
  });
});
