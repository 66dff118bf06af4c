import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
const PEOPLE = 230;
const write = (query: string) => api.server.inject({ method: "GET", url: `/api/v1/profiles/export?${query}`, headers: { authorization: `Bearer ${api.first.token}` } });

beforeAll(async () => {
  api = await startTestApi({ limits: { exportPageRows: 100 } });
  for (let i = 0; i < PEOPLE; i++) {
    const traits = i === 0 ? { name: '=HYPERLINK("x")', note: 'says "a, b"', list: [1] } : { name: `Person ${i}` };
    await addPerson(api, { id: hash128("person", i), workspace: api.first, row: i + 1, identifiers: [["user_id", `u-${i}`]], traits });
  }
});
afterAll(() => api.stop());

test("writes everybody once, more than a page holds, and nothing that a spreadsheet would run", async () => {
  const answer = await write(`columns=${encodeURIComponent('["name","note","list","none"]')}`);
  expect(answer.statusCode).toBe(200);
  const lines = answer.body.split("\r\n").filter((line) => line !== "");
  expect(lines[0]).toBe("\ufeffid,known,first_seen_at,last_seen_at,events,identifiers,name,note,list,none");
  expect(new Set(lines).size).toBe(PEOPLE + 1);
  expect(answer.body).toContain(`user_id:u-0,"'=HYPERLINK(""x"")","says ""a, b""",[1],\r\n`);
  const { body } = await api.call("GET", "/audit?limit=1");
  expect(body.data[0]).toMatchObject({ action: "people.export", detail: { people: PEOPLE, searched: false } });
  expect((await write("search=user_id:u-7")).body.split("\r\n")).toHaveLength(3);
});

test("refuses a broken list of columns, and whoever may not see people", async () => {
  expect((await write("columns=name")).statusCode).toBe(400);
  const token = (await api.call("POST", "/tokens", { body: { name: "reads", scopes: ["read", "service"] } })).body.secret;
  expect((await api.call("GET", "/profiles/export", { token })).status).toBe(403);
});
