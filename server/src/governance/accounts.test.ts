import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getMigrations } from "better-auth/db/migration";
import type { Pool } from "pg";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { quietLogger, startTestPostgres } from "../engines/testing.ts";
import { createAccount, newPassword } from "./account-store.ts";
import { authOptions, createAccounts, type AccountsOptions } from "./accounts.ts";
import { asOwner } from "./workspaces.ts";

describe("accounts by better-auth", () => {
  let postgres: Postgres;
  let pool: Pool;
  const email = "ann@example.com";
  const password = "correct horse battery";
  const options = (changes: Partial<AccountsOptions> = {}): AccountsOptions => (
    { pool, secret: "the secret of this install", publicUrl: "http://localhost:8080", logger: quietLogger, ...changes }
  );

  async function signIn(publicUrl: string, secret?: string): Promise<Response> {
    const body = JSON.stringify({ email, password });
    const request = new Request(`${publicUrl}/api/auth/sign-in/email`, { method: "POST", body, headers: { "content-type": "application/json" } });
    return createAccounts(options({ publicUrl, ...(secret === undefined ? {} : { secret }) })).handle(request);
  }

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = postgres.pool("test", 4);
    await asOwner(pool, (db) => createAccount(db, { email, password }));
  });
  afterAll(() => postgres.stop());

  test("the migration makes the tables and columns that it asks for", async () => {
    const { toBeCreated, toBeAdded } = await getMigrations(authOptions(options()));
    expect({ toBeCreated, toBeAdded }).toEqual({ toBeCreated: [], toBeAdded: [] });
  });

  test("the cookie is Secure where the public address has TLS, and has the same name everywhere", async () => {
    const [plain, tls] = [await signIn("http://localhost:8080"), await signIn("https://cdp.example.com")];
    expect(plain.headers.getSetCookie()).toEqual([expect.stringMatching(/^tributary_session=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)]);
    expect(tls.headers.getSetCookie()).toEqual([expect.stringMatching(/^tributary_session=[^;]+; .*Secure/)]);
  });

  test("a cookie that was signed under another install's secret opens nothing, though its session is there", async () => {
    const cookie = (await signIn("http://localhost:8080", "another secret, of another install")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect((await createAccounts(options()).sessionOf(cookie)).session).toBeUndefined();
    const own = (await signIn("http://localhost:8080")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
    expect((await createAccounts(options()).sessionOf(own)).session?.account.email).toBe(email);
  });

  test("a session that is a day old is renewed, one whose time is up is not", async () => {
    const cookie = (await signIn("http://localhost:8080")).headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const accounts = createAccounts(options());
    expect((await accounts.sessionOf(cookie)).setCookies).toEqual([]);
    await pool.query("update auth_session set expires_at = now() + interval '5 days'");
    const renewed = await accounts.sessionOf(cookie);
    expect(renewed.session).toBeDefined();
    expect(renewed.setCookies).toEqual([expect.stringContaining("Max-Age=604800")]);
    await pool.query("update auth_session set expires_at = now() - interval '1 second'");
    const ended = await accounts.sessionOf(cookie);
    expect(ended.session).toBeUndefined();
    expect(ended.setCookies[0]).toContain("Max-Age=0");
  });

  test("an address has one account, whatever its case, and a password is kept as a salted hash only", async () => {
    expect(await asOwner(pool, (db) => createAccount(db, { email: "ANN@example.com", password }))).toBeUndefined();
    await asOwner(pool, (db) => createAccount(db, { email: "ben@example.com", password }));
    const { rows } = await pool.query("select password from auth_account");
    expect(new Set(rows.map((row) => row.password)).size).toBe(2);
    expect(JSON.stringify(rows)).not.toContain(password);
  });

  test("made passwords are all different, and every letter of theirs is drawn", () => {
    const made = Array.from({ length: 400 }, () => newPassword());
    expect(new Set(made).size).toBe(400);
    expect(made.every((text) => text.length === 29)).toBe(true);
    expect(new Set(made.join("").replaceAll("-", "")).size).toBe(31);
  });
});
