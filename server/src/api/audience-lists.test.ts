import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash128 } from "../core/hash.ts";
import { audiencePartition } from "../core/position.ts";
import { quietLogger } from "../engines/testing.ts";
import { createSender } from "../pipeline/outbox/sender.ts";
import { addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
const ada = hash128("person", "ada");
const bob = hash128("person", "bob");
const eve = hash128("person", "eve");
const theirs = hash128("person", "theirs");

beforeAll(async () => {
  api = await startTestApi();
  const person = (id: string, name: string, row: number, workspace = api.first) => addPerson(api, { id, workspace, identifiers: [["email", `${name}@example.com`], ["user_id", name]], row });
  await person(ada, "ada", 1);
  await person(bob, "bob", 2);
  await person(eve, "eve", 3);
  await person(theirs, "theirs", 4, api.second);
});
afterAll(() => api.stop());

const make = (body: Readonly<Record<string, unknown>>) => api.call("POST", "/audience-lists", { body });
const people = (slug: string, body: Readonly<Record<string, unknown>>, token?: string) => api.call("POST", `/audience-lists/${slug}/members`, { body, ...(token === undefined ? {} : { token }) });
const email = (name: string) => ({ namespace: "email", value: `${name}@example.com` });

/** Who is on it as ClickHouse has it, once the outbox is sent. */
async function landed(slug: string): Promise<string[]> {
  const clickhouse = api.clickhouse.client("write");
  const sender = createSender({ pool: api.pool, clickhouse, partition: audiencePartition(api.first.partition), logger: quietLogger, lingerMs: 1, memoryBytesMax: 1_000_000 });
  await sender.recover();
  await sender.catchUp();
  await sender.drained();
  await sender.stop();
  const { rows } = await api.pool.query<{ id: number }>("select id from audience_list where slug = $1 and workspace_id = $2", [slug, api.first.id]);
  const result = await clickhouse.query({ query: `select toString(profile_id) as id from list_member final where list_id = ${rows[0]?.id ?? 0} and added = 1 and workspace_id = ${api.first.id}`, format: "JSONEachRow" });
  return (await result.json<{ id: string }>()).map(({ id }) => id).toSorted();
}

describe("lists of people", () => {
  test("take people by id and by identifier, each once, and say who is nobody", async () => {
    expect(await make({ name: "Fair guests", slug: "fair" })).toMatchObject({ status: 201, body: { slug: "fair", kind: "by_hand", size: 0, frozen_of: null } });
    const first = await people("fair", { add: [{ profile_id: ada }, email("ADA"), email("bob"), email("nobody"), { profile_id: theirs }, { namespace: "no_such_kind", value: "x" }] });
    expect(first).toMatchObject({ status: 200, body: { added: 2, removed: 0, unknown: [3, 4, 5], size: 2 } });
    expect((await people("fair", { add: [{ profile_id: bob }, { profile_id: eve }], remove: [email("ada"), email("nobody")] })).body).toEqual({ added: 1, removed: 1, unknown: [], size: 2 });
    expect(await landed("fair")).toEqual([bob, eve].toSorted());
    expect((await api.call("GET", "/audience-lists/fair")).body).toMatchObject({ size: 2, used_by: [] });
    const [one, other] = [bob, eve].toSorted();
    const page = await api.call("GET", "/audience-lists/fair/members?limit=1");
    expect(page.body.data).toMatchObject([{ profile_id: one, identifiers: [{ namespace: "email" }, { namespace: "user_id" }] }]);
    expect((await api.call("GET", `/audience-lists/fair/members?limit=1&cursor=${page.body.next_cursor}`)).body).toMatchObject({ data: [{ profile_id: other }], next_cursor: null });
  });

  test("have whoever was merged as the person that they are today", async () => {
    await make({ name: "Merged", slug: "merged" });
    await people("merged", { add: [{ profile_id: ada }, { profile_id: bob }] });
    await api.pool.query("update profile set merged_into = $2 where id = $1", [ada, bob]);
    expect((await people("merged", { add: [{ profile_id: ada }, email("bob")] })).body).toMatchObject({ added: 0, unknown: [] });
    expect((await people("merged", { remove: [{ profile_id: ada }] })).body).toEqual({ added: 0, removed: 1, unknown: [], size: 0 });
    expect(await landed("merged")).not.toContain(bob);
    await api.pool.query("update profile set merged_into = null where id = $1", [ada]);
  });

  test("are frozen from an active audience, and stay as they are", async () => {
    const { body: vip } = await api.call("POST", "/audiences", { body: { name: "VIP", slug: "vip", definition: { who: { all: [] } } } });
    expect(await make({ name: "Too early", frozen_of: "vip" })).toMatchObject({ status: 409, body: { message: expect.stringContaining("is filling") } });
    const { rows } = await api.pool.query<{ id: number }>("update audience set status = 'active' where slug = $1 returning id", [vip.slug]);
    await api.pool.query("insert into audience_person (profile_id, workspace_id, member_of, seq) values ($1, $3, array[$4::integer], 0), ($2, $3, array[$4::integer, 9999], 1)", [ada, eve, api.first.id, rows[0]?.id]);
    const frozen = await make({ name: "VIP in May", frozen_of: "vip" });
    expect(frozen).toMatchObject({ status: 201, body: { slug: "vip-in-may", kind: "frozen", frozen_of: "vip", size: 2 } });
    await api.pool.query("delete from audience_person");
    expect(await landed("vip-in-may")).toEqual([ada, eve].toSorted());
    expect((await api.call("GET", "/audience-lists/vip-in-may")).body.size).toBe(2);
    expect(await people("vip-in-may", { add: [{ profile_id: bob }] })).toMatchObject({ status: 409, body: { message: expect.stringContaining("never changes") } });
    expect((await api.call("GET", "/audiences/vip")).body.used_by).toEqual([{ kind: "list", slug: "vip-in-may", name: "VIP in May" }]);
    // A copy keeps nobody from archiving what it was made of.
    expect((await api.call("POST", "/audiences/vip/archive")).status).toBe(200);
  });

  test("are asked for by audiences, and not deleted while one does", async () => {
    await make({ name: "Asked", slug: "asked" });
    const asks = await api.call("POST", "/audiences", { body: { name: "Asks", slug: "asks", definition: { who: { kind: "list", list: "asked" } } } });
    expect(asks).toMatchObject({ status: 201, body: { uses: [{ kind: "list", slug: "asked" }] } });
    expect((await api.call("POST", "/audiences", { body: { name: "No", definition: { who: { kind: "list", list: "nowhere" } } } })).body.message).toContain("There is no list `nowhere`.");
    expect(await api.call("DELETE", "/audience-lists/asked")).toMatchObject({ status: 409, body: { code: "in_use", message: expect.stringContaining("Asks") } });
    await api.call("PATCH", "/audiences/asks", { body: { definition: { who: { all: [] } } } });
    expect((await api.call("DELETE", "/audience-lists/asked")).status).toBe(200);
    expect((await api.call("GET", "/audience-lists/asked")).status).toBe(404);
  });

  test("of another workspace are not there", async () => {
    const { token } = api.second;
    expect((await api.call("GET", "/audience-lists", { token })).body.data).toEqual([]);
    expect((await people("fair", { add: [{ profile_id: theirs }] }, token)).status).toBe(404);
    expect((await api.call("DELETE", "/audience-lists/fair", { token })).status).toBe(404);
  });

  test("are changed by who may; identifiers are tried by who may see people", async () => {
    const tokenOf = async (...scopes: string[]) => (await api.call("POST", "/tokens", { body: { name: scopes.join(), scopes } })).body.secret;
    const [reader, writer] = [await tokenOf("read"), await tokenOf("read", "write")];
    expect((await api.call("GET", "/audience-lists", { token: reader })).status).toBe(200);
    expect((await people("fair", { add: [{ profile_id: ada }] }, reader)).status).toBe(403);
    expect(await people("fair", { add: [email("ada")] }, writer)).toMatchObject({ status: 403, body: { message: expect.stringContaining("personal_data") } });
    expect((await people("fair", { add: [{ profile_id: ada }] }, writer)).body.added).toBe(1);
    expect((await api.call("PATCH", "/audience-lists/fair", { body: { name: "Fair 2026" } })).body.name).toBe("Fair 2026");
    const { body } = await api.call("GET", "/audit?action=audience_list.people");
    expect(body.data[0]).toMatchObject({ target: "audience_list:fair", detail: { added: 1, removed: 0, size: 3 } });
    expect(JSON.stringify(body)).not.toContain("example.com");
  });
});
