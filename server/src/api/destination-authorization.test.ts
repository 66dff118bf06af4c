// Connecting a destination to a vendor of our own making, on loopback: the whole way, everybody else's way, and twenty who need a new token at once.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { createSeal, destinationPurpose } from "../core/sealed-text.ts";
import { createKeptTokens, createTokenKeeper, ownDestinations, tokensOf, type Connection, type Destination } from "../destinations/destinations.ts";
import { outboundToLoopback, startTestVendor, type TestVendor } from "../destinations/testing.ts";
import { addAccount, ask, signIn } from "./testing-accounts.ts";
import { startTestApi, testSecret, type Called, type TestApi } from "./testing.ts";

const clock = manualClock(Date.now());
const clientSecret = "canary-client-secret-1";
const seal = createSeal(testSecret, destinationPurpose);
let api: TestApi;
let vendor: TestVendor;
let google: Destination;
let [owner, colleague, viewer, stranger] = ["", "", "", ""];
/** What the vendor gave for each code, and which tokens it takes. */
let asked = { codes: 0, refreshes: 0, revoked: 0, challenge: "", access: "canary-access-1", refresh: "canary-refresh-1" };

/** Tokens come slowly, so that whoever asks for them at the same time does. */
function slowly(): ReturnType<typeof outboundToLoopback> {
  const outbound = outboundToLoopback({ "https://datamanager.googleapis.com": vendor.url, "https://oauth2.googleapis.com": vendor.url });
  return {
    ...outbound,
    async fetch(request) {
      if (request.url.endsWith("/token")) await sleep(100);
      return outbound.fetch(request);
    },
  };
}

const partsOf = (keeper = createTokenKeeper()) =>
  ({ outbound: slowly(), filesDirectory: "", nowMs: () => clock.nowMs(), timeoutMs: 5_000, keeper });

beforeAll(async () => {
  vendor = await startTestVendor();
  const parts = partsOf();
  const own = ownDestinations(parts);
  google = one(own);
  api = await startTestApi({
    outbound: parts.outbound, publicUrl: "http://localhost:8080/cdp/",
    catalog: { list: async () => own.map(({ definition }) => definition), find: async (slug) => own.find(({ definition }) => definition.slug === slug), close: async () => undefined },
  }, clock);
  await addAccount(api, "owner@example.com", [[api.first, "admin"]]);
  await addAccount(api, "colleague@example.com", [[api.first, "admin"]]);
  await addAccount(api, "viewer@example.com", [[api.first, "viewer"]]);
  await addAccount(api, "stranger@example.com", [[api.second, "admin"]]);
  [owner, colleague, viewer, stranger] = await Promise.all(["owner", "colleague", "viewer", "stranger"].map((name) => signIn(api, `${name}@example.com`))) as [string, string, string, string];
});
afterAll(async () => {
  await api?.stop();
  await vendor?.stop();
});

beforeEach(() => {
  clock.advanceMs(60_000);
  asked = { codes: 0, refreshes: 0, revoked: 0, challenge: "", access: "canary-access-1", refresh: "canary-refresh-1" };
  vendor.forget();
  vendor.answer(({ path, body, headers }) => {
    const form = new URLSearchParams(body);
    if (path === "/revoke") return { status: asked.revoked++ === 0 && form.get("token") === asked.refresh ? 200 : 400 };
    if (path !== "/token") return headers["authorization"] === `Bearer ${asked.access}` ? { status: 200, body: JSON.stringify({ requestId: "r" }) } : { status: 401, body: JSON.stringify({ error: { message: "ended" } }) };
    const given = (more: object = {}) => ({ status: 200, body: JSON.stringify({ access_token: asked.access, refresh_token: asked.refresh, expires_in: 3_600, scope: "a b", ...more }) });
    if (form.get("client_secret") !== clientSecret) return { status: 401, body: JSON.stringify({ error: "invalid_client" }) };
    if (form.get("grant_type") === "refresh_token") {
      if (form.get("refresh_token") !== asked.refresh) return { status: 400, body: JSON.stringify({ error: "invalid_grant" }) };
      asked.refreshes++;
      asked.access = `canary-access-of-refresh-${asked.refreshes}`;
      asked.refresh = `canary-refresh-of-refresh-${asked.refreshes}`;
      return given();
    }
    asked.codes++;
    const isOurs = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url") === asked.challenge;
    return form.get("code") === "good" && isOurs && form.get("redirect_uri") === "http://localhost:8080/cdp/oauth/callback" ? given() : { status: 400, body: JSON.stringify({ error: "invalid_grant", error_description: `${clientSecret} <b>no</b> ada@example.com` }) };
  });
});

