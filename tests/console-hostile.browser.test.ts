// A console full of people who mean harm: on no screen does anything of theirs run, load, open a dialog, or break the layout; a
// table that is exported runs nothing in a spreadsheet.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { HOSTILE_PEOPLE, hostileEvents } from "./hostile-events.ts";
import { screens, UNFINISHED } from "./screens.ts";

describe.skipIf(chromiumPath === undefined)("fifty people who mean harm", () => {
  const at = consoleTest({
    fill: async (server) => {
      for (const event of hostileEvents(Date.now())) await server.send(`/v1/${event["type"]}`, event);
      await server.settled();
    },
  });

  /** Elements that only their values could have made. */
  const foreign = "img, iframe, object, embed, base, [onerror], [onload], #root script, #root style:not([nonce]):not([data-mantine-styles]), a[href^='javascript'], a[href^='data:text'], [href*='evil.example'], [src*='evil.example']";

  async function looksWell(path: string): Promise<void> {
    await at.page.goto(`${at.server.url}${path}`);
    await at.page.locator("h1").first().waitFor();
    await expect.poll(() => at.page.locator(UNFINISHED).count(), { message: path }).toBe(0);
    expect(await at.page.locator(foreign).count(), path).toBe(0);
    expect(await at.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path).toBe(true);
    expect(new URL(at.page.url()).origin, path).toBe(at.server.url);
    expect(await at.page.title(), path).toMatch(/Tributary$/);
  }

  test("run nothing and break nothing on any screen", async () => {
    await at.open("/");
    for (const path of Object.values(screens)) await looksWell(path.replace(/user_id:u-\d+/, "user_id:hostile-1"));
    at.forgiveStatus(400, 404);
  });

  test("run nothing and break nothing on any of their own pages", async () => {
    await at.open("/");
    for (let index = 0; index < HOSTILE_PEOPLE; index += 3) {
      await looksWell(`/profiles/user_id:hostile-${index}`);
      await looksWell(`/live?message=hostile-track-${index}`);
    }
    for (const tab of ["identity", "raw"]) for (const index of [0, 9, 16, 21]) await looksWell(`/profiles/user_id:hostile-${index}?tab=${tab}`);
  });

  test("leave as cells that no spreadsheet takes for formulas", async () => {
    await at.open("/profiles");
    await at.page.getByRole("gridcell").first().waitFor();
    const [download] = await Promise.all([at.page.waitForEvent("download"), at.page.getByRole("button", { name: "Export as CSV" }).click()]);
    const text = await readFile(await download.path(), "utf8");
    expect(text).toContain("HYPERLINK");
    const cells = [...text.matchAll(/(?:^|,|\r\n)("(?:[^"]|"")*"|[^,\r\n]*)/g)].map(([, cell = ""]) => cell.replace(/^"|"$/g, ""));
    expect(cells.filter((cell) => /^[=+\-@\t\r＝＋－＠]/.test(cell))).toEqual([]);
  });
});
