// The first visit in Chromium, through the real server: the guide until the first event is a person; the demo shop with one
// click, marked on its pages, a scenario that the system sees done, and its removal.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DemoShopAnswer } from "@tributary/schema/api/demo-shop.ts";
import { chromiumFlags, chromiumPath } from "./chromium.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const EMAIL = "owner@example.com";
const PASSWORD = "a long enough password 4711";

/** Seconds where nothing else runs. */
const HISTORY_MAX_MS = 300_000;

let server: ServerProcess;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

describe.skipIf(chromiumPath === undefined)("the first visit", () => {
  beforeAll(async () => {
    execFileSync(process.execPath, [fileURLToPath(new URL("../bin/build-console.cjs", import.meta.url))]);
    server = await startServerProcess({ env: { TRIBUTARY_ADMIN_EMAIL: EMAIL, TRIBUTARY_ADMIN_PASSWORD: PASSWORD } });
    browser = await chromium.launch({ args: chromiumFlags, ...(chromiumPath && { executablePath: chromiumPath }) });
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(45_000);
    // The browser itself says so of the answer 401 to the question who is signed in.
    page.on("console", (message) => message.type() === "error" && !message.text().includes("401") && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.remove();
  });

  test("leads a new workspace to the guide, and from a command with its key in it to a person", async () => {
    await page.goto(server.url);
    await page.getByRole("textbox", { name: "E-mail" }).fill(EMAIL);
    await page.getByRole("textbox", { name: "Password" }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Get started" }).waitFor();
    await page.getByRole("button", { name: /^curl/ }).click();
    const command = await page.locator("pre").innerText();
    const key = /-u '([\w-]+):'/.exec(command)?.[1] ?? "";
    expect(key.length).toBeGreaterThan(10);
    await page.getByText("Waiting for the first event…").waitFor();

    await send(`${key.slice(0, -3)}xyz`, "u-wrong");
    await page.getByText("A request came with a key that is not valid").waitFor();

    // The same key after going back, and after loading the page again: looking makes none.
    await page.goBack();
    await page.getByRole("button", { name: /^Python/ }).click();
    expect(await page.getByLabel("Python", { exact: true }).and(page.locator("pre")).innerText()).toContain(key);
    await page.reload();
    expect(await page.getByLabel("Python", { exact: true }).and(page.locator("pre")).innerText()).toContain(key);

    await send(key, "u-first");
    await page.getByText("It is here.").waitFor();
    await page.getByRole("link", { name: "Open the person" }).click();
    await page.getByRole("heading", { level: 1, name: "First Person" }).waitFor();
    await page.goto(server.url);
    await page.getByRole("heading", { level: 1, name: /event/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
    expect(complaints).toEqual([]);
  });

  test("loads a demo shop with one click, marks its pages, and sees a scenario done", async () => {
    await page.goto(`${server.url}/start`);
    await page.getByRole("combobox", { name: "How many people" }).click();
    await page.getByRole("option", { name: "100 people" }).click();
    await page.getByRole("button", { name: "Load the demo shop" }).click();
    await page.getByRole("button", { name: "Enter the demo shop" }).click();
    await page.getByRole("heading", { level: 1, name: "Guided scenarios" }).waitFor();
    const bar = page.getByRole("complementary", { name: "Demo shop" });
    await bar.getByText("invented people.").waitFor();
    await bar.getByRole("combobox", { name: "Pace of the shop" }).waitFor({ timeout: HISTORY_MAX_MS });

    const card = page.getByRole("region", { name: "A family tablet" });
    await card.getByRole("button", { name: "Begin" }).click();
    const guide = page.getByRole("complementary", { name: "A family tablet" });
    await guide.getByRole("button", { name: "Ivy Hollins" }).click();
    await guide.getByText("Not this one.").waitFor();
    await guide.getByRole("link", { name: "Ruth Hollins" }).click();
    await page.getByRole("heading", { level: 1, name: "Ruth Hollins" }).waitFor();
    await guide.getByRole("button", { name: "Ruth Hollins" }).click();
    await guide.getByText("Right: the one who signed in on it first.").waitFor();
    await bar.getByRole("link", { name: "Scenarios" }).click();
    await page.getByText("1 of 3 done").waitFor();
    await card.getByText("Done").waitFor();
  }, HISTORY_MAX_MS * 2);

  test("goes at the pace that is chosen", async () => {
    const pace = page.getByRole("combobox", { name: "Pace of the shop" });
    await pace.click();
    await page.getByRole("option", { name: "Paused" }).click();
    await expect.poll(async () => (await status()).paused).toBe(true);
    await pace.click();
    await page.getByRole("option", { name: "600 × as fast" }).click();
    await expect.poll(async () => (await status()).pace).toBe(600);
  });

  test("lets switch between workspaces, each with its own people", async () => {
    await page.goto(`${server.url}/profiles/user_id:cust-10000`);
    await page.getByRole("heading", { level: 1, name: "Maya Birkett" }).waitFor();
    await page.getByRole("button", { name: /^Workspace: Demo shop/ }).click();
    await page.getByRole("menuitem", { name: "Default" }).click();
    await page.getByRole("button", { name: /^Workspace: Default/ }).waitFor();
    expect(await page.getByRole("complementary", { name: "Demo shop" }).count()).toBe(0);
    await page.goto(`${server.url}/profiles/user_id:u-first`);
    await page.getByRole("heading", { level: 1, name: "First Person" }).waitFor();
    await page.goto(`${server.url}/start`);
    await page.getByRole("button", { name: "Enter the demo shop" }).click();
    await page.getByRole("heading", { level: 1, name: "Guided scenarios" }).waitFor();
  });

  test("removes it with everything in it, and is back where it was loaded", async () => {
    await page.getByRole("complementary", { name: "Demo shop" }).getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Remove everything in it" }).click();
    await page.getByRole("heading", { level: 1, name: "Get started" }).waitFor();
    await page.getByRole("button", { name: "Load the demo shop" }).waitFor({ timeout: 60_000 });
    expect(await page.getByRole("complementary", { name: "Demo shop" }).count()).toBe(0);
    expect((await status()).removal?.step).toBe("done");
    await page.goto(`${server.url}/profiles/user_id:u-first`);
    await page.getByRole("heading", { level: 1, name: "First Person" }).waitFor();
    expect(complaints).toEqual([]);
  });
});

const status = (): Promise<DemoShopAnswer> => server.api("/demo-shop");

/** As the command that the guide shows. */
async function send(key: string, userId: string): Promise<void> {
  const answer = await fetch(`${server.url}/v1/identify`, {
    method: "POST", headers: { authorization: `Basic ${btoa(`${key}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ userId, traits: { email: `${userId}@example.com`, name: "First Person" } }),
  });
  await answer.arrayBuffer();
}