function one(all: readonly Destination[]): Destination {
  const found = all.find(({ definition }) => definition.slug === "google-ads-data-manager");
  if (!found) throw new Error("it is not there");
  return found;
}

const settings = () => ({ customerId: "1234567890", oauth_client_id: "client-1", oauth_client_secret: clientSecret, oauth_authorize_url: "https://accounts.google.com/o/oauth2/v2/auth" });
const made = async (cookie = owner): Promise<string> => (await ask(api, cookie, "POST", "/destinations", { body: { name: "Google", definition: "google-ads-data-manager", settings: settings() } })).body.slug;

async function begun(slug: string, cookie = owner): Promise<{ readonly state: string; readonly url: URL }> {
  const { status, body } = await ask(api, cookie, "POST", `/destinations/${slug}/authorization`);
  expect(status, JSON.stringify(body)).toBe(201);
  const url = new URL(body.url);
  asked.challenge = url.searchParams.get("code_challenge") ?? "";
  return { state: url.searchParams.get("state") ?? "", url };
}

const back = (query: string, cookie?: string) => api.server.inject({ method: "GET", url: `/oauth/callback?${query}`, headers: cookie === undefined ? {} : { cookie } });
const shown = (slug: string): Promise<Called> => ask(api, owner, "GET", `/destinations/${slug}/authorization`);
const tokensIn = async (slug: string) => {
  const { rows: [row] } = await api.pool.query<{ tokens_sealed: string | null; workspace_id: number }>("select tokens_sealed, workspace_id from destination where slug = $1 order by id desc", [slug]);
  return row?.tokens_sealed === null || row === undefined ? undefined : tokensOf(seal.open(row.tokens_sealed, row.workspace_id));
};

test("somebody signs in at the vendor, and the destination is connected: tokens sealed, nothing shown, whoever delivers told", async () => {
  const slug = await made();
  const listener = await api.pool.connect();
  let notices = 0;
  listener.on("notification", () => notices++);
  await listener.query("listen delivery_meaning");
  expect((await shown(slug)).body).toMatchObject({ source: "consent", vendor: "Google", is_authorized: false, missing: [], redirect_uri: "http://localhost:8080/cdp/oauth/callback" });
  const { state, url } = await begun(slug);
  expect(`${url.origin}${url.pathname}`).toBe("https://accounts.google.com/o/oauth2/v2/auth");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    response_type: "code", client_id: "client-1", redirect_uri: "http://localhost:8080/cdp/oauth/callback", scope: "https://www.googleapis.com/auth/datamanager", access_type: "offline", code_challenge_method: "S256",
  });
  expect(Buffer.from(state, "base64url").length).toBe(32);
  const answer = await back(`state=${state}&code=good`, owner);
  expect(answer.statusCode, answer.body).toBe(200);
  expect(answer.body).toContain("Google is connected");
  expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  expect(await tokensIn(slug)).toMatchObject({ accessToken: "canary-access-1", refreshToken: "canary-refresh-1" });
  const told = (await shown(slug)).body;
  expect(told).toMatchObject({ is_authorized: true, scopes: "a b", problem: null, waiting_until: null });
  await listener.query("unlisten delivery_meaning");
  listener.release();
  expect(notices).toBeGreaterThan(0);
  const audit = (await ask(api, owner, "GET", `/audit?target=destination:${slug}`)).body.data;
  expect(audit.map(({ detail }: { detail: { step?: string } }) => detail.step)).toEqual(["connected", "begun", undefined]);
  expect(JSON.stringify([told, audit, answer.body])).not.toMatch(/canary/);
  // Used up: the same again, even by the same person, connects nothing.
  const again = await back(`state=${state}&code=good`, owner);
  expect([again.statusCode, asked.codes]).toEqual([400, 1]);
  expect(again.body).not.toContain(slug);
});

