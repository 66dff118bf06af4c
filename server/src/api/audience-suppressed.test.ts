// Somebody who is suppressed shows nowhere among audiences, also while the tables that follow still know them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { addPerson, startTestApi, type TestApi } from "./testing.ts";

const ada = hash128("person", "ada");
const bob = hash128("person", "bob");
const gold = { kind: "trait", trait: "plan", op: "equals", value: "gold" };
const at = new Date(Date.now() - 60_000);
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  const { first: workspace, pool } = api;
  for (const [id, name] of [[ada, "ada"], [bob, "bob"]] as const) await addPerson(api, { id, workspace, identifiers: [["user_id", name]], traits: { plan: "gold", name } });
  const { rows: [audience] } = await pool.query<{ id: number }>(
    "insert into audience (workspace_id, slug, name, definition, status, created_by, updated_by) values ($1, 'gold', 'Gold', $2, 'active', 'test', 'test') returning id", [workspace.id, JSON.stringify({ who: gold })]);
  for (const id of [ada, bob]) await pool.query("insert into audience_person (profile_id, workspace_id, member_of, seq) values ($1, $2, array[$3::integer], 1)", [id, workspace.id, audience?.id]);
  await api.clickhouse.client("write").insert({
    table: "audience_log", format: "JSONEachRow",
    values: [ada, bob].map((id, i) => ({
      workspace_id: workspace.id, audience_id: audience?.id, profile_id: id, at: at.toISOString().replace("T", " ").replace("Z", ""), entered: 1, reason: "first_fill", cause_row: 0, version: 1, seq: i + 1, block_id: 1, block_row: i,
    })),
  });
  await api.call("POST", "/audience-lists", { body: { slug: "by-hand", name: "By hand" } });
  await api.call("POST", "/audience-lists/by-hand/members", { body: { add: [{ profile_id: ada }, { profile_id: bob }] } });
});
afterAll(() => api.stop());

/** Whom the answers show. */
async function shown(): Promise<Record<string, boolean[]>> {
  const found: Record<string, boolean[]> = {};
  const look = async (name: string, method: string, path: string, body?: unknown): Promise<void> => {
    const { text, status } = await api.call(method, path, { body });
    expect([200, 201], name).toContain(status);
    found[name] = [text.includes(ada), text.includes(bob)];
  };
  await look("members", "GET", "/audiences/gold/members");
  await look("changes", "GET", "/audiences/gold/changes");
  await look("as of", "GET", `/audiences/gold/as-of?at=${new Date().toISOString()}`);
  await look("preview", "POST", "/audiences/preview", { definition: { who: gold }, sample: 10 });
  await look("compare", "POST", "/audiences/compare", { slug: "gold", definition: { who: { not: gold } }, sample: 10 });
  await look("list", "GET", "/audience-lists/by-hand/members");
  const file = await api.server.inject({ url: "/api/v1/audiences/gold/members/export?format=ndjson", headers: { authorization: `Bearer ${api.first.token}` } });
  return { ...found, export: [file.body.includes(ada), file.body.includes(bob)] };
}

test("of two people, the one who is suppressed is shown no more", async () => {
  const both = await shown();
  expect(new Set(Object.values(both).map(String)), JSON.stringify(both)).toEqual(new Set(["true,true"]));
  await api.pool.query("update profile set suppressed = true where id = $1", [bob]);
  const one = await shown();
  expect(new Set(Object.values(one).map(String)), JSON.stringify(one)).toEqual(new Set(["true,false"]));
  for (const path of [`/audiences/gold/why/${bob}`, `/audiences/gold/history/${bob}`, `/profiles/${bob}/audiences`]) {
    expect((await api.call("GET", path)).status, path).toBe(404);
    expect((await api.call("GET", path.replace(bob, ada))).status, path).toBe(200);
  }
  expect((await api.call("POST", "/audience-lists", { body: { slug: "frozen", name: "Frozen", frozen_of: "gold" } })).body.size).toBe(1);
});
