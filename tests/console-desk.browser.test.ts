// The service desk in Chromium: a caller is found by what they say, what is open comes first, a promise is noted, a trait corrected
// and taken back; and what a marketer, an agent and a viewer see of the same person.
import { describe, expect, test } from "vitest";
import { settingsAnswer } from "@tributary/schema/api/workspace.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN, type ServerProcess } from "./server-process.ts";

const HOUR = 3_600_000;
const agent = { email: "kim@example.com", role: "service_agent" };
const others = [{ email: "mia@example.com", role: "marketer" }, { email: "vic@example.com", role: "viewer" }];
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
  for (const member of [agent, ...others])
    passwords[member.email] = (await server.api<{ password: string }>("/members", { method: "POST", body: member })).password;
  await server.settled();
}

describe.skipIf(chromiumPath === undefined)("the service desk", () => {
  const at = consoleTest({ fill });
  const enter = async (email: string, path: string): Promise<void> => {
    await at.page.goto(`${at.server.url}/sign-in?next=${encodeURIComponent(path)}`);
    await at.signIn(email, passwords[email]);
  };
  const search = async (text: string): Promise<void> => {
    await at.page.goto(`${at.server.url}/profiles`);
    await at.page.getByRole("main").getByRole("textbox").first().fill(text);
    await at.page.getByRole("row").nth(1).click();
  };

  test("finds the caller by the number as spoken and by the order, and opens on what is open", async () => {
    await enter(agent.email, "/profiles");
    await at.page.getByRole("heading", { level: 1, name: "Profiles" }).waitFor();
    for (const said of ["20 12 34 56", "w-4711"]) {
      await search(said);
      await at.page.getByRole("tab", { name: "Service", selected: true }).waitFor();
      const open = at.page.getByRole("region", { name: "Open now" }).getByRole("listitem");
      await expect.poll(() => open.first().innerText()).toContain("Late order");
      expect(await open.first().innerText()).toContain("Aarhus C");
      expect(await open.nth(1).innerText()).toContain("Open ticket");
    }
    at.forgiveStatus(401);
  });

  test("notes a promise and takes it back, and leaves a note", async () => {
    await enter(agent.email, "/profiles/user_id:c-1");
    await at.page.getByRole("textbox", { name: "What do you promise?" }).fill("Call back about W-4711");
    await at.page.getByRole("button", { name: "Promise", exact: true }).click();
    const promises = at.page.getByRole("region", { name: "Promises" }).getByRole("listitem");
    await promises.filter({ hasText: "Call back about W-4711" }).getByText("by kim").waitFor();
    await at.page.getByRole("alert").getByRole("button", { name: "Undo" }).click();
    await promises.first().waitFor({ state: "detached" });
    await at.page.getByRole("textbox", { name: "What should the next one know?" }).fill("<b>Prefers mail</b>");
    await at.page.getByRole("button", { name: "Add note" }).click();
    await at.page.getByRole("region", { name: "Notes" }).getByText("<b>Prefers mail</b>").waitFor();
    at.forgiveStatus(401);
  });

  test("corrects a trait, shows its history, and undoes it from the timeline", async () => {
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
  });

  test("tells what came before an order, from an address that holds it", async () => {
    await at.open("/profiles/user_id:c-1?tab=overview&q=w-4711&kind=track");
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
  });

  test.each([["mia@example.com"], ["vic@example.com"], [agent.email]])("what %s sees of the same person", async (email) => {
    await enter(email, "/profiles/user_id:c-1?tab=overview");
    await at.page.getByRole("region", { name: "Traits", exact: true }).getByText("city").waitFor();
    const text = await at.page.getByRole("main").innerText();
    for (const hidden of ["ann@example.com", "+4520123456", "Ann Lee"]) expect(text).not.toContain(hidden);
    const isAgent = email === agent.email;
    expect(await at.page.getByRole("tab", { name: "Service" }).count()).toBe(isAgent ? 1 : 0);
    expect(await at.page.getByRole("button", { name: /^Correct / }).count() > 0).toBe(isAgent);
    at.forgiveStatus(401);
  });

  test("the API alone decides: a viewer's session reaches no desk", async () => {
    await enter("vic@example.com", "/profiles");
    await at.page.getByRole("heading", { level: 1, name: "Profiles" }).waitFor();
    const status = await at.page.evaluate("fetch('/api/v1/profiles/user_id:c-1/desk').then((answer) => answer.status)");
    expect(status).toBe(403);
    expect((await fetch(`${at.server.url}/api/v1/profiles/user_id:c-1/desk`, { headers: { authorization: `Bearer ${API_TOKEN}` } })).status).toBe(200);
    at.forgiveStatus(401, 403);
  });
});
