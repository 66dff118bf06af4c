// The list of audiences with how large each was lately, and as a file; and who came and went, by name, or masked for whoever may not
// see people.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AudienceDetail, AudienceTrends } from "@tributary/schema/api/audiences.ts";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";
import { shopEvents } from "./screenshots/shop-events.ts";

async function fill(server: ServerProcess): Promise<void> {
  await server.send("/v1/batch", { batch: shopEvents(Date.now()) });
  await server.settled();
  const seen = { kind: "event", event: "Product Viewed", measure: { of: "count" }, op: "at_least", value: 1 };
  for (const [name, folder] of [["=Viewers", "Shop"], ["New", ""]]) await server.api("/audiences", { method: "POST", body: { name, folder, definition: { from: "everyone", who: seen } } });
  const isCounted = async (slug: string): Promise<boolean> => (await server.api<AudienceDetail>(`/audiences/${slug}`)).status === "active" && ((await server.api<AudienceTrends>(`/audience-trends?audiences=${slug}`)).data[0]?.sizes.at(-1) ?? 0) > 0;
  while (!(await isCounted("viewers")) || !(await isCounted("new-2"))) await sleep(100);
}

describe.skipIf(chromiumPath === undefined)("the list of audiences", () => {
  const at = consoleTest({ fill });

  test("shows how large each is and became, opens one that is called New, and is written into a file", async () => {
    await at.open("/audiences");
    const rows = at.page.getByRole("grid", { name: "Audiences" }).getByRole("row");
    const viewers = rows.filter({ hasText: "=Viewers" });
    const { size } = await at.server.api<AudienceDetail>("/audiences/viewers");
    await viewers.getByText(String(size), { exact: true }).waitFor();
    const [download] = await Promise.all([at.page.waitForEvent("download"), at.page.getByRole("button", { name: "Export as CSV" }).click()]);
    expect(download.suggestedFilename()).toMatch(/^audiences-\d{4}-\d\d-\d\d\.csv$/);
    const lines = (await readFile(await download.path(), "utf8")).replace("\ufeff", "").trim().split("\r\n");
    expect(lines).toHaveLength(3);
    // Safe for spreadsheets, and without the line that is only to be seen.
    expect(lines[0]).toBe("Audience,Who is in it,People,State,Changed,Changed by,Folder,Name for programs");
    expect(lines[1]).toContain("'=Viewers");
    expect(lines[1]).toContain(`,${size},Current,`);
    expect(lines[1]).toMatch(/,Shop,viewers$/);

    await rows.filter({ hasText: "New" }).click();
    await at.page.getByRole("heading", { level: 1, name: "New" }).waitFor();
    expect(new URL(at.page.url()).pathname).toBe("/audiences/new-2");
  });

  test("draws the size of the last four weeks", async () => {
    const days = Array.from({ length: 28 }, (_, i) => (i < 4 ? null : 1_000 + i * 500));
    await at.page.route("**/api/v1/audience-trends?*", (route) => route.fulfill({ json: { at: [], data: [{ slug: "viewers", sizes: days }] } }));
    await at.open("/audiences");
    const viewers = at.page.getByRole("grid", { name: "Audiences" }).getByRole("row").filter({ hasText: "=Viewers" });
    await viewers.getByRole("img", { name: "From 3,000 to 14,500 in 23 days" }).waitFor();
    await viewers.getByText("+11.5K").waitFor();
    expect(await at.page.getByRole("row").filter({ hasText: "New" }).getByRole("img").count()).toBe(0);
  });

  test("tells who came in by name, and to whom may not see people masked", async () => {
    await at.open("/audiences/viewers?tab=changes");
    const table = at.page.getByRole("grid", { name: "Changes" });
    await table.getByText("Chloé Martin").first().waitFor();
    expect(await table.getByText(/^[0-9a-f]{8}-/).count()).toBe(0);
    await at.open("/audiences/viewers");
    await at.page.getByRole("region", { name: "Latest changes" }).getByRole("link").first().waitFor();

    const { secret } = await at.server.api<{ secret: string }>("/tokens", { method: "POST", body: { name: "reads", scopes: ["read"] } });
    const page = await at.newPage();
    await page.addInitScript(`sessionStorage.setItem("tributary.token", ${JSON.stringify(secret)})`);
    await page.goto(`${at.server.url}/audiences/viewers?tab=changes`);
    const masked = page.getByRole("grid", { name: "Changes" });
    await masked.getByText("•••", { exact: false }).first().waitFor();
    await page.getByRole("main").getByText("Masked").first().waitFor();
    expect(await masked.getByText(/Chloé|@example\.com/).filter({ hasNotText: "•••" }).count()).toBe(0);
  });
});
