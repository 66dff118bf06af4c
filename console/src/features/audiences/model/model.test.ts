import { describe, expect, test } from "vitest";
import { draftOf, groupOf, isGroup, nodeAt, rowOf, write, type DraftNode, type GroupNode } from "./draft.ts";
import { begin, record, redo, undo } from "./history.ts";
import { duplicate, group, indent, moveTo, outdent, remove, step, ungroup } from "./moves.ts";

const leaf = (name: string) => ({ kind: "trait", trait: name, op: "is_set" });

/** `a (b c)`: rows by their trait, groups in brackets after what they ask for. */
function drawn(node: DraftNode): string {
  if (!isGroup(node)) return String(node.leaf["trait"]);
  return `${node.how}(${node.children.map(drawn).join(" ")})`;
}

function tree(): { root: GroupNode; id: Record<string, string> } {
  const rows = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, rowOf(leaf(name))]));
  const inner = groupOf("any", [rows["b"]!, rows["c"]!]);
  return { root: groupOf("all", [rows["a"]!, inner, rows["d"]!]), id: { ...Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, row.id])), inner: inner.id } };
}

describe("a definition as a draft", () => {
  test.each([
    { all: [leaf("a"), { any: [leaf("b"), { not: leaf("c") }] }] },
    { not: { any: [leaf("a"), leaf("b")] } },
    { not: { all: [leaf("a"), leaf("b")] } },
    { at_least: 2, of: [leaf("a"), leaf("b"), leaf("c")] },
    { any: [] },
  ])("comes back as it was: %j", (who) => {
    const definition = { version: 1, from: "everyone", include: { bots: true, internal: false }, who };
    expect(write(draftOf(definition)!).definition).toEqual(definition);
  });

  test("of a single condition is a list of one", () => {
    expect(write(draftOf({ who: leaf("a") })!).definition["who"]).toEqual({ all: [leaf("a")] });
  });

  test("is none when the text is no definition", () => {
    for (const wrong of [undefined, null, 3, {}, { who: 5 }, { who: { all: [5] } }, { who: { any: "x" } }]) expect(draftOf(wrong)).toBeUndefined();
  });

  test("knows which row a path of the API means", () => {
    const draft = draftOf({ who: { all: [leaf("a"), { not: leaf("b") }, { not: { any: [leaf("c")] } }] } })!;
    const { places } = write(draft);
    const [a, b, c] = draft.root.children;
    expect(nodeAt("/who/all/0/value", places)).toBe(a?.id);
    expect(nodeAt("who.all.1.not.op", places)).toBe(b?.id);
    expect(nodeAt("/all/2/not/any/0", places)).toBe((c as GroupNode).children[0]?.id);
    expect(nodeAt("/who/all/2/not", places)).toBe(c?.id);
    expect(nodeAt("", places)).toBe(draft.root.id);
  });
});

describe("rows move", () => {
  test("up and down, and out of their group at its end", () => {
    const { root, id } = tree();
    expect(drawn(step(root, id["d"]!, -1))).toBe("all(a d any(b c))");
    expect(drawn(step(root, id["b"]!, 1))).toBe("all(a any(c b) d)");
    expect(drawn(step(root, id["c"]!, 1))).toBe("all(a any(b) c d)");
    expect(drawn(step(root, id["a"]!, -1))).toBe("all(a any(b c) d)");
  });

  test("into the group before them, or into a new one with their neighbour", () => {
    const { root, id } = tree();
    expect(drawn(indent(root, id["d"]!))).toBe("all(a any(b c d))");
    expect(drawn(indent(root, id["c"]!))).toBe("all(a any(all(b c)) d)");
    expect(drawn(indent(root, id["a"]!))).toBe("all(any(a b c) d)");
  });

  test("out of their group, which goes with its last row", () => {
    const { root, id } = tree();
    expect(drawn(outdent(root, id["b"]!))).toBe("all(a any(c) b d)");
    expect(drawn(outdent(outdent(root, id["b"]!), id["c"]!))).toBe("all(a c b d)");
    expect(drawn(outdent(root, id["a"]!))).toBe("all(a any(b c) d)");
  });

  test("by hand, but never into themselves", () => {
    const { root, id } = tree();
    expect(drawn(moveTo(root, id["a"]!, { group: id["inner"]!, index: 2 }))).toBe("all(any(b c a) d)");
    expect(drawn(moveTo(root, id["a"]!, { group: root.id, index: 3 }))).toBe("all(any(b c) d a)");
    expect(moveTo(root, id["inner"]!, { group: id["inner"]!, index: 0 })).toBe(root);
  });

  test("into a group of those chosen, and out again", () => {
    const { root, id } = tree();
    const grouped = group(root, [id["d"]!, id["a"]!]);
    expect(drawn(grouped)).toBe("all(any(a d) any(b c))");
    expect(drawn(ungroup(grouped, grouped.children[0]!.id))).toBe("all(a d any(b c))");
    expect(drawn(group(root, [id["inner"]!, id["b"]!]))).toBe("all(a any(any(b c)) d)");
  });

  test("twice, with ids of their own", () => {
    const { root, id } = tree();
    const { root: next, made } = duplicate(root, id["inner"]!);
    expect(drawn(next)).toBe("all(a any(b c) any(b c) d)");
    expect(drawn(remove(next, made!))).toBe("all(a any(b c) d)");
  });
});

test("steps are undone and redone; letters of one word are one step", () => {
  let history = begin("");
  history = record(history, "r", "value");
  history = record(history, "re", "value");
  history = record(history, "re, 14 days", "window");
  expect(undo(history).now).toBe("re");
  expect(undo(undo(history)).now).toBe("");
  expect(redo(undo(history)).now).toBe("re, 14 days");
  expect(redo(record(undo(history), "red", "value")).now).toBe("red");
});

describe("a condition on the people of an account", () => {
  const account = (who: object) => ({ kind: "account", people: "any", who });
  test.each([
    account({ any: [leaf("a"), { not: leaf("b") }] }),
    account({ at_least: 2, of: [leaf("a"), leaf("b"), { all: [leaf("c")] }] }),
    account({ not: { any: [leaf("a"), leaf("b")] } }),
    account(leaf("a")),
    account({ not: leaf("a") }),
    account(account(leaf("a"))),
    account({ all: [] }),
    { not: account({ any: [leaf("a")] }) },
    { kind: "account", people: "any", who: leaf("a"), later: true },
  ])("comes back as it was: %j", (one) => {
    const definition = { version: 1, from: "known", include: { bots: false, internal: false }, who: { all: [one] } };
    expect(write(draftOf(definition)!).definition).toEqual(definition);
  });

  test("is a group into which rows move, and the root never is one", () => {
    const draft = draftOf({ who: account({ any: [leaf("a"), leaf("b")] }) })!;
    expect(draft.root.people).toBeUndefined();
    const [made] = draft.root.children as GroupNode[];
    const row = rowOf(leaf("c"));
    const moved = indent({ ...draft.root, children: [...draft.root.children, row] }, row.id);
    expect(write({ ...draft, root: moved }).definition["who"]).toEqual({ all: [account({ any: [leaf("a"), leaf("b"), leaf("c")] })] });
    expect(nodeAt("/who/all/0/who/any/1/value", write(draft).places)).toBe(made?.children[1]?.id);
    // Emptied, it still asks for somebody of an account; a plain group would be gone.
    const emptied = made!.children.reduce<GroupNode>((root, { id }) => remove(root, id), draft.root);
    expect(write({ ...draft, root: emptied }).definition["who"]).toEqual({ all: [account({ any: [] })] });
  });
});
