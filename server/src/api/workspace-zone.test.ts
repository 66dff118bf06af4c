// The workspace's time zone over the API: who may change it, what is refused, and that every answer about audiences and computed
// traits reckons with it.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manualClock } from "../core/clock.ts";
import { hash128 } from "../core/hash.ts";
import { addEvents, addPerson, startTestApi, type TestApi, type TestWorkspace } from "./testing.ts";

const NOW = Date.UTC(2026, 5, 10, 12);
/** Half an hour before May ends in UTC. */
const BOUGHT = Date.UTC(2026, 4, 31, 23, 30);
const clock = manualClock(NOW);
const ada = hash128("person", "ada");
const thisMonth = { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { period: "this", unit: "month" } } };
const previousMonth = { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1, within: { period: "previous", unit: "month" } } };
const count = { value: { kind: "measure", event: "Order Completed", measure: { of: "count" }, within: { period: "this", unit: "month" } } };
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({}, clock);
  for (const [i, workspace] of [api.first, api.second].entries()) {
    const id = i === 0 ? ada : hash128("person", "other");
    await addPerson(api, { id, workspace, row: 10 + i, identifiers: [["user_id", "ada"]] });
    await addEvents(api, [{ workspace, row: 100 + i, messageId: `m-${i}`, profileId: id, atMs: BOUGHT }]);
  }
});
afterAll(() => api?.stop());
beforeEach(() => Promise.all([api.first, api.second].map((workspace) => set("UTC", workspace))));

