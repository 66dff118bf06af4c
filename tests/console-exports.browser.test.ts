// What left by hand, in the console: nothing yet, and a list that fails; an audience shared by a link that is shown once, fetched and revoked; a statement
// written into a file, which is found by whom it held.
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AudienceDetail } from "@tributary/schema/api/audiences.ts";
import { describe, expect, test } from "vitest";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import type { ServerProcess } from "./server-process.ts";

async function fill(server: ServerProcess): Promise<void> {
  const batch = ["ann", "bob", "cyd"].flatMap((userId) => [{ type: "identify", userId, traits: { email: `${userId}@example.com`, plan: "gold" } }, { type: "track", userId, event: "Joined" }]);
  await server.send("/v1/batch", { batch });
  await server.settled();
  await server.api("/audiences", { method: "POST", body: { name: "Club", slug: "club", definition: { who: { all: [{ kind: "event", event: "Joined", op: "at_least", value: 1 }] } } } });
  while ((await server.api<AudienceDetail>("/audiences/club")).size !== 3) await sleep(100);
}

describe.skipIf(chromiumPath === undefined)("exports", () => {
  const at = consoleTest({ fill });

  test("say what will be there, and what is wrong when they can't be read", async () => {
    await at.open("/exports");
    await at.page.getByRole("heading", { name: "Nothing has left yet" }).waitFor();
    await at.page.getByRole("tab", { name: "Shared links" }).click();
    await at.page.getByRole("heading", { name: "No links yet" }).waitFor();
    await at.page.route("**/api/v1/exports?*", (route) => route.fulfill({ status: 422, json: { code: "limit_reached", message: "A limit was reached.", hint: "Try less.", status: 422 } }), { times: 1 });
    await at.open("/exports");
    await at.page.getByRole("alert").getByText("limit_reached").waitFor();
    await at.page.getByRole("button", { name: "Try again" }).click();
    await at.page.getByRole("heading", { name: "Nothing has left yet" }).waitFor();
    at.forgiveStatus(422);
  });

  test("an audience is shared by a link that is shown once, gives the chosen columns, and ends when it is revoked", async () => {
    await at.open("/audiences/club?tab=people");
    await at.page.getByRole("link", { name: "Share by link" }).click();
    const form = at.page.getByRole("dialog");
    await form.getByRole("textbox", { name: "Whom it is for" }).fill("Print shop");
    await form.getByLabel("Columns", { exact: true }).first().click();
    await at.page.getByRole("option", { name: "plan" }).click();
    await form.getByRole("textbox", { name: "Rows at most" }).fill("2");
    await form.getByRole("button", { name: "Make the link" }).click();
    const link = await at.page.getByRole("status").locator("code").innerText();
    await at.page.getByRole("button", { name: "I have copied it" }).click();
    const row = at.page.getByRole("grid", { name: "Shared links" }).getByRole("row").filter({ hasText: "Print shop" });
    await row.getByText("id, trait.plan").waitFor();
    expect(await at.page.content()).not.toContain(link);
    const file = await fetch(link);
    const lines = (await file.text()).replace("\ufeff", "").trim().split("\r\n");
    expect(lines).toEqual(["id,plan", expect.stringMatching(/^[\da-f-]{36},gold$/), expect.stringMatching(/^[\da-f-]{36},gold$/)]);
    await row.getByRole("button", { name: "Revoke: Print shop" }).click();
    await at.page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("Revoked").waitFor();
    expect((await fetch(link)).status).toBe(404);

    await at.page.getByRole("tab", { name: "Files and answers" }).click();
    await at.page.getByRole("row").filter({ hasText: "Whoever had the link" }).click();
    const people = at.page.getByRole("list", { name: "Who stood in it" }).getByRole("link");
    await expect.poll(() => people.allInnerTexts()).toHaveLength(2);
    expect(new Set(await people.allInnerTexts())).toEqual(new Set(lines.slice(1).map((line) => line.split(",")[0])));
  });

  test("a statement becomes a file, and who stood in it is told which had them", async () => {
    await at.open(`/sql?q=${encodeURIComponent("select email from profiles where email like 'ann%'")}`);
    await at.page.getByRole("link", { name: "Whose rows these are is recorded" }).waitFor();
    await at.page.getByRole("link", { name: "As a file" }).click();
    const form = at.page.getByRole("dialog");
    expect(await form.getByRole("textbox", { name: "Statement" }).inputValue()).toContain("ann%");
    const [download] = await Promise.all([at.page.waitForEvent("download"), form.getByRole("button", { name: "Write the file" }).click()]);
    expect(await readFile(await download.path(), "utf8")).toBe("\ufeffemail\r\nann@example.com\r\n");
    await form.waitFor({ state: "detached" });
    const find = at.page.getByRole("textbox", { name: "Who has had a person's data?" });
    await find.fill("email:ann@example.com");
    await find.press("Enter");
    // The answer on the page and the file, and not necessarily the share of two of three.
    await at.page.getByRole("gridcell", { name: "A statement" }).waitFor();
    await at.page.getByRole("gridcell", { name: "Asked in the console" }).click();
    await at.page.getByRole("complementary").getByText("select email from profiles where email like 'ann%'").waitFor();
    await at.page.getByRole("complementary").getByRole("link").first().click();
    await at.page.getByRole("tab", { name: "Sent" }).click();
    await at.page.getByRole("region", { name: "In files and answers" }).getByText("A statement").waitFor();
  });
});
