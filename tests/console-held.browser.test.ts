// Held events in Chromium: a broken event is understood, repaired, sent again, and its person appears; many are put aside at
// once; the path of an event that joined two people shows how.
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

describe.skipIf(chromiumPath === undefined)("held events and the path of an event", () => {
  const console = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", { batch: [
        { type: "purchase", messageId: "broken", userId: "held-nia", properties: { id: 5, total: 12.5 } },
        { type: "track", messageId: "nameless-1", userId: "held-2" }, { type: "track", messageId: "nameless-2", userId: "held-3" },
        { type: "identify", messageId: "known", userId: "path-ann", traits: { plan: "free" } }, { type: "page", messageId: "visit", anonymousId: "path-web" },
      ] });
      await server.settled();
      await server.send("/v1/identify", { messageId: "joins", userId: "path-ann", anonymousId: "path-web", traits: { plan: "pro" }, context: { page: { url: "https://shop.example.com/?utm_source=mail" } } });
      await server.settled();
    },
  });

  test("a broken event is understood, repaired, sent again, and its person appears", async () => {
    const { page } = console;
    await console.open("/held");
    await page.getByText("3 events are held, for 2 reasons.").waitFor();
    await page.getByRole("row").filter({ hasText: "The type of call is unknown" }).click();
    const panel = page.getByRole("complementary");
    await panel.getByText("The type must be one of").first().waitFor();
    await expect.poll(() => panel.locator("mark").allInnerTexts().then((texts) => texts.join(""))).toContain('"type": "purchase"');
    const editor = panel.getByLabel("The event as JSON");
    await panel.getByText("It would still be held.").waitFor();
    await editor.fill("{ nothing");
    await panel.getByText("This is no JSON").waitFor();
    expect(await panel.getByRole("button", { name: "Send repaired" }).isDisabled()).toBe(true);
    await editor.fill('{"type":"track","event":"Purchase","userId":"held-nia","messageId":"broken","properties":{"id":12345678901234567}}');
    await panel.getByText("It would be accepted.").waitFor();
    await panel.getByText("user_id:held-nia").waitFor();
    await panel.getByRole("button", { name: "Send repaired" }).click();
    await panel.getByText("Accepted, folded into profiles, and stored.").waitFor();
    await panel.getByRole("link", { name: "Open person" }).click();
    await page.waitForURL(/\/profiles\//);
    await page.getByText("Purchase").first().waitFor();
    const fate = await console.server.api<{ rows: { outcome: string; raw: string }[] }>("/events/broken");
    expect(fate.rows.map(({ outcome }) => outcome)).toEqual(["quarantined", "stored"]);
    expect(fate.rows[1]?.raw).toContain('"id":12345678901234567}');
  });

  test("all of one reason are put aside at once, after the consequences were said", async () => {
    const { page } = console;
    await console.open("/held?reason=event_name_missing");
    const group = page.getByRole("listitem").filter({ hasText: "A track call has no name" });
    await group.getByRole("button", { name: "Put all aside" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Put 2 events aside?").waitFor();
    await dialog.getByRole("button", { name: "Put all aside" }).click();
    await page.getByText("2 events put aside.").waitFor();
    await expect.poll(() => page.getByRole("listitem").filter({ hasText: "A track call has no name" }).count()).toBe(0);
  });

  test("the path of an event that joined two people shows the merge, and what each trait was before", async () => {
    const { page } = console;
    await console.open("/live?message=joins");
    const panel = page.getByRole("complementary");
    await panel.getByText("Joined 2 people into one.").waitFor();
    await panel.getByText("seen together").waitFor();
    await panel.getByRole("button", { name: /^What it changed:/ }).click();
    const plan = panel.locator(".path-change").filter({ hasText: "plan" });
    expect([await plan.locator("del").innerText(), await plan.locator("ins").innerText()]).toEqual(["free", "pro"]);
    await panel.getByRole("button", { name: /^Read:/ }).click();
    await panel.getByText("found in the page's address").first().waitFor();
    await panel.getByRole("button", { name: "As JSON, before and after" }).click();
    await panel.getByLabel("As JSON, before and after").locator("ins").first().waitFor();
    await panel.getByRole("button", { name: "Only events of path-web" }).first().click();
    await page.waitForURL(/profile=anonymous_id/);
    await page.getByRole("gridcell", { name: "Stored" }).first().waitFor();
  });

  test("an event is sent again as a new one, and says of which it is a copy", async () => {
    const { page } = console;
    await console.open("/live?message=visit");
    const panel = page.getByRole("complementary");
    await panel.getByRole("button", { name: "Send again" }).click();
    await page.waitForURL(/message=again-/);
    await panel.getByText("The first with this message id.").waitFor();
    await panel.getByRole("button", { name: /^Received:/ }).click();
    await panel.getByRole("link", { name: "visit" }).click();
    await page.waitForURL(/message=visit/);
  });

  test("everything that can be used has a name, and nothing goes sideways", async () => {
    const { page } = console;
    for (const path of ["/held", "/held?tab=refused", "/imports", "/imports/new"]) {
      await console.open(path);
      await page.locator("h1").waitFor();
      await expect.poll(() => page.locator(".bar, [aria-busy=true]").count()).toBe(0);
      expect((await page.locator("body").ariaSnapshot()).match(/- (button|link|textbox|combobox)(?! ["/]).*/g) ?? [], path).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path).toBe(true);
    }
  });
});