test("a state that is stolen, late, of another workspace or brought without a session connects nothing, and nobody learns of what", async () => {
  const slug = await made();
  for (const thief of [colleague, viewer, stranger]) {
    const { state } = await begun(slug);
    expect((await back(`state=${state}&code=good`)).statusCode).toBe(401); // Not signed in: it stays good for who began.
    const stolen = await back(`state=${state}&code=good`, thief);
    expect([stolen.statusCode, stolen.body.includes(slug), stolen.body.includes("Google")]).toEqual([400, false, false]);
    expect((await back(`state=${state}&code=good`, owner)).statusCode).toBe(400); // Used up by the thief.
    expect((await shown(slug)).body.problem.code).toBe("other_account");
  }
  const theirs = await made(stranger);
  const other = await begun(theirs, stranger);
  expect((await back(`state=${other.state}&code=good`, owner)).statusCode).toBe(400);
  const late = await begun(slug);
  clock.advanceMs(10 * 60_000);
  expect((await back(`state=${late.state}&code=good`, owner)).body).toContain("longer than 10 minutes");
  const first = await begun(slug);
  const { state: second } = await begun(slug); // Begun anew: the first is over.
  expect((await back(`state=${first.state}&code=good`, owner)).statusCode).toBe(400);
  expect(asked.codes).toBe(0);
  expect((await back(`state=${second}&code=good`, owner)).statusCode).toBe(200);
  // Somebody who may no longer connect comes back with their own state.
  const demoted = await begun(slug, colleague);
  await api.pool.query("update member set role = 'viewer' where account_id = (select id from auth_user where email = 'colleague@example.com')");
  expect((await back(`state=${demoted.state}&code=good`, colleague)).statusCode).toBe(400);
  await api.pool.query("update member set role = 'admin' where account_id = (select id from auth_user where email = 'colleague@example.com')");
  expect((await ask(api, viewer, "POST", `/destinations/${slug}/authorization`)).status).toBe(403);
});

test("what the vendor says is told as text, short, without secrets and people, and only to who began", async () => {
  const slug = await made();
  const evil = encodeURIComponent(`<script>alert(1)</script>"'\u202e\r\nX: y ada@example.com ${"long ".repeat(500)}`);
  const foreign = await back(`state=none&error=${evil}&error_description=${evil}`, owner);
  expect([foreign.statusCode, /script>|alert|ada@/.test(foreign.body)]).toEqual([400, false]);
  const { state } = await begun(slug);
  const denied = await back(`state=${state}&error=access_denied&error_description=${evil}`, owner);
  expect(denied.statusCode).toBe(400);
  expect(denied.body).toContain("&lt;script&gt;");
  expect(denied.body).not.toMatch(/<script|ada@example|\u202e/);
  expect(denied.headers["content-security-policy"]).toContain("default-src 'none'");
  expect((await shown(slug)).body.problem).toMatchObject({ code: "denied" });
  expect((await shown(slug)).body.problem.detail.length).toBeLessThan(400);
  const wrong = await begun(slug);
  const refused = await back(`state=${wrong.state}&code=bad`, owner);
  expect(refused.body).toContain("invalid_grant");
  expect(refused.body).not.toMatch(/canary|<b>|ada@/);
  const doubled = await begun(slug);
  expect((await back(`state=${doubled.state}&state=${doubled.state}&code=good`, owner)).statusCode).toBe(400);
  expect((await back(`state=${doubled.state}&code=good&code=bad`, owner)).body).toContain("neither a code");
  const moved = await begun(slug);
  await ask(api, owner, "PATCH", `/destinations/${slug}`, { body: { settings: { oauth_client_id: "client-2" } } });
  expect((await back(`state=${moved.state}&code=good`, owner)).body).toContain("changed meanwhile");
  expect(await tokensIn(slug)).toBeUndefined();
  for (const url of ["javascript:alert(1)", "http://example.com/a", "https://u:p@example.com/"]) {
    expect((await ask(api, owner, "PATCH", `/destinations/${slug}`, { body: { settings: { oauth_authorize_url: url, oauth_client_secret: clientSecret } } })).status).toBe(400);
  }
});

