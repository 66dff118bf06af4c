// Events and fields in the console: what arrived is found, looked at and decided, by pointer and by keyboard.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import axe from "axe-core";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { shopEvents } from "./screenshots/shop-events.ts";
import type { ServerProcess } from "./server-process.ts";

describe.skipIf(chromiumPath === undefined)("events and fields", () => {
  const on = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: [...shopEvents(Date.now()), ...orders()] });
      await server.settled();
      await counted(server);
    },
  });

  test("leads from all events to one field, which is decided, described and taken back", async () => {
    await on.open("/schema");
    const { page } = on;
    await page.getByRole("heading", { level: 1, name: "Events and fields" }).waitFor();
    await page.getByText(/^\d+ events, \d+ fields; \d+ wait for your decision/).waitFor();
    await page.getByRole("textbox", { name: "Find an event" }).fill("ticket");
    await page.getByRole("row").filter({ hasText: "Ticket Opened" }).click();
    await page.getByRole("heading", { level: 1, name: "Ticket Opened" }).waitFor();
    await page.getByRole("row").filter({ hasText: "contact_point" }).click();
    const panel = page.getByRole("complementary");
    await panel.getByText(/^\d+ of \d+ values look like e-mail addresses\.$/).waitFor();
    await panel.getByText("ticket0@example.com").waitFor();
    await panel.getByRole("button", { name: "Personal", exact: true }).click();
    await page.getByText("contact_point is personal: masked for whoever may not see people.").waitFor();
    await panel.getByText("Decided by the workspace").waitFor();
    await panel.getByRole("textbox", { name: "What it means" }).fill("Where to answer");
    await panel.getByRole("textbox", { name: "Who answers for it" }).fill("Care");
    await panel.getByRole("textbox", { name: "Who answers for it" }).press("Enter");
    await page.getByText("Saved.").first().waitFor();
    await page.reload();
    await panel.getByText("Decided by the workspace").waitFor();
    expect(await panel.getByRole("textbox", { name: "What it means" }).inputValue()).toBe("Where to answer");
    expect(await panel.getByRole("textbox", { name: "Who answers for it" }).inputValue()).toBe("Care");
    await panel.getByRole("button", { name: "Undecided" }).click();
    await panel.getByText("Masked until somebody decides").waitFor();
  });

  test("decides one after the other by keyboard, and all proposals at once, with a way back", async () => {
    await on.open("/schema?tab=decide&find=Ticket");
    const { page } = on;
    const rows = page.getByRole("grid").locator("[data-index]");
    await rows.first().waitFor();
    const before = await rows.count();
    expect(before).toBeGreaterThan(2);
    await page.keyboard.press("j");
    await page.locator("[data-index='0']:focus").waitFor();
    await page.keyboard.press("y");
    await page.locator("[data-index='1']:focus").waitFor();
    await page.keyboard.press("n");
    await page.locator("[data-index='2']:focus").waitFor();
    await rows.nth(0).getByText("Personal", { exact: true }).waitFor();
    await rows.nth(1).getByText("Not personal", { exact: true }).waitFor();
    // What was decided stays where it is until one leaves.
    expect(await rows.count()).toBe(before);
    await page.reload();
    await rows.first().waitFor();
    expect(await rows.count()).toBe(before - 2);
    await page.getByRole("button", { name: /^Take (all|the) \d+ proposals?$/ }).click();
    await page.getByText(/^\d+ proposals? taken\.$/).waitFor();
    await page.getByRole("button", { name: "Undo" }).last().click();
    await page.getByRole("button", { name: /^Take (all|the) \d+ proposals?$/ }).waitFor();
  });

  test("keeps what is shown in the address, and writes it into a file", async () => {
    await on.open("/schema?tab=traits&find=e");
    const { page } = on;
    await page.getByRole("gridcell", { name: "email", exact: true }).waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as CSV" }).click()]);
    expect(download.suggestedFilename()).toMatch(/^traits-.*\.csv$/);
    await page.getByText("Context", { exact: true }).click();
    await page.getByRole("gridcell", { name: "page.url" }).waitFor();
    expect(new URL(page.url()).search).toBe("?tab=context");
  });

  test("shows no value of a person to whoever may not see people, and lets them decide nothing", async () => {
    const { secret } = await on.server.api<{ secret: string }>("/tokens", { method: "POST", body: { name: "viewer", scopes: ["read"] } });
    const { page } = on;
    await page.addInitScript(`sessionStorage.setItem("tributary.token", "${secret}")`);
    await page.goto(`${on.server.url}/schema/${encodeURIComponent("Ticket Opened")}?field=${encodeURIComponent(JSON.stringify(["property", "Ticket Opened", "contact_point"]))}`);
    const panel = page.getByRole("complementary");
    await panel.getByText("Masked: your role does not show people.").waitFor();
    await panel.getByText("t•••@example.com").waitFor();
    expect(await page.content()).not.toContain("ticket0@example.com");
    expect(await page.getByRole("button", { name: "Personal", exact: true }).count()).toBe(0);
  });

  test("can be used by everybody: names for everything, no script of a stranger, nothing sideways", async () => {
    const { page } = on;
    for (const path of ["/schema", "/schema?tab=decide", "/schema?tab=traits", `/schema/${encodeURIComponent("Order Completed")}?field=${encodeURIComponent('["property","Order Completed","total"]')}`, `/schema/identify?find=cmd`]) {
      for (const [width, height] of [[1280, 800], [768, 1024]] as const) {
        await page.setViewportSize({ width, height });
        await on.open(path);
        await page.getByRole("gridcell").first().waitFor();
        await expect.poll(() => page.locator(".bar, [aria-busy=true]").count()).toBe(0);
        expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), `${path} ${width}`).toBe(true);
        expect(await page.evaluate("document.querySelectorAll('#root img, [onerror], #root script').length"), path).toBe(0);
        await page.evaluate(axe.source);
        const found = await page.evaluate("axe.run('main', { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' ').slice(0, 300)))");
        expect(found, `${path} ${width}`).toEqual([]);
      }
    }
  });
});

function orders(): object[] {
  return Array.from({ length: 12 }, (_, i) => ({
    type: "track", event: "Ticket Opened", userId: `t-${i}`, messageId: `ticket-${i}`,
    properties: { contact_point: `ticket${i}@example.com`, subject_line: `About lamp ${i}`, urgent: i % 3 === 0, minutes_open: i, lines: [{ engraving_text: `For ${i}` }] },
  }));
}

/** The reader of what arrives comes by every few seconds. */
async function counted(server: ServerProcess): Promise<void> {
  for (;;) {
    const { data } = await server.api<{ data: { event: string }[] }>("/schema/events");
    if (data.some(({ event }) => event === "Ticket Opened")) return;
    await sleep(100);
  }
}
