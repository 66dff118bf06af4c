// A colleague's whole way in Chromium: invited, joined by the link, a second factor, another role, and out; and what people see
// who can't get in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { startTestOidc, totpCode } from "../server/src/governance/testing.ts";
import { startTestMailServer } from "../server/src/mail/testing.ts";
import { chromiumPath } from "./chromium.ts";
import { consoleTest, OWNER_EMAIL } from "./console-page.ts";

const AGENT_EMAIL = "agnes@example.com";
const AGENT_PASSWORD = "another long password 0815";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const smtp = chromiumPath === undefined ? undefined : await startTestMailServer();
const oidc = chromiumPath === undefined ? undefined : await startTestOidc();
afterAll(() => Promise.all([smtp?.stop(), oidc?.stop()]));

interface AuditList {
  readonly data: readonly { readonly action: string; readonly actor: string; readonly target: string; readonly detail: Readonly<Record<string, unknown>> }[];
}

/** What axe finds on the page as it is. */
async function axeFinds(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run("main, [role=dialog]", { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + " " + target.join(" "))))`);
}

describe.skipIf(chromiumPath === undefined)("accounts in the console", () => {
  const it = consoleTest({
    env: {
      SMTP_URL: smtp?.url ?? "", MAIL_FROM: "Tributary <cdp@example.com>", OIDC_ISSUER: oidc?.issuer ?? "", OIDC_CLIENT_ID: oidc?.clientId ?? "",
      OIDC_CLIENT_SECRET: oidc?.clientSecret ?? "", OIDC_NAME: "Harbour ID", OIDC_DOMAINS: "example.com", OIDC_ROLE: "viewer",
    },
  });

  async function signInWithCode(page: Page, code: string): Promise<void> {
    await it.signIn(AGENT_EMAIL, AGENT_PASSWORD, page);
    await page.getByRole("heading", { name: "Your code" }).waitFor();
    await page.getByRole("textbox", { name: "Code" }).fill(code);
    await page.getByRole("button", { name: "Go on" }).click();
  }

  async function signOut(page: Page, who: string): Promise<void> {
    await page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: who }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  }

  test("a service agent is invited, joins by the link, sets up a second factor, signs in with it, gets another role and is removed", async () => {
    const { page: owner, server } = it;
    await owner.goto(`${server.url}/settings/members`);
    await it.signIn();
    await owner.getByRole("heading", { level: 1, name: "Members" }).waitFor();
    await owner.getByRole("button", { name: "Invite" }).click();
    await owner.getByRole("textbox", { name: "E-mail" }).fill(AGENT_EMAIL);
    await owner.getByRole("combobox", { name: "Role" }).selectOption("service_agent");
    await owner.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
    await owner.getByText(`A mail with the link is on its way to ${AGENT_EMAIL}.`).waitFor();
    await owner.getByRole("button", { name: "Done" }).click();
    await owner.getByRole("list", { name: "Pending invitations" }).getByText(AGENT_EMAIL).waitFor();
    const link = /http\S+\/join\/\S+/.exec((await present(smtp).mail(0)).text)?.[0] ?? "";

    const agent = await it.newPage();
    await agent.goto(link);
    await agent.getByRole("heading", { name: "Join Default" }).waitFor();
    expect(await axeFinds(agent)).toEqual([]);
    await agent.getByRole("textbox", { name: "Your name" }).fill("Agnes Agent");
    await agent.getByRole("textbox", { name: "Choose a password" }).fill(AGENT_PASSWORD);
    await agent.getByRole("button", { name: "Join" }).click();
    await agent.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
    await agent.getByRole("button", { name: "Set up" }).click();
    await agent.getByRole("dialog").getByRole("textbox", { name: "Password" }).fill(AGENT_PASSWORD);
    await agent.getByRole("button", { name: "Go on" }).click();
    await agent.getByRole("img", { name: "QR code that sets up an authenticator app" }).waitFor();
    const secret = (await agent.locator(".two-factor-secret").innerText()).replaceAll(" ", "");
    const code = (): string => totpCode(`otpauth://totp/x?secret=${secret}`);
    await agent.getByRole("textbox", { name: "Code from the app" }).fill(code());
    await agent.getByRole("button", { name: "Check the code" }).click();
    await agent.getByRole("list", { name: "Your recovery codes" }).waitFor();
    const codes = await agent.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem").allInnerTexts();
    expect(new Set(codes).size).toBe(10);
    await agent.getByRole("button", { name: "I have kept them" }).click();
    await agent.getByText("Signing in asks for a code from your authenticator app.").waitFor();
    expect(await axeFinds(agent)).toEqual([]);

    await signOut(agent, "Agnes Agent");
    await signInWithCode(agent, "000000");
    await agent.getByText("This code is not right.").waitFor();
    await agent.getByRole("textbox", { name: "Code" }).fill(code());
    await agent.getByRole("button", { name: "Go on" }).click();
    await agent.getByRole("navigation", { name: "Main" }).waitFor();
    // The home page asks for what a service agent may not see.
    it.forgiveStatus(401, 403);

    await owner.reload();
    await owner.getByRole("row").filter({ hasText: "Agnes Agent" }).click();
    await owner.getByRole("dialog").getByRole("combobox", { name: "Role" }).selectOption("viewer");
    await owner.getByText("The role is changed.").waitFor();
    expect(await axeFinds(owner)).toEqual([]);
    const { data } = await server.api<AuditList>("/audit?limit=50");
    const said = data.map(({ action, actor, target }) => ({ action, isOwn: actor === target, actor }));
    for (const action of ["member.join", "account.two_factor_on", "account.sign_out", "account.sign_in"]) expect(said).toContainEqual(expect.objectContaining({ action, isOwn: true }));
    for (const action of ["invitation.create", "account.two_factor_failed", "member.change"]) expect(said).toContainEqual(expect.objectContaining({ action, isOwn: false }));
    expect(JSON.stringify(data)).not.toContain(AGENT_EMAIL);

    await owner.getByRole("button", { name: "Remove from the workspace" }).click();
    await owner.getByText("No API token ends with them.").waitFor();
    await owner.getByRole("button", { name: "Remove", exact: true }).click();
    await owner.getByText("1 person works in this workspace.").waitFor();
    await agent.goto(`${server.url}/sources`);
    await agent.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    it.forgiveStatus(401, 403);
  });

  test("a forgotten password: the same words for everybody, a link by mail, another password", async () => {
    const { page, server } = it;
    await page.goto(`${server.url}/sign-in`);
    await page.getByRole("link", { name: "Forgot?" }).click();
    // The page before has a field of the same name: what is typed too early would be typed there.
    await page.getByRole("button", { name: "Send the link" }).waitFor();
    await page.getByRole("textbox", { name: "E-mail" }).fill("nobody@example.com");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText("If there is an account for nobody@example.com, a mail with a link is on its way to it.").waitFor();
    const before = present(smtp).mails.length;
    await page.reload();
    await page.getByRole("textbox", { name: "E-mail" }).fill(OWNER_EMAIL);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText(`If there is an account for ${OWNER_EMAIL}, a mail with a link is on its way to it.`).waitFor();
    const mail = await present(smtp).mail(before);
    expect(mail.to).toEqual([OWNER_EMAIL]);
    const link = /http\S+\/reset-password\/\S+/.exec(mail.text)?.[0] ?? "";
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill("quite another password");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("Your password is set.").waitFor();
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill("yet another password");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("This link does not work any more.").waitFor();
    it.forgiveStatus(410);
    await page.goto(`${server.url}/settings/account`);
    await it.signIn(OWNER_EMAIL, "quite another password");
    await page.getByText("This session").waitFor();
    it.forgiveStatus(401);
  });

  test("somebody comes in by single sign-on to where they wanted to, and whoever may not is told why", async () => {
    const { page, server } = it;
    present(oidc).person = { sub: "eve", email: "eve@example.org", email_verified: true };
    await page.goto(`${server.url}/settings/account`);
    await page.getByRole("button", { name: "Sign in with Harbour ID" }).click();
    await page.getByText("There is no account for your e-mail address").waitFor();
    present(oidc).person = { sub: "sam", email: "sam@example.com", email_verified: true, name: "Sam Single" };
    await page.goto(`${server.url}/settings/account`);
    await page.getByRole("button", { name: "Sign in with Harbour ID" }).click();
    await page.getByRole("heading", { level: 1, name: "My account" }).waitFor();
    expect(await page.getByRole("textbox", { name: "Name" }).inputValue()).toBe("Sam Single");
    // The provider's own page is another's address, as it has to be.
    it.complaints.splice(0, Infinity, ...it.complaints.filter((text) => !text.startsWith(`loads ${present(oidc).issuer}/authorize?`)));
    it.forgiveStatus(401);
  });

  test("what each role may do stands in words, and an ended invitation says what to do", async () => {
    const { page, server } = it;
    await it.open("/settings/members?show=roles");
    await page.getByRole("row").filter({ hasText: "Service agent" }).waitFor();
    expect(await page.getByRole("row").count()).toBe(9);
    expect(await axeFinds(page)).toEqual([]);
    await page.goto(`${server.url}/join/${"x".repeat(43)}`);
    await page.getByText("Ask whoever invited you for another link.").waitFor();
    it.forgiveStatus(410);
  });
});

function present<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("This is there only where Chromium is.");
  return thing;
}
