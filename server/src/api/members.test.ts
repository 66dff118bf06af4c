import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { role as roles, roleTable, type Role } from "@tributary/schema/api/roles.ts";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import type { Account } from "../governance/governance.ts";
import { addPerson, startTestApi, type Called, type CallOptions, type TestApi } from "./testing.ts";
import { addAccount, ask, signIn } from "./testing-accounts.ts";

const person = hash128("person", "of the first");
const secretValue = "vip@example.com";

describe("roles and members", () => {
  let api: TestApi;
  const clock = manualClock(Date.now());
  const accounts = new Map<string, Account>();
  const cookies = new Map<string, string>();

  /** As the account with this name, signed in once. */
  async function as(name: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
    const cookie = cookies.get(name) ?? (await signIn(api, `${name}@example.com`));
    cookies.set(name, cookie);
    return ask(api, cookie, method, path, options);
  }
  const idOf = (name: string): string => accounts.get(name)?.id ?? "";
  const inSecond = { headers: { "x-tributary-workspace": "second" } };

  beforeAll(async () => {
    api = await startTestApi({}, clock);
    for (const role of roles.options) accounts.set(role, await addAccount(api, `${role}@example.com`, [[api.first, role]]));
    accounts.set("operator", await addAccount(api, "operator@example.com", [[api.first, "owner"]], true));
    accounts.set("spare", await addAccount(api, "spare@example.com", []));
    accounts.set("both", await addAccount(api, "both@example.com", [[api.first, "viewer"], [api.second, "owner"]]));
    await addPerson(api, { id: person, workspace: api.first, identifiers: [["email", secretValue]], traits: { email: secretValue } });
  });
  beforeEach(() => clock.advanceMs(3_600_000));
  afterAll(() => api.stop());

  /** Requests, and the scopes that each needs; who has them is answered with success. */
  const requests: readonly (readonly [method: string, path: string, needs: readonly string[], body?: unknown])[] = [
    ["GET", "/me", []],
    ["GET", "/sources", ["read"]],
    ["GET", "/ledger", ["read"]],
    ["GET", "/settings", ["read"]],
    ["GET", `/profiles/email:${secretValue}`, ["read"]],
    ["GET", `/profiles?search=vip`, ["read"]],
    ["GET", "/quarantine", ["read"]],
    ["POST", `/profiles/${person}/reveal`, ["reveal"], { field: { kind: "trait", name: "email" }, reason: "To see whether it opens" }],
    ["PATCH", `/profiles/${person}`, ["write", "personal_data"], { traits: { plan: "pro" } }],
    ["POST", "/sources", ["admin"], { name: "Shop" }],
    ["GET", "/tokens", ["admin"]],
    ["GET", "/audit", ["audit"]],
    ["GET", "/members", ["admin"]],
    ["POST", "/workspaces", ["installation"], { name: "Another" }],
    ["POST", "/accounts/reset-password", ["installation"], { email: "spare@example.com" }],
  ];

  /** Written out, and not read from the table that the API reads: a change of one needs a change of both. */
  const mayDo: Readonly<Record<Role | "operator", readonly string[]>> = {
    owner: ["read", "write", "admin", "personal_data", "service"],
    operator: ["read", "write", "admin", "personal_data", "service", "installation"],
    admin: ["read", "write", "admin", "personal_data", "service"],
    marketer: ["read", "write"],
    analyst: ["read", "personal_data"],
    service_agent: ["read", "reveal", "service"],
    privacy_officer: ["read", "write", "personal_data", "audit", "service"],
    developer: ["read", "write", "admin"],
    viewer: ["read"],
  };

  /** With what a scope includes. */
  const has = (scopes: readonly string[], needed: string): boolean =>
    scopes.includes(needed) || (scopes.includes("admin") && ["read", "write", "audit"].includes(needed)) || (scopes.includes("personal_data") && needed === "reveal");

  test.each(Object.keys(mayDo))("%s reaches what the role may, and nothing else", async (name) => {
    const scopes = mayDo[name as Role];
    expect((await as(name, "GET", "/me")).body.scopes.toSorted()).toEqual([...scopes].toSorted());
    for (const [method, path, needs, body] of requests) {
      const answer = await as(name, method, path, body === undefined ? {} : { body });
      const may = needs.every((need) => has(scopes, need));
      const isMasked = !scopes.includes("personal_data") && method === "GET";
      if (may && isMasked) expect(answer.text, `${method} ${path}`).not.toContain(secretValue);
      if (may) expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
      else {
        expect({ status: answer.status, code: answer.body.code }, `${method} ${path}`).toEqual({ status: 403, code: "forbidden" });
        expect(answer.text).not.toContain(secretValue);
      }
    }
  });

  test.each(Object.keys(mayDo))("%s is refused by every route that needs more", async (name) => {
    const scopes = mayDo[name as Role];
    const closed = api.api.routes.filter((route) => route.scopes.some((needed) => !has(scopes, needed)));
    for (const route of closed) {
      const path = route.path.replace(/\{\w+\}/g, "1");
      expect((await as(name, route.method, path, route.method === "GET" ? {} : { body: {} })).status, `${route.method} ${path}`).toBe(403);
    }
    expect(closed.length > 0).toBe(name !== "operator");
  });

  test("no role that may not see personal data is told an identifier by any list it may read", async () => {
    for (const name of ["marketer", "service_agent", "developer", "viewer"]) {
      for (const route of api.api.routes) {
        if (route.method !== "GET" || route.path.includes("{")) continue;
        expect((await as(name, "GET", route.path)).text, `${name} ${route.path}`).not.toContain(secretValue);
      }
    }
  });

  test("someone in two workspaces is in each what they are there, and the first is taken when none is named", async () => {
    const here = await as("both", "GET", "/me");
    expect(here.body).toMatchObject({ role: "viewer", workspace: { id: api.first.id } });
    expect(here.body.workspaces.map(({ slug, role }: { slug: string; role: string }) => [slug, role])).toEqual([["default", "viewer"], ["second", "owner"]]);
    expect((await as("both", "GET", "/me", inSecond)).body).toMatchObject({ role: "owner", workspace: { id: api.second.id } });
    expect((await as("both", "POST", "/sources", { body: { name: "Theirs" }, ...inSecond })).status).toBe(201);
    expect((await as("both", "POST", "/sources", { body: { name: "Ours" } })).status).toBe(403);
    const list = await as("both", "GET", "/members", inSecond);
    expect(list.body.data.map(({ email }: { email: string }) => email)).toEqual(["both@example.com"]);
  });

  test("a session opens no workspace that the account is no member of, by slug, id or an identifier", async () => {
    for (const named of ["second", String(api.second.id), "no-such-workspace", ""]) {
      const answer = await as("owner", "GET", "/me", { headers: { "x-tributary-workspace": named } });
      expect({ status: answer.status, code: answer.body.code }, named).toEqual({ status: 403, code: "forbidden" });
    }
    expect((await as("owner", "PATCH", `/members/${idOf("both")}`, { body: { role: "owner" }, ...inSecond })).status).toBe(403);
    // Of the person in the first workspace the second knows nothing.
    expect((await as("both", "GET", `/profiles/${person}`, inSecond)).status).toBe(404);
  });

  test("somebody is taken in with a password that works once it was shown, and is found in the audit log", async () => {
    const { status, body } = await as("owner", "POST", "/members", { body: { email: "New@Example.com", role: "service_agent" } });
    expect(status).toBe(201);
    expect(body.member).toMatchObject({ email: "new@example.com", name: "new", role: "service_agent", by: `account:${idOf("owner")}` });
    expect(body.password).toMatch(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/);
    const cookie = await signIn(api, "new@example.com", body.password);
    expect((await ask(api, cookie, "GET", "/me")).body.role).toBe("service_agent");
    const { body: audit } = await api.call("GET", `/audit?target=account:${body.member.id}`);
    expect(audit.data.map(({ action, actor }: { action: string; actor: string }) => [action, actor])).toEqual([
      ["account.sign_in", `account:${body.member.id}`], ["member.create", `account:${idOf("owner")}`], ["account.create", `account:${idOf("owner")}`],
    ]);
    expect(JSON.stringify(audit)).not.toContain("new@example.com");
    expect((await as("owner", "POST", "/members", { body: { email: "new@example.com", role: "viewer" } })).status).toBe(409);
  });

  test("an account that is there keeps its password and its name when another workspace takes it in", async () => {
    await addAccount(api, "shared@example.com", [[api.first, "viewer"]]);
    const { body } = await as("both", "POST", "/members", { body: { email: "shared@example.com", name: "Renamed", role: "viewer" }, ...inSecond });
    expect(body).toMatchObject({ password: null, member: { name: "shared" } });
    const cookie = await signIn(api, "shared@example.com");
    // Removed there, they go on here.
    expect((await as("both", "DELETE", `/members/${body.member.id}`, inSecond)).status).toBe(200);
    expect((await ask(api, cookie, "GET", "/me")).status).toBe(200);
    expect((await ask(api, cookie, "GET", "/me", inSecond)).status).toBe(403);
  });

  test("someone who is removed has no access and no session from that moment on", async () => {
    const { body } = await as("owner", "POST", "/members", { body: { email: "leaver@example.com", role: "admin" } });
    const cookie = await signIn(api, "leaver@example.com", body.password);
    expect((await ask(api, cookie, "GET", "/members")).status).toBe(200);
    expect((await as("owner", "DELETE", `/members/${body.member.id}`)).status).toBe(200);
    expect((await ask(api, cookie, "GET", "/sources")).status).toBe(401);
    expect((await api.pool.query("select from auth_session where user_id = $1", [body.member.id])).rowCount).toBe(0);
    const again = await signIn(api, "leaver@example.com", body.password);
    expect((await ask(api, again, "GET", "/me")).status).toBe(403);
    expect((await api.call("GET", "/audit?action=member.remove")).body.data[0]).toMatchObject({ target: `account:${body.member.id}`, detail: { role: "admin" } });
  });

  test("a changed role holds from the next request on", async () => {
    const { body } = await as("owner", "POST", "/members", { body: { email: "riser@example.com", role: "viewer" } });
    const cookie = await signIn(api, "riser@example.com", body.password);
    expect((await ask(api, cookie, "GET", "/audit")).status).toBe(403);
    expect((await as("owner", "PATCH", `/members/${body.member.id}`, { body: { role: "developer" } })).body.role).toBe("developer");
    expect((await ask(api, cookie, "GET", "/audit")).status).toBe(200);
    expect((await as("owner", "PATCH", `/members/${body.member.id}`, { body: { role: "viewer" } })).status).toBe(200);
    expect((await ask(api, cookie, "GET", "/audit")).status).toBe(403);
    expect((await api.call("GET", "/audit?action=member.change")).body.data[0]).toMatchObject({ detail: { from: "developer", to: "viewer" } });
  });

  test("a live tail ends when the role of whoever opened it is taken away", async () => {
    const { body } = await as("owner", "POST", "/members", { body: { email: "watcher@example.com", role: "analyst" } });
    const cookie = await signIn(api, "watcher@example.com", body.password);
    await api.server.listen({ host: "127.0.0.1", port: 0 });
    const [address] = api.server.addresses();
    const port = typeof address === "object" ? address.port : 0;
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { headers: { cookie, accept: "text/event-stream" } });
    expect(response.status).toBe(200);
    await as("owner", "PATCH", `/members/${body.member.id}`, { body: { role: "viewer" } });
    clock.advanceMs(10_000);
    expect(await response.text()).toContain("event: problem");
  });

  test("nobody gives, changes or takes a role that may more than theirs", async () => {
    const tries = [
      as("developer", "POST", "/members", { body: { email: "x@example.com", role: "analyst" } }),
      as("developer", "PATCH", `/members/${idOf("viewer")}`, { body: { role: "admin" } }),
      as("developer", "PATCH", `/members/${idOf("analyst")}`, { body: { role: "viewer" } }),
      as("developer", "DELETE", `/members/${idOf("privacy_officer")}`),
      as("admin", "POST", "/members", { body: { email: "x@example.com", role: "owner" } }),
      as("admin", "PATCH", `/members/${idOf("admin")}`, { body: { role: "owner" } }),
      as("admin", "PATCH", `/members/${idOf("owner")}`, { body: { role: "viewer" } }),
      as("admin", "DELETE", `/members/${idOf("owner")}`),
      as("developer", "POST", "/tokens", { body: { name: "more", scopes: ["personal_data"] } }),
      as("owner", "POST", "/tokens", { body: { name: "more", scopes: ["installation"] } }),
    ];
    for (const answer of await Promise.all(tries)) expect(answer.body.code).toBe("forbidden");
    expect((await api.pool.query("select from auth_user where email = 'x@example.com'")).rowCount).toBe(0);
    // A role goes no further than its own table says, whoever made the account.
    const { rows } = await api.pool.query("select role from member where account_id = $1", [idOf("owner")]);
    expect(rows).toEqual([{ role: "owner" }]);
  });

  test("the last owner of a workspace is neither removed nor demoted, also by two owners at once", async () => {
    const alone = [
      await as("both", "DELETE", `/members/${idOf("both")}`, inSecond),
      await as("both", "PATCH", `/members/${idOf("both")}`, { body: { role: "admin" }, ...inSecond }),
    ];
    expect(alone.map(({ body }) => body.code)).toEqual(["conflict", "conflict"]);
    await as("both", "POST", "/members", { body: { email: "owner@example.com", role: "owner" }, ...inSecond });
    const both = await Promise.all([
      as("both", "DELETE", `/members/${idOf("owner")}`, inSecond),
      as("owner", "DELETE", `/members/${idOf("both")}`, inSecond),
    ]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    const { rows } = await api.pool.query("select count(*)::integer as owners from member where workspace_id = $1 and role = 'owner'", [api.second.id]);
    expect(rows).toEqual([{ owners: 1 }]);
  });

  test("a token makes a workspace's first owner, and after that none, unless it acts for the installation", async () => {
    const { body: made } = await api.call("POST", "/workspaces", { body: { name: "By token" } });
    const call = (email: string) => api.call("POST", "/members", { token: made.secret, body: { email, role: "owner" } });
    expect((await call("first@example.com")).status).toBe(201);
    expect((await call("next@example.com")).status).toBe(403);
    expect((await api.call("POST", "/members", { body: { email: "more@example.com", role: "owner" } })).status).toBe(201);
  });

  test("who makes a workspace owns it, and not the installation through it", async () => {
    const { body } = await as("operator", "POST", "/workspaces", { body: { name: "Mine" } });
    const headers = { "x-tributary-workspace": body.workspace.slug };
    expect((await as("operator", "GET", "/me", { headers })).body).toMatchObject({ role: "owner", workspace: { slug: body.workspace.slug } });
    const { body: taken } = await as("operator", "POST", "/members", { headers, body: { email: "customer@example.com", role: "owner" } });
    const cookie = await signIn(api, "customer@example.com", taken.password);
    expect((await ask(api, cookie, "GET", "/me")).body.scopes).not.toContain("installation");
    expect((await ask(api, cookie, "GET", "/workspaces")).body.data).toHaveLength(1);
  });

  test("a lost password is replaced by whoever runs the installation; the old one and all sessions end", async () => {
    await addAccount(api, "forgetful@example.com", [[api.first, "viewer"], [api.second, "viewer"]]);
    const cookie = await signIn(api, "forgetful@example.com");
    const { status, body } = await api.call("POST", "/accounts/reset-password", { body: { email: "Forgetful@Example.com" } });
    expect(status).toBe(200);
    expect((await ask(api, cookie, "GET", "/me")).status).toBe(401);
    await expect(signIn(api, "forgetful@example.com")).rejects.toThrow("could not sign in");
    await signIn(api, "forgetful@example.com", body.password);
    for (const token of [api.first.token, api.second.token]) {
      const { body: audit } = await api.call("GET", `/audit?target=account:${body.account.id}&action=account.reset_password`, { token });
      expect(audit.data).toHaveLength(1);
    }
    expect((await api.call("POST", "/accounts/reset-password", { body: { email: "nobody@example.com" } })).status).toBe(404);
  });

  test("a workspace's own connection sees the names of its members, and no password and no session", async () => {
    const db = await api.pool.connect();
    try {
      await db.query("begin");
      await db.query("select set_config('role', 'tributary_app', true), set_config('tributary.workspace', $1, true)", [String(api.second.id)]);
      const { rows } = await db.query("select email from auth_user where email like 'viewer@%' or email like 'analyst@%'");
      expect(rows).toEqual([]);
      for (const text of ["select token from auth_session", "select password from auth_account", "select is_operator from auth_user"]) {
        await db.query("savepoint before");
        await expect(db.query(text)).rejects.toMatchObject({ code: "42501" });
        await db.query("rollback to before");
      }
    } finally {
      await db.query("rollback");
      db.release();
    }
  });

  test("the table of roles names every role once, and gives none of them the installation", () => {
    expect(Object.keys(roleTable).toSorted()).toEqual([...roles.options].toSorted());
    expect(Object.values(roleTable).flatMap(({ scopes }) => scopes)).not.toContain("installation");
  });

  test("pages of members hold everybody once", async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Called = await as("owner", "GET", `/members?limit=3${cursor ? `&cursor=${cursor}` : ""}`);
      seen.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.next_cursor;
    }
    const { rows } = await api.pool.query("select count(*)::integer as count from member where workspace_id = $1", [api.first.id]);
    expect(new Set(seen).size).toBe(rows[0].count);
    expect(seen).toHaveLength(rows[0].count);
  });
});
