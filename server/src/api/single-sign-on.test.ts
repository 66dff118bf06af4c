import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { quietLogger } from "../engines/testing.ts";
import { createSingleSignOn, type SingleSignOn, type SingleSignOnOptions } from "../governance/governance.ts";
import { startTestOidc, type Misbehaviour, type TestOidc, type TestPerson } from "../governance/testing.ts";
import { startTestApi, testSecret, type TestApi } from "./testing.ts";
import { addAccount, ask, auditOf, post, testOrigin } from "./testing-accounts.ts";

describe("single sign-on", () => {
  let api: TestApi;
  let oidc: TestOidc;
  /** By what the tests say. */
  let inForce: SingleSignOn;
  const clock = manualClock(Date.now());

  beforeAll(async () => {
    oidc = await startTestOidc();
    api = await startTestApi({
      singleSignOn: { get name() { return inForce.name; }, start: (...given) => inForce.start(...given), callback: (request) => inForce.callback(request) },
    }, clock);
  });
  beforeEach(() => {
    clock.advanceMs(3_600_000);
    oidc.misbehaves = {};
    configure({ domains: ["example.com"], newcomers: { role: "viewer", workspace: "default" } });
  });
  afterAll(async () => {
    await api.stop();
    await oidc.stop();
  });

  function configure(changes: Partial<SingleSignOnOptions> = {}): void {
    const { issuer, clientId, clientSecret } = oidc;
    const options = { issuer, clientId, clientSecret, name: "Test provider", domains: [], newcomers: undefined, ...changes };
    inForce = createSingleSignOn({ pool: api.pool, secret: testSecret, publicUrl: testOrigin, logger: quietLogger }, options);
  }

  const cookiesOf = (response: { readonly cookies: readonly { readonly name: string; readonly value: string }[] }): string =>
    response.cookies.filter(({ value }) => value !== "").map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join("; ");

  async function start(next?: string): Promise<{ readonly url: string; readonly cookie: string }> {
    const started = await post(api, "sign-in/sso", next === undefined ? {} : { next });
    expect(started.statusCode, started.body).toBe(200);
    return { url: started.json().url, cookie: cookiesOf(started) };
  }

  const goBack = (address: string, cookie: string) => api.server.inject({ method: "GET", url: address.slice(testOrigin.length), headers: { cookie, accept: "text/html" } });

  /** The whole way, as a browser goes it. */
  async function comeIn(person: TestPerson, next?: string) {
    const { url, cookie } = await start(next);
    const back = await goBack(oidc.authorize(url, person), cookie);
    expect(back.statusCode).toBe(302);
    return { location: String(back.headers.location), cookie: cookiesOf(back) };
  }

  const nia = { sub: "nia", email: "Nia@Example.com", email_verified: true, name: "Nia New" };
  const count = async (): Promise<number> => (await api.pool.query("select from auth_user")).rowCount ?? 0;
  const errorOf = (location: string): string | null => new URL(location, testOrigin).searchParams.get("error");
  const isIn = async (cookie: string): Promise<boolean> => (await ask(api, cookie, "GET", "/me")).status === 200;

  test("takes in whom the configuration takes in, with its role, and knows them again", async () => {
    const first = await comeIn(nia, "/profiles?search=x");
    expect(first.location).toBe("/profiles?search=x");
    const { body } = await ask(api, first.cookie, "GET", "/me");
    expect(body).toMatchObject({ account: { email: "nia@example.com", name: "Nia New" }, role: "viewer", workspace: { slug: "default" } });
    expect(await auditOf(api, body.account.id)).toEqual([
      ["account.create", "system"], ["member.create", "system"], ["account.sign_in", `account:${body.account.id}`],
    ]);
    const again = await comeIn(nia);
    expect(again.location).toBe("/");
    expect((await ask(api, again.cookie, "GET", "/me")).body.account.id).toBe(body.account.id);
    const { rows } = await api.pool.query("select provider_id, account_id, access_token, id_token, refresh_token, password from auth_account where user_id = $1", [body.account.id]);
    expect(rows).toEqual([{ provider_id: "oidc", account_id: `${oidc.issuer}#nia`, access_token: null, id_token: null, refresh_token: null, password: null }]);
    expect((await post(api, "sign-in/email", { email: nia.email, password: "" })).statusCode).toBe(401);
  });

  test("knows somebody by another address, and makes nobody of it", async () => {
    const person = { sub: "renamed", email: "before@example.com", email_verified: true };
    const { body } = await ask(api, (await comeIn(person)).cookie, "GET", "/me");
    const before = await count();
    const later = await comeIn({ ...person, email: "after@example.com" });
    expect((await ask(api, later.cookie, "GET", "/me")).body.account.id).toBe(body.account.id);
    expect(await count()).toBe(before);
  });

  test("says its name to the sign-in page", async () => {
    const ways = await api.server.inject({ method: "GET", url: "/api/auth/ways" });
    expect(ways.json()).toEqual({ mail: false, single_sign_on: { name: "Test provider" } });
  });

  test("ties itself to an account that is there only when the provider has verified the address", async () => {
    const account = await addAccount(api, "ann@example.com", [[api.first, "owner"]]);
    const before = await comeIn({ sub: "ann", email: account.email, email_verified: false });
    expect([errorOf(before.location), await isIn(before.cookie)]).toEqual(["account_not_linked", false]);
    const silent = await comeIn({ sub: "ann", email: account.email });
    expect(errorOf(silent.location)).toBe("account_not_linked");
    expect((await api.pool.query("select from auth_account where provider_id = 'oidc' and user_id = $1", [account.id])).rowCount).toBe(0);
    const after = await comeIn({ sub: "ann", email: account.email, email_verified: true });
    expect((await ask(api, after.cookie, "GET", "/me")).body).toMatchObject({ account: { id: account.id }, role: "owner" });
    const later = await comeIn({ sub: "ann", email: account.email, email_verified: false });
    expect([errorOf(later.location), await isIn(later.cookie)]).toEqual(["email_not_verified", false]);
  });

  test("lets in no account of another domain, not even one that came in before the domains were named", async () => {
    const account = await addAccount(api, "ole@example.org", [[api.first, "viewer"]]);
    const ole = { sub: "ole", email: account.email, email_verified: true };
    expect(errorOf((await comeIn(ole)).location)).toBe("domain_not_allowed");
    configure();
    expect((await ask(api, (await comeIn(ole)).cookie, "GET", "/me")).body.account.id).toBe(account.id);
    configure({ domains: ["example.com"] });
    const { location, cookie } = await comeIn(ole);
    expect([errorOf(location), await isIn(cookie)]).toEqual(["domain_not_allowed", false]);
  });

  test.each<readonly [string, Partial<SingleSignOnOptions>, TestPerson, string]>([
    ["another domain", {}, { sub: "eve", email: "eve@example.org", email_verified: true }, "signup_disabled"],
    ["a domain that ends like ours", {}, { sub: "eve", email: "eve@notexample.com", email_verified: true }, "signup_disabled"],
    ["a domain below ours", {}, { sub: "eve", email: "eve@sub.example.com", email_verified: true }, "signup_disabled"],
    ["an address with two @", {}, { sub: "eve", email: '"eve@example.com"@example.org', email_verified: true }, "unable_to_get_user_info"],
    ["nobody new, where newcomers are not taken in", { newcomers: undefined }, { sub: "newcomer", email: "newcomer@example.com", email_verified: true }, "signup_disabled"],
    ["a workspace that is not there", { newcomers: { role: "viewer", workspace: "nowhere" } }, { sub: "lost", email: "lost@example.com", email_verified: true }, "signup_disabled"],
    ["newcomers of any domain, where none is named", { domains: [] }, { sub: "any", email: "any@example.com", email_verified: true }, "signup_disabled"],
  ])("lets nobody in for %s", async (_why, changes, person, code) => {
    configure({ domains: ["example.com"], newcomers: { role: "viewer", workspace: "default" }, ...changes });
    const before = await count();
    const { location, cookie } = await comeIn(person);
    expect([errorOf(location)?.toLowerCase(), await isIn(cookie), await count()]).toEqual([code, false, before]);
    expect(location).toMatch(/^(http:\/\/localhost:8080)?\/sign-in\?/);
  });

  test.each<readonly [string, Misbehaviour]>([
    ["a nonce of another way in", { nonce: "another" }],
    ["a token for another client", { audience: "another-client" }],
    ["a token of another issuer", { issuer: "https://id.example.org" }],
    ["a signature by a key that is not published", { signsWithAnother: true }],
    ["no token at all", { leavesOutIdToken: true }],
  ])("believes no answer with %s", async (_what, misbehaves) => {
    oidc.misbehaves = misbehaves;
    const before = await count();
    const { location, cookie } = await comeIn({ sub: "mallory", email: "mallory@example.com", email_verified: true });
    expect([errorOf(location), await isIn(cookie), await count()]).toEqual(["unable_to_get_user_info", false, before]);
  });

  test("asks the provider where its token names no address, and believes nothing of somebody else", async () => {
    oidc.misbehaves = { tellsLater: { sub: "late", email: "late@example.com", email_verified: true } };
    expect(await isIn((await comeIn({ sub: "late" })).cookie)).toBe(true);
    oidc.misbehaves = { tellsLater: { sub: "late", email: "nia@example.com", email_verified: true } };
    expect(await isIn((await comeIn({ sub: "somebody-else" })).cookie)).toBe(false);
  });

  test("takes nobody for somebody else whom another provider calls the same", async () => {
    const { body: before } = await ask(api, (await comeIn(nia)).cookie, "GET", "/me");
    const [first, second] = [oidc, await startTestOidc()];
    try {
      oidc = second;
      configure({ domains: ["example.com"], newcomers: { role: "viewer", workspace: "default" } });
      const { body } = await ask(api, (await comeIn({ ...nia, email: "another@example.com" })).cookie, "GET", "/me");
      expect(body.account).toMatchObject({ email: "another@example.com" });
      expect(body.account.id).not.toBe(before.account.id);
    } finally {
      oidc = first;
      await second.stop();
    }
  });

  test("begins and ends in one browser: no state of another's, none made up, none used twice", async () => {
    const { url, cookie } = await start();
    const address = oidc.authorize(url, nia);
    const others = await goBack(address, (await start()).cookie);
    expect(await isIn(cookiesOf(others))).toBe(false);
    const madeUp = await goBack(oidc.authorize(url, nia).replace(/state=[^&]+/, "state=made-up"), cookie);
    expect(await isIn(cookiesOf(madeUp))).toBe(false);
    const fresh = await start();
    const once = oidc.authorize(fresh.url, nia);
    expect(await isIn(cookiesOf(await goBack(once, fresh.cookie)))).toBe(true);
    expect(await isIn(cookiesOf(await goBack(once, fresh.cookie)))).toBe(false);
  });

  test("leads to pages of ours alone, and is begun by them alone", async () => {
    for (const next of ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org"]) expect((await comeIn(nia, next)).location).toBe("/");
    expect((await post(api, "sign-in/sso", {}, { origin: "https://evil.example.org" })).statusCode).toBe(403);
  });

  test("that does not answer keeps nobody from signing in by password", async () => {
    configure({ issuer: "http://127.0.0.1:1" });
    await addAccount(api, "patient@example.com", [[api.first, "viewer"]]);
    expect((await post(api, "sign-in/sso", {})).statusCode).toBeGreaterThanOrEqual(400);
    expect((await post(api, "sign-in/email", { email: "patient@example.com", password: "correct horse battery" })).statusCode).toBe(200);
  });
});
