// The first day of somebody who has people to send somewhere, on the demo shop: a webhook and a (fake) Klaviyo are connected, "at risk" goes
// there, both break and say why, are healed, what was refused is sent again, and one person's page tells what was sent.
// A whole server, driven over HTTP as the console does; only what delivers stands here, so that the catalog's way out leads to this machine.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AudienceMembers, AudienceTemplates } from "@tributary/schema/api/audiences.ts";
import type { DeliveryList, DestinationHealth, ErrorGroups, PersonDeliveries, ReplayAsked, ReplayList, RequestShown } from "@tributary/schema/api/deliveries.ts";
import type { DemoShopAnswer, DemoShopMade } from "@tributary/schema/api/demo-shop.ts";
import type { SubscriptionDetail, Suggestions } from "@tributary/schema/api/destinations.ts";
import type { ProfileAnswer } from "@tributary/schema/api/profiles.ts";
import { readConfig } from "../server/src/config.ts";
import { systemClock } from "../server/src/core/clock.ts";
import { createSeal, destinationPurpose } from "../server/src/core/sealed-text.ts";
import { signatureHeader, timestampHeader, webhookSignature } from "../server/src/core/webhook-signature.ts";
import { createDeliverer, type Deliverer } from "../server/src/delivery/delivery.ts";
import { joinCatalogs, ownDestinations } from "../server/src/destinations/destinations.ts";
import { openBench, outboundToLoopback, startTestVendor, type ContractBench, type Reply, type TestVendor } from "../server/src/destinations/testing.ts";
import { quietLogger, startTestClickHouse, startTestPostgres } from "../server/src/engines/testing.ts";
import { landedBefore } from "../server/src/pipeline/outbox/landed-before.ts";
import { startServer, type Server } from "../server/src/server.ts";

const SECRET = "one secret for the server and what delivers for it";
const SIGNING = "a-secret-of-this-test-only";
const KEY = "pk_of_this_test_only";
const installToken = "token_of_the_activation_test";
const DAY_MS = 86_400_000;

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let clickhouse: Awaited<ReturnType<typeof startTestClickHouse>>;
let tcp: TcpServer;
let folder: string;
let server: Server;
let deliverer: Deliverer;
let bench: ContractBench;
let hook: TestVendor;
/** Of the demo shop's workspace. */
let token = "";
let writeKey = "";

