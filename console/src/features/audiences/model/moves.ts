// How rows and groups move: each move gives a new tree, or the same where there is nowhere to go. A group that loses its last row
// disappears; the root never does. Pure.
import { groupOf, isGroup, newId, type DraftNode, type GroupNode } from "./draft.ts";

export interface Place {
  readonly group: string;
  readonly index: number;
}

export function find(root: GroupNode, id: string): DraftNode | undefined {
  if (root.id === id) return root;
  for (const child of root.children) {
    if (child.id === id) return child;
    const inner = isGroup(child) ? find(child, id) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/** The group around a node, and where in it. */
export function placeOf(root: GroupNode, id: string): { readonly parent: GroupNode; readonly index: number } | undefined {
  const index = root.children.findIndex((child) => child.id === id);
  if (index >= 0) return { parent: root, index };
  for (const child of root.children) {
    const inner = isGroup(child) ? placeOf(child, id) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

/** Changes one node; undefined takes it out. */
export function change(root: GroupNode, id: string, edit: (node: DraftNode) => DraftNode | undefined): GroupNode {
  const children = root.children.flatMap((child): DraftNode[] => {
    if (child.id === id) {
      const made = edit(child);
      return made === undefined ? [] : [made];
    }
    return [isGroup(child) ? change(child, id, edit) : child];
  });
  const own = root.id === id ? edit(root) : root;
  return own === root || own === undefined || !isGroup(own) ? (children.every((child, i) => child === root.children[i]) && children.length === root.children.length ? root : { ...root, children }) : own;
}

export function remove(root: GroupNode, id: string): GroupNode {
  return tidy(change(root, id, () => undefined));
}

export function insert(root: GroupNode, { group, index }: Place, nodes: readonly DraftNode[]): GroupNode {
  return change(root, group, (node) => (isGroup(node) ? { ...node, children: node.children.toSpliced(index, 0, ...nodes) } : node));
}

/** To another place; `index` counts before it is taken out. Not into itself. */
export function moveTo(root: GroupNode, id: string, to: Place): GroupNode {
  const [node, from] = [find(root, id), placeOf(root, id)];
  if (node === undefined || from === undefined || (isGroup(node) && find(node, to.group) !== undefined)) return root;
  const index = from.parent.id === to.group && from.index < to.index ? to.index - 1 : to.index;
  if (from.parent.id === to.group && index === from.index) return root;
  return tidy(insert(change(root, id, () => undefined), { group: to.group, index }, [node]));
}

/** One up or down; beyond the end of its group, out of it. */
export function step(root: GroupNode, id: string, by: -1 | 1): GroupNode {
  const place = placeOf(root, id);
  if (place === undefined) return root;
  const { parent, index } = place;
  const to = index + by;
  if (to >= 0 && to < parent.children.length) return moveTo(root, id, { group: parent.id, index: by > 0 ? index + 2 : index - 1 });
  const outer = placeOf(root, parent.id);
  return outer === undefined ? root : moveTo(root, id, { group: outer.parent.id, index: by > 0 ? outer.index + 1 : outer.index });
}

/** Into the group before it, or into a new one together with what stands before (or else after) it. */
export function indent(root: GroupNode, id: string): GroupNode {
  const [node, place] = [find(root, id), placeOf(root, id)];
  if (node === undefined || place === undefined) return root;
  const before = place.parent.children[place.index - 1];
  const neighbour = before ?? place.parent.children[place.index + 1];
  if (neighbour === undefined) return root;
  if (isGroup(neighbour)) return moveTo(root, id, { group: neighbour.id, index: before ? neighbour.children.length : 0 });
  return group(root, [neighbour.id, id]);
}

/** Out of its group, to after it. */
export function outdent(root: GroupNode, id: string): GroupNode {
  const place = placeOf(root, id);
  const outer = place && placeOf(root, place.parent.id);
  return outer === undefined ? root : moveTo(root, id, { group: outer.parent.id, index: outer.index + 1 });
}

/** Puts nodes into a new group where the first of them stands: "any" within "all", and the other way round. */
export function group(root: GroupNode, ids: readonly string[]): GroupNode {
  const chosen = inOrder(root).filter((node) => ids.includes(node.id));
  // Who is chosen together with the group around it moves with that.
  const outermost = chosen.filter((node) => !chosen.some((other) => other !== node && isGroup(other) && find(other, node.id)));
  const [first] = outermost;
  const place = first && placeOf(root, first.id);
  if (first === undefined || place === undefined) return root;
  const made = groupOf(place.parent.how === "any" ? "all" : "any", outermost);
  let next = change(root, first.id, () => made);
  for (const node of outermost.slice(1)) next = removeOutside(next, node.id, made.id);
  return tidy(next);
}

/** Takes a node out where it stood, not where it has just been put. */
function removeOutside(root: GroupNode, id: string, within: string): GroupNode {
  const children = root.children.flatMap((child): DraftNode[] => (child.id === id && root.id !== within ? [] : [isGroup(child) && child.id !== within ? removeOutside(child, id, within) : child]));
  return { ...root, children };
}

/** What is in a group takes the group's place. */
export function ungroup(root: GroupNode, id: string): GroupNode {
  const [node, place] = [find(root, id), placeOf(root, id)];
  if (node === undefined || place === undefined || !isGroup(node)) return root;
  return change(root, place.parent.id, (parent) => (isGroup(parent) ? { ...parent, children: parent.children.toSpliced(place.index, 1, ...node.children) } : parent));
}

export function duplicate(root: GroupNode, id: string): { readonly root: GroupNode; readonly made: string | undefined } {
  const [node, place] = [find(root, id), placeOf(root, id)];
  if (node === undefined || place === undefined) return { root, made: undefined };
  const copy = copyOf(node);
  return { root: insert(root, { group: place.parent.id, index: place.index + 1 }, [copy]), made: copy.id };
}

function copyOf(node: DraftNode): DraftNode {
  return isGroup(node) ? { ...node, id: newId(), children: node.children.map(copyOf) } : { ...node, id: newId() };
}

/** All below the root, top to bottom. */
export function inOrder(root: GroupNode): readonly DraftNode[] {
  return root.children.flatMap((child) => (isGroup(child) ? [child, ...inOrder(child)] : [child]));
}

/** Without groups that hold nothing; but for what is asked of an account's people, which is more than a group. */
function tidy(root: GroupNode): GroupNode {
  const children = root.children.flatMap((child): DraftNode[] => {
    if (!isGroup(child)) return [child];
    const inner = tidy(child);
    return inner.children.length === 0 && inner.people === undefined ? [] : [inner];
  });
  return { ...root, children };
}
