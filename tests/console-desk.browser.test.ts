// The service desk in Chromium: a caller is found by what they say, what is open comes first, by the rules of the settings, a
// promise is noted, a trait corrected and taken back; and what an agent and a viewer see of the same person.
import { readFile } from "node:fs/promises";
import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { settingsAnswer } from "@tributary/schema/api/workspace.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN, type ServerProcess } from "./server-process.ts";

const HOUR = 3_600_000;
const agent = { email: "kim@example.com", role: "service_agent" };
const viewer = { email: "vic@example.com", role: "viewer" };
const passwords: Record<string, string> = {};

async function fill(server: ServerProcess): Promise<void> {
  const { settings } = settingsAnswer.parse(await server.api("/settings"));
  await server.api("/settings", { method: "PUT", body: { ...settings, phoneCountry: "DK" } });
  const at = (hoursAgo: number): string => new Date(Date.now() - hoursAgo * HOUR).toISOString();
  await server.send("/v1/batch", { batch: [
    { type: "identify", userId: "c-1", anonymousId: "web-1", traits: { name: "Ann Lee", email: "ann@example.com", phone: "+4520123456", city: "Aarhus" }, timestamp: at(60) },
    { type: "track", event: "Product Viewed", userId: "c-1", properties: { name: "Oak table" }, timestamp: at(51) },
    { type: "track", event: "Order Completed", userId: "c-1", properties: { order_id: "W-4711", total: 80, ready_by: at(2), store: "Aarhus C" }, timestamp: at(50) },
    { type: "track", event: "Ticket Opened", userId: "c-1", properties: { ticket_id: "T-1", subject: "Where is my order?" }, timestamp: at(1) },
  ] });
  for (const member of [agent, viewer])
    passwords[member.email] = (await server.api<{ password: string }>("/members", { method: "POST", body: member })).password;
  await server.settled();
}