beforeAll(async () => {
  [postgres, clickhouse, folder, bench, hook] = await Promise.all([startTestPostgres(), startTestClickHouse(), mkdtemp(join(tmpdir(), "trib-activation-")), openBench(), startTestVendor()]);
  server = await startServer({ config: readConfig({ ...(await places()), PORT: "0", TRIBUTARY_DATA_DIR: folder, TRIBUTARY_ROLES: "ingest,process,api", TRIBUTARY_SECRET: SECRET, TRIBUTARY_API_TOKEN: installToken, OUTBOUND_PRIVATE_HOSTS: "127.0.0.1" }), logger: quietLogger });
  deliverer = startDelivery();
});
afterAll(async () => {
  await deliverer?.stop();
  await server?.stop();
  tcp?.close();
  await Promise.all([hook?.stop(), bench?.close(), postgres?.stop(), clickhouse?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Where a server finds engines that somebody else started. */
async function places(): Promise<Record<string, string>> {
  const { endpoint } = clickhouse;
  tcp = createTcpServer((socket) => {
    const engine = connect("socketPath" in endpoint ? endpoint.socketPath : "");
    for (const [one, other] of [[socket, engine], [engine, socket]] as const) one.pipe(other).on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { connectionString, host, port, user, password, database } = postgres.connection;
  const where = new URL(`postgresql://localhost/${database ?? "postgres"}`);
  Object.assign(where, { username: user ?? "", password: String(password ?? "") });
  where.search = new URLSearchParams({ host: host ?? "", port: String(port ?? 5432) }).toString();
  return { DATABASE_URL: connectionString ?? where.href, CLICKHOUSE_URL: "url" in endpoint ? endpoint.url : `http://127.0.0.1:${(tcp.address() as AddressInfo).port}` };
}

/** As the role does it; attempts follow soon, and one failure is enough to say that a destination fails. */
function startDelivery(): Deliverer {
  const pool = postgres.pool("deliver", 8);
  const own = ownDestinations({ outbound: outboundToLoopback(), filesDirectory: join(folder, "files"), nowMs: () => systemClock.nowMs(), timeoutMs: 20_000 });
  const ours = { list: () => Promise.resolve(own.map(({ definition }) => definition)), find: (slug: string) => Promise.resolve(own.find(({ definition }) => definition.slug === slug)), close: () => Promise.resolve() };
  const soon = { firstMs: 50, maxMs: 500 };
  return createDeliverer({
    pool, clickhouse: clickhouse.client("deliver"), catalog: joinCatalogs([ours, bench.catalog]), seal: createSeal(SECRET, destinationPurpose), landedBefore: (partition) => landedBefore(pool, partition),
    isGrantedByDefault: () => Promise.resolve(false), findProfiles: () => Promise.resolve(new Map()), clock: systemClock, logger: quietLogger, wasUnclean: false,
    limits: { failuresMax: 1, probe: soon, throttle: soon, retry: soon, pollIdleMs: 100 },
  });
}

async function api<T>(path: string, { method = "GET", body, as = token }: { readonly method?: string; readonly body?: object; readonly as?: string } = {}): Promise<T> {
  const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${as}`, ...(body && { "content-type": "application/json" }) }, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T; // The caller names the documented shape.
}
const post = <T>(path: string, body: object = {}): Promise<T> => api<T>(path, { method: "POST", body });

async function send(...batch: readonly object[]): Promise<void> {
  const answer = await fetch(`${server.url}/v1/batch`, { method: "POST", headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" }, body: JSON.stringify({ batch }) });
  expect(answer.status).toBe(200);
}

const order = (who: object, id: string, daysAgo: number): object => ({
  type: "track", event: "Order Completed", messageId: `order-${id}`, ...who, timestamp: new Date(Date.now() - daysAgo * DAY_MS).toISOString(), properties: { order_id: id, total: 40, currency: "EUR" },
});
const emailOf = (name: string): string => `${name}@example.com`;

/** One who is two people to the shop, each with one order of long ago. */
async function twoHalves(name: string): Promise<void> {
  const till = { anonymousId: `till-${name}` };
  await send({ type: "identify", ...till, traits: { email: emailOf(name) } }, order(till, `${name}-1`, 100), order({ userId: name }, `${name}-2`, 90));
  await expect.poll(() => api<object>(`/profiles/user_id:${name}`).catch(() => undefined)).toBeDefined();
}

/** Signs in with the address that the till knows: the two are one, with two orders, and have been quiet for long. */
const signsIn = (name: string): Promise<void> => send({ type: "identify", messageId: `sign-in-${name}`, userId: name, traits: { email: emailOf(name) } });

/** What Klaviyo has: name of the list → addresses on it. */
const lists = new Map<string, Set<string>>();
let refusal: Reply | undefined;

interface Sent {
  readonly data: {
    readonly id?: string;
    readonly attributes?: { readonly name?: string; readonly email?: string; readonly profiles?: { readonly data: readonly { readonly attributes: { readonly email?: string } }[] } };
    readonly relationships?: { readonly lists: { readonly data: readonly { readonly id: string }[] } };
  };
}

function klaviyo({ method, url, headers, body }: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }): Reply {
  if (refusal !== undefined) return refusal;
  if (headers["authorization"] !== `Klaviyo-API-Key ${KEY}` || method !== "POST") return { status: 401 };
  const path = new URL(url).pathname.replace(/^\/api\//, "").replace(/\/$/, "");
  const said = body as Sent; // As the package sends it.
  if (path === "lists") {
    const id = `list of ${said.data.attributes?.name ?? ""}`;
    lists.set(id, new Set());
    return { status: 201, json: { data: { id } } };
  }
  if (path === "profiles") return { status: 201, json: { data: { id: said.data.attributes?.email } } };
  if (path === "profile-bulk-import-jobs") {
    for (const { id } of said.data.relationships?.lists.data ?? []) for (const { attributes } of said.data.attributes?.profiles?.data ?? []) lists.get(id)?.add(attributes.email ?? "");
    return { status: 202, json: { data: { id: "job" } } };
  }
  const listed = /^lists\/(.+)\/relationships\/profiles$/.exec(decodeURIComponent(path))?.[1];
  for (const { id } of body !== null && listed !== undefined ? (body as { data: readonly { readonly id: string }[] }).data : []) lists.get(listed ?? "")?.add(id);
  return { status: listed === undefined ? 404 : 204, text: "" };
}

const onList = (): string[] => [...(lists.get("list of At risk") ?? [])].toSorted();
const health = (slug: string): Promise<DestinationHealth> => api(`/destinations/${slug}/health`);
const errors = async (): Promise<ErrorGroups["data"]> => (await api<ErrorGroups>("/destinations/klaviyo/errors")).data;
const sentAbout = async (name: string): Promise<PersonDeliveries> => api(`/profiles/user_id:${name}/deliveries`);
const outcomesAbout = async (name: string): Promise<string[]> => (await sentAbout(name)).data.map(({ destination, event, outcome }) => `${destination}: ${event} ${outcome}`);

test("half a year of the demo shop comes in, which then rests, so that nothing happens but what is told here", async () => {
  const made = await api<DemoShopMade>("/demo-shop", { method: "POST", body: { people: 150, days: 180, seed: "activation", pace: 1 }, as: installToken });
  token = made.secret ?? "";
  const isThere = async (): Promise<boolean> => {
    const { state, progress } = await api<DemoShopAnswer>("/demo-shop");
    return state === "live" && progress !== null && progress.landed >= (progress.total ?? Infinity);
  };
  await expect.poll(isThere, { timeout: 500_000 }).toBe(true);
  await api("/demo-shop", { method: "PATCH", body: { paused: true } });
  writeKey = (await post<{ key: { write_key: string } }>("/sources", { name: "The till" })).key.write_key;
});

test("a webhook is connected, tried, and told of what happens from then on", async () => {
  hook.answer({ status: 200 });
  await post("/destinations", { name: "Our hook", slug: "hook", definition: "signed-webhook", settings: { url: `${hook.url}/in`, secret: SIGNING }, enabled: true });
  expect(await post("/destinations/hook/test")).toMatchObject({ ok: true });
  await post("/destinations/hook/subscriptions", { name: "Orders", enabled: true, definition: { action: "send", trigger: { kind: "events", names: ["Order Completed"] }, mapping: { data: { "@path": "$." } } } });
  hook.forget();
  await expect.poll(async () => (await health("hook")).waiting.events).toBe(0);
  await send(order({ userId: "ida" }, "ida-1", 0));
  await expect.poll(() => hook.requests.length).toBe(1);
  const { headers, body } = hook.requests[0]!; // Waited for above.
  expect(JSON.parse(body)).toMatchObject({ event: "Order Completed", messageId: "order-ida-1", userId: "ida", properties: { order_id: "ida-1" } });
  expect(headers[signatureHeader.toLowerCase()]).toContain(webhookSignature([SIGNING], headers[timestampHeader.toLowerCase()] ?? "", body));
});

test("'at risk', made from its template, goes to Klaviyo with those who are in it already", async () => {
  bench.vendor.answer(klaviyo);
  await send(order({ userId: "ada" }, "ada-1", 120), order({ userId: "ada" }, "ada-2", 80), { type: "identify", userId: "ada", traits: { email: emailOf("ada") } });
  await Promise.all(["gwen", "hugh"].map(twoHalves));
  const atRisk = async (): Promise<AudienceTemplates["data"][number] | undefined> => (await api<AudienceTemplates>("/audiences/templates")).data.find(({ id }) => id === "at_risk");
  await expect.poll(async () => (await atRisk())?.definition, { message: "once it is known which events the shop has" }).toBeTruthy();
  const { name, definition } = (await atRisk())!; // As above.
  await post("/audiences", { name: name.en, slug: "at-risk", definition });
  const members = async (): Promise<AudienceMembers["data"]> => (await api<AudienceMembers>("/audiences/at-risk/members?limit=200")).data;
  const isAdaIn = async (): Promise<boolean> => {
    const { id } = await api<{ id: string }>("/profiles/user_id:ada");
    return (await members()).some(({ profile_id: one }) => one === id);
  };
  await expect.poll(isAdaIn).toBe(true);

  await post("/destinations", { name: "Klaviyo", slug: "klaviyo", definition: "klaviyo", settings: { api_key: KEY }, enabled: true });
  const { mapping } = await api<Suggestions>("/destinations/klaviyo/suggestions?action=addProfileToList");
  const { id } = await post<SubscriptionDetail>("/destinations/klaviyo/subscriptions", {
    name: "Win them back", enabled: true, definition: { action: "addProfileToList", trigger: { kind: "audience", audience: "at-risk", on: "entered", backfill: true }, mapping },
  });
  // The shop is untidy: an address of theirs may begin with a blank, which is refused before it is sent.
  const addresses = await Promise.all((await members()).map(async ({ profile_id: one }) => String((await api<ProfileAnswer>(`/profiles/${one}`)).traits["email"])));
  const tidy = addresses.filter((address) => address === address.trim());
  await expect.poll(async () => (await api<{ told: number }>(`/destinations/klaviyo/subscriptions/${id}/sync`)).told).toBe(tidy.length);
  await expect.poll(onList).toEqual(tidy.toSorted());
  expect(onList()).toContain(emailOf("ada"));
  expect(tidy.length, "and people of the shop").toBeGreaterThan(1);
  await expect.poll(async () => (await errors()).map(({ code, count, detail }) => ({ code, count, detail })))
    .toEqual(tidy.length === addresses.length ? [] : [{ code: "payload", count: addresses.length - tidy.length, detail: expect.stringContaining("Email must be a valid email address") }]);
  expect((await health("klaviyo")).counts).toContainEqual({ outcome: "delivered", reason: "", count: tidy.length });
  await expect.poll(() => outcomesAbout("ada")).toEqual(["klaviyo: Audience Entered delivered"]);
  expect((await sentAbout("ada")).data[0]?.why).toMatchObject({ audience: "at-risk", audience_name: "At risk", entered: true, reason: "first_fill", cause: null });
});

test("somebody comes in while Klaviyo refuses the content: a dead letter, with what Klaviyo says and what to do", async () => {
  refusal = { status: 400, json: { errors: [{ id: "e", status: 400, code: "invalid", title: "Invalid input.", detail: "This list takes nobody today." }] } };
  await signsIn("gwen");
  await expect.poll(() => outcomesAbout("gwen")).toEqual(["klaviyo: Audience Entered refused"]);
  const error = (await errors()).find(({ code }) => code === "http_400");
  expect(error).toMatchObject({ count: 1, people: 1, status: 400, detail: expect.stringContaining("This list takes nobody today."), advice: expect.stringContaining("mend the mapping, and send again") });
  const { data: [delivery] } = await api<DeliveryList>("/destinations/klaviyo/deliveries?outcome=refused&code=http_400");
  const request = async (): Promise<RequestShown["exchanges"][number] | undefined> => (await api<RequestShown>(`/destinations/klaviyo/requests/${delivery?.request_id ?? ""}`)).exchanges[0];
  await expect.poll(request).toMatchObject({ method: "POST", status: 400, request_body: expect.stringContaining(emailOf("gwen")), response_body: expect.stringContaining("This list takes nobody today.") });
  expect(JSON.stringify(await request())).not.toContain(KEY);
  expect(onList()).not.toContain(emailOf("gwen"));
});

test("a key that is not taken and a hook that fails stop and say why; healed, what waited arrives by itself", async () => {
  refusal = { status: 401, json: { errors: [{ detail: "The key is missing or invalid." }] } };
  hook.answer({ status: 500, body: "Out of order." });
  await signsIn("hugh");
  await send(order({ userId: "ida" }, "ida-2", 0));
  await expect.poll(() => health("klaviyo")).toMatchObject({ state: "unauthorized", advice: expect.stringContaining("Enter a new one in the settings") });
  await expect.poll(() => health("hook")).toMatchObject({ state: "failing", code: "http_500", advice: expect.stringContaining("Nothing is lost meanwhile") });
  refusal = undefined;
  hook.answer({ status: 200 });
  for (const slug of ["klaviyo", "hook"]) await expect.poll(() => health(slug)).toMatchObject({ state: "flowing", advice: "", waiting: { events: slug === "hook" ? 0 : null, again: 0, behind: 0 } });
  await expect.poll(() => outcomesAbout("hugh")).toEqual(["klaviyo: Audience Entered delivered"]);
  await expect.poll(() => outcomesAbout("ida")).toEqual(["hook: Order Completed delivered", "hook: Order Completed delivered"]);
  expect(onList()).toContain(emailOf("hugh"));
  expect(onList(), "what was refused is not tried again by itself").not.toContain(emailOf("gwen"));
});

test("what was refused is sent again, and the person's page tells all of it", async () => {
  expect((await post<ReplayAsked>("/destinations/klaviyo/replays", { code: "http_400", dry_run: true })).matching).toBe(1);
  await post("/destinations/klaviyo/replays", { code: "http_400" });
  await expect.poll(onList).toContain(emailOf("gwen"));
  await expect.poll(async () => (await api<ReplayList>("/destinations/klaviyo/replays")).data).toMatchObject([{ status: "done", found: 1, passed_over: 0 }]);
  await expect.poll(() => outcomesAbout("gwen")).toEqual(["klaviyo: Audience Entered delivered", "klaviyo: Audience Entered refused"]);
  expect((await errors()).map(({ code }) => code)).not.toContain("http_400");
  const { data: [last, first], waiting } = await sentAbout("gwen");
  expect(waiting).toEqual([]);
  expect(first).toMatchObject({ destination_name: "Klaviyo", subscription_name: "Win them back", code: "http_400", status: 400 });
  expect(last).toMatchObject({ destination_name: "Klaviyo", subscription_name: "Win them back", code: "", attempts: 1 });
  const why = { audience: "at-risk", audience_name: "At risk", entered: true, reason: "merge", cause: { event: "identify", message_id: "sign-in-gwen" } };
  expect([first?.why, last?.why]).toMatchObject([why, why]);
  expect((await sentAbout("ida")).data.map((row) => row.why), "an event that was taken says by itself why").toEqual([null, null]);
  await expect.poll(async () => (await api<RequestShown>(`/destinations/klaviyo/requests/${last?.request_id ?? ""}`)).exchanges.map(({ status }) => status)).toEqual([201, 204]);

  const { secret } = await post<{ secret: string }>("/tokens", { name: "Sees no personal data", scopes: ["read"] });
  const masked = (await api<PersonDeliveries>(`/profiles/${(await api<{ id: string }>("/profiles/user_id:gwen")).id}/deliveries`, { as: secret })).data[0]?.why;
  expect(masked).toMatchObject({ audience: "at-risk", reason: "merge", cause: { event: "identify" } });
  expect(masked?.cause?.message_id, "which a sender may have made of who it is").not.toBe("sign-in-gwen");
});
