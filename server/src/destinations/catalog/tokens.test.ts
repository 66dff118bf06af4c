// Tokens are renewed once however many wait, what was sent is not sent again for it, and new ones are handed out until they are kept.
// All vendors are one server on loopback.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Connection, Destination } from "../destination.ts";
import { connectionOf, identifyOf, membershipOf, openBench, requestOf, type ContractBench } from "./testing-contract.ts";
import type { TakenRequest } from "./testing-vendor.ts";

const never = new AbortController().signal;
let bench: ContractBench;
let hubspot: Destination;
let destinationId = 100;

beforeAll(async () => {
  bench = await openBench({ requestTimeoutMs: 5_000 });
  hubspot = await bench.find("hubspot");
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.vendor.requests.length = 0;
  destinationId++;
});

const isRefresh = ({ url }: TakenRequest): boolean => url === "https://api.hubapi.com/oauth/v1/token";
const refreshes = (): TakenRequest[] => bench.vendor.requests.filter(isRefresh);
const connection = (more: Partial<Connection> = {}): Connection => connectionOf("hubspot", {
  destinationId, oauth: { accessToken: "old-access", refreshToken: "old-refresh" }, app: { clientId: "client-1", clientSecret: "client-secret-1" }, ...more,
});
const contact = (to: Connection, person = 1) => hubspot.send(requestOf(hubspot, { connection: to, action: "upsertContact", events: [identifyOf(person)] }), never);

/** Takes the new token alone. */
function renewing(): void {
  bench.vendor.answer((request) => {
    if (isRefresh(request)) return { status: 200, json: { access_token: "new-access", refresh_token: "new-refresh" } };
    return request.headers["authorization"] === "Bearer new-access" ? { status: 200, json: { id: "1", properties: {} } } : { status: 401, json: { message: "expired" } };
  });
}

test("eight that are refused at once ask for one new token, and all are delivered with it", async () => {
  renewing();
  const results = await Promise.all(Array.from({ length: 8 }, (_, at) => contact(connection(), at)));
  expect(results.map(({ outcomes }) => outcomes[0]?.kind)).toEqual(Array.from({ length: 8 }, () => "delivered"));
  expect(refreshes().length).toBe(1);
  expect(refreshes()[0]?.body).toContain("refresh_token=old-refresh");
  expect(refreshes()[0]?.body).toContain("client_id=client-1");
  for (const { refreshed } of results) expect(refreshed).toEqual({ accessToken: "new-access", refreshToken: "old-refresh" });
});

test("who still comes with the old token is sent with the new one, and hears of it, until they bring it themselves", async () => {
  renewing();
  await contact(connection());
  bench.vendor.requests.length = 0;
  const late = await contact(connection());
  expect(late).toMatchObject({ outcomes: [{ kind: "delivered" }], refreshed: { accessToken: "new-access" } });
  expect(bench.vendor.requests.map(({ headers }) => headers["authorization"])).toEqual(["Bearer new-access"]);
  const kept = await contact(connection({ oauth: { accessToken: "new-access", refreshToken: "new-refresh" } }));
  expect(kept.refreshed).toBeUndefined();
});

test("a refresh that is refused asks for a person, once for all who wait", async () => {
  bench.vendor.answer((request) => isRefresh(request) ? { status: 400, json: { status: "BAD_REFRESH_TOKEN", message: "gone" } } : { status: 401, json: {} });
  const results = await Promise.all([contact(connection()), contact(connection()), contact(connection())]);
  for (const { outcomes } of results) expect(outcomes).toMatchObject([{ kind: "unauthorized" }]);
  expect(refreshes().length).toBe(1);
});

test("a refresh that nobody answers is tried again later", async () => {
  bench.vendor.answer((request) => isRefresh(request) ? { status: 503, text: "down" } : { status: 401, json: {} });
  expect((await contact(connection())).outcomes).toMatchObject([{ kind: "retry", status: 503 }]);
});

test("no secret is in what is kept of an exchange", async () => {
  renewing();
  const { exchanges } = await contact(connection());
  expect(exchanges.length).toBe(3);
  const told = JSON.stringify(exchanges);
  for (const secret of ["old-access", "old-refresh", "new-access", "client-secret-1"]) expect(told).not.toContain(secret);
});

