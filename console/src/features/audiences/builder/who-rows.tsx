// Conditions as rows within another form: whoever uses it keeps the conditions, and gets each change of them as they are written.
import { useMemo, useRef, type ReactNode } from "react";
import { isGroup, type Draft, type GroupNode } from "../model/draft.ts";
import { draftOfWho, keepWho } from "../model/who.ts";
import { BuilderProvider, type RowProblem } from "./context.ts";
import { GroupHead, Tree } from "./tree.tsx";
import { editsOf, type DraftEdit } from "./use-draft.ts";
import { useRows } from "./use-rows.ts";
import "../audiences.css";

export interface WhoRowsProps {
  readonly who: unknown;
  readonly problems: ReadonlyMap<string, readonly RowProblem[]>;
  readonly isReadOnly: boolean;
  readonly onChange: (who: object) => void;
  /** Before the rows, where there are several: how many of them must hold comes behind it. */
  readonly head: ReactNode;
}

const noSizes: ReadonlyMap<string, number> = new Map();

export function WhoRows({ who, ...rest }: WhoRowsProps): ReactNode {
  const draft = draftOfWho(who);
  return draft === undefined ? null : <Rows draft={draft} {...rest} />;
}

function Rows({ draft, problems, isReadOnly, onChange, head }: Omit<WhoRowsProps, "who"> & { readonly draft: Draft }): ReactNode {
  const state = useRows(useEditOf(draft, isReadOnly ? undefined : onChange), { problems, sizes: noSizes });
  const { root } = draft;
  return (
    <BuilderProvider value={state}>
      <fieldset className="who-rows" disabled={isReadOnly}>
        {isSeveral(root) ? <div className="words who-head">{head}<GroupHead group={root} /></div> : null}
        <Tree root={root} />
      </fieldset>
    </BuilderProvider>
  );
}

const isSeveral = ({ how, children }: GroupNode): boolean => how !== "all" || children.length > 1 || children.some(isGroup);

function useEditOf(draft: Draft, onChange: ((who: object) => void) | undefined): DraftEdit {
  const wantsFocus = useRef<string>(undefined);
  // Two edits before the next drawing stand on each other.
  const now = useRef({ draft, onChange });
  now.current = { draft, onChange };
  return useMemo(() => {
    const apply = (edit: (draft: Draft) => Draft): void => {
      const next = edit(now.current.draft);
      if (next === now.current.draft || now.current.onChange === undefined) return;
      now.current = { ...now.current, draft: next };
      now.current.onChange?.(keepWho(next));
    };
    return { ...editsOf(apply, wantsFocus), draft, wantsFocus, canUndo: false, canRedo: false, undo: () => undefined, redo: () => undefined };
  }, [draft]);
}
