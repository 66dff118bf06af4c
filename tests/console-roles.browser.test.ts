// The console as each role meets it: whatever the navigation and the palette offer to it opens, asks nothing that it may not ask,
// and shows no refusal.
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { role as roles, type Role } from "@tributary/schema/api/roles.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { UNFINISHED } from "./screens.ts";
import { shopEvents } from "./screenshots/shop-events.ts";
import { API_TOKEN, type ServerProcess } from "./server-process.ts";

const FORBIDDEN = "This is not open to you";
const passwords = new Map<Role, string>();
const addressOf = (role: Role): string => `the-${role}@example.com`;

async function addMember(server: ServerProcess, role: Role): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/members`, {
    method: "POST", headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ email: addressOf(role), name: `The ${role}`, role }),
  });
  expect(answer.status).toBeLessThan(300);
  passwords.set(role, ((await answer.json()) as { password: string }).password);
}

describe.skipIf(chromiumPath === undefined)("the console in each role", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      await server.settled();
      for (const role of roles.options) await addMember(server, role);
    },
  });

  /** Whatever is refused from signing in on is kept with the page that asked for it. */
  async function enter(role: Role): Promise<{ readonly page: Page; readonly wrong: string[] }> {
    const page = await at.newPage();
    const wrong: string[] = [];
    await page.goto(at.server.url);
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    page.on("response", (response) => void (response.status() >= 400 && wrong.push(`${new URL(page.url()).pathname}: ${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`)));
    await at.signIn(addressOf(role), passwords.get(role), page);
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    return { page, wrong };
  }

  async function whole(page: Page): Promise<void> {
    await page.locator("h1").first().waitFor();
    await expect.poll(() => page.locator(UNFINISHED).count()).toBe(0);
  }

  /** Errors that the page shows, and settings that are closed. */
  async function notices(page: Page): Promise<string[]> {
    const shown = await page.locator("[role=alert]").or(page.getByRole("heading", { name: FORBIDDEN })).allInnerTexts();
    return shown.map((text) => `${new URL(page.url()).pathname}: ${text.slice(0, 200)}`);
  }

  async function visitAll(role: Role): Promise<{ readonly wrong: readonly string[]; readonly visited: readonly string[] }> {
    const { page, wrong } = await enter(role);
    const visited: string[] = [];
    const visit = async (open: () => Promise<unknown>): Promise<void> => {
      await open();
      await whole(page);
      visited.push(new URL(page.url()).pathname);
      wrong.push(...(await notices(page)));
    };
    const navigation = page.getByRole("navigation", { name: "Main" });
    await visit(() => navigation.waitFor());
    for (const href of (await hrefs(navigation)).filter((one) => !one.startsWith("/api/"))) await visit(() => navigation.locator(`a[href="${href}"]`).click());
    await navigation.locator('a[href="/settings"]').click();
    const sections = page.getByRole("navigation", { name: "Settings" });
    await sections.waitFor();
    for (const href of await hrefs(sections)) await visit(() => sections.locator(`a[href="${href}"]`).click());
    // What the palette alone leads to, and what stands behind a row.
    for (const address of ["/imports", "/sources/1", "/profiles/user_id:u-2?tab=identity", "/live?type=track&message=sent-twice"]) await visit(() => page.goto(`${at.server.url}${address}`));
    await page.context().close();
    return { wrong: wrong.map((one) => `${role} ${one}`), visited };
  }

  test.each([[roles.options.slice(0, 4)], [roles.options.slice(4)]])("%s open what they are offered, and are refused nothing", async (some) => {
    const found = await Promise.all(some.map(visitAll));
    // Before signing in the console asked who is there.
    at.forgiveStatus(401);
    expect(found.flatMap(({ wrong }) => wrong)).toEqual([]);
    for (const { visited } of found) expect(visited.length).toBeGreaterThan(13);
  });

  test("a service agent begins with the caller, and nobody is offered to connect sources who may not", async () => {
    const { page, wrong } = await enter("service_agent");
    await page.getByRole("heading", { level: 1, name: "Who is calling?" }).waitFor();
    expect(await page.getByRole("navigation", { name: "Main" }).locator('a[href="/start"]').count()).toBe(0);
    const said = page.getByRole("main").getByRole("textbox");
    await said.fill("nobody-like-this@example.com");
    await said.press("Enter");
    await page.getByText("No one has this.").waitFor();
    await said.fill("O-1001");
    await said.press("Enter");
    await page.getByRole("tab", { name: "Service", selected: true }).waitFor();
    await page.getByText("o-1001").first().waitFor();
    at.forgiveStatus(401);
    expect(wrong).toEqual([]);
  });
});

async function hrefs(navigation: Locator): Promise<string[]> {
  return navigation.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
}