test("a list is made with the audience's settings, and a refused token is renewed for it, too", async () => {
  const facebook = await bench.find("facebook-custom-audiences");
  bench.vendor.answer(() => ({ status: 200, json: { id: "list-9" } }));
  const to = connectionOf("facebook-custom-audiences", { destinationId, oauth: { accessToken: "fb-access-1" }, settings: { retlAdAccountId: "777" } });
  const made = await facebook.createAudience?.(to, { key: "at_risk", id: 3, name: "At risk", settings: { engageAdAccountId: "777", audienceDescription: "Soon gone" } }, never);
  expect(made).toMatchObject({ externalId: "list-9" });
  expect(bench.vendor.requests).toMatchObject([{ method: "POST", url: "https://graph.facebook.com/v24.0/act_777/customaudiences", body: { name: "At risk", description: "Soon gone" } }]);
  bench.vendor.answer(() => ({ status: 400, json: { error: { message: "no such account" } } }));
  await expect(facebook.createAudience?.(to, { key: "at_risk", id: 3, name: "At risk", settings: { engageAdAccountId: "777" } }, never)).rejects.toMatchObject({ code: "vendor_refused" });
});

test("settings are tried at the vendor, after they are found to be whole", async () => {
  const klaviyo = await bench.find("klaviyo");
  const to = connectionOf("klaviyo", { destinationId, settings: { api_key: "pk_secret_1" } });
  bench.vendor.answer(() => ({ status: 200, json: { data: [] } }));
  expect(await klaviyo.test(to, never)).toMatchObject({ isGood: true });
  expect(bench.vendor.requests.length).toBe(1);
  bench.vendor.answer(() => ({ status: 401, json: {} }));
  expect(await klaviyo.test(to, never)).toMatchObject({ isGood: false });
  bench.vendor.requests.length = 0;
  expect(await klaviyo.test(connectionOf("klaviyo", { destinationId }), never)).toMatchObject({ isGood: false, exchanges: [] });
  expect(bench.vendor.requests).toEqual([]);
});

test("choices of a dynamic field come from the vendor, and its no is an error with its words", async () => {
  const klaviyo = await bench.find("klaviyo");
  const to = connectionOf("klaviyo", { destinationId, settings: { api_key: "pk_secret_1" } });
  bench.vendor.answer(() => ({ status: 200, json: { data: [{ id: "L1", attributes: { name: "Newsletter" } }] } }));
  expect(await klaviyo.choices?.(to, "subscribeProfile", "list_id", {}, never)).toEqual([{ value: "L1", label: "Newsletter" }]);
  bench.vendor.answer(() => ({ status: 403, json: { errors: [{ detail: "no scope" }] } }));
  await expect(klaviyo.choices?.(to, "subscribeProfile", "list_id", {}, never)).rejects.toMatchObject({ code: "vendor_refused" });
});

test("a person is forgotten with the destination's own request", async () => {
  const braze = await bench.find("braze");
  const to = connectionOf("braze", { destinationId, settings: { api_key: "braze-key-1", endpoint: "https://rest.fra-01.braze.eu" } });
  bench.vendor.answer(() => ({ status: 200, json: {} }));
  expect(await braze.forget?.(to, { userId: "u-1" }, never)).toMatchObject({ outcomes: [{ kind: "delivered", status: 200 }] });
  expect(bench.vendor.requests).toMatchObject([{ method: "POST", url: "https://rest.fra-01.braze.eu/users/delete", body: { external_ids: ["u-1"] } }]);
});

test("what leaves an audience is known by the audience that the queue names, not by what the event says of itself", async () => {
  const facebook = await bench.find("facebook-custom-audiences");
  const to = connectionOf("facebook-custom-audiences", { destinationId, oauth: { accessToken: "fb-access-1" }, settings: { retlAdAccountId: "777" } });
  bench.vendor.answer(() => ({ status: 200, json: {} }));
  const audience = { key: "at_risk", id: 3, name: "At risk", externalId: "list-1", settings: {} };
  const { outcomes } = await facebook.send(requestOf(facebook, { connection: to, action: "sync", events: [membershipOf(1, "at_risk", false)], audience }), never);
  expect(outcomes).toMatchObject([{ kind: "delivered" }]);
  expect(bench.vendor.requests.map(({ method }) => method)).toEqual(["DELETE"]);
});
