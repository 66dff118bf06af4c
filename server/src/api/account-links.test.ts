import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { quietLogger } from "../engines/testing.ts";
import type { Account } from "../governance/governance.ts";
import { createMailer, noMailer, type Mailer } from "../mail/mail.ts";
import { startTestMailServer, type TestMailServer } from "../mail/testing.ts";
import { startTestApi, type TestApi } from "./testing.ts";
import { addAccount, ask, auditOf, fromConsole, post, signIn, testPassword } from "./testing-accounts.ts";

const WEEK_MS = 7 * 86_400_000;

describe("links into an account", () => {
  let api: TestApi;
  let smtp: TestMailServer;
  let owner: Account;
  let ownerCookie: string;
  /** Which one is in force, the tests say. */
  let mailer: Mailer = noMailer;
  const clock = manualClock(Date.now());

  beforeAll(async () => {
    smtp = await startTestMailServer();
    api = await startTestApi({ mailer: { get isSetUp() { return mailer.isSetUp; }, send: (to, letter) => mailer.send(to, letter) } }, clock);
    owner = await addAccount(api, "owner@example.com", [[api.first, "owner"]]);
    await addAccount(api, "admin@example.com", [[api.first, "admin"]]);
    ownerCookie = await signIn(api, owner.email);
  });
  beforeEach(() => {
    mailer = noMailer;
    clock.advanceMs(3_600_000);
  });
  afterAll(async () => {
    await api.stop();
    await smtp.stop();
  });

  const tokenOf = (link: string): string => link.slice(link.lastIndexOf("/") + 1);
  const invite = (email: string, role = "service_agent", cookie = ownerCookie) => ask(api, cookie, "POST", "/invitations", { body: { email, role } });
  const withMail = (): void => void (mailer = createMailer({ smtpUrl: smtp.url, from: "cdp@example.com" }, quietLogger));

  test("an invitation is a link, shown once where no mail is set up; the invited sets name and password, and works in the role", async () => {
    const { status, body } = await invite("New@Example.com");
    expect({ status, mail: body.mail, email: body.invitation.email }).toEqual({ status: 201, mail: "not_set_up", email: "new@example.com" });
    expect(body.link).toMatch(/^http:\/\/localhost:8080\/join\/[\w-]{43}$/);
    const token = tokenOf(body.link);
    expect(JSON.stringify((await ask(api, ownerCookie, "GET", "/invitations")).body)).not.toContain(token);
    expect((await post(api, "invitation", { token })).json()).toMatchObject({ email: "new@example.com", workspace: "Default", role: "service_agent", has_account: false });
    expect((await post(api, "join", { token, name: "Nia New", password: "elevenchars" })).statusCode).toBe(400);
    expect((await post(api, "join", { token, name: "Nia New", password: testPassword })).json()).toEqual({ email: "new@example.com" });
    const { body: me } = await ask(api, await signIn(api, "new@example.com"), "GET", "/me");
    expect(me).toMatchObject({ account: { name: "Nia New", two_factor: false }, role: "service_agent" });
    expect((await ask(api, ownerCookie, "GET", "/invitations")).body.data).toEqual([]);
    expect((await auditOf(api, me.account.id)).map(([action]) => action)).toEqual(["member.join", "account.create", "account.sign_in"]);
    expect((await post(api, "join", { token, name: "Again", password: testPassword })).json()).toMatchObject({ status: 410, code: "link_ended" });
    expect((await post(api, "invitation", { token })).statusCode).toBe(410);
    const { rows } = await api.pool.query("select detail::text from audit_log");
    expect(JSON.stringify(rows)).not.toContain("new@example.com");
  });

  test("an invitation works for a week; sent again it is another link, and the one before opens nothing", async () => {
    const first = (await invite("late@example.com")).body;
    clock.advanceMs(WEEK_MS);
    expect((await post(api, "invitation", { token: tokenOf(first.link) })).statusCode).toBe(410);
    const second = (await ask(api, ownerCookie, "POST", `/invitations/${first.invitation.id}/resend`)).body;
    expect((await post(api, "invitation", { token: tokenOf(first.link) })).statusCode).toBe(410);
    expect((await post(api, "invitation", { token: tokenOf(second.link) })).statusCode).toBe(200);
    expect((await ask(api, ownerCookie, "DELETE", `/invitations/${first.invitation.id}`)).status).toBe(200);
    expect((await post(api, "invitation", { token: tokenOf(second.link) })).statusCode).toBe(410);
    expect((await ask(api, ownerCookie, "POST", `/invitations/${first.invitation.id}/resend`)).status).toBe(404);
  });

  test("by mail the link goes to the invited alone; a mail that fails is told, with the link to pass on", async () => {
    withMail();
    const { body } = await invite("mailed@example.com");
    expect(body).toMatchObject({ link: null, mail: "sent" });
    const mail = await smtp.mail(smtp.mails.length - 1);
    expect(mail.to).toEqual(["mailed@example.com"]);
    const token = /\/join\/([\w-]{43})/.exec(mail.text)?.[1] ?? "";
    expect((await post(api, "invitation", { token })).statusCode).toBe(200);
    mailer = createMailer({ smtpUrl: "smtp://127.0.0.1:1", from: "cdp@example.com" }, quietLogger);
    const failed = (await invite("mailed@example.com")).body;
    expect(failed.mail).toBe("failed");
    expect((await post(api, "invitation", { token: tokenOf(failed.link) })).statusCode).toBe(200);
  });

  test("nobody invites to more than they may, and what they promised ends with their role", async () => {
    const admin = await signIn(api, "admin@example.com");
    expect((await invite("boss@example.com", "owner", admin)).status).toBe(403);
    const developer = await addAccount(api, "developer@example.com", [[api.first, "developer"]]);
    const cookie = await signIn(api, developer.email);
    expect((await invite("sees@example.com", "analyst", cookie)).status).toBe(403);
    const promised = (await invite("colleague@example.com", "developer", cookie)).body;
    await ask(api, ownerCookie, "PATCH", `/members/${developer.id}`, { body: { role: "viewer" } });
    expect((await post(api, "invitation", { token: tokenOf(promised.link) })).statusCode).toBe(410);
  });

  test("an account that is there joins as itself, signed in, and never by another's session", async () => {
    const elsewhere = await addAccount(api, "elsewhere@example.com", [[api.second, "viewer"]]);
    const { link } = (await invite(elsewhere.email, "marketer")).body;
    const token = tokenOf(link);
    expect((await post(api, "invitation", { token })).json()).toMatchObject({ has_account: true });
    expect((await post(api, "join", { token, name: "Thief", password: testPassword })).statusCode).toBe(409);
    expect((await post(api, "join-as-myself", { token }, fromConsole)).statusCode).toBe(401);
    expect((await post(api, "join-as-myself", { token }, { ...fromConsole, cookie: ownerCookie })).statusCode).toBe(403);
    const cookie = await signIn(api, elsewhere.email);
    expect((await post(api, "join-as-myself", { token }, { cookie })).json()).toMatchObject({ code: "cross_site_request" });
    expect((await post(api, "join-as-myself", { token }, { ...fromConsole, cookie })).statusCode).toBe(200);
    const { body } = await ask(api, cookie, "GET", "/me");
    expect(body.workspaces.map(({ slug, role }: { slug: string; role: string }) => [slug, role])).toEqual([["second", "viewer"], ["default", "marketer"]]);
  });

  test("of two who take up one invitation at once, one gets in", async () => {
    const { link } = (await invite("twice@example.com")).body;
    const join = (name: string) => post(api, "join", { token: tokenOf(link), name, password: testPassword });
    const statuses = (await Promise.all([join("One"), join("Two")])).map(({ statusCode }) => statusCode);
    expect(statuses.toSorted()).toEqual([200, 410]);
  });

  test("a forgotten password is answered alike for everybody; who has an account gets a link that works once and ends all sessions", async () => {
    const account = await addAccount(api, "forgetful@example.com", [[api.first, "viewer"]]);
    const old = await signIn(api, account.email);
    expect((await post(api, "forgot-password", { email: account.email })).statusCode).toBe(409);
    withMail();
    const before = smtp.mails.length;
    const unknown = await post(api, "forgot-password", { email: "nobody@example.com" });
    const known = await post(api, "forgot-password", { email: "Forgetful@example.com" });
    expect([known.statusCode, known.json()]).toEqual([unknown.statusCode, unknown.json()]);
    const mail = await smtp.mail(before);
    expect(mail.to).toEqual([account.email]);
    const token = /\/reset-password\/([\w-]{43})/.exec(mail.text)?.[1] ?? "";
    expect((await post(api, "reset-password", { token, password: "elevenchars" })).statusCode).toBe(400);
    expect((await post(api, "reset-password", { token, password: "another long password" })).statusCode).toBe(200);
    expect((await post(api, "reset-password", { token, password: "and another password" })).statusCode).toBe(410);
    expect((await ask(api, old, "GET", "/me")).status).toBe(401);
    await signIn(api, account.email, "another long password");
    expect(smtp.mails).toHaveLength(before + 1);
    expect((await auditOf(api, account.id)).map(([action]) => action)).toContain("account.password_link");
  });

  test("a link that was just mailed stays, and nobody is sent another, however often somebody asks", async () => {
    const account = await addAccount(api, "bothered@example.com", [[api.first, "viewer"]]);
    withMail();
    const before = smtp.mails.length;
    const asked = async () => expect((await post(api, "forgot-password", { email: account.email })).statusCode).toBe(200);
    await asked();
    const token = /\/reset-password\/([\w-]{43})/.exec((await smtp.mail(before)).text)?.[1] ?? "";
    for (let i = 0; i < 5; i++) await asked();
    clock.advanceMs(300_000);
    await asked();
    // The mails come in turn: this is the second, and there was none in between.
    const second = /\/reset-password\/([\w-]{43})/.exec((await smtp.mail(before + 1)).text)?.[1] ?? "";
    expect((await auditOf(api, account.id)).map(([action]) => action)).toEqual(["account.password_link", "account.password_link"]);
    expect((await post(api, "reset-password", { token, password: "another long password" })).statusCode).toBe(410);
    expect((await post(api, "reset-password", { token: second, password: "another long password" })).statusCode).toBe(200);
  });

  test("asking for links is slowed as guessing is", async () => {
    withMail();
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await post(api, "forgot-password", { email: "flooded@example.com" })).statusCode);
    expect(statuses.slice(-2)).toEqual([200, 429]);
  });

  test("a link that an admin makes works for an hour, and not for accounts that reach beyond the workspace", async () => {
    const member = await addAccount(api, "member@example.com", [[api.first, "viewer"]]);
    const both = await addAccount(api, "reaches@example.com", [[api.first, "viewer"], [api.second, "owner"]]);
    const operator = await addAccount(api, "operator@example.com", [[api.first, "viewer"]], true);
    const admin = await signIn(api, "admin@example.com");
    const make = (id: string) => ask(api, admin, "POST", `/members/${id}/password-link`);
    const { body } = await make(member.id);
    expect(body).toMatchObject({ mail: "not_set_up", account: { email: member.email } });
    clock.advanceMs(3_600_000);
    expect((await post(api, "reset-password", { token: tokenOf(body.link), password: testPassword })).statusCode).toBe(410);
    const again = (await make(member.id)).body;
    expect((await post(api, "reset-password", { token: tokenOf(again.link), password: "another long password" })).statusCode).toBe(200);
    expect([(await make(both.id)).status, (await make(operator.id)).status, (await make(owner.id)).status]).toEqual([403, 403, 403]);
  });

  test("with a member end the tokens that they made, and those made with these, but no others", async () => {
    const leaver = await addAccount(api, "leaver@example.com", [[api.first, "admin"]]);
    const cookie = await signIn(api, leaver.email);
    const body = { name: "made", scopes: ["admin", "read"] };
    const made = (await ask(api, cookie, "POST", "/tokens", { body })).body;
    const childOf = (await api.call("POST", "/tokens", { token: made.secret, body })).body;
    const other = (await ask(api, ownerCookie, "POST", "/tokens", { body })).body;
    expect(made.token.made_by).toBe(`account:${leaver.id}`);
    expect((await ask(api, ownerCookie, "GET", `/members/${leaver.id}`)).body).toMatchObject({ tokens: 2, member: { email: leaver.email } });
    expect((await ask(api, ownerCookie, "DELETE", `/members/${leaver.id}`)).status).toBe(200);
    const statuses = [];
    for (const { secret } of [made, childOf, other]) statuses.push((await api.call("GET", "/me", { token: secret })).status);
    expect(statuses).toEqual([401, 401, 200]);
    const { body: audit } = await api.call("GET", "/audit?action=token.revoke");
    expect(audit.data.map(({ target }: { target: string }) => target).toSorted()).toEqual([`token:${made.token.id}`, `token:${childOf.token.id}`].toSorted());
  });

  test("a token may no more than whoever made it may now, and what it promised ends with it", async () => {
    const admin = await addAccount(api, "demoted@example.com", [[api.first, "admin"]]);
    const cookie = await signIn(api, admin.email);
    const wish = (scopes: string[]) => ({ body: { name: "made", scopes } });
    const made = (await ask(api, cookie, "POST", "/tokens", wish(["admin", "personal_data"]))).body;
    const child = (await api.call("POST", "/tokens", { token: made.secret, ...wish(["admin", "personal_data"]) })).body;
    const invited = async (email: string) => tokenOf((await api.call("POST", "/invitations", { token: child.secret, body: { email, role: "viewer" } })).body.link);
    const [first, second] = [await invited("backdoor@example.com"), await invited("other@example.com")];
    const scopes = async (token: string) => (await api.call("GET", "/me", { token })).body.scopes;
    expect(await scopes(child.secret)).toEqual(["admin", "personal_data"]);
    await ask(api, ownerCookie, "PATCH", `/members/${admin.id}`, { body: { role: "analyst" } });
    expect([await scopes(made.secret), await scopes(child.secret)]).toEqual([["personal_data"], ["personal_data"]]);
    expect((await api.call("PATCH", `/members/${admin.id}`, { token: child.secret, body: { role: "admin" } })).status).toBe(403);
    expect((await post(api, "invitation", { token: first })).statusCode).toBe(410);
    await ask(api, ownerCookie, "PATCH", `/members/${admin.id}`, { body: { role: "admin" } });
    expect(await scopes(child.secret)).toEqual(["admin", "personal_data"]);
    expect((await post(api, "invitation", { token: second })).statusCode).toBe(410);
    const third = await invited("third@example.com");
    expect((await post(api, "invitation", { token: third })).statusCode).toBe(200);
    await ask(api, ownerCookie, "DELETE", `/tokens/${child.token.id}`);
    expect((await post(api, "invitation", { token: third })).statusCode).toBe(410);
  });

  test("people change their own name; a token has none", async () => {
    const cookie = await signIn(api, "admin@example.com");
    expect((await ask(api, cookie, "PATCH", "/me", { body: { name: "Ada Admin" } })).body).toMatchObject({ name: "Ada Admin" });
    expect((await ask(api, cookie, "GET", "/me")).body.account.name).toBe("Ada Admin");
    expect((await api.call("PATCH", "/me", { body: { name: "Token" } })).status).toBe(403);
  });
});
