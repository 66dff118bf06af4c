// Every screen against WCAG 2.2 AA, as far as a program can tell: wide in light and dark, and narrow. What axe can't decide
// itself (a contrast over a picture) it does not report here.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { screens, UNFINISHED } from "./screens.ts";
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
      await server.settled();
    },
  });

  async function violations(): Promise<string[]> {
    await at.page.locator("h1").first().waitFor();
    await expect.poll(() => at.page.locator(UNFINISHED).count(), { timeout: 15_000 }).toBe(0);
    // Evaluated from outside, so the page's policy, which allows no such script, stays as it is.
    await at.page.evaluate(axe);
    const found = await at.page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ["violations"] })`);
    const { violations: all } = found as { violations: readonly Violation[] }; // As axe documents its result.
    return all.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 200)} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`).join(" | ")}`);
  }

  test.each([
    ["wide, in light", 1280, "light"], ["wide, in dark", 1280, "dark"], ["narrow, in light", 768, "light"],
  ] as const)("%s", async (_name, width, colorScheme) => {
    await at.page.setViewportSize({ width, height: 900 });
    await at.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const wrong: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(screens)) {
      await at.open(path);
      const found = await violations().catch((error: unknown) => [`not looked at: ${String(error).split("\n", 1)[0]}`]);
      if (found.length > 0) wrong[name] = found;
    }
    at.forgiveStatus(404);
    expect(wrong).toEqual({});
  }, 120_000);

  test("the door", async () => {
    await at.page.goto(`${at.server.url}/sign-in`);
    expect(await violations()).toEqual([]);
    at.forgiveStatus(401);
  });
});
