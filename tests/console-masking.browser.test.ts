// The same person in the eyes of a viewer, a service agent and an analyst; a value revealed for a reason, which the owner then
// finds in the audit log.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { Role } from "@tributary/schema/api/roles.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN, type ServerProcess } from "./server-process.ts";

const PHONE = "+4570108642";
const MAIL = "nia.newcomer@example.com";
const REASON = "Caller wants to be rung back";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function axeFinds(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run("main, [role=dialog]", { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + " " + target.join(" "))))`);
}

const passwords = new Map<Role, string>();

async function addMember(server: ServerProcess, role: Role): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/members`, {
    method: "POST", headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ email: `${role}@example.com`, name: `The ${role}`, role }),
  });
  const made = (await answer.json()) as { password: string };
  passwords.set(role, made.password);
}

describe.skipIf(chromiumPath === undefined)("people in the eyes of different roles", () => {
  const at = consoleTest({
    fill: async (server) => {
      await server.send("/v1/batch", {
        batch: [
          { type: "identify", userId: "u-nia-4711", messageId: "first", traits: { name: "Nia Newcomer", email: MAIL, phone: PHONE, plan: "gold" } },
          { type: "track", event: "Order Completed", userId: "u-nia-4711", messageId: "order", properties: { price: 20, note: "leave it with Xenia" } },
        ],
      });
      await server.settled();
      for (const role of ["viewer", "service_agent", "analyst"] as const) await addMember(server, role);
    },
  });

  async function enter(role: Role, path: string): Promise<Page> {
    const page = await at.newPage();
    await page.goto(`${at.server.url}${path}`);
    await at.signIn(`${role}@example.com`, passwords.get(role), page);
    at.forgiveStatus(401);
    return page;
  }

  test("an analyst sees a person, a viewer and an agent see them masked, and the agent reveals one value that the owner finds in the log", async () => {
    const analyst = await enter("analyst", `/profiles?search=${encodeURIComponent(MAIL)}`);
    await analyst.getByRole("row").filter({ hasText: "Nia Newcomer" }).click();
    await analyst.getByRole("heading", { level: 1, name: "Nia Newcomer" }).waitFor();
    await analyst.getByText("gold").first().waitFor();
    expect(await analyst.getByRole("main").innerText()).toContain(PHONE);
    expect(await analyst.getByText("Masked", { exact: true }).count()).toBe(0);
    const path = new URL(analyst.url()).pathname;

    const viewer = await enter("viewer", "/profiles");
    const search = viewer.getByRole("textbox", { name: "A whole e-mail, phone number or id, then Enter" });
    await search.fill("nia.newcomer");
    await search.press("Enter");
    await viewer.getByText("No one").or(viewer.getByRole("heading", { level: 2 })).first().waitFor();
    await search.fill(MAIL);
    await search.press("Enter");
    await viewer.getByRole("row").filter({ hasText: "N•••" }).click();
    await viewer.getByRole("heading", { level: 1, name: "N•••" }).waitFor();
    await viewer.getByText("gold").first().waitFor();
    await viewer.getByText("n•••@example.com").first().waitFor();
    await viewer.getByText("Masked", { exact: true }).first().waitFor();
    expect(await viewer.getByRole("button", { name: /^Reveal/ }).count()).toBe(0);
    expect(await viewer.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" }).count()).toBe(0);
    const seen = await viewer.content();
    for (const hidden of ["Newcomer", "70108642", "u-nia", "Xenia"]) expect(seen).not.toContain(hidden);
    await viewer.goto(`${at.server.url}/live?message=order`);
    await viewer.getByText("As received, masked").waitFor();
    // What each stage did, without what it did it to.
    await viewer.getByText("What it changed", { exact: true }).waitFor();
    await viewer.getByRole("button", { name: /^Read: / }).click();
    await viewer.getByText("userId", { exact: true }).first().waitFor();
    expect(await viewer.getByText("hidden values").count()).toBe(0);
    for (const hidden of ["Newcomer", "70108642", "u-nia", "Xenia"]) expect(await viewer.content()).not.toContain(hidden);
    expect(await viewer.getByRole("button", { name: "Copy as curl" }).count()).toBe(0);
    await viewer.goto(`${at.server.url}/audit`);
    expect(await viewer.getByRole("alert").innerText()).toContain("privacy_officer");
    at.forgiveStatus(403);

    const agent = await enter("service_agent", path);
    await agent.getByRole("heading", { level: 1, name: "N•••" }).waitFor();
    const reveal = agent.getByRole("button", { name: "Reveal phone" }).first();
    await reveal.click();
    const form = agent.getByRole("dialog");
    await form.getByRole("textbox", { name: "Why do you need it?" }).fill(REASON);
    expect(await axeFinds(agent)).toEqual([]);
    await form.getByRole("button", { name: "Show it" }).click();
    await agent.getByText(PHONE).first().waitFor();
    await agent.getByText("n•••@example.com").first().waitFor();
    await agent.reload();
    await agent.getByRole("heading", { level: 1, name: "N•••" }).waitFor();
    expect(await agent.content()).not.toContain(PHONE);
    await agent.goto(`${at.server.url}${path}?tab=identity&view=table`);
    await agent.getByRole("button", { name: "Reveal phone number" }).waitFor();
    await agent.goto(`${at.server.url}/live?message=order`);
    await agent.getByText("hidden values").click();
    await agent.getByRole("button", { name: "Reveal properties.note" }).click();
    await form.getByRole("textbox", { name: "Why do you need it?" }).fill("What the note said");
    await form.getByRole("button", { name: "Show it" }).click();
    await agent.getByText("leave it with Xenia").waitFor();

    const { page: owner, server } = at;
    await owner.goto(`${server.url}/`);
    await at.signIn();
    at.forgiveStatus(401);
    await owner.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" }).click();
    await owner.getByRole("heading", { level: 1, name: "Audit log" }).waitFor();
    await owner.getByRole("combobox", { name: "What" }).selectOption("person.reveal");
    const row = owner.getByRole("row").filter({ hasText: "The service_agent" });
    await row.filter({ hasText: REASON }).click();
    expect(new URL(owner.url()).search).toContain("action=person.reveal");
    const panel = owner.getByRole("complementary");
    await panel.getByText("identifier phone").waitFor();
    expect(await owner.getByRole("main").innerText()).not.toContain("70108642");
    expect(await axeFinds(owner)).toEqual([]);
    await panel.getByRole("link", { name: "Open person" }).click();
    await owner.getByRole("heading", { level: 1, name: "Nia Newcomer" }).waitFor();
    await owner.goBack();
    await owner.getByRole("combobox", { name: "What" }).selectOption("person.");
    await owner.getByRole("row").filter({ hasText: "The viewer" }).filter({ hasText: "looked at a person" }).first().waitFor();
  });
});
