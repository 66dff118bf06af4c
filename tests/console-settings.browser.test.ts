// The settings through the real server: a token is made, shown once, used and revoked; a rule of the workspace is changed and
// another's change of the meantime kept; limits are told.
import { describe, expect, test } from "vitest";
import { settingsAnswer } from "@tributary/schema/api/workspace.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest } from "./console-page.ts";
import { API_TOKEN } from "./server-process.ts";

describe.skipIf(chromiumPath === undefined)("the settings", () => {
  const at = consoleTest();
  const settingsNow = async () => settingsAnswer.parse(await (await ask("/settings", API_TOKEN)).json()).settings;
  const ask = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${at.server.url}/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" } });

  test("make a token that is shown once, may what was chosen, and is refused once it is revoked", async () => {
    await at.open("/settings/tokens");
    await at.page.getByRole("button", { name: "Make a token" }).click();
    const form = at.page.getByRole("dialog");
    await form.getByRole("textbox", { name: "What it is for" }).fill("Nightly report");
    await form.getByRole("button", { name: "Make a token" }).click();
    const secret = await at.page.getByRole("status").locator("code").innerText();
    await at.page.keyboard.press("Escape");
    await at.page.getByRole("button", { name: "I have copied it" }).click();
    const row = at.page.getByRole("row").filter({ hasText: "Nightly report" });
    await row.getByText("Works").waitFor();
    expect(await at.page.content()).not.toContain(secret);
    expect((await ask("/workspace", secret)).status).toBe(200);
    expect((await ask("/tokens", secret)).status).toBe(403);
    await row.getByRole("button", { name: /^Revoke/ }).click();
    await at.page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("Revoked").waitFor();
    expect((await ask("/workspace", secret)).status).toBe(401);
  });

  test("change a rule, keep what a program changed meanwhile, and ask before unsaved words are lost", async () => {
    await at.open("/settings/workspace");
    await at.page.getByRole("textbox", { name: "Country of phone numbers" }).fill("DK");
    const settings = await settingsNow();
    const put = await ask("/settings", API_TOKEN, { method: "PUT", body: JSON.stringify({ ...settings, identity: { ...settings.identity, signIn: "link" } }) });
    expect(put.ok).toBe(true);
    await at.page.getByRole("button", { name: "Save changes" }).click();
    await at.page.getByText("Saved. It holds for events from now on.").waitFor();
    expect(await settingsNow()).toMatchObject({ phoneCountry: "DK", identity: { signIn: "link" } });
    await at.page.getByRole("textbox", { name: "Country of phone numbers" }).fill("D");
    await at.page.getByText("Two letters of ISO 3166").waitFor();
    await at.page.getByRole("link", { name: "Limits" }).click();
    expect(at.complaints.splice(0)).toEqual(["dialog: What you changed here is not saved. Leave all the same?"]);
    await at.page.getByRole("button", { name: "Discard" }).click();
    await at.page.getByRole("link", { name: "Limits" }).click();
    await at.page.getByRole("row").filter({ hasText: "Events of one batch." }).getByText("2,500 events").waitFor();
  });

  test("give the workspace another name, which the navigation shows", async () => {
    await at.open("/settings/workspace");
    await at.page.getByRole("textbox", { name: "Name" }).fill("Harbour shop");
    await at.page.getByRole("button", { name: "Save changes" }).click();
    await at.page.getByRole("navigation", { name: "Main" }).getByText("Harbour shop").waitFor();
  });
});
