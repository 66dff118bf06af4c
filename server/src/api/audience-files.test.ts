import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { hash128 } from "../core/hash.ts";
import { addPerson, startTestApi, type TestApi } from "./testing.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const [n, plan] of ["gold", "gold", "silver", "bronze"].entries()) {
    await addPerson(api, { id: hash128("person", String(n)), workspace: api.first, identifiers: [["user_id", `u-${n}`]], traits: { plan }, row: 10 + n });
  }
});
afterAll(() => api.stop());

const plan = (value: string) => ({ kind: "trait", trait: "plan", op: "equals", value });
const refers = (audience: string) => ({ kind: "audience", audience });
const apply = (audiences: unknown, options: { readonly dry?: boolean; readonly prune?: boolean } = {}) =>
  api.call("POST", `/audiences/apply?dry_run=${options.dry ?? false}`, { body: { yaml: stringify({ audiences }), prune: options.prune ?? false } });
const stored = async (): Promise<Record<string, unknown>> => parse((await api.call("GET", "/audiences/export")).body.yaml).audiences ?? {};
const planOf = ({ body }: { body: { plan: { slug: string; action: string }[] } }) => Object.fromEntries(body.plan.map(({ slug, action }) => [slug, action]));

const first = {
  // What refers to another may stand before it.
  top: { name: "Top", who: { any: [refers("base"), plan("silver")] } },
  base: { name: "Base", folder: "Shop", description: "Whom we like: \"best\"\nof all", from: "everyone", who: plan("gold") },
  apart: { name: "Apart", include: { bots: true, internal: false }, who: plan("bronze") },
};

