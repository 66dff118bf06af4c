import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import type { Account } from "../governance/governance.ts";
import { totpCode } from "../governance/testing.ts";
import { startTestApi, type TestApi } from "./testing.ts";
import { addAccount, ask, auditOf, post, signIn, testPassword } from "./testing-accounts.ts";

describe("a second factor", () => {
  let api: TestApi;
  const clock = manualClock(Date.now());
  let count = 0;

  beforeAll(async () => void (api = await startTestApi({}, clock)));
  beforeEach(() => clock.advanceMs(3_600_000));
  afterAll(() => api.stop());

  const cookiesOf = (response: { cookies: readonly { name: string; value: string }[] }): string =>
    response.cookies.filter(({ value }) => value !== "").map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join("; ");

  interface Protected {
    readonly account: Account;
    readonly uri: string;
    readonly codes: readonly string[];
    readonly cookie: string;
  }

  /** A new account, with the second factor on. */
  async function protect(): Promise<Protected> {
    const account = await addAccount(api, `two-${count++}@example.com`, [[api.first, "viewer"]]);
    const before = await signIn(api, account.email);
    const enabled = await post(api, "two-factor/enable", { password: testPassword }, { cookie: before });
    const { totpURI: uri, backupCodes: codes } = enabled.json();
    const verified = await post(api, "two-factor/verify-totp", { code: totpCode(uri) }, { cookie: before });
    expect(verified.statusCode, verified.body).toBe(200);
    return { account, uri, codes, cookie: cookiesOf(verified) };
  }

  const password = ({ account }: Protected) => post(api, "sign-in/email", { email: account.email, password: testPassword });

  test("is on once a first code was right, and then the password alone opens nothing", async () => {
    const account = await addAccount(api, "careful@example.com", [[api.first, "viewer"]]);
    const cookie = await signIn(api, account.email);
    expect((await post(api, "two-factor/enable", { password: "wrong wrong wrong" }, { cookie })).statusCode).toBe(400);
    const { totpURI, backupCodes } = (await post(api, "two-factor/enable", { password: testPassword }, { cookie })).json();
    expect(backupCodes).toHaveLength(10);
    expect((await post(api, "two-factor/verify-totp", { code: "000000" }, { cookie })).statusCode).toBe(401);
    expect((await ask(api, cookie, "GET", "/me")).body.account.two_factor).toBe(false);
    const verified = await post(api, "two-factor/verify-totp", { code: totpCode(totpURI) }, { cookie });
    expect((await ask(api, cookiesOf(verified), "GET", "/me")).body.account.two_factor).toBe(true);
    const challenge = await post(api, "sign-in/email", { email: account.email, password: testPassword });
    expect(challenge.json()).toMatchObject({ twoFactorRedirect: true });
    expect((await ask(api, cookiesOf(challenge), "GET", "/me")).status).toBe(401);
    expect((await auditOf(api, account.id)).map(([action]) => action)).toEqual([
      "account.sign_in", "account.password_refused", "account.two_factor_failed", "account.two_factor_on",
    ]);
    const { rows } = await api.pool.query("select secret, backup_codes from auth_two_factor where user_id = $1", [account.id]);
    expect(JSON.stringify(rows)).not.toContain(new URL(totpURI).searchParams.get("secret"));
    expect(JSON.stringify(rows)).not.toContain(backupCodes[0]);
  });

  test("lets in by password and code, and stands in the audit log", async () => {
    const who = await protect();
    const challenge = cookiesOf(await password(who));
    const wrong = await post(api, "two-factor/verify-totp", { code: "000000" }, { cookie: challenge });
    expect(wrong.statusCode).toBe(401);
    const right = await post(api, "two-factor/verify-totp", { code: totpCode(who.uri) }, { cookie: challenge });
    expect(right.statusCode).toBe(200);
    expect((await ask(api, cookiesOf(right), "GET", "/me")).body.account).toMatchObject({ email: who.account.email });
    expect((await auditOf(api, who.account.id)).slice(-2)).toEqual([
      ["account.two_factor_failed", "anonymous"], ["account.sign_in", `account:${who.account.id}`],
    ]);
    // Its challenge is used up.
    expect((await post(api, "two-factor/verify-totp", { code: totpCode(who.uri) }, { cookie: challenge })).statusCode).toBe(401);
  });

  test("takes each recovery code once", async () => {
    const who = await protect();
    const use = async () => post(api, "two-factor/verify-backup-code", { code: who.codes[0] }, { cookie: cookiesOf(await password(who)) });
    expect((await use()).statusCode).toBe(200);
    expect((await use()).statusCode).toBe(401);
  });

  test("can't be guessed: a challenge takes a few codes, and after some wrong ones the account's code waits, even the right one", async () => {
    const who = await protect();
    let failures = 0;
    for (let round = 0; round < 6 && failures < 10; round++) {
      clock.advanceMs(3_600_000);
      const cookie = cookiesOf(await password(who));
      for (let i = 0; i < 5; i++) {
        const { statusCode } = await post(api, "two-factor/verify-totp", { code: "000000" }, { cookie });
        if (statusCode === 401) failures++;
      }
      expect((await post(api, "two-factor/verify-totp", { code: "000000" }, { cookie })).statusCode).not.toBe(200);
    }
    expect(failures).toBe(10);
    clock.advanceMs(3_600_000);
    const cookie = cookiesOf(await password(who));
    expect((await post(api, "two-factor/verify-totp", { code: totpCode(who.uri) }, { cookie })).statusCode).toBe(429);
  });

  test("is slowed by the account's own limit as passwords are: the right password gives no new attempts", async () => {
    const who = await protect();
    clock.advanceMs(3_600_000);
    const statuses = [];
    for (let i = 0; i < 6; i++) {
      const challenge = await password(who);
      statuses.push(challenge.statusCode);
      statuses.push((await post(api, "two-factor/verify-totp", { code: "000000" }, { cookie: cookiesOf(challenge) })).statusCode);
    }
    expect(statuses.slice(0, 10)).not.toContain(429);
    expect(statuses.slice(10)).toEqual([429, expect.any(Number)]);
  });

  test("is switched off by the password, which must be right", async () => {
    const who = await protect();
    expect((await post(api, "two-factor/disable", { password: "wrong wrong wrong" }, { cookie: who.cookie })).statusCode).toBe(400);
    expect((await post(api, "two-factor/disable", { password: testPassword }, { cookie: who.cookie })).statusCode).toBe(200);
    await ask(api, await signIn(api, who.account.email), "GET", "/me");
    expect((await auditOf(api, who.account.id)).map(([action]) => action)).toContain("account.two_factor_off");
  });

  test("is switched off by whoever runs the installation, for somebody who has lost everything; sessions end", async () => {
    const operator = await addAccount(api, "two-operator@example.com", [[api.first, "owner"]], true);
    const who = await protect();
    const path = "/accounts/switch-off-two-factor";
    const [lessCookie, cookie] = [await signIn(api, (await addAccount(api, "two-owner@example.com", [[api.first, "owner"]])).email), await signIn(api, operator.email)];
    expect((await ask(api, lessCookie, "POST", path, { body: { email: who.account.email } })).status).toBe(403);
    expect((await ask(api, cookie, "POST", path, { body: { email: who.account.email } })).status).toBe(200);
    expect((await ask(api, who.cookie, "GET", "/me")).status).toBe(401);
    await signIn(api, who.account.email);
  });

  test("is asked for after a password was set by a link, too, whatever browser was trusted and whichever code was awaited before", async () => {
    const who = await protect();
    const code = async (cookie: string) => post(api, "two-factor/verify-totp", { code: totpCode(who.uri), trustDevice: true }, { cookie });
    const trusted = cookiesOf(await code(cookiesOf(await password(who))));
    const fromTrusted = () => post(api, "sign-in/email", { email: who.account.email, password: testPassword }, { cookie: trusted });
    expect((await fromTrusted()).json()).not.toHaveProperty("twoFactorRedirect");
    const awaited = cookiesOf(await password(who));
    const { body } = await api.call("POST", `/members/${who.account.id}/password-link`);
    const token = body.link.slice(body.link.lastIndexOf("/") + 1);
    expect((await post(api, "reset-password", { token, password: testPassword })).statusCode).toBe(200);
    expect((await password(who)).json()).toMatchObject({ twoFactorRedirect: true });
    expect((await fromTrusted()).json()).toMatchObject({ twoFactorRedirect: true });
    expect((await code(awaited)).statusCode).toBe(401);
  });
});
