// The keyboard in dialogs, menus and panels: Escape closes the uppermost alone, and the focus goes back to what it came from, so that nobody
// begins anew at the top of the page.
import type { Locator } from "playwright-core";
import { describe, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

describe.skipIf(chromiumPath === undefined)("the focus", () => {
  const at = consoleTest({
    env: { OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" },
    fill: async (server) => {
      await server.send("/v1/batch", { batch: [{ type: "identify", userId: "ann", traits: { email: "ann@example.com" } }] });
      await server.api("/audience-lists", { method: "POST", body: { name: "Guests", slug: "guests" } });
      await server.api("/alert-channels", { method: "POST", body: { kind: "webhook", name: "On call", settings: { url: "http://127.0.0.1:9/alerts", secret: "a secret of sixteen or more" } } });
      await server.settled();
    },
  });

  const isFocused = (element: Locator): Promise<void> => element.and(at.page.locator(":focus")).waitFor();
  const press = (key: string): Promise<void> => at.page.keyboard.press(key);
  const dialog = () => at.page.getByRole("dialog");
  const button = (name: string | RegExp) => at.page.getByRole("button", { name });

  test("goes back to the button that opened a dialog", async () => {
    await at.open("/settings/tokens");
    await button("Make a token").focus();
    await press("Enter");
    await dialog().locator("input:focus").first().waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await isFocused(button("Make a token"));
  });

  test("goes back to the button of the menu, where an item of it opened the dialog", async () => {
    await at.open("/settings/alerts");
    const menu = button("Actions: On call");
    await menu.focus();
    await press("Enter");
    await at.page.getByRole("menuitem", { name: "Remove" }).focus();
    await press("Enter");
    await dialog().filter({ hasText: "Remove On call?" }).locator(":focus").waitFor();
    await press("Escape");
    await dialog().waitFor({ state: "hidden" });
    await isFocused(menu);
  });

  test.each([{ width: 1280, panelRole: "complementary" }, { width: 768, panelRole: "dialog" }] as const)("is handed from a row to its panel, to a dialog over that, and back, one Escape at a time, at $width px", async ({ width, panelRole }) => {
    await at.page.setViewportSize({ width, height: 900 });
    await at.open("/audiences?show=lists");
    const row = at.page.getByRole("row").filter({ hasText: "Guests" });
    await row.focus();
    await press("Enter");
    const panel = at.page.getByRole(panelRole, { name: "Guests" });
    const add = panel.getByRole("button", { name: "Add people" });
    await add.focus();
    await press("Enter");
    const over = at.page.getByRole("dialog", { name: "Add people to “Guests”" });
    await over.getByRole("button", { name: "Close" }).focus();
    await press("Escape");
    await over.waitFor({ state: "hidden" });
    await isFocused(add);
    await press("Escape");
    await panel.waitFor({ state: "hidden" });
    await isFocused(row);
  });

  test("stays in a panel whose menu is closed", async () => {
    await at.open("/live?type=identify");
    await at.page.getByRole("row").nth(1).focus();
    await press("Enter");
    const panel = at.page.getByRole("complementary").filter({ hasText: "The path it took" });
    const menu = panel.getByRole("button", { name: "More with this event" });
    await menu.focus();
    await press("Enter");
    await at.page.getByRole("menu").waitFor();
    await press("ArrowDown");
    await press("Escape");
    await at.page.getByRole("menu").waitFor({ state: "hidden" });
    await isFocused(menu);
    await press("Escape");
    await panel.waitFor({ state: "hidden" });
  });

  test("goes back to the pencil of what is changed where it stands", async () => {
    await at.open("/sources/1");
    const pencil = button(/^Edit: /).first();
    await pencil.focus();
    await press("Enter");
    await at.page.locator("form :focus").waitFor();
    await press("Escape");
    await isFocused(pencil);
  });

  test("is on the new page where what was pressed is gone", async () => {
    await at.open("/sources");
    await at.page.getByRole("row").nth(1).focus();
    await press("Enter");
    await at.page.waitForURL("**/sources/1");
    await isFocused(at.page.locator("main"));
  });
});