describe("audiences as a file", () => {
  test("are made with what they refer to, and written out as they came", async () => {
    const tried = await apply(first, { dry: true });
    expect(tried.body).toMatchObject({ dry_run: true, plan: [{ slug: "base", action: "create", enter: 2, leave: 0 }, { slug: "top", action: "create", enter: 3 }, { slug: "apart", action: "create", enter: 1 }] });
    expect(await stored()).toEqual({});
    expect(planOf(await apply(first))).toEqual({ top: "create", base: "create", apart: "create" });
    expect(await stored()).toEqual(first);
    expect(planOf(await apply(first))).toEqual({ top: "keep", base: "keep", apart: "keep" });
    expect((await api.call("GET", "/audiences/base")).body.version).toBe(1);
    const file = await api.server.inject({ url: "/api/v1/audiences/export", headers: { authorization: `Bearer ${api.first.token}`, accept: "application/yaml" } });
    expect(file.headers["content-type"]).toContain("application/yaml");
    expect(parse(file.body)).toEqual({ audiences: first });
    expect(Object.keys(parse((await api.call("GET", "/audiences/export?folder=Shop")).body.yaml).audiences)).toEqual(["base"]);
  });

  test("change with a plan that tells what changes, who would enter and who would leave, also by what they refer to", async () => {
    const next = { ...first, base: { ...first.base, who: plan("bronze") }, apart: { ...first.apart, name: "Aside" } };
    const tried = await apply(next, { dry: true });
    const bySlug = new Map(tried.body.plan.map((one: { slug: string }) => [one.slug, one]));
    expect(bySlug.get("base")).toEqual({ slug: "base", action: "change", fields: ["definition"], enter: 1, leave: 2 });
    expect(bySlug.get("top")).toEqual({ slug: "top", action: "keep", fields: [], enter: 1, leave: 2 });
    expect(bySlug.get("apart")).toEqual({ slug: "apart", action: "change", fields: ["name"], enter: 0, leave: 0 });
    expect((await apply(next)).body).toMatchObject({ dry_run: false });
    expect((await api.call("GET", "/audiences/base")).body).toMatchObject({ version: 2, status: "filling" });
    expect((await api.call("GET", "/audiences/base/versions")).body.data).toHaveLength(2);
  });

  test("turn a reference round in one go", async () => {
    await apply({ a: { name: "A", who: refers("b") }, b: { name: "B", who: plan("gold") } });
    expect(planOf(await apply({ a: { name: "A", who: plan("gold") }, b: { name: "B", who: refers("a") } }))).toEqual({ a: "change", b: "change" });
    expect((await api.call("GET", "/audiences/b")).body.uses).toMatchObject([{ slug: "a" }]);
  });

  test("that the file leaves out are archived when it is said so, users before used, and restored", async () => {
    const kept = { apart: first.apart };
    expect(planOf(await apply(kept))).toEqual({ apart: "change" });
    const pruned = await apply(kept, { prune: true });
    expect(pruned.body.plan.map(({ slug, action }: { slug: string; action: string }) => `${slug} ${action}`)).toEqual(["apart keep", expect.any(String), expect.any(String), expect.any(String), expect.any(String)]);
    expect(Object.keys(await stored())).toEqual(["apart"]);
    const back = await apply({ base: { ...first.base, name: "Base again" }, top: first.top });
    expect(planOf(back)).toEqual({ base: "restore", top: "restore" });
    expect((await api.call("GET", "/audiences/base")).body).toMatchObject({ name: "Base again", status: "filling", definition: { who: plan("gold") } });
  });

  test("are refused as a whole, with the place and nothing changed", async () => {
    const before = await stored();
    const refused = async (audiences: unknown, more: { readonly prune?: boolean } = {}): Promise<string> => {
      for (const dry of [true, false]) {
        const answer = await apply(audiences, { dry, ...more });
        expect(answer.status, JSON.stringify(answer.body)).toBe(400);
        if (!dry) return answer.body.message;
      }
      return "";
    };
    const fine = { name: "Fine", who: plan("gold") };
    expect(await refused({ fine, bad: { name: "Bad", who: { kind: "trait", trait: "plan", op: "is", value: 1 } } })).toContain("/bad/who/op");
    expect(await refused({ fine, bad: { who: plan("gold") } })).toContain("/bad/name: `name` is missing.");
    expect(await refused({ fine, "Not a slug": fine })).toContain("is no slug");
    expect(await refused({ fine, bad: { name: "Bad", who: refers("nowhere") } })).toContain("/bad/who/audience: There is no audience `nowhere`.");
    expect(await refused({ x: { name: "X", who: refers("y") }, y: { name: "Y", who: refers("x") } })).toMatch(/circle: (x → y → x|y → x → y)/);
    // A circle over what stands outside of the file.
    expect(await refused({ base: { ...first.base, who: refers("top") } })).toContain("base → top → base");
    expect(await refused({ user: { name: "User", who: refers("base") } }, { prune: true })).toContain("The audience `base` is archived.");
    for (const [yaml, told] of [["audiences: [", "not YAML"], ["a: 1", "no `a`"], ["", "no `audiences`"], ["audiences:\n  a: {name: A}\n  a: {name: A}", "not YAML"]] as const) {
      const answer = await api.call("POST", "/audiences/apply", { body: { yaml } });
      expect(answer, yaml).toMatchObject({ status: 400, body: { message: expect.stringContaining(told) } });
    }
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${"bcdefgh".split("").map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[i]}`).join(", ")}]`).join("\n")}\naudiences: {}`;
    expect((await api.call("POST", "/audiences/apply", { body: { yaml: bomb } })).status).toBe(400);
    expect(await stored()).toEqual(before);
  });

  test("stand in the audit log one by one, and need the scope write", async () => {
    const { body } = await api.call("GET", "/audit?action=audience.restore");
    expect(body.data.map(({ target }: { target: string }) => target).toSorted()).toEqual(["audience:base", "audience:top"]);
    const reader = (await api.call("POST", "/tokens", { body: { name: "reader", scopes: ["read"] } })).body.secret;
    expect((await api.call("POST", "/audiences/apply", { token: reader, body: { yaml: "audiences: {}" } })).status).toBe(403);
    expect((await api.call("GET", "/audiences/export", { token: reader })).status).toBe(200);
  });
});
