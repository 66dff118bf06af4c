// The draft of a builder with its past: every change of it goes through here, so that each can be taken back.
import { useCallback, useMemo, useRef, useState } from "react";
import { isGroup, nodeOfLeaf, type AccountPeople, type Draft, type DraftNode, type From, type GroupHow, type GroupNode, type Leaf } from "../model/draft.ts";
import { begin, record, redo, undo, type History } from "../model/history.ts";
import { change, duplicate, group, indent, insert, moveTo, outdent, remove, step, ungroup, type Place } from "../model/moves.ts";

export interface DraftEdit {
  readonly draft: Draft;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly replace: (draft: Draft) => void;
  readonly setFrom: (from: From) => void;
  readonly setInclude: (include: Draft["include"]) => void;
  /** Steps of the same `mark` in a row are undone as one: letters of one word. */
  readonly setLeaf: (id: string, leaf: Leaf, mark?: string) => void;
  readonly setNot: (id: string, isNot: boolean) => void;
  readonly setHow: (id: string, how: GroupHow, least?: number) => void;
  readonly setPeople: (id: string, people: AccountPeople) => void;
  readonly add: (place: Place, leaf: Leaf) => void;
  readonly remove: (id: string) => void;
  readonly duplicate: (id: string) => void;
  readonly step: (id: string, by: -1 | 1) => void;
  readonly indent: (id: string) => void;
  readonly outdent: (id: string) => void;
  readonly moveTo: (id: string, place: Place) => void;
  readonly group: (ids: readonly string[]) => void;
  readonly ungroup: (id: string) => void;
  /** The row that wants the focus after it was moved or made. */
  readonly wantsFocus: { current: string | undefined };
}

export function useDraft(first: () => Draft): DraftEdit {
  const [history, setHistory] = useState<History<Draft>>(() => begin(first()));
  const wantsFocus = useRef<string>(undefined);
  const apply = useCallback((edit: (draft: Draft) => Draft, mark?: string) => setHistory((now) => record(now, edit(now.now), mark)), []);
  const edits = useMemo(() => editsOf(apply, wantsFocus), [apply]);
  return useMemo(() => ({
    ...edits, draft: history.now, canUndo: history.past.length > 0, canRedo: history.future.length > 0, wantsFocus,
    undo: () => setHistory(undo), redo: () => setHistory(redo),
  }), [edits, history]);
}

export type Apply = (edit: (draft: Draft) => Draft, mark?: string) => void;

/** The edits over whatever keeps a draft. */
export function editsOf(apply: Apply, wantsFocus: { current: string | undefined }): Omit<DraftEdit, "draft" | "canUndo" | "canRedo" | "undo" | "redo" | "wantsFocus"> {
  const onTree = (edit: (root: GroupNode) => GroupNode, focus?: string): void => {
    if (focus !== undefined) wantsFocus.current = focus;
    apply((draft) => {
      const root = edit(draft.root);
      return root === draft.root ? draft : { ...draft, root };
    });
  };
  const onNode = (id: string, edit: (node: DraftNode) => DraftNode, mark?: string): void => apply((draft) => ({ ...draft, root: change(draft.root, id, edit) }), mark);
  return {
    replace: (draft) => apply(() => draft),
    setFrom: (from) => apply((draft) => ({ ...draft, from })),
    setInclude: (include) => apply((draft) => ({ ...draft, include })),
    setLeaf: (id, leaf, mark) => onNode(id, (node) => (isGroup(node) ? node : { ...node, leaf }), mark && `${id} ${mark}`),
    setNot: (id, isNot) => onNode(id, (node) => (isGroup(node) ? node : { ...node, isNot })),
    setHow: (id, how, least) => onNode(id, (node) => (isGroup(node) ? { ...node, how, ...(least === undefined ? {} : { least }) } : node), least === undefined ? undefined : `${id} least`),
    setPeople: (id, people) => onNode(id, (node) => (isGroup(node) ? { ...node, people } : node)),
    add: (place, leaf) => {
      const node = nodeOfLeaf(leaf);
      onTree((root) => insert(root, place, [node]), node.id);
    },
    remove: (id) => onTree((root) => remove(root, id)),
    duplicate: (id) => onTree((root) => {
      const { root: next, made } = duplicate(root, id);
      wantsFocus.current = made;
      return next;
    }),
    step: (id, by) => onTree((root) => step(root, id, by), id),
    indent: (id) => onTree((root) => indent(root, id), id),
    outdent: (id) => onTree((root) => outdent(root, id), id),
    moveTo: (id, place) => onTree((root) => moveTo(root, id, place), id),
    group: (ids) => onTree((root) => group(root, ids), ids[0]),
    ungroup: (id) => onTree((root) => ungroup(root, id)),
  };
}
