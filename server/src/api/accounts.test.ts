import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { startTestApi, type TestApi } from "./testing.ts";
import { addAccount, ask, fromConsole, post, signIn, testOrigin, testPassword } from "./testing-accounts.ts";

const email = "ann@example.com";

describe("accounts", () => {
  let api: TestApi;
  // From now on: better-auth reads the system's clock, the limits read this one.
  const clock = manualClock(Date.now());
  beforeAll(async () => {
    api = await startTestApi({}, clock);
    await addAccount(api, email, [[api.first, "owner"]]);
  });
  // All that was used up of the limits is back.
  beforeEach(() => clock.advanceMs(3_600_000));
  afterAll(() => api.stop());

  test("sign in by e-mail and password, in any case, and get a cookie that scripts can't read", async () => {
    const response = await post(api, "sign-in/email", { email: "Ann@Example.com", password: testPassword });
    expect(response.statusCode).toBe(200);
    expect(response.cookies).toEqual([
      expect.objectContaining({ name: "tributary_session", httpOnly: true, sameSite: "Lax", path: "/", maxAge: 7 * 86_400 }),
    ]);
    expect(response.cookies[0]).not.toHaveProperty("secure");
    const { body } = await ask(api, await signIn(api, email), "GET", "/me");
    expect(body).toMatchObject({
      account: { email, name: "ann" },
      role: "owner",
      scopes: ["read", "write", "admin", "personal_data", "service"],
      workspace: { id: api.first.id, slug: "default" },
      workspaces: [{ id: api.first.id, slug: "default", role: "owner" }],
    });
  });

  test("are told nothing by a wrong password that an unknown address is not told, too", async () => {
    const wrong = await post(api, "sign-in/email", { email, password: "wrong wrong wrong" });
    const unknown = await post(api, "sign-in/email", { email: "nobody@example.com", password: "wrong wrong wrong" });
    expect([wrong.statusCode, unknown.statusCode]).toEqual([401, 401]);
    expect(wrong.json()).toEqual(unknown.json());
    expect(wrong.headers["set-cookie"]).toBeUndefined();
  });

  test("can't be guessed fast: the account waits, even for the right password, and then no more", async () => {
    const guess = (password: string, remoteAddress: string) =>
      api.server.inject({
        method: "POST", url: "/api/auth/sign-in/email", remoteAddress,
        headers: { "content-type": "application/json" }, payload: JSON.stringify({ email, password }),
      });
    for (let attempt = 0; attempt < 10; attempt++) expect((await guess("wrong wrong wrong", `10.0.0.${attempt}`)).statusCode).toBe(401);
    const refused = await guess(testPassword, "10.0.1.1");
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.json()).toMatchObject({ code: "too_many_attempts" });
    clock.advanceMs(Number(refused.headers["retry-after"]) * 1000);
    expect((await guess(testPassword, "10.0.1.1")).statusCode).toBe(200);
    // What was mistyped before is forgotten.
    expect((await guess("wrong wrong wrong", "10.0.1.1")).statusCode).toBe(401);
  });

  test("can't be guessed fast from one network of IPv6 addresses, which one machine has all to itself", async () => {
    const statuses = [];
    for (let attempt = 0; attempt < 31; attempt++) {
      const sent = await api.server.inject({
        method: "POST", url: "/api/auth/sign-in/email", remoteAddress: `2001:db8:0:1::${attempt}`,
        headers: { "content-type": "application/json" }, payload: JSON.stringify({ email: `person-${attempt}@example.com`, password: "short" }),
      });
      statuses.push(sent.statusCode);
    }
    expect(statuses.indexOf(429)).toBe(30);
  });

  test("leave no session behind whose time is up, once somebody signs in", async () => {
    await signIn(api, email);
    await api.pool.query("update auth_session set expires_at = now() - interval '1 minute'");
    await signIn(api, email);
    expect((await api.pool.query("select from auth_session")).rowCount).toBe(1);
  });

  test("are asked again, and not failed, when a cookie is damaged", async () => {
    for (const cookie of ["tributary_session=%E0%A4%A", "tributary_session=\u00ff.\u00fe", "a; tributary_session=1;;=", `tributary_session=${"x".repeat(9000)}.y`]) {
      expect((await ask(api, cookie, "GET", "/me")).status, cookie.slice(0, 40)).toBe(401);
      expect((await api.server.inject({ method: "GET", url: "/api/auth/get-session", headers: { cookie } })).body, cookie.slice(0, 40)).toBe("null");
    }
  });

  test("can't be guessed fast from one address, whatever account is named", async () => {
    const statuses = [];
    for (let attempt = 0; attempt < 31; attempt++) {
      statuses.push((await post(api, "sign-in/email", { email: `person-${attempt}@example.com`, password: "short" })).statusCode);
    }
    expect(statuses.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 401));
    expect(statuses[30]).toBe(429);
  });

  test("keep the sender's word about its address out of limits and sessions", async () => {
    await post(api, "sign-in/email", { email, password: testPassword }, { "x-forwarded-for": "6.6.6.6", "x-tributary-client-address": "6.6.6.6" });
    const { rows } = await api.pool.query("select ip_address from auth_session order by created_at desc limit 1");
    expect(rows).toEqual([{ ip_address: "127.0.0.1" }]);
  });

  test("are nobody any more once they signed out, whoever kept the cookie", async () => {
    const cookie = await signIn(api, email);
    expect((await ask(api, cookie, "GET", "/me")).status).toBe(200);
    expect((await post(api, "sign-out", {}, { cookie })).statusCode).toBe(200);
    expect((await ask(api, cookie, "GET", "/me")).status).toBe(401);
  });

  test("end their other sessions, and see where they are", async () => {
    const [here, there] = [await signIn(api, email), await signIn(api, email)];
    const list = await api.server.inject({ method: "GET", url: "/api/auth/list-sessions", headers: { cookie: here } });
    expect(list.json().length).toBeGreaterThan(1);
    await post(api, "revoke-other-sessions", {}, { cookie: here });
    expect((await ask(api, there, "GET", "/me")).status).toBe(401);
    expect((await ask(api, here, "GET", "/me")).status).toBe(200);
  });

  test("are not believed with a cookie whose signature is not ours", async () => {
    const cookie = await signIn(api, email);
    const forged = cookie.replace(/\.(.)/, (_all, first: string) => `.${first === "A" ? "B" : "A"}`);
    expect(forged).not.toBe(cookie);
    for (const text of [forged, "tributary_session=", "tributary_session=x.y", cookie.split(".")[0] ?? ""]) {
      expect((await ask(api, text, "GET", "/me")).status).toBe(401);
    }
  });

  test("change their password by the old one, and a short one is refused", async () => {
    await addAccount(api, "changes@example.com", [[api.first, "viewer"]]);
    const cookie = await signIn(api, "changes@example.com");
    const change = (currentPassword: string, newPassword: string) =>
      post(api, "change-password", { currentPassword, newPassword, revokeOtherSessions: true }, { cookie });
    expect((await change("wrong wrong wrong", "a new long password")).statusCode).toBe(400);
    expect((await change(testPassword, "elevenchars")).statusCode).toBe(400);
    expect((await change(testPassword, "a new long password")).statusCode).toBe(200);
    await expect(signIn(api, "changes@example.com")).rejects.toThrow("could not sign in");
    await signIn(api, "changes@example.com", "a new long password");
  });

  test("can't be made by whoever likes, and nothing else of better-auth is open", async () => {
    const signUp = await post(api, "sign-up/email", { email: "eve@example.com", password: testPassword, name: "Eve" });
    expect(signUp.statusCode).toBe(404);
    for (const path of ["request-password-reset", "delete-user", "update-user", "change-email", "sign-in/social", "sign-in%2femail/..", "__proto__"]) {
      expect((await post(api, path, {}, { cookie: await signIn(api, email) })).statusCode, path).toBe(404);
    }
    expect((await api.pool.query("select from auth_user where email = 'eve@example.com'")).rowCount).toBe(0);
    expect((await api.server.inject({ method: "GET", url: "/api/auth/sign-out" })).statusCode).toBe(405);
  });

  const source = { method: "POST", path: "/sources", options: { body: { name: "From a page" } } } as const;

  test.each([
    ["no header", { "x-tributary-csrf": "" }],
    ["another site's origin", { origin: "https://evil.example.com" }],
    ["another port's origin", { origin: "http://localhost:9999" }],
    ["no origin of its own", { origin: "null" }],
    ["a browser that says it comes from elsewhere", { "sec-fetch-site": "cross-site" }],
    ["a browser that says it comes from a neighbour", { "sec-fetch-site": "same-site" }],
  ])("change nothing by a request with %s", async (_name, headers) => {
    const cookie = await signIn(api, email);
    const { status, body } = await ask(api, cookie, source.method, source.path, { ...source.options, headers });
    expect({ status, code: body.code }).toEqual({ status: 403, code: "cross_site_request" });
    expect((await ask(api, cookie, "GET", "/sources")).body.data).toHaveLength(1);
  });

  test("change nothing where the browser says nothing of where it comes from", async () => {
    const cookie = await signIn(api, email);
    const call = (headers: Record<string, string>) =>
      api.call(source.method, source.path, { token: null, ...source.options, headers: { cookie, ...headers } });
    expect((await call({ "x-tributary-csrf": "1" })).body.code).toBe("cross_site_request");
    expect((await call({ origin: testOrigin })).body.code).toBe("cross_site_request");
  });

  test("change things from our own pages, and stand in the audit log by their opaque id", async () => {
    const cookie = await signIn(api, email);
    const { status, body } = await ask(api, cookie, source.method, source.path, source.options);
    expect(status).toBe(201);
    const entry = (await api.call("GET", "/audit?action=source.create")).body.data[0];
    const { rows } = await api.pool.query("select id from auth_user where email = $1", [email]);
    expect(entry).toMatchObject({ actor: `account:${rows[0].id}`, target: `source:${body.source.id}` });
    await api.call("PATCH", `/sources/${body.source.id}`, { body: { enabled: false } });
  });

  test("may use the address that they opened, be it the public one or not", async () => {
    const cookie = await signIn(api, email);
    const headers = { ...fromConsole, cookie, host: "127.0.0.1:8080", origin: "http://127.0.0.1:8080" };
    const made = await api.call("POST", "/sources", { token: null, body: { name: "Local" }, headers });
    expect(made.status).toBe(201);
    const out = await api.server.inject({ method: "POST", url: "/api/auth/sign-out", headers });
    expect(out.statusCode).toBe(200);
    expect((await ask(api, cookie, "GET", "/me")).status).toBe(401);
  });

  test("are not signed in by another site's form", async () => {
    const form = await api.server.inject({
      method: "POST", url: "/api/auth/sign-in/email", payload: `email=${email}&password=x`,
      headers: { "content-type": "application/x-www-form-urlencoded", origin: testOrigin },
    });
    expect(form.statusCode).toBe(400);
    const foreign = await post(api, "sign-in/email", { email, password: testPassword }, { origin: "https://evil.example.com" });
    expect(foreign.statusCode).toBe(403);
    expect(foreign.headers["set-cookie"]).toBeUndefined();
  });

  test("count for nothing beside a token, even a wrong one", async () => {
    const cookie = await signIn(api, email);
    expect((await api.call("GET", "/me", { headers: { cookie } })).body.account).toBeNull();
    expect((await api.call("GET", "/me", { token: "wrong", headers: { cookie } })).status).toBe(401);
    const behindProxy = { cookie, authorization: `Basic ${Buffer.from("proxy:password").toString("base64")}` };
    expect((await api.call("GET", "/me", { token: null, headers: behindProxy })).body.account).toMatchObject({ email });
    expect((await api.call("GET", "/me", { token: null, headers: { authorization: behindProxy.authorization } })).status).toBe(401);
  });

  test("get the same answer again by an idempotency key, in another session too", async () => {
    const options = { body: { name: "Once" }, headers: { "idempotency-key": "k-1" } };
    const one = await ask(api, await signIn(api, email), "POST", "/sources", options);
    const two = await ask(api, await signIn(api, email), "POST", "/sources", options);
    expect(two.body).toEqual(one.body);
    expect(two.headers["idempotent-replayed"]).toBe("true");
  });

  test("stand in the OpenAPI document as a second way in", () => {
    const { components, paths } = api.api.openApi;
    expect(components.securitySchemes["session"]).toMatchObject({ type: "apiKey", in: "cookie", name: "tributary_session" });
    expect(paths["/api/v1/sources"]?.["post"]?.["security"]).toEqual([{ token: ["admin"] }, { session: ["admin"] }]);
  });
});