test("a program that began finishes with the address, by the same token alone; tokens can be given; and forgetting gives them back", async () => {
  const slug = await made();
  const path = `/destinations/${slug}/authorization`;
  const { body } = await api.call("POST", path);
  const url = new URL(body.url);
  asked.challenge = url.searchParams.get("code_challenge") ?? "";
  const address = `${body.redirect_uri}?code=good&state=${url.searchParams.get("state")}`;
  expect((await back(address.split("?")[1] ?? "", owner)).statusCode).toBe(400); // Begun by a token, so no account finishes it.
  const second = await api.call("POST", path);
  asked.challenge = new URL(second.body.url).searchParams.get("code_challenge") ?? "";
  const good = `${body.redirect_uri}?code=good&state=${new URL(second.body.url).searchParams.get("state")}`;
  expect((await api.call("PUT", path, { body: { address: good } })).body).toMatchObject({ is_authorized: true });
  expect((await api.call("PUT", path, { body: { address: good } })).status).toBe(409);
  expect((await ask(api, owner, "DELETE", path)).body).toEqual({ revoked: true });
  expect(await tokensIn(slug)).toBeUndefined();
  expect((await ask(api, owner, "POST", `${path}/tokens`, { body: { access_token: "given-token" } })).body).toMatchObject({ is_authorized: true, problem: null });
  expect((await tokensIn(slug))?.accessToken).toBe("given-token");
  expect((await ask(api, owner, "POST", `${path}/tokens`, { body: { access_token: "bad token\r\n" } })).status).toBe(400);
  // Sent to another place, tokens are not: whoever moves it has to connect it again.
  await ask(api, owner, "PATCH", `/destinations/${slug}`, { body: { settings: { oauth_authorize_url: "https://accounts.example.com/", oauth_client_secret: clientSecret } } });
  expect(await tokensIn(slug)).toBeUndefined();
});

test("twenty who need a new token at once, in two processes, get one: asked for once, kept once, and everything is delivered", async () => {
  const slug = await made();
  const { state } = await begun(slug);
  await back(`state=${state}&code=good`, owner);
  const { rows: [row] } = await api.pool.query<{ id: number }>("select id from destination where slug = $1", [slug]);
  const stale = await tokensIn(slug);
  asked.access = "canary-access-ended";
  // Each with a memory and connections of its own, as the API's thread and the delivering one have.
  const sides = [1, 2].map((side) => one(ownDestinations(partsOf(createTokenKeeper({ kept: createKeptTokens({ pool: api.postgres.pool(`tokens ${side}`, 4), seal }) })))));
  const connection = { workspaceId: api.first.id, destinationId: row?.id ?? 0, slug: "google-ads-data-manager", version: 2, settings: settings(), oauth: stale } satisfies Connection;
  const at = "2026-05-01T09:59:00.000Z";
  const event = { messageId: "m", type: "track", event: "Audience Entered", userId: "u", timestamp: at, receivedAt: at, context: {} } as const;
  const send = (to: Destination | undefined, by: Connection = connection) => to?.send({
    connection: by, subscription: { id: 1, version: 1, action: "sync_audience", syncMode: "add" }, audience: { key: "vip", id: 1, name: "VIP", externalId: "99", settings: {} },
    items: [{ event, payload: { email: ["ada@example.com"] }, idempotencyKey: "k" }],
  }, new AbortController().signal);
  const sent = await Promise.all(Array.from({ length: 20 }, (_, n) => send(sides[n % 2])));
  expect(sent.map((result) => result?.outcomes[0]?.kind)).toEqual(Array.from({ length: 20 }, () => "delivered"));
  expect(asked.refreshes).toBe(1);
  expect(await tokensIn(slug)).toMatchObject({ accessToken: "canary-access-of-refresh-1", refreshToken: "canary-refresh-of-refresh-1", appIdentity: stale?.appIdentity });
  // Kept already: nobody else keeps them, and no secret is in what is recorded.
  expect(JSON.stringify(sent)).not.toMatch(/canary/);
  expect(sent.every((result) => result?.refreshed === undefined)).toBe(true);
  // Connected anew while a token is asked for: what somebody did counts, and not what came of the old one.
  asked.access = "canary-access-other";
  await api.pool.query("update destination set tokens_sealed = $2 where id = $1", [row?.id, seal.seal(JSON.stringify({ accessToken: asked.access }), api.first.id)]);
  expect((await send(sides[0]))?.outcomes[0]?.kind).toBe("delivered");
  expect(asked.refreshes).toBe(1);
  // Another app: tokens of the first are shown to nobody.
  asked.access = "gone";
  const others = await send(google, { ...connection, oauth: { accessToken: "canary-x", refreshToken: "canary-y", appIdentity: "other" } });
  expect(others?.outcomes[0]).toMatchObject({ kind: "unauthorized", detail: expect.stringContaining("another app") });
  expect(vendor.requests.some(({ body }) => body.includes("canary-y"))).toBe(false);
});
