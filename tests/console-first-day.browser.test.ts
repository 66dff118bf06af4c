// A new user's first day, from end to end: load the demo shop, find a person by e-mail, understand why several devices are one
// person, undo a wrong merge, keep a promise to a caller, replace a key, and invite a service agent who sees masked data.
import { describe, expect, test } from "vitest";
import type { ScenarioList } from "@tributary/schema/api/demo-shop.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";

/** Seconds where nothing else runs. */
const HISTORY_MAX_MS = 300_000;

describe.skipIf(chromiumPath === undefined)("a new user's first day", () => {
  const at = consoleTest();

  /** As the page itself asks, by its session and in its workspace. */
  async function scenarios(): Promise<ScenarioList["data"]> {
    const asked = at.page.waitForResponse((response) => response.url().endsWith("/demo-shop/scenarios"));
    await at.page.goto(`${at.server.url}/start/scenarios`);
    const { data } = (await (await asked).json()) as ScenarioList; // Checked by the server against its schema.
    return data;
  }

  const story = async (id: string): Promise<ScenarioList["data"][number]> => {
    const found = (await scenarios()).find((one) => one.id === id);
    if (!found) throw new Error(`There is no scenario ${id}.`);
    return found;
  };

  test("never wonders what to do", async () => {
    const { page, server } = at;
    await page.goto(server.url);
    await at.signIn();
    await page.getByRole("heading", { level: 1, name: "Get started" }).waitFor();
    await page.getByRole("combobox", { name: "How many people" }).click();
    await page.getByRole("option", { name: "100 people" }).click();
    await page.getByRole("button", { name: "Load the demo shop" }).click();
    await page.getByRole("button", { name: "Enter the demo shop" }).click();
    await page.getByRole("complementary", { name: "Demo shop" }).getByRole("combobox", { name: "Pace of the shop" }).waitFor({ timeout: HISTORY_MAX_MS });

    // Somebody by e-mail, by keyboard; several devices, and why they are one.
    const { people: [lender, borrower], facts } = await story("wrong_merge");
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("dialog").locator("input:focus").waitFor();
    await page.keyboard.type((facts["borrower"] ?? "").replace("email:", ""));
    await page.getByRole("dialog").getByText(borrower?.name ?? "?").first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Identity" }).click();
    const why = page.getByRole("region", { name: "Why this is one person" });
    await why.getByText(/signed in as/).first().waitFor();
    expect(await why.getByRole("listitem").count()).toBeGreaterThan(1);

    // The wrong merge, undone with a preview of both.
    for (const one of await page.getByRole("button", { name: new RegExp(`^(${(facts["lender"] ?? "").replace("email:", "").replaceAll(".", "\\.")})\\s*e-mail`) }).all()) await one.click();
    await page.getByRole("button", { name: "Split these off…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/One person becomes 2/).waitFor();
    await dialog.getByRole("button", { name: "Split them" }).click();
    await dialog.getByText("They are two people now.").waitFor();
    await dialog.getByRole("link", { name: "Open the person split off" }).click();
    await page.getByRole("heading", { level: 1, name: lender?.name ?? "?" }).waitFor();
    expect(await story("wrong_merge")).toMatchObject({ done: true });

    // A caller with a late order: found by the number as spoken, and promised to.
    const late = await story("late_order");
    await page.goto(`${server.url}/profiles?search=${encodeURIComponent(late.facts["phone_spoken"] ?? "?")}`);
    await page.getByRole("row").filter({ hasText: late.people[0]?.name ?? "?" }).first().click();
    await page.getByRole("tab", { name: "Service" }).click();
    await page.getByText(late.facts["order"] ?? "?").first().waitFor();
    await page.getByRole("textbox", { name: "What do you promise?" }).fill("A call as soon as it is found");
    await page.getByRole("button", { name: "Promise", exact: true }).click();
    await page.getByText("A call as soon as it is found").first().waitFor();
    await expect.poll(async () => (await story("late_order")).done).toBe(true);

    // A colleague for the telephone, who sees masked data and may reveal.
    await page.goto(`${server.url}/settings/members`);
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByRole("textbox", { name: "E-mail" }).fill("agnes@example.com");
    await page.getByRole("combobox", { name: "Role" }).selectOption("service_agent");
    await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
    const link = await page.getByRole("dialog").locator("code").innerText();
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    const agent = await at.newPage();
    await agent.goto(/http\S+/.exec(link)?.[0] ?? link);
    await agent.getByRole("textbox", { name: "Your name" }).fill("Agnes Agent");
    await agent.getByRole("textbox", { name: "Choose a password" }).fill("another long password 0815");
    await agent.getByRole("button", { name: "Join" }).click();
    await agent.getByRole("navigation", { name: "Main" }).waitFor();
    await agent.goto(`${server.url}/profiles/${encodeURIComponent(late.people[0]?.ref ?? "?")}`);
    await agent.getByText(late.facts["order"] ?? "?").first().waitFor();
    expect(await agent.locator("main").innerText()).not.toContain(late.facts["phone"]);
    // Back in one's own workspace: a key, replaced with time for whoever still sends with the old one.
    await page.getByRole("button", { name: /^Workspace: Demo shop/ }).click();
    await page.getByRole("menuitem", { name: "Default" }).click();
    await page.getByRole("button", { name: /^Workspace: Default/ }).waitFor();
    await page.goto(`${server.url}/sources`);
    await page.getByRole("gridcell", { name: "Website" }).first().click();
    await page.getByRole("button", { name: "Replace", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make the new key" }).click();
    await page.getByText(/^Replaced; ends in 6 d/).waitFor();
    at.forgiveStatus(401, 403, 404);
  }, HISTORY_MAX_MS * 2);
});
