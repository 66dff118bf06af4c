// A source from its making to the end of its first key, in Chromium through the real server: the key is copied from the page and
// sends, the page tells it; the key is replaced with a time of grace, seen in use, revoked, and what is turned away is explained.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { KeyUseList } from "@tributary/schema/api/source-keys.ts";
import type { RejectedKeyList, SourceCreated } from "@tributary/schema/api/workspace.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

const FORMULA_NAME = '=HYPERLINK("http://example.com/","Shop")';
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

describe.skipIf(chromiumPath === undefined)("sources", () => {
  const at = consoleTest();

  const send = async (key: string, event: string, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const body = JSON.stringify({ type: "track", event, userId: "u-1", context: { library: { name: "analytics-node", version: "2.1.3" } } });
    return (await fetch(`${at.server.url}/v1/track`, { method: "POST", headers: { authorization: `Basic ${btoa(`${key}:`)}`, ...headers }, body })).status;
  };
  const make = (name: string, kind: string, more: object = {}): Promise<SourceCreated> => at.server.api("/sources", { method: "POST", body: { name, kind, ...more } });
  const used = async (source: number | string): Promise<number> => (await at.server.api<KeyUseList>(`/sources/${source}/keys/usage`)).data.reduce((sum, key) => sum + key.events, 0);
  const turnedAway = async (): Promise<string[]> => (await at.server.api<RejectedKeyList>("/rejected-keys")).data.map((row) => row.reason);

  test("are made, send with the key that the page shows once, and give it up when it was replaced and revoked", async () => {
    const { page } = at;
    await at.open("/sources");
    await page.getByRole("link", { name: "Make a source" }).click();
    // The list that is left has a box with "name" in its name, too.
    await page.waitForURL(/\/sources\/new$/);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Billing");
    await page.getByRole("radio", { name: "Server" }).check();
    await page.getByRole("button", { name: "Make a source" }).click();
    await page.getByRole("heading", { level: 1, name: "Billing" }).waitFor();
    await page.getByText("Nothing came in during the last 24 hours.").waitFor();
    const first = await page.getByRole("status").locator("code").innerText();
    expect(await page.getByLabel("Node.js", { exact: true }).and(page.locator("pre")).innerText()).toContain(first);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";

    expect(await send(first, "Invoice Paid")).toBe(200);
    await at.server.settled();
    await page.reload();
    await page.getByText("1 event in the last 24 hours, all of them good.").waitFor();
    expect(await page.content()).not.toContain(first);
    await page.locator("canvas").first().waitFor();
    await page.getByRole("button", { name: "As a table" }).click();
    await page.getByRole("grid", { name: "Volume" }).getByRole("row").nth(2).waitFor();

    await page.getByRole("button", { name: "Replace", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make the new key" }).click();
    const second = await page.getByRole("status").locator("code").innerText();
    expect(second).not.toBe(first);
    const old = page.getByRole("listitem").filter({ hasText: `${first.slice(0, 6)}` });
    await old.getByText(/^Replaced; ends in 6 d 23 h$/).waitFor();

    expect(await send(first, "Invoice Sent")).toBe(200);
    expect(await send(second, "Invoice Sent")).toBe(200);
    await expect.poll(() => used(id)).toBe(3);
    await page.reload();
    await old.getByText("Still used by analytics-node 2.1.3: 2 events in the last 24 h").waitFor();

    await old.getByRole("button", { name: /^More for the key/ }).click();
    await page.getByRole("menuitem", { name: "How much it takes" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Events a second" }).fill("0");
    expect(await page.getByRole("dialog").getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
    await page.getByRole("dialog").getByRole("textbox", { name: "Events a second" }).fill("250");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await old.getByText("at most 250 events a second").waitFor();

    await old.getByRole("button", { name: /^More for the key/ }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByText("2 events came by this key in the last 24 hours.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Show 1 revoked key" }).click();
    await old.getByText("Revoked").waitFor();
    expect(await send(first, "Invoice Lost")).toBe(401);
    expect(await send(second, "Invoice Sent")).toBe(200);
    await expect.poll(turnedAway).toContain("revoked");
    await page.reload();
    await page.getByText("The key was revoked. Give the sender a new one.").waitFor();
  });

  test("take a new name at once, take it back when the server fails, and undo", async () => {
    const { page } = at;
    const { source } = await make("Till", "server");
    await at.open(`/sources/${source.id}`);
    const failing = Promise.withResolvers<void>();
    await page.route(`**/api/v1/sources/${source.id}`, async (route) => {
      await failing.promise;
      await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ status: 503, code: "unavailable", message: "Postgres does not answer.", hint: "Try again.", request_id: "r" }) });
    });
    await rename(page, "Point of sale");
    await page.getByRole("heading", { level: 1, name: "Point of sale" }).waitFor();
    failing.resolve();
    await page.getByText("Not changed. Postgres does not answer.").waitFor();
    await page.getByRole("heading", { level: 1, name: "Till" }).waitFor();
    at.forgiveStatus(503);
    await page.unroute(`**/api/v1/sources/${source.id}`);
    await rename(page, "Counter");
    await page.getByText("Renamed to Counter").waitFor();
    expect((await at.server.api<{ name: string }>(`/sources/${source.id}`)).name).toBe("Counter");
    await page.getByRole("alert").filter({ hasText: "Renamed to Counter" }).getByRole("button", { name: "Undo" }).click();
    await page.getByRole("heading", { level: 1, name: "Till" }).waitFor();
    await expect.poll(async () => (await at.server.api<{ name: string }>(`/sources/${source.id}`)).name).toBe("Till");
  });

  test("say what is wrong with an origin while it is typed, and allow one that was turned away", async () => {
    const { page } = at;
    await at.open("/sources/new");
    await page.getByRole("textbox", { name: "Name" }).fill("Shop");
    const origins = page.getByRole("textbox", { name: "Allowed origins" });
    await origins.fill("shop.example.com");
    await page.getByText("begin with https:// or http://").waitFor();
    expect(await page.getByRole("button", { name: "Make a source" }).isDisabled()).toBe(true);
    await origins.fill("https://shop.example.com/");
    await page.getByRole("button", { name: "Make a source" }).click();
    const key = await page.getByRole("status").locator("code").innerText();
    expect(await send(key, "Seen", { origin: "https://shop.example.com" })).toBe(200);
    expect(await send(key, "Seen", { origin: "https://other.example.com" })).toBe(403);
    await expect.poll(turnedAway).toContain("origin");
    await page.reload();
    await page.getByRole("button", { name: "Allow this origin" }).click();
    await page.getByText("https://other.example.com is allowed").waitFor();
    await expect.poll(() => send(key, "Seen", { origin: "https://other.example.com" })).toBe(200);
  });

  test("are switched off after it is said what that means, and their SDKs get 401", async () => {
    const { page } = at;
    const { source, key } = await make("Old app", "mobile");
    await at.open(`/sources/${source.id}`);
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByRole("dialog").getByText("Its SDKs get 401 from now on").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
    await page.getByText("Its SDKs are answered 401, and what they send is turned away.").waitFor();
    await expect.poll(() => send(key.write_key, "Seen")).toBe(401);
    await page.getByRole("button", { name: "Switch on" }).click();
    await expect.poll(() => send(key.write_key, "Seen")).toBe(200);
  });

  test("show the snippet of every SDK that is chosen, at its address", async () => {
    const { page } = at;
    const { source } = await make("Server", "server");
    await at.open(`/sources/${source.id}`);
    await page.getByRole("combobox", { name: "SDK" }).fill("ruby");
    await page.getByRole("option", { name: "Ruby · analytics-ruby" }).click();
    await page.getByText("gem install analytics-ruby").waitFor();
    await page.getByText("This server's address is http, and this SDK speaks https only").waitFor();
    expect(new URL(page.url()).search).toBe("?sdk=ruby");
    await page.reload();
    await page.getByText("gem install analytics-ruby").waitFor();
  });

  test("are found in the list, which leaves as a file that no spreadsheet runs", async () => {
    const { page } = at;
    await make(FORMULA_NAME, "website");
    await at.open("/sources?search=hyperlink");
    await page.getByRole("gridcell", { name: FORMULA_NAME }).waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as CSV" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^sources-\d{4}-\d\d-\d\d\.csv$/);
    const text = await readFile(await download.path(), "utf8");
    expect(text.startsWith("\ufeffName,Kind,")).toBe(true);
    expect(text.split("\r\n")[1]).toMatch(/^"'=HYPERLINK\(""http/);
    await page.getByRole("textbox", { name: "Filter by name" }).fill("no such source");
    await page.getByText("No source fits").waitFor();
  });

  test("are accessible", async () => {
    const { page } = at;
    for (const path of ["/sources", "/sources/new", "/sources/1"]) {
      await at.open(path);
      await page.locator("h1").waitFor();
      await expect.poll(() => page.locator(".bar, [aria-busy=true]").count()).toBe(0);
      await page.evaluate(await readFile(axe, "utf8"));
      const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>("axe.run('main', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }).then((result) => result.violations)");
      expect(found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`), path).toEqual([]);
    }
  });
});

async function rename(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.keyboard.press("Enter");
}
