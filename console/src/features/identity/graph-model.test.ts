import { describe, expect, test } from "vitest";
import type { ExplainedMerge, GraphEdge, GraphIdentifier, IdentityGraph } from "@tributary/schema/api/identity.ts";
import "../../texts/testing.ts";
import { layoutOf } from "./graph-layout.ts";
import { modelOf, OPENED_MAX, pathBetween } from "./graph-model.ts";
import { storyOf } from "./identity-words.ts";

const at = (row: number): string => new Date(Date.UTC(2026, 4, 1) + row * 86_400_000).toISOString();

function identifier(name: string, row = 1, change: Partial<GraphIdentifier> = {}): GraphIdentifier {
  const [namespace = "", value = ""] = name.split(":");
  return { key: name, namespace, value, shared: false, first_seen_at: at(row), row_id: row, source_id: 1, yielded_to: 0, ...change };
}

function edge(one: string, other: string, row: number, change: Partial<GraphEdge> = {}): GraphEdge {
  const [a, b] = one < other ? [one, other] : [other, one];
  const first = { row_id: row, message_id: `m${row}`, type: "track", event: "Signed In", at: at(row), source_id: 1 };
  return { a, b, kind: "seen", row_id: row, at: at(row), source_id: 1, events: 1, first, ...change };
}

function entry(kind: ExplainedMerge["kind"], row: number, change: Partial<ExplainedMerge> = {}): ExplainedMerge {
  return { row_id: row, step: 0, kind, at: at(row), survivor: "me", other: "other", reason: "seen_together", identifier: null, detail: {}, cause: null, ...change };
}

function graph(change: Partial<IdentityGraph>): IdentityGraph {
  return { profile_id: "me", identifiers: [], neighbours: [], edges: [], cannot_link: [], merges: [], refusals: [], people: {}, complete: true, ...change };
}

const user = identifier("user_id:u", 2);
const laptop = identifier("anonymous_id:laptop", 1);
const phone = identifier("anonymous_id:phone", 3);

describe("what the lines mean", () => {
  const kinds = (one: IdentityGraph): string[] => modelOf(one, new Set()).lines.map(({ kind, reason }) => `${kind} ${reason ?? ""}`.trim());

  test("an edge whose first event joined two people is a merge, with its day; others of that event are not", () => {
    const merge = entry("merge", 5, { identifier: { namespace: "anonymous_id", value: "phone" } });
    const { lines } = modelOf(graph({ identifiers: [user, laptop, phone], edges: [edge(user.key, laptop.key, 5), edge(user.key, phone.key, 5)], merges: [merge] }), new Set());
    expect(lines.map(({ kind, at: day }) => [kind, day])).toEqual([["joined", undefined], ["merged", at(5)]]);
  });

  test("to somebody else's identifier it says why it did not join: by the refusal of that event, or because it is shared", () => {
    const theirs = { ...identifier("user_id:v"), profile_id: "other" };
    const refusals = [entry("refused", 7, { reason: "limit" }), entry("refused", 6, { reason: "lookup_only" })];
    expect(kinds(graph({ identifiers: [laptop], neighbours: [theirs], edges: [edge(laptop.key, theirs.key, 7)], refusals }))).toEqual(["refused limit"]);
    const shared = { ...theirs, shared: true, profile_id: null };
    expect(kinds(graph({ identifiers: [laptop], neighbours: [shared], edges: [edge(laptop.key, shared.key, 7)], refusals }))).toEqual(["refused shared"]);
    expect(kinds(graph({ identifiers: [laptop, user], edges: [edge(laptop.key, user.key, 7, { kind: "claimed" })] }))).toEqual(["claimed"]);
  });

  test("a line that an unmerge drew is a cut, also where no edge is left", () => {
    const theirs = { ...phone, profile_id: "other" };
    const cannot_link = [{ split_id: 9, identifier_key: user.key, side: 0 }, { split_id: 9, identifier_key: phone.key, side: 1 }];
    const merges = [entry("unmerge", 9, { reason: "by_hand" })];
    const cut = graph({ identifiers: [user], neighbours: [theirs], edges: [edge(user.key, phone.key, 4)], cannot_link, merges });
    expect(modelOf(cut, new Set()).lines).toMatchObject([{ kind: "cut", at: at(9), events: 1 }]);
    expect(modelOf({ ...cut, edges: [] }, new Set()).lines).toMatchObject([{ kind: "cut", edges: [] }]);
  });
});

describe("many identifiers", () => {
  const kiosks = Array.from({ length: 300 }, (_, i) => identifier(`anonymous_id:k${i}`, i + 3));
  const many = graph({ identifiers: [user, ...kiosks], edges: kiosks.map((kiosk, i) => edge(user.key, kiosk.key, i + 3, { events: 2 })) });

  test("become one node a kind, whose line counts all their events; opened, a part of them and the rest", () => {
    const { nodes, lines, clusters } = modelOf(many, new Set());
    expect(nodes.map(({ members }) => members.length)).toEqual([1, 300]);
    expect(lines).toMatchObject([{ events: 600, kind: "joined" }]);
    expect(clusters).toBe(1);
    const opened = modelOf(many, new Set(["own:anonymous_id"]));
    expect(opened.nodes).toHaveLength(1 + OPENED_MAX + 1);
    expect(opened.nodes.at(-1)?.members).toHaveLength(300 - OPENED_MAX);
  });

  test("stand at the same places each time, and no two at one", () => {
    const model = modelOf(many, new Set(["own:anonymous_id"]));
    const places = [...layoutOf(model).values()];
    expect([...layoutOf(modelOf(many, new Set(["own:anonymous_id"]))).values()]).toEqual(places);
    expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(model.nodes.length);
  });

  test("signing in alike are told in one sentence", () => {
    const story = storyOf(many);
    expect(story.map(({ kind, devices }) => [kind, devices.length])).toEqual([["began", 0], ["signedIn", 300]]);
  });
});

describe("why two are joined", () => {
  const chain = graph({
    identifiers: [user, laptop, phone],
    edges: [edge(laptop.key, user.key, 2), edge(user.key, phone.key, 5), edge(laptop.key, "user_id:other", 6), edge("user_id:other", phone.key, 7)],
  });

  test("is the shortest way over this person's own identifiers", () => {
    expect(pathBetween(chain, laptop.key, phone.key)?.map(({ row_id }) => row_id)).toEqual([2, 5]);
    expect(pathBetween(chain, phone.key, user.key)?.map(({ row_id }) => row_id)).toEqual([5]);
    expect(pathBetween({ ...chain, edges: [] }, laptop.key, phone.key)).toBeUndefined();
  });

  test("is told in the order of the log: what began alone, then who signed in, and what made one of two", () => {
    const merges = [entry("merge", 5, { identifier: { namespace: "anonymous_id", value: "phone" } })];
    const story = storyOf({ ...chain, merges });
    expect(story.map(({ kind, row, merges: joined, devices }) => [kind, row, joined, devices.map(({ value }) => value)])).toEqual([
      ["began", 1, 0, ["laptop"]], ["signedIn", 2, 0, ["laptop"]], ["signedIn", 5, 1, ["phone"]],
    ]);
  });
});
