// A definition while it is edited: the same tree, whose groups and rows have ids of their own, so that a row stays the same row while it
// moves and changes. What is edited may be unfinished; the server says what is missing. Pure.
import { isRecord } from "@tributary/schema/is-record.ts";
export type GroupHow = "all" | "any" | "none" | "at_least";

/** Of whom of the people of an account a group is to hold. */
export type AccountPeople = "any" | "all" | "none";

/** A condition that is no group. Its parts are those of its kind, possibly unfinished. */
export type Leaf = { readonly kind: string } & Readonly<Record<string, unknown>>;

export interface RowNode {
  readonly id: string;
  readonly leaf: Leaf;
  /** The row says "not". */
  readonly isNot: boolean;
}

export interface GroupNode {
  readonly id: string;
  readonly how: GroupHow;
  /** Of `at_least`. */
  readonly least: number;
  readonly children: readonly DraftNode[];
  /** The group is about the people of the same account: a condition on accounts with what stands inside it. */
  readonly people?: AccountPeople;
}

export type DraftNode = RowNode | GroupNode;

export type From = "known" | "anonymous" | "everyone";

export interface Draft {
  readonly from: From;
  readonly include: { readonly bots: boolean; readonly internal: boolean };
  readonly root: GroupNode;
}

export const isGroup = (node: DraftNode): node is GroupNode => "children" in node;

let last = 0;
/** Unique on this page. */
export const newId = (): string => `n${++last}`;

export function rowOf(leaf: Leaf, isNot = false): RowNode {
  return { id: newId(), leaf, isNot };
}

export function groupOf(how: GroupHow, children: readonly DraftNode[], least = 2): GroupNode {
  return { id: newId(), how, least, children };
}

export function emptyDraft(): Draft {
  return { from: "known", include: { bots: false, internal: false }, root: groupOf("all", []) };
}

// ── From a definition ─────────────────────────────────────────────────────────────────────────────────────────────

/** `definition` as the API gives it or as somebody wrote it; undefined when it is none. */
export function draftOf(definition: unknown): Draft | undefined {
  if (!isRecord(definition) || definition["who"] === undefined) return undefined;
  const who = nodeOf(definition["who"]);
  if (who === undefined) return undefined;
  const { from, include } = definition;
  return {
    from: from === "anonymous" || from === "everyone" ? from : "known",
    include: { bots: isRecord(include) && include["bots"] === true, internal: isRecord(include) && include["internal"] === true },
    root: isPlainGroup(who) ? who : groupOf("all", [who]),
  };
}

/** A row, or what a condition on accounts has inside as a group. */
export function nodeOfLeaf(leaf: Leaf): DraftNode {
  return accountFrom(leaf) ?? rowOf(leaf);
}

const isPlainGroup = (node: DraftNode): node is GroupNode => isGroup(node) && node.people === undefined;

function accountFrom({ kind, people, who, ...others }: Leaf): GroupNode | undefined {
  if (kind !== "account" || (people !== "any" && people !== "all" && people !== "none") || Object.keys(others).length > 0) return undefined;
  const inner = nodeOf(who);
  return inner && { ...(isPlainGroup(inner) ? inner : groupOf("all", [inner])), people };
}

function nodeOf(value: unknown): DraftNode | undefined {
  if (!isRecord(value)) return undefined;
  if (typeof value["kind"] === "string") return nodeOfLeaf(value as Leaf); // Its parts are looked at where they are edited.
  if (Array.isArray(value["all"])) return groupFrom("all", value["all"]);
  if (Array.isArray(value["any"])) return groupFrom("any", value["any"]);
  if (Array.isArray(value["of"])) return groupFrom("at_least", value["of"], Number(value["at_least"] ?? 1));
  const inner = nodeOf(value["not"]);
  if (inner === undefined) return undefined;
  if (!isGroup(inner)) return inner.isNot ? groupOf("none", [inner]) : { ...inner, isNot: true };
  return inner.how === "any" && inner.people === undefined ? { ...inner, how: "none" } : groupOf("none", [inner]);
}

function groupFrom(how: GroupHow, values: readonly unknown[], least = 2): GroupNode | undefined {
  const children = values.map(nodeOf);
  return children.some((one) => one === undefined) ? undefined : groupOf(how, children as DraftNode[], least); // None is undefined.
}

// ── To a definition ───────────────────────────────────────────────────────────────────────────────────────────────

export interface Written {
  readonly definition: Readonly<Record<string, unknown>>;
  /** JSON pointers into `who` → the row or group that stands there. */
  readonly places: ReadonlyMap<string, string>;
}

/** The definition that a draft says, and where each row stands in it. */
export function write({ from, include, root }: Draft): Written {
  const places = new Map<string, string>();
  return { definition: { version: 1, from, include: { ...include }, who: writeNode(root, "", places) }, places };
}

/** What a node says; `places` gets where each row within it stands. */
export function writeNode(node: DraftNode, at: string, places: Map<string, string>): object {
  places.set(at, node.id);
  if (!isGroup(node)) {
    if (!node.isNot) return node.leaf;
    places.set(`${at}/not`, node.id);
    return { not: node.leaf };
  }
  const { people, ...plain } = node;
  if (people !== undefined) {
    const [only] = node.children;
    const isBare = node.how === "all" && node.children.length === 1 && only !== undefined;
    return { kind: "account", people, who: writeNode(isBare ? only : plain, `${at}/who`, places) };
  }
  const within = (name: string): unknown[] => node.children.map((child, index) => writeNode(child, `${at}/${name}/${index}`, places));
  switch (node.how) {
    case "all":
      return { all: within("all") };
    case "any":
      return { any: within("any") };
    case "at_least":
      return { at_least: node.least, of: within("of") };
    case "none": {
      const [only] = node.children;
      if (node.children.length === 1 && only !== undefined && isGroup(only) && (only.how !== "any" || only.people !== undefined)) return { not: writeNode(only, `${at}/not`, places) };
      places.set(`${at}/not`, node.id);
      return { not: { any: within("not/any") } };
    }
  }
}

/** The row or group that a path of the API means: the nearest around it. */
export function nodeAt(path: string, places: ReadonlyMap<string, string>): string | undefined {
  const slashed = path.startsWith("/") || path === "" ? path : `/${path.replaceAll(".", "/")}`;
  const parts = slashed.replace(/^\/who(?=\/|$)/, "").split("/");
  for (let length = parts.length; length > 0; length--) {
    const found = places.get(parts.slice(0, length).join("/"));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every row, top to bottom. */
export function rowsOf(node: DraftNode): readonly RowNode[] {
  return isGroup(node) ? node.children.flatMap(rowsOf) : [node];
}
