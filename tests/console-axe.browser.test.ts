// Every screen against WCAG 2.2 AA, as far as a program can tell: wide in light and (its contrasts) in dark, and narrow. What axe can't decide
// itself (a contrast over a picture) it does not report here.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { fillScreens, screens, UNFINISHED } from "./screens.ts";
import { shopEvents } from "./screenshots/shop-events.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

describe.skipIf(chromiumPath === undefined)("every screen is accessible", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
      await fillScreens(server);
      await server.settled();
    },
  });

  /** Waits until the page is whole. */
  async function visit(path: string): Promise<void> {
    await at.open(path);
    await at.page.locator("h1").first().waitFor();
    await expect.poll(() => at.page.locator(UNFINISHED).count()).toBe(0);
    // Evaluated from outside, so the page's policy, which allows no such script, stays as it is.
    await at.page.evaluate(axe);
  }

  async function violations(only: object): Promise<string[]> {
    const found = await at.page.evaluate(`axe.run(document, { ...${JSON.stringify(only)}, resultTypes: ["violations"] })`);
    const { violations: all } = found as { violations: readonly Violation[] }; // As axe documents its result.
    return all.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`).join(" | ")}`);
  }

  async function lookAtAll(width: number, look: () => Promise<string[]>): Promise<void> {
    await at.page.setViewportSize({ width, height: 900 });
    // Colours that are on their way from one to another have neither contrast.
    await at.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    const wrong: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(screens)) {
      const found = await visit(path).then(look).catch((error: unknown) => [`not looked at: ${String(error).split("\n", 1)[0]}`]);
      if (found.length > 0) wrong[name] = found;
    }
    at.forgiveStatus(400, 404);
    expect(wrong).toEqual({});
  }

  test("wide, in light and in dark", () => lookAtAll(1280, async () => {
    await at.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    const inLight = await violations({ runOnly: RULES });
    await at.page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    return [...inLight, ...(await violations({ runOnly: ["color-contrast"] })).map((one) => `dark: ${one}`)];
  }), 900_000);

  test("narrow", () => lookAtAll(768, () => violations({ runOnly: RULES, rules: { "color-contrast": { enabled: false } } })), 900_000);

  test("the door", async () => {
    await at.page.goto(`${at.server.url}/sign-in`);
    await at.page.locator("h1").waitFor();
    await at.page.evaluate(axe);
    expect(await violations({ runOnly: RULES })).toEqual([]);
    at.forgiveStatus(401);
  });
});
