// Accounts on a running server: what the first start prints opens it, behind a proxy that speaks TLS the cookie is Secure,
// and sessions outlive a killed server.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const email = "owner@localhost.localdomain";
let server: ServerProcess;
let password: string;

beforeAll(async () => {
  server = await startServerProcess({ env: { TRUST_PROXY: "loopback" } });
  password = /Sign in as owner@localhost\.localdomain with the password \(shown once\): (\S+)/.exec(server.output())?.[1] ?? "";
});
afterAll(() => server?.remove());

function signIn(headers: Record<string, string> = {}, origin = server.url): Promise<Response> {
  return fetch(`${server.url}/api/auth/sign-in/email`, {
    method: "POST", headers: { "content-type": "application/json", origin, ...headers }, body: JSON.stringify({ email, password }),
  });
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie().map((text) => text.split(";")[0]).join("; ");
}

test("the password that the first start prints opens the API as the owner", async () => {
  expect(password).not.toBe("");
  const response = await signIn();
  expect(response.status, await response.clone().text()).toBe(200);
  const me = await fetch(`${server.url}/api/v1/me`, { headers: { cookie: cookieOf(response) } });
  expect(await me.json()).toMatchObject({
    account: { email }, role: "owner", scopes: ["read", "write", "admin", "personal_data", "service", "installation"], workspace: { slug: "default" },
  });
});

test("a proxy that is trusted says how it is spoken to: over TLS the cookie is Secure, and its host is ours", async () => {
  const proxy = { "x-forwarded-proto": "https", "x-forwarded-host": "cdp.example.com", "x-forwarded-for": "203.0.113.9" };
  const response = await signIn(proxy, "https://cdp.example.com");
  expect(response.status).toBe(200);
  expect(response.headers.getSetCookie().every((text) => /; Secure/i.test(text))).toBe(true);
  const headers = { ...proxy, cookie: cookieOf(response), "content-type": "application/json", "x-tributary-csrf": "1" };
  const make = (origin: string) =>
    fetch(`${server.url}/api/v1/sources`, { method: "POST", headers: { ...headers, origin }, body: JSON.stringify({ name: "Behind a proxy" }) });
  expect((await make("https://cdp.example.com")).status).toBe(201);
  expect((await make("http://cdp.example.com")).status).toBe(403);
  const sessions = await fetch(`${server.url}/api/auth/list-sessions`, { headers: { cookie: cookieOf(response) } });
  expect(JSON.stringify(await sessions.json())).toContain("203.0.113.9");
});

test("a killed server knows its sessions again, and prints no password a second time", async () => {
  const cookie = cookieOf(await signIn());
  await server.kill();
  await server.start();
  expect((await fetch(`${server.url}/api/v1/me`, { headers: { cookie } })).status).toBe(200);
  expect(server.output().split("shown once): ").length - 1).toBe(1);
  expect(server.output()).not.toMatch(/better.?auth/i);
});