// Each visitor signs in once, and goes on within the console as people do: a fresh page is most of what a test waits for.
describe.skipIf(chromiumPath === undefined)("the service desk", () => {
  const at = consoleTest({ fill });
  const main = (): Locator => at.page.getByRole("main");
  const enter = async (email: string, path: string): Promise<void> => {
    await at.page.goto(`${at.server.url}/sign-in?next=${encodeURIComponent(path)}`);
    await at.signIn(email, passwords[email]);
  };
  /** Of the one person of this file, as the visitor sees them on the overview. */
  const expectMasked = async (): Promise<void> => {
    await main().getByRole("region", { name: "Traits", exact: true }).getByText("city").waitFor();
    await main().getByRole("article").first().waitFor();
    const text = await main().innerText();
    for (const hidden of ["ann@example.com", "+4520123456", "Ann Lee"]) expect(text).not.toContain(hidden);
    // The server refuses to look for words in what is masked, and to show how it came to be.
    expect(await main().getByRole("textbox", { name: "Search events" }).count()).toBe(0);
    expect(await main().getByRole("button", { name: /^History of/ }).count()).toBe(0);
  };

  test("an agent finds the caller by what they say, opens on what is open, promises, notes, and sees nobody in the clear", async () => {
    await enter(agent.email, "/profiles");
    await at.page.getByRole("heading", { level: 1, name: "Profiles" }).waitFor();
    for (const said of ["20 12 34 56", "w-4711"]) {
      await main().getByRole("textbox").first().fill(said);
      await at.page.keyboard.press("Enter");
      await at.page.waitForURL((url) => url.searchParams.get("search") === said);
      await at.page.getByRole("row").nth(1).click();
      await at.page.getByRole("tab", { name: "Service", selected: true }).waitFor();
      const open = at.page.getByRole("region", { name: "Open now" }).getByRole("listitem");
      await expect.poll(() => open.first().innerText()).toContain("Late order");
      expect(await open.first().innerText()).toContain("Aarhus C");
      expect(await open.nth(1).innerText()).toContain("Open ticket");
      await main().getByRole("link", { name: "Profiles" }).click();
    }
    await at.page.getByRole("row").nth(1).click();
    await at.page.getByRole("textbox", { name: "What do you promise?" }).fill("Call back about W-4711");
    await at.page.getByRole("button", { name: "Promise", exact: true }).click();
    const promises = at.page.getByRole("region", { name: "Promises" }).getByRole("listitem");
    await promises.filter({ hasText: "Call back about W-4711" }).getByText("by kim").waitFor();
    await at.page.getByRole("alert").getByRole("button", { name: "Undo" }).click();
    await promises.first().waitFor({ state: "detached" });
    await at.page.getByRole("textbox", { name: "What should the next one know?" }).fill("<b>Prefers mail</b>");
    await at.page.getByRole("button", { name: "Add note" }).click();
    await at.page.getByRole("region", { name: "Notes" }).getByText("<b>Prefers mail</b>").waitFor();
    await at.page.getByRole("tab", { name: "Overview" }).click();
    await expectMasked();
    expect(await at.page.getByRole("button", { name: /^Correct / }).count()).toBeGreaterThan(0);
    at.forgiveStatus(401);
  });

  test("corrects a trait, shows its history, undoes it from the timeline, and tells what came before an order", async () => {
    await at.open("/profiles/user_id:c-1?tab=overview");
    const traits = at.page.getByRole("region", { name: "Traits", exact: true });
    await traits.getByText("Aarhus", { exact: true }).hover();
    await traits.getByRole("button", { name: "Correct city" }).click();
    await at.page.getByRole("textbox", { name: "New value" }).fill("Skagen");
    await at.page.getByRole("button", { name: "Save" }).click();
    await traits.getByText("Skagen", { exact: true }).click();
    const history = at.page.getByRole("dialog");
    await history.getByText("in force").waitFor();
    expect(await history.getByRole("listitem").count()).toBe(2);
    await at.page.keyboard.press("Escape");
    await at.page.getByRole("button", { name: /Trait Corrected/ }).click();
    await at.page.getByRole("article", { name: "Trait Corrected" }).getByRole("button", { name: "Undo" }).click();
    await traits.getByText("Aarhus", { exact: true }).waitFor();
    await at.page.getByRole("textbox", { name: "Search events" }).fill("w-4711");
    await at.page.waitForURL(/q=w-4711/);
    await at.page.getByRole("button", { name: /^Order Completed/ }).click();
    await at.page.getByRole("button", { name: "What came before" }).click();
    await at.page.getByRole("article", { name: "Product Viewed" }).waitFor();
    expect(await at.page.getByRole("article").count()).toBe(2);
    await at.page.reload();
    await at.page.getByText("Only what came before one event is shown.").waitFor();
  });

  test("shows chosen columns, remembers them, and writes everybody into a file", async () => {
    await at.open("/profiles");
    await at.page.getByRole("button", { name: "Columns" }).click();
    await at.page.getByRole("checkbox", { name: "city" }).check();
    await at.page.getByRole("columnheader", { name: "city" }).waitFor();
    await at.page.goto(`${at.server.url}/profiles`);
    await at.page.getByRole("gridcell", { name: "Aarhus" }).waitFor();
    const [file] = await Promise.all([at.page.waitForEvent("download"), at.page.getByRole("button", { name: "Export as CSV" }).click()]);
    expect(file.suggestedFilename()).toMatch(/^profiles-.*\.csv$/);
    const [header, line, ...more] = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
    expect(header).toContain("city");
    expect(line).toContain("Aarhus");
    expect(more).toEqual([]);
  });

  test("the desk goes by the rules that the settings say, and keeps what a program changed there meanwhile", async () => {
    await at.open("/settings/problems?rule=open_ticket");
    const rules = at.page.getByRole("region", { name: "What counts as an open problem" });
    await rules.getByText("Never seen so far: Ticket Reopened").waitFor();
    await rules.getByRole("textbox", { name: "What to say" }).fill("It is about {colour}.");
    await rules.getByText("{colour} is not among the facts.").waitFor();
    expect(await at.page.getByRole("button", { name: "Save changes" }).isDisabled()).toBe(true);
    await rules.getByRole("textbox", { name: "What to say" }).fill("It is about {subject}");
    await rules.getByRole("textbox", { name: "What agents call it" }).fill("Looked at a table");
    await rules.getByRole("button", { name: "Add a rule" }).click();
    await rules.getByLabel("Begins with").fill("Product Viewed");
    await at.page.keyboard.press("Enter");
    await rules.getByRole("textbox", { name: "Belongs together by" }).fill("name");
    await rules.getByText("Begins with Product Viewed. Nothing ends it. It is open at once.").waitFor();
    const { settings } = settingsAnswer.parse(await at.server.api("/settings"));
    await at.server.api("/settings", { method: "PUT", body: { ...settings, internalIps: ["192.0.2.0/24"] } });
    await at.page.getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Saved. The desk goes by it from now on.").waitFor();
    const { settings: now } = settingsAnswer.parse(await at.server.api("/settings"));
    expect(now).toMatchObject({ phoneCountry: "DK", internalIps: ["192.0.2.0/24"] });
    expect(now.service.problems.map(({ name }) => name)).toEqual(["late_order", "open_ticket", "failed_payment", "looked_at_a_table"]);
    const desk = await at.server.api<{ problems: { title: string; say: string }[] }>("/profiles/user_id:c-1/desk");
    expect(desk.problems.map(({ title, say }) => [title, say])).toEqual(expect.arrayContaining([["Open ticket", "It is about Where is my order?"], ["Looked at a table", ""]]));
  });

  test("a viewer is shown the same person masked and reaches no desk, whatever they ask the API", async () => {
    await enter(viewer.email, "/profiles/user_id:c-1");
    await expectMasked();
    expect(await at.page.getByRole("tab", { name: "Service" }).count()).toBe(0);
    expect(await at.page.getByRole("button", { name: /^Correct / }).count()).toBe(0);
    const status = await at.page.evaluate("fetch('/api/v1/profiles/user_id:c-1/desk').then((answer) => answer.status)");
    expect(status).toBe(403);
    expect((await fetch(`${at.server.url}/api/v1/profiles/user_id:c-1/desk`, { headers: { authorization: `Bearer ${API_TOKEN}` } })).status).toBe(200);
    at.forgiveStatus(401, 403);
  });
});
