// The console as each role meets it: whatever the navigation and the palette offer to it opens, asks nothing that it may not ask,
// and shows no refusal.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { role as roles, type Role } from "@tributary/schema/api/roles.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { UNFINISHED } from "./screens.ts";
import { shopEvents } from "./screenshots/shop-events.ts";
import { API_TOKEN, type ServerProcess } from "./server-process.ts";

const passwords = new Map<Role, string>();

async function addMember(server: ServerProcess, role: Role): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/members`, {
    method: "POST", headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ email: `a-${role}@example.com`, name: `The ${role}`, role }),
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

  /** Whatever was refused is kept with the address that asked for it. */
  async function enter(role: Role): Promise<{ readonly page: Page; readonly wrong: string[] }> {
    const page = await at.newPage();
    const wrong: string[] = [];
    await page.goto(at.server.url);
    await at.signIn(`a-${role}@example.com`, passwords.get(role), page);
    await page.getByRole("navigation", { name: "Main" }).waitFor();
    at.forgiveStatus(401);
    page.on("response", (response) => void (response.status() >= 400 && wrong.push(`${new URL(page.url()).pathname}: ${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`)));
    // Signing in has left the requests of the first page behind it.
    await page.reload();
    return { page, wrong };
  }

  async function whole(page: Page): Promise<void> {
    await page.locator("h1").first().waitFor();
    await expect.poll(() => page.locator(UNFINISHED).count(), { timeout: 15_000 }).toBe(0);
  }

  async function notices(page: Page): Promise<string[]> {
    const shown = await page.locator("[role=alert]").allInnerTexts();
    return shown.map((text) => `${new URL(page.url()).pathname}: ${text.slice(0, 200)}`);
  }

  for (const role of roles.options) {
    test(`${role} opens what it is offered, and is refused nothing`, async () => {
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
      const links = await navigation.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
      for (const href of links.filter((one) => !one.startsWith("/api/"))) await visit(() => navigation.locator(`a[href="${href}"]`).click());
      await navigation.locator('a[href="/settings"]').click();
      const sections = page.getByRole("navigation", { name: "Settings" });
      const paths = await sections.getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
      for (const href of paths) await visit(() => sections.locator(`a[href="${href}"]`).click());
      // What the palette alone leads to, and what stands behind a row.
      for (const address of ["/imports", "/sources/1", "/profiles/user_id:u-2", "/profiles/user_id:u-2?tab=identity", "/live?type=track&message=sent-twice"]) await visit(() => page.goto(`${at.server.url}${address}`));
      expect(visited.length).toBeGreaterThan(10);
      expect(wrong).toEqual([]);
    });
  }
});
