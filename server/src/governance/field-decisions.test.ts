import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkspaceDb, type WorkspaceDb } from "../engines/postgres/workspace-db.ts";
import type { Postgres } from "../engines/postgres/postgres.ts";
import { startTestPostgres } from "../engines/testing.ts";
import { createFieldDecisionsCache, fieldDecisions, readFields, setFields, type FieldChange } from "./field-decisions.ts";

const undecidedRow = { kind: null, description: "", owner: "", decidedBy: null, decidedAt: null };
const row = (path: string, personal: boolean | null, event = "") => ({ ...undecidedRow, place: "property" as const, event, path, personal });

describe("what a field counts as", () => {
  test("what nobody has decided about is personal", () => {
    expect(fieldDecisions([]).standing("property", "Any", "secret_sauce")).toEqual({ personal: true, by: "nobody" });
    expect(fieldDecisions([row("x", null)]).standing("property", "Any", "x")).toEqual({ personal: true, by: "nobody" });
  });

  test("the program knows goods, money, devices and campaigns, and what names a person", () => {
    const none = fieldDecisions([]);
    for (const path of ["price", "products.price", "products.product_id", "currency", "quantity"]) expect(none.isPersonal("property", "Order Completed", path)).toBe(false);
    for (const path of ["library.name", "os.name", "device.type", "campaign.source"]) expect(none.isPersonal("context", "", path)).toBe(false);
    for (const path of ["email", "buyer.e-mail", "First Name", "Phone_Number", "birthday", "IP", "shipping.address.street"]) {
      expect(none.standing("property", "Order Completed", path)).toEqual({ personal: true, by: "program" });
    }
    expect(none.isPersonal("trait", "", "price")).toBe(true);
  });

  test("an event's own decision stands before that for all events, and both before the program's", () => {
    const decisions = fieldDecisions([row("note", false), row("note", true, "Ticket Opened"), row("email", false), row("price", true)]);
    expect(decisions.isPersonal("property", "Ticket Closed", "note")).toBe(false);
    expect(decisions.isPersonal("property", "Ticket Opened", "note")).toBe(true);
    expect(decisions.standing("property", "", "email")).toEqual({ personal: false, by: "workspace" });
    expect(decisions.isPersonal("property", "", "price")).toBe(true);
    expect(decisions.isPersonal("trait", "", "note")).toBe(true);
  });

  test("below a personal field all is personal; below one that is not, each is for itself", () => {
    const decisions = fieldDecisions([row("products", true), row("basket", false), row("basket.weight", false)]);
    expect(decisions.isPersonal("property", "", "products.price")).toBe(true);
    expect(decisions.isPersonal("property", "", "basket.note")).toBe(true);
    expect(decisions.isPersonal("property", "", "basket.weight")).toBe(false);
  });
});

describe("stored decisions", () => {
  let postgres: Postgres;
  let db: WorkspaceDb;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    db = createWorkspaceDb(postgres, { max: 2 });
    await postgres.pool("test", 1).query("insert into workspace (id, slug, name, log_partition) overriding system value values (1, 'one', 'One', 0), (2, 'two', 'Two', 0)");
  });
  afterAll(async () => {
    await db?.end();
    await postgres?.stop();
  });

  const set = (workspaceId: number, change: FieldChange, nowMs = 0) =>
    db.transaction(workspaceId, (client) => setFields(client, { workspaceId, actor: "account:x", nowMs }, [change]));
  const read = (workspaceId: number) => db.run(workspaceId, (client) => readFields(client, workspaceId));

  test("what a change leaves out stays; who decided is who said personal or not", async () => {
    const field = { place: "trait", event: "", path: "favourite_colour" } as const;
    await set(1, { ...field, description: "asked at sign-up", owner: "CRM" }, 1_000);
    expect(await read(1)).toEqual([{ ...field, personal: null, kind: null, description: "asked at sign-up", owner: "CRM", decidedBy: null, decidedAt: null }]);
    await set(1, { ...field, personal: false, kind: "demographic" }, 2_000);
    await set(1, { ...field, owner: "Marketing" }, 3_000);
    expect(await read(1)).toEqual([
      { ...field, personal: false, kind: "demographic", description: "asked at sign-up", owner: "Marketing", decidedBy: "account:x", decidedAt: new Date(2_000) },
    ]);
    await set(1, { ...field, personal: null }, 4_000);
    expect((await read(1))[0]).toMatchObject({ personal: null, decidedAt: new Date(4_000) });
  });

  test("each change stands in the audit log, and no other workspace has it", async () => {
    await set(2, { place: "property", event: "Order Completed", path: "gift", personal: true });
    const { rows } = await db.run(2, (client) => client.query<object>("select action, target, detail from audit_log"));
    expect(rows).toEqual([{ action: "field.decide", target: "field:property:Order Completed:gift", detail: { personal: true } }]);
    expect((await read(1)).map(({ path }) => path)).not.toContain("gift");
  });

  test("the cache answers from memory, and anew once it is told to forget or has grown old", async () => {
    const cache = createFieldDecisionsCache(db);
    const isPersonal = async (nowMs: number) => (await cache.get(1, nowMs)).isPersonal("trait", "", "shoe_size");
    expect(await isPersonal(0)).toBe(true);
    await set(1, { place: "trait", event: "", path: "shoe_size", personal: false });
    expect(await isPersonal(1)).toBe(true);
    expect(await isPersonal(10_000)).toBe(false);
    await set(1, { place: "trait", event: "", path: "shoe_size", personal: true });
    cache.forget(1);
    expect(await isPersonal(10_001)).toBe(true);
  });
});
