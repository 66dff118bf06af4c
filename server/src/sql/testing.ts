// Two workspaces in one engine for tests of the guard, without Postgres: whatever is the second's must never be seen by the first.
import type { ClickHouseClient } from "@clickhouse/client";
import { fieldDecisions } from "../governance/governance.ts";
import type { Facts, SeenField } from "./facts.ts";

export const MINE = 7;
export const OTHERS = 8;
/** Stands in every row of the other workspace. */
export const CANARY = "CANARYOFANOTHER";

const person = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const at = "2026-01-01 00:00:00.000";
/** As the engine keys them; any number that differs does. */
const key = (text: string): number => [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003, 7);

export async function fillTwo(client: ClickHouseClient): Promise<void> {
  const put = (table: string, rows: (workspace: number, tag: string) => readonly Record<string, unknown>[]) =>
    client.insert({ table, format: "JSONEachRow", values: [[MINE, "mine"], [OTHERS, CANARY]].flatMap(([workspace, tag]) => rows(Number(workspace), String(tag)).map((row) => ({ workspace_id: workspace, block_id: workspace, ...row }))) });
  await put("events", (workspace, tag) => [1, 2, 3].map((n) => ({
    event: "Order Completed", type: "track", ingest_profile_id: person(n), profile_id: person(n), timestamp: at, received_at: at, message_id: `${tag}-${n}`, user_id: `${tag}-user-${n}`,
    outcome: n === 3 ? "duplicate" : "stored", source_id: 1, page_url: `https://shop.example.com/${tag}/12345678/a?email=ada@example.com`, country: "DK", device_type: "mobile", library: tag,
    properties: { total: n * 10.5, currency: "EUR", name: `Ada ${tag}`, note: `${tag} note`, gift: true, products: [{ sku: tag }], "cart.id": n, workspace_id: MINE, __e: MINE }, block_row: n, row_id: workspace * 100 + n, raw: tag,
  })));
  await put("profiles", (_, tag) => [1, 2, 4, 5].map((n) => ({
    profile_id: person(n), row_id: n, updated_at: at, first_seen: at, deleted: n === 5 ? 1 : 0, is_anonymous: 0, identifiers: [`email:${tag.toLowerCase()}@example.com`, `user_id:${tag}-user-${n}`, "phone:+4555501234"],
    traits: { plan: "gold", name: `Ada ${tag}`, age: 40, address: { city: tag } }, consents: { marketing: 1, [tag]: 0 }, accounts: [`${tag}-account`], is_human: 1, block_row: n,
  })));
  await put("profile_override", () => [{ profile_id: person(2), survivor_id: person(4), row_id: 9, block_row: 9 }]);
  await put("audience_log", (_, tag) => [{ audience_id: 1, profile_id: person(1), at, entered: 1, reason: tag, seq: 1, block_row: 1 }]);
  await put("computed_value", (_, tag) => [{ trait_id: 1, profile_id: person(1), value: JSON.stringify(tag), at, reason: tag, seq: 1, block_row: 1 }]);
  const ofWorkspaces = (table: string, rows: (tag: string) => readonly Record<string, unknown>[]) =>
    client.insert({ table, format: "JSONEachRow", values: [[MINE, "mine"], [OTHERS, CANARY]].flatMap(([workspace, tag]) => rows(String(tag)).map((row) => ({ workspace_id: workspace, ...row }))) });
  const sent = (tag: string) => ({ destination_id: 1, position: 1, message_id: tag, event: tag, outcome: "delivered", detail: tag, status: 200, attempts: 1, happened_at: at, received_at: at, finished_at: at });
  // The second is of a model's row: in its lane stands an id of the row, and beside it whom it is about.
  await ofWorkspaces("deliveries", (tag) => [
    { ...sent(tag), stream: "events", profile_id: person(1) }, { ...sent(tag), subscription_id: 5, stream: "model 5", position: 12, profile_id: person(9), person_id: person(1) },
  ]);
  const row = (tag: string, key: string, plan: string): Record<string, string> => ({ key: JSON.stringify([`${tag}-${key}`]), row: JSON.stringify({ plan, note: `Ada ${tag}` }), before: "" });
  // Of the first key one that was changed, of the second one that was removed, of the third somebody who is suppressed; the last was found by a run that is not done.
  await ofWorkspaces("model_change", (tag) => [
    { seq: 11, change: "added", ...row(tag, "a", "gold"), person: [`${tag}-user-1`] },
    { seq: 12, change: "changed", ...row(tag, "a", "free"), before: JSON.stringify({ plan: "gold", note: `Ada ${tag}` }), person: [`${tag}-user-1`] },
    { seq: 13, change: "added", ...row(tag, "b", "gold"), person: [] }, { seq: 14, change: "removed", ...row(tag, "b", "gold"), person: [] },
    { seq: 15, change: "added", ...row(tag, "c", "gold"), person: ["suppressed-user"] }, { seq: 16, change: "added", ...row(tag, "d", "gold"), person: ["unknown-user"] },
    { seq: 17, change: "added", ...row(tag, "e", "unfinished"), person: [] },
  ].map((one: Readonly<Record<string, unknown>> & { readonly seq: number }) => ({ model_id: 3, run_id: one.seq < 13 ? one.seq - 10 : 3, key_hash: key(String(one["key"])), at, ...one })));
}

const field = (place: SeenField["place"], path: string, as: SeenField["as"]): SeenField => ({ place, event: place === "trait" ? "" : "Order Completed", path, as });

/** Of the first workspace. */
export function testFacts(changes: Partial<Facts> = {}): Facts {
  return {
    workspaceId: MINE, database: "default", sources: [{ id: 1, slug: "web", name: "Web" }], audiences: [{ id: 1, slug: "vip", name: "VIP's \\ `best`" }],
    computed: [{ id: 1, slug: "spent", name: "Spent" }], destinations: [{ id: 1, slug: "hook", name: "Hook" }],
    models: [{ id: 3, slug: "customers", name: "Customers", lastSeq: 16, namespace: "user_id", namespaces: ["user_id"] }], modelSubscriptions: [{ id: 5, modelId: 3 }],
    // Of "suppressed-user", as the engine hashes it.
    hiddenRows: new Map([[3, ["2252770098572472911"]]]), events: ["Order Completed", "Bobby'); drop table events; --", "events"],
    fields: [
      field("property", "total", "number"), field("property", "currency", "text"), field("property", "name", "text"), field("property", "note", "text"), field("property", "gift", "boolean"),
      field("property", "products", "list"), field("property", "cart.id", "number"), field("property", "a`b'c\\d", "text"), field("property", "event", "text"),
      field("trait", "plan", "text"), field("trait", "name", "text"), field("trait", "age", "number"), field("trait", "address.city", "text"), field("trait", "email", "text"),
    ],
    decisions: fieldDecisions([]), hasSuppressed: true, hasOverrides: true, ...changes,
  };
}