const change = (workspace: TestWorkspace, body: object, token = workspace.token) => api.call("PATCH", `/workspaces/${workspace.id}`, { body, token });
const set = async (timeZone: string, workspace = api.first): Promise<void> => void expect((await change(workspace, { time_zone: timeZone })).status).toBe(200);
const ask = async (path: string, body: unknown, { token } = api.first) => {
  const answer = await api.call("POST", path, { body, token });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const sizeOf = async (definition: unknown, workspace = api.first): Promise<number> => (await ask("/audiences/preview", { definition }, workspace)).size;

test("is UTC until an admin changes it, is told wherever the workspace is, and stands in the audit log", async () => {
  const workspace = await api.call("GET", "/workspace");
  expect(workspace.body).toMatchObject({ name: "Default", time_zone: "UTC" });
  const { body } = await change(api.first, { time_zone: "Europe/Berlin" });
  expect(body).toMatchObject({ name: "Default", slug: "default", time_zone: "Europe/Berlin" });
  expect((await api.call("GET", "/workspace")).body.time_zone).toBe("Europe/Berlin");
  expect((await api.call("GET", "/workspaces/default")).body).toEqual(body);
  expect((await api.call("GET", "/workspaces")).body.data[0]).toEqual(body);
  expect((await api.call("GET", "/audit?action=time_zone.set")).body.data[0]).toMatchObject({ target: `workspace:${api.first.id}`, detail: { time_zone: "Europe/Berlin", before: "UTC" } });
  expect((await change(api.first, { name: "Harbour shop", time_zone: "America/Lima" })).body).toMatchObject({ name: "Harbour shop", time_zone: "America/Lima" });
  expect((await change(api.first, { name: "Default" })).body).toMatchObject({ name: "Default", time_zone: "America/Lima" });
  const entries = (await api.call("GET", "/audit?action=time_zone.set")).body.data.length;
  await set("America/Lima");
  expect((await api.call("GET", "/audit?action=time_zone.set")).body.data, "nothing was changed").toHaveLength(entries);
});

test("is kept by its listed name, whatever name and capitals it is given by", async () => {
  for (const [given, kept] of [["US/Pacific", "America/Los_Angeles"], ["pacific/auckland", "Pacific/Auckland"], ["Etc/UTC", "UTC"], ["Etc/GMT-14", "Etc/GMT-14"]] as const) {
    expect((await change(api.first, { time_zone: given })).body.time_zone, given).toBe(kept);
  }
});

test("what is no zone is refused, with a word of what is one, and nothing changes", async () => {
  for (const wrong of ["Europe/Nowhere", "+02:00", "PST", "SystemV/EST5", "", " UTC", "x".repeat(65), 1, null, "'; drop table workspace; --"]) {
    const { status, body } = await change(api.first, { name: "Not this", time_zone: wrong });
    expect(status, String(wrong)).toBe(400);
    expect(body.code).toBe("bad_request");
    if (typeof wrong === "string" && wrong.length < 65) expect(body.message).toContain("such as Europe/Berlin");
  }
  expect((await api.call("GET", "/workspace")).body).toMatchObject({ name: "Default", time_zone: "UTC" });
});

test("may be changed by an admin of the workspace only", async () => {
  const { body: { secret } } = await api.call("POST", "/tokens", { body: { name: "writer", scopes: ["read", "write"] } });
  expect((await change(api.first, { time_zone: "Europe/Berlin" }, secret)).status).toBe(403);
  expect((await change(api.first, { time_zone: "Europe/Berlin" }, api.second.token)).status).toBe(404);
  expect((await api.call("GET", "/workspace")).body.time_zone).toBe("UTC");
});

test("can be given when a workspace is made", async () => {
  const make = (body: object) => api.call("POST", "/workspaces", { body });
  expect((await make({ name: "South", time_zone: "pacific/auckland" })).body.workspace).toMatchObject({ name: "South", time_zone: "Pacific/Auckland" });
  expect((await make({ name: "Anywhere" })).body.workspace.time_zone).toBe("UTC");
  expect((await make({ name: "Nowhere", time_zone: "Mars/Olympus" })).status).toBe(400);
});

test("decides what a preview, a comparison, a flow and the SQL of a definition say", async () => {
  const answers = async () => {
    const compared = await ask("/audiences/compare", { slug: "month", definition: previousMonth });
    const { sql } = await ask("/audiences/check", { definition: thisMonth });
    const { days } = await ask("/audiences/flow", { definition: { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1 } }, days: 14 });
    const cameOn = days.find((day: { entered: number }) => day.entered === 1)?.day;
    return { cameOn, size: await sizeOf(thisMonth), stay: compared.stay, enter: compared.enter, leave: compared.leave, from: [...sql.matchAll(/ms >= (\d{13})/g)].map(([, ms]: RegExpMatchArray) => new Date(Number(ms)).toISOString())[0] };
  };
  await api.call("POST", "/audiences", { body: { name: "Month", slug: "month", definition: thisMonth } });
  expect(await answers()).toEqual({ cameOn: "2026-05-31", size: 0, stay: 0, enter: 1, leave: 0, from: "2026-06-01T00:00:00.000Z" });
  await set("Europe/Berlin");
  expect(await answers()).toEqual({ cameOn: "2026-06-01", size: 1, stay: 0, enter: 0, leave: 1, from: "2026-05-31T22:00:00.000Z" });
  await set("America/New_York");
  expect(await answers()).toEqual({ cameOn: "2026-05-31", size: 0, stay: 0, enter: 1, leave: 0, from: "2026-06-01T04:00:00.000Z" });
});

test("decides why somebody is in an audience, and on which day their events were", async () => {
  await api.call("POST", "/audiences", { body: { name: "Why", slug: "why", definition: thisMonth } });
  await api.call("POST", "/audiences", { body: { name: "Ever", slug: "ever", definition: { who: { kind: "event", event: "Order Completed", op: "at_least", value: 1 } } } });
  const why = async (slug: string) => (await api.call("GET", `/audiences/${slug}/why/${ada}`)).body;
  const ofAda = async () => ({ member: (await why("why")).member, value: (await why("ever")).nodes[0].value.en });
  expect(await ofAda()).toEqual({ member: false, value: "1, the last on 31 May 2026" });
  await set("Asia/Tokyo");
  expect(await ofAda()).toEqual({ member: true, value: "1, the last on 1 June 2026" });
});

test("decides the values of a computed trait", async () => {
  const total = async () => (await ask("/computed-traits/preview", { definition: count, sample: 1 })).sample[0].value;
  const before = await total();
  await set("Europe/Berlin");
  expect([before, await total()]).toEqual([0, 1]);
});

test("is each workspace's own", async () => {
  await set("Europe/Berlin", api.second);
  expect([await sizeOf(thisMonth), await sizeOf(thisMonth, api.second)]).toEqual([0, 1]);
  expect([await sizeOf(previousMonth), await sizeOf(previousMonth, api.second)]).toEqual([1, 0]);
});
